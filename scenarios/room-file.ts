// Matrix rooms as files: the vector form of the tests, a JSON array of PDUs, or one PDU per line.
import type { JsonObject, JsonValue } from '../protocol/matrix/canonical-json.ts';
import { parseJsonText } from '../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../protocol/matrix/event.ts';
import { parseEvent } from '../protocol/matrix/event-format.ts';
import type { EventId, RoomId } from '../protocol/matrix/ids.ts';
import {
  specifiedRoomVersions,
  type RoomVersionRules,
  type RoomVersions,
} from '../protocol/matrix/room-version.ts';
import type { KeyLookup } from '../protocol/matrix/signing.ts';
import { fromBase64 } from '../protocol/bytes.ts';
import { ScenarioError } from './scenario-error.ts';

/** A room read from a file. */
export interface RoomFile {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Every event once, what it cites before it; otherwise in the file's order. */
  readonly events: readonly MatrixEvent[];
  /** Undefined when the file brings no keys: signatures cannot be verified then. */
  readonly keys: KeyLookup | undefined;
  /** States to resolve, as lists of event ids; undefined when the room itself is asked about. */
  readonly stateSets: readonly (readonly EventId[])[] | undefined;
}

interface Line {
  readonly line: number;
  readonly pdu: JsonObject;
  /** The id that the file gives for it, beside or inside the PDU. */
  readonly eventId: string | undefined;
}

interface Contents {
  readonly lines: readonly Line[];
  readonly version: string | undefined;
  readonly keys: KeyLookup | undefined;
  readonly stateSets: readonly (readonly EventId[])[] | undefined;
}

/**
 * Reads a room.
 * @param roomVersion judges by another version than the file's own
 * @param versions room versions to choose from
 * @throws ScenarioError naming file, line and what was expected
 */
export function readRoomFile(
  text: string,
  file: string,
  roomVersion?: string,
  versions: RoomVersions = specifiedRoomVersions,
): RoomFile {
  const complain = (line: number, message: string): ScenarioError =>
    new ScenarioError(file, [{ path: '', position: { line, column: 1 }, message }]);
  const { lines, version: declared, keys, stateSets } = readContents(text, complain);
  if (lines.length === 0) throw complain(1, 'expected at least one event');
  const create = lines.find(({ pdu }) => pdu['type'] === 'm.room.create');
  const version = roomVersion ?? declared ?? versionOf(create?.pdu);
  const rules = versions.get(version);
  if (rules === undefined) {
    const known = versions.ids().filter((id) => !/^\d+$/.test(id));
    const others = known.map((id) => ` or ${id}`).join('');
    throw complain(create?.line ?? 1, `expected a room version from 1 to 12${others}, found "${version}"`);
  }
  const events = parseEvents(lines, rules, complain);
  const [first] = events.values();
  return {
    rules,
    roomId: (first?.event.roomId ?? '') as RoomId,
    events: causesFirst(events, complain),
    keys,
    stateSets,
  };
}

type Complain = (line: number, message: string) => ScenarioError;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readContents(text: string, complain: Complain): Contents {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const whole = parseJsonText(trimmed, false);
  if (whole.ok && Array.isArray(whole.value)) {
    return {
      lines: (whole.value as readonly JsonValue[]).map((pdu) => lineOf(pdu, 1, complain)),
      version: undefined,
      keys: undefined,
      stateSets: undefined,
    };
  }
  if (whole.ok && isObject(whole.value) && Array.isArray(whole.value['events'])) {
    const { events, servers } = whole.value;
    const version = whole.value['room_version'];
    return {
      lines: (events as readonly JsonValue[]).map((entry) => lineOf(entry, 1, complain)),
      version: typeof version === 'string' ? version : undefined,
      keys: isObject(servers) ? keysOf(servers) : undefined,
      stateSets: stateSetsOf(whole.value['state_sets'], complain),
    };
  }
  const lines = trimmed.split(/\r?\n/).flatMap((content, index): Line[] => {
    if (content.trim() === '') return [];
    const parsed = parseJsonText(content, false);
    if (!parsed.ok) throw complain(index + 1, `expected one JSON event per line: ${parsed.detail}`);
    return [lineOf(parsed.value, index + 1, complain)];
  });
  return { lines, version: undefined, keys: undefined, stateSets: undefined };
}

function stateSetsOf(value: JsonValue | undefined, complain: Complain): Contents['stateSets'] {
  if (value === undefined) return undefined;
  const isListOfIds = (set: JsonValue): boolean =>
    Array.isArray(set) && set.every((id) => typeof id === 'string');
  if (!Array.isArray(value) || !value.every(isListOfIds))
    throw complain(1, 'expected state_sets to be a list of lists of event ids');
  return value as readonly (readonly EventId[])[];
}

/** A PDU by itself, or beside its id as `{event_id, pdu}`. */
function lineOf(value: JsonValue, line: number, complain: Complain): Line {
  if (!isObject(value))
    throw complain(line, `expected an event, found ${JSON.stringify(value).slice(0, 60)}`);
  const pdu = isObject(value['pdu']) ? value['pdu'] : value;
  const eventId = value['event_id'];
  return { line, pdu, eventId: typeof eventId === 'string' ? eventId : undefined };
}

function versionOf(create: JsonObject | undefined): string {
  const content = create?.['content'];
  const version = isObject(content) ? content['room_version'] : undefined;
  return typeof version === 'string' ? version : '1';
}

function keysOf(servers: JsonObject): KeyLookup {
  return (server, keyId) => {
    const entry = servers[server];
    if (!isObject(entry) || entry['key_id'] !== keyId || typeof entry['public_key'] !== 'string')
      return undefined;
    return fromBase64(entry['public_key']);
  };
}

interface Placed {
  readonly line: number;
  readonly event: MatrixEvent;
}

function parseEvents(
  lines: readonly Line[],
  rules: RoomVersionRules,
  complain: Complain,
): ReadonlyMap<EventId, Placed> {
  const events = new Map<EventId, Placed>();
  for (const { line, pdu, eventId } of lines) {
    // Exports put the id inside the event; from version 3 on it is no part of it.
    const { event_id: _inside, ...bare } = pdu;
    const parsed = parseEvent(rules.eventIdFormat === 'explicit' ? pdu : bare, rules);
    if (!parsed.ok) throw complain(line, `no event of room version ${rules.id}: ${parsed.detail}`);
    const event = parsed.value;
    if (eventId !== undefined && eventId !== event.eventId) {
      throw complain(line, `the event's id is ${event.eventId} by its content, the file says ${eventId}`);
    }
    const [other] = events.values();
    if (other !== undefined && other.event.roomId !== event.roomId) {
      throw complain(line, `expected an event of ${other.event.roomId}, found one of ${event.roomId}`);
    }
    const known = events.get(event.eventId);
    if (known !== undefined && JSON.stringify(known.event.pdu) !== JSON.stringify(event.pdu)) {
      throw complain(
        line,
        `two different events are called ${event.eventId}; the other stands on line ${known.line}`,
      );
    }
    events.set(event.eventId, { line, event });
  }
  return events;
}

/** Orders events so that each comes after what it cites; the file's order decides between the rest. */
function causesFirst(events: ReadonlyMap<EventId, Placed>, complain: Complain): readonly MatrixEvent[] {
  const ordered: MatrixEvent[] = [];
  const state = new Map<EventId, 'open' | 'done'>();
  for (const start of events.keys()) {
    const stack: { id: EventId; next: number }[] = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const frame = stack[stack.length - 1];
      if (frame === undefined) break;
      const placed = events.get(frame.id);
      if (placed === undefined || state.get(frame.id) === 'done') {
        stack.pop();
        continue;
      }
      const { line, event } = placed;
      const cited = [...event.prevEvents, ...event.authEvents];
      state.set(frame.id, 'open');
      const next = cited[frame.next++];
      if (next === undefined) {
        state.set(frame.id, 'done');
        ordered.push(event);
        stack.pop();
      } else if (!events.has(next)) {
        throw complain(line, `${event.eventId} cites ${next}, which the file does not hold`);
      } else if (state.get(next) === 'open') {
        throw complain(line, `${event.eventId} and ${next} cite each other in a circle`);
      } else if (state.get(next) === undefined) stack.push({ id: next, next: 0 });
    }
  }
  return ordered;
}
