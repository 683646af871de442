// Events as sketches: with names for ids, and neither hashes nor signatures, so that a search tries thousands of rooms in a
// second and a case can be read.
import type { JsonObject, JsonValue } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { sketchedEvent, trustedEvent } from '../../../protocol/matrix/event-format.ts';
import { serverNameOf, type EventId, type RoomId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import type { Outcome } from '../../../protocol/outcome.ts';

/** A sketch before it has an id. */
export interface Sketch {
  /** That of all sketches of the room version when left out. */
  readonly roomId?: RoomId | undefined;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly content: JsonObject;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly string[];
  readonly authEvents: readonly string[];
  readonly redacts?: string | undefined;
}

/** The room that sketches are of: from version 12 its id is that of the create event. */
export function sketchedRoomId(rules: RoomVersionRules): RoomId {
  return (rules.roomIdIsCreateEvent ? '!create' : '!room:one.example') as RoomId;
}

/** The id of an event of this name; in versions 1 and 2 ids name a server. */
export function sketchedId(name: string, sender: string, rules: RoomVersionRules): EventId {
  return (
    rules.eventIdFormat === 'explicit' ? `$${name}:${serverNameOf(sender) ?? ''}` : `$${name}`
  ) as EventId;
}

/** The sketch in the form in which events travel. */
export function sketchedPdu(sketch: Sketch, rules: RoomVersionRules): JsonObject {
  const { type, stateKey, sender, content, originServerTs, depth, redacts } = sketch;
  const references = (ids: readonly string[]): JsonValue =>
    rules.eventIdFormat === 'explicit' ? ids.map((id) => [id, {}]) : ids;
  const isNameless = rules.roomIdIsCreateEvent && type === 'm.room.create' && sketch.roomId === undefined;
  return {
    type,
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
    sender,
    content,
    depth,
    origin_server_ts: originServerTs,
    prev_events: references(sketch.prevEvents),
    auth_events: references(sketch.authEvents),
    ...(isNameless ? {} : { room_id: sketch.roomId ?? sketchedRoomId(rules) }),
    ...(redacts === undefined ? {} : { redacts }),
  };
}

/** The event of a sketch that netsplit has made. */
export function eventOfSketch(sketch: Sketch, id: EventId, rules: RoomVersionRules): Outcome<MatrixEvent> {
  return trustedEvent(sketchedPdu(sketch, rules), id, rules);
}

/** The event of a sketch that comes from a file. */
export function eventOfPdu(pdu: JsonObject, id: EventId, rules: RoomVersionRules): Outcome<MatrixEvent> {
  return sketchedEvent(pdu, id, rules);
}

/** What an event says, as a sketch. */
export function sketchOf(event: MatrixEvent): Sketch {
  const { type, stateKey, sender, content, originServerTs, depth, prevEvents, authEvents, pdu } = event;
  const { redacts } = pdu;
  return {
    roomId: pdu['room_id'] === undefined ? undefined : event.roomId,
    type,
    stateKey,
    sender,
    content,
    originServerTs,
    depth,
    prevEvents,
    authEvents,
    redacts: typeof redacts === 'string' ? redacts : undefined,
  };
}
