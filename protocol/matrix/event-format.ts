// The first check on receipt: is this a valid event of its room version? Shapes and sizes, nothing else.
// https://spec.matrix.org/v1.16/client-server-api/#size-limits and "Event format" of each room version
import { utf8Length } from '../bytes.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import {
  checkCanonicalJson,
  encodeCanonicalJson,
  isJsonObject,
  withoutKeys,
  type JsonObject,
  type JsonValue,
} from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
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
  const pdu = 'unsigned' in received ? withoutKeys(received, ['unsigned']) : received;
  const canonical = checkCanonicalJson(pdu, rules.strictCanonicalJson);
  if (!canonical.ok) return canonical;
  const { type, sender, content, depth } = pdu;
  const stateKey = pdu['state_key'];
  const originServerTs = pdu['origin_server_ts'];
  if (typeof type !== 'string') return wrong('type', 'a string');
  if (typeof sender !== 'string' || !isUserId(sender)) return wrong('sender', 'a user id');
  if (stateKey !== undefined && typeof stateKey !== 'string') return wrong('state_key', 'a string');
  if (!isJsonObject(content)) return wrong('content', 'an object');
  if (typeof depth !== 'number' || !Number.isSafeInteger(depth)) return wrong('depth', 'an integer');
  if (typeof originServerTs !== 'number' || !Number.isSafeInteger(originServerTs))
    return wrong('origin_server_ts', 'an integer');
  const prevEvents = references(pdu['prev_events'], rules);
  if (prevEvents === undefined) return wrong('prev_events', 'a list of event references');
  const authEvents = references(pdu['auth_events'], rules);
  if (authEvents === undefined) return wrong('auth_events', 'a list of event references');
  if (prevEvents.length > mostPrevEvents)
    return reject('format.prev-events', `more than ${mostPrevEvents} prev_events`);
  if (authEvents.length > mostAuthEvents)
    return reject('format.auth-events', `more than ${mostAuthEvents} auth_events`);
  const eventId = eventIdOf(pdu, rules);
  if (eventId === undefined || !eventId.startsWith('$')) return wrong('event_id', 'an event id');
  const roomId = roomIdOf(pdu, eventId, rules);
  if (roomId === undefined) return wrong('room_id', 'a room id');
  for (const [name, text] of [
    ['type', type],
    ['sender', sender],
    ['state_key', stateKey ?? ''],
    ['room_id', roomId],
    ['event_id', eventId],
  ] as const) {
    if (text.length * 3 > mostIdBytes && utf8Length(text) > mostIdBytes)
      return reject('format.size', `${name} is longer than ${mostIdBytes} bytes`);
  }
  const byteLength = utf8Length(encodeCanonicalJson(pdu));
  if (byteLength > mostEventBytes)
    return reject('format.size', `the event is longer than ${mostEventBytes} bytes`);
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
    byteLength,
  });
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

function references(value: JsonValue | undefined, rules: RoomVersionRules): readonly EventId[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids: EventId[] = [];
  for (const entry of value as readonly JsonValue[]) {
    const reference =
      rules.eventIdFormat === 'explicit' && Array.isArray(entry) ? (entry as readonly JsonValue[])[0] : entry;
    if (typeof reference !== 'string' || (rules.eventIdFormat === 'explicit') !== Array.isArray(entry))
      return undefined;
    ids.push(reference as EventId);
  }
  return ids;
}
