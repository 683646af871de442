// A room without anything that tells whose it was: new names, times and ids of which only the order is left, and contents
// with nothing but what the rules read. What it is now is a sketch, which may be made smaller and signed anew.
import type { JsonValue } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { createEventId, serverNameOf, type EventId, type RoomId } from '../../protocol/matrix/ids.ts';
import { compareCodePoints } from '../../protocol/order.ts';
import { eventOfSketch, sketchedId, sketchedRoomId, sketchOf } from '../search/rooms/sketched-event.ts';
import type { ResolutionProblem } from '../search/resolution/problem.ts';
import { InventedContents } from './invented-content.ts';
import { InventedNames } from './invented-names.ts';

/** A room under invented names, and what the old ones became. */
export interface AnonymousRoom {
  readonly problem: ResolutionProblem;
  readonly names: InventedNames;
  readonly idOf: (old: EventId) => EventId;
}

/** The room under invented names. Events that cannot be said in such a way are left out: those without a sender. */
export function anonymousRoom(room: ResolutionProblem): AnonymousRoom {
  const { rules, events } = room;
  const names = new InventedNames(textOf(events));
  const ids = inventedIds(room, names);
  const idOf = (old: EventId): EventId => ids.get(old) ?? ('$unknown' as EventId);
  const roomId = inventedRoomId(room, names);
  const contents = new InventedContents(events, names, rules);
  const times = ranks(events.map(({ originServerTs }) => originServerTs));
  const depths = ranks(events.map(({ depth }) => depth));
  const anonymous = events.flatMap((event): readonly MatrixEvent[] => {
    const { redacts, ...said } = sketchOf(event);
    const sketch = {
      ...said,
      // From version 12 the create event names no room.
      roomId: said.roomId === undefined ? undefined : roomId,
      type: names.type(event.type),
      stateKey: event.stateKey === undefined ? undefined : names.stateKey(event.type, event.stateKey),
      sender: names.user(event.sender),
      content: contents.of(event, (id) => idOf(id as EventId)),
      originServerTs: times.get(event.originServerTs) ?? 0,
      depth: depths.get(event.depth) ?? 0,
      prevEvents: event.prevEvents.filter((id) => ids.has(id)).map(idOf),
      authEvents: event.authEvents.filter((id) => ids.has(id)).map(idOf),
      ...(redacts === undefined ? {} : { redacts: idOf(redacts as EventId) }),
    };
    const made = eventOfSketch(sketch, idOf(event.eventId), rules);
    return made.ok ? [made.value] : [];
  });
  return {
    names,
    idOf,
    problem: {
      rules,
      events: anonymous,
      stateSets: room.stateSets.map((state) => state.map(idOf)),
      rejected: new Set([...room.rejected].map(idOf)),
      ...(room.missing === undefined ? {} : { missing: new Set([...room.missing].map(idOf)) }),
    },
  };
}

/** Everything that the events say. */
function textOf(events: readonly MatrixEvent[]): string {
  const parts: string[] = [];
  const visit = (value: JsonValue | undefined): void => {
    if (typeof value === 'string') parts.push(value);
    else if (Array.isArray(value)) (value as readonly JsonValue[]).forEach(visit);
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) {
        parts.push(key);
        visit(each);
      }
  };
  for (const { pdu, eventId } of events) {
    parts.push(eventId);
    visit(pdu);
  }
  return parts.join('\n');
}

/** The rules ask whether room and create event are of the same server. */
function inventedRoomId({ rules, events }: ResolutionProblem, names: InventedNames): RoomId {
  const [first] = events;
  if (rules.roomIdIsCreateEvent || first === undefined) return sketchedRoomId(rules);
  return `!room:${names.server(serverNameOf(first.roomId) ?? '')}` as RoomId;
}

/** Ids in the order of the old ones, which decides ties. The create event has the name that sketches of a room give it. */
function inventedIds(
  { rules, events, missing = new Set() }: ResolutionProblem,
  names: InventedNames,
): ReadonlyMap<EventId, EventId> {
  const sorted = [...events.map(({ eventId }) => eventId), ...missing].sort(compareCodePoints);
  const digits = `${sorted.length}`.length;
  const places = new Map(sorted.map((id, place) => [id, `e${`${place}`.padStart(digits, '0')}`]));
  const [first] = events;
  const create = rules.roomIdIsCreateEvent && first !== undefined ? createEventId(first.roomId) : undefined;
  const senders = new Map(events.map(({ eventId, sender }) => [eventId, sender]));
  return new Map(
    sorted.map((id) => {
      if (id === create) return [id, '$create' as EventId];
      const server = serverNameOf(id) ?? serverNameOf(senders.get(id) ?? '') ?? '';
      return [id, sketchedId(places.get(id) ?? '', `@:${names.server(server)}`, rules)];
    }),
  );
}

/** Places in the order of these numbers, from 1. */
function ranks(numbers: readonly number[]): ReadonlyMap<number, number> {
  const sorted = [...new Set(numbers)].sort((left, right) => left - right);
  return new Map(sorted.map((number, index) => [number, index + 1]));
}
