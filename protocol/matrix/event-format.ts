// The first check on receipt: is this a valid event of its room version? Shapes and sizes, nothing else.
// https://spec.matrix.org/v1.16/client-server-api/#size-limits and "Event format" of each room version
import { utf8Length } from '../bytes.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import {
  isJsonObject,
  measureCanonicalJson,
  withoutKeys,
  type JsonObject,
  type JsonValue,
} from './canonical-json.ts';
import { ParsedEvent, type EventFields, type MatrixEvent } from './event.ts';
import { eventIdOf, roomIdOfCreate } from './hashes.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';

const mostEventBytes = 65_536;
const mostIdBytes = 255;
const mostPrevEvents = 20;
const mostAuthEvents = 10;

/**
 * The event of a PDU as it arrived, or the rule that it breaks. Hashes and signatures are not looked at here.
 * `unsigned` is dropped.
 */
export function parseEvent(received: JsonObject, rules: RoomVersionRules): Outcome<MatrixEvent> {
  const read = readEvent(received, rules);
  if (!read.ok) return read;
  const limits = checkLimits(read.value);
  return limits.ok ? read : limits;
}

/**
 * The event of a PDU, however large it is: for rooms that come as files, where an event over the limits has a place in
 * the graph although nobody accepts it.
 */
export function readEvent(received: JsonObject, rules: RoomVersionRules): Outcome<MatrixEvent> {
  const pdu = 'unsigned' in received ? withoutKeys(received, ['unsigned']) : received;
  const measured = measureCanonicalJson(pdu, rules.strictCanonicalJson);
  if (!measured.ok) return measured;
  const eventId = eventIdOf(pdu, rules);
  if (eventId === undefined) return wrong('event_id', 'an event id');
  const fields = readFields(pdu, eventId, rules);
  return fields.ok ? accept(new ParsedEvent(fields.value, measured.value)) : fields;
}

/**
 * The event of a PDU that comes with its id, and perhaps its length, from a place that has checked it: its bytes are not
 * looked at.
 */
export function trustedEvent(
  pdu: JsonObject,
  eventId: EventId,
  rules: RoomVersionRules,
  byteLength?: number,
): Outcome<MatrixEvent> {
  const fields = readFields(pdu, eventId, rules);
  return fields.ok ? accept(new ParsedEvent(fields.value, byteLength)) : fields;
}

/**
 * An event that was never sent, as people sketch rooms by hand: without hashes and signatures, under a name of its
 * author's choice, and perhaps without the depth, which no algorithm after the first asks for.
 */
export function sketchedEvent(
  received: JsonObject,
  eventId: EventId,
  rules: RoomVersionRules,
): Outcome<MatrixEvent> {
  const pdu = withoutKeys(received, ['unsigned']);
  const measured = measureCanonicalJson(pdu, rules.strictCanonicalJson);
  if (!measured.ok) return measured;
  const depthIsNeeded = rules.stateResolution === 'v1';
  const complete = {
    ...(depthIsNeeded ? {} : { depth: 0 }),
    ...pdu,
    prev_events: sketchedReferences(pdu['prev_events'], rules),
    auth_events: sketchedReferences(pdu['auth_events'], rules),
  };
  const fields = readFields(complete, eventId, rules);
  return fields.ok ? accept(new ParsedEvent(fields.value, measured.value)) : fields;
}

/** Sketches of rooms of versions 1 and 2 may refer to events by their ids alone. */
function sketchedReferences(value: JsonValue | undefined, rules: RoomVersionRules): JsonValue | undefined {
  if (rules.eventIdFormat !== 'explicit' || !Array.isArray(value)) return value;
  return (value as readonly JsonValue[]).map((entry) => (typeof entry === 'string' ? [entry, {}] : entry));
}

function readFields(pdu: JsonObject, eventId: EventId, rules: RoomVersionRules): Outcome<EventFields> {
  const { type, sender, content, depth } = pdu;
  const stateKey = pdu['state_key'];
  const originServerTs = pdu['origin_server_ts'];
  if (!eventId.startsWith('$')) return wrong('event_id', 'an event id');
  if (typeof type !== 'string') return wrong('type', 'a string');
  if (typeof sender !== 'string' || !isUserId(sender)) return wrong('sender', 'a user id');
  if (stateKey !== undefined && typeof stateKey !== 'string') return wrong('state_key', 'a string');
  if (!isJsonObject(content)) return wrong('content', 'an object');
  if (!isWholeNumber(depth) || depth < 0) return wrong('depth', 'an integer of at least 0');
  if (!isWholeNumber(originServerTs)) return wrong('origin_server_ts', 'an integer');
  const prevEvents = references(pdu['prev_events'], rules);
  if (prevEvents === undefined) return wrong('prev_events', 'a list of event references');
  const authEvents = references(pdu['auth_events'], rules);
  if (authEvents === undefined) return wrong('auth_events', 'a list of event references');
  const roomId = roomIdOf(pdu, eventId, rules);
  if (roomId === undefined) return wrong('room_id', 'a room id');
  return accept({
    rules,
    eventId,
    roomId,
    type,
    stateKey,
    sender: sender as UserId,
    originServerTs,
    depth,
    prevEvents,
    authEvents,
    content,
    pdu,
  });
}

function isWholeNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

/** How large an event may be, and how many others it may refer to. */
export function checkLimits(event: MatrixEvent): Outcome<MatrixEvent> {
  const { prevEvents, authEvents, type, sender, stateKey, roomId, eventId } = event;
  if (prevEvents.length > mostPrevEvents)
    return reject('format.prev-events', `more than ${mostPrevEvents} prev_events`);
  if (authEvents.length > mostAuthEvents)
    return reject('format.auth-events', `more than ${mostAuthEvents} auth_events`);
  if (isTooLong(type)) return tooLong('type');
  if (isTooLong(sender)) return tooLong('sender');
  if (stateKey !== undefined && isTooLong(stateKey)) return tooLong('state_key');
  if (isTooLong(roomId)) return tooLong('room_id');
  if (isTooLong(eventId)) return tooLong('event_id');
  if (event.byteLength > mostEventBytes)
    return reject('format.size', `the event is longer than ${mostEventBytes} bytes`);
  return accept(event);
}

function isTooLong(id: string): boolean {
  return id.length * 3 > mostIdBytes && utf8Length(id) > mostIdBytes;
}

function tooLong(name: string): Outcome<never> {
  return reject('format.size', `${name} is longer than ${mostIdBytes} bytes`);
}

function wrong(field: string, expected: string): Outcome<never> {
  return reject('format.field', `${field} is not ${expected}`);
}

/** `@localpart:server`, loosely: historical user ids have nearly any local part. */
export function isUserId(text: string): boolean {
  return text.startsWith('@') && text.indexOf(':') > 0 && text.indexOf(':') < text.length - 1;
}

function roomIdOf(pdu: JsonObject, eventId: EventId, rules: RoomVersionRules): RoomId | undefined {
  if (rules.roomIdIsCreateEvent && pdu['type'] === 'm.room.create' && pdu['state_key'] === '') {
    // The create event of such a room names no room; auth rule 1.2 refuses one that does.
    return pdu['room_id'] === undefined
      ? roomIdOfCreate(eventId)
      : ((typeof pdu['room_id'] === 'string' ? pdu['room_id'] : '') as RoomId);
  }
  const roomId = pdu['room_id'];
  return typeof roomId === 'string' && roomId.startsWith('!') ? (roomId as RoomId) : undefined;
}

/** Ids from a list of ids, or in versions 1 and 2 of `[id, hashes]` pairs. */
function references(value: JsonValue | undefined, rules: RoomVersionRules): readonly EventId[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries = value as readonly JsonValue[];
  if (rules.eventIdFormat !== 'explicit')
    return entries.every((entry) => typeof entry === 'string') ? (entries as readonly EventId[]) : undefined;
  const ids: EventId[] = [];
  for (const entry of entries) {
    const id = Array.isArray(entry) ? (entry as readonly JsonValue[])[0] : undefined;
    if (typeof id !== 'string') return undefined;
    ids.push(id as EventId);
  }
  return ids;
}
