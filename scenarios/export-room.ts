// A room as DAG debuggers read it, one federation-format event per line with its
// `event_id` inside, causes before effects. https://github.com/matrix-org/tardis#loading-events
import type { JsonObject } from '../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../protocol/matrix/event.ts';
import type { RoomFile } from './room-file.ts';

/**
 * The lines of a room. What stands beside the events in other forms goes into fields of the first line whose names
 * begin with `_`: debuggers ignore them, and netsplit reads them back.
 */
export function roomAsLines({
  events,
  rules,
  roomId,
  servers,
  stateSets,
}: Pick<RoomFile, 'events' | 'rules' | 'roomId'> & Partial<Pick<RoomFile, 'servers' | 'stateSets'>>): string {
  const notes: JsonObject = {
    _room_version: rules.id,
    _room_id: roomId,
    ...(servers === undefined ? {} : { _servers: servers }),
    ...(stateSets === undefined ? {} : { _state_sets: stateSets }),
  };
  return events
    .map((event, index) => `${JSON.stringify({ ...lineOf(event), ...(index === 0 ? notes : {}) })}\n`)
    .join('');
}

/** An event with its id, as it stands in a line. */
export function lineOf({ eventId, pdu }: MatrixEvent): JsonObject {
  return { event_id: eventId, ...pdu };
}
