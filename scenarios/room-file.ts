// Matrix rooms as files: bytes to events that can be judged. The forms are described in docs/matrix-rooms.md.
import { fromBase64 } from '../protocol/bytes.ts';
import { isJsonObject, type JsonObject } from '../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../protocol/matrix/event.ts';
import type { EventId, RoomId } from '../protocol/matrix/ids.ts';
import {
  specifiedRoomVersions,
  type RoomVersionRules,
  type RoomVersions,
  type SpecifiedResolution,
} from '../protocol/matrix/room-version.ts';
import type { KeyLookup } from '../protocol/matrix/signing.ts';
import type { KnownKeys } from '../protocol/matrix/slice/check-form.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { roomFileEntries, type RoomEntry, type RoomFileContents } from './room-file-entries.ts';
import { eventsOf, versionsFitting, type PlacedEvent } from './room-file-events.ts';
import { roomFileText } from './room-file-text.ts';
import { didYouMean, ScenarioError, type TextPosition } from './scenario-error.ts';

/** A room read from a file. */
export interface RoomFile {
  readonly rules: RoomVersionRules;
  /** The room that the file names, or else that of its first event. */
  readonly roomId: RoomId;
  /** Every event once, what it cites before it as far as the file holds it; otherwise in the file's order. */
  readonly events: readonly MatrixEvent[];
  /** Where each event stands in the file. */
  readonly positions: ReadonlyMap<EventId, TextPosition>;
  /** What events cite and the file does not hold: each missing event once, by the first event that cites it. */
  readonly missing: readonly MissingEvent[];
  /** Undefined when the file brings no keys: signatures cannot be verified then. */
  readonly keys: KeyLookup | undefined;
  /** The same as it stands in the file. */
  readonly servers: JsonObject | undefined;
  /** Whether the events carry hashes and signatures; sketches carry neither, and nothing can be checked. */
  readonly areSketches: boolean;
  /** States to resolve, as lists of event ids; undefined when the room itself is asked about. */
  readonly stateSets: readonly (readonly EventId[])[] | undefined;
  /** Where the file gives them. */
  readonly stateSetsPosition: TextPosition | undefined;
}

/** An event that is cited and not there. */
export interface MissingEvent {
  readonly eventId: EventId;
  readonly citedBy: EventId;
  readonly position: TextPosition;
  /** Whether any event of the file names it among its auth_events. */
  readonly isAuthority: boolean;
}

/** The keys that the file brings, and whose they are; undefined when it brings none. */
export function knownKeys({ keys, servers }: RoomFile): KnownKeys | undefined {
  return keys === undefined || servers === undefined
    ? undefined
    : { find: keys, knows: (server) => Object.hasOwn(servers, server) };
}

/** How a room is read. */
export interface RoomFileOptions {
  /** Judges by another version than the file's own. */
  readonly roomVersion?: string | undefined;
  /** What is said elsewhere of the version, for a file that says nothing. */
  readonly versionElsewhere?: string | undefined;
  /** Resolves by another algorithm than the version's own. */
  readonly algorithm?: SpecifiedResolution | undefined;
  /** Room versions to choose from; those of the specification when left out. */
  readonly versions?: RoomVersions | undefined;
}

/**
 * Reads a room.
 * @param contents the file as bytes, plain or gzip, or as text
 * @throws ScenarioError naming file, line and what was expected
 */
export function readRoomFile(
  contents: string | Uint8Array,
  file: string,
  options: RoomFileOptions = {},
): RoomFile {
  const text = typeof contents === 'string' ? contents.replace(/^\uFEFF/, '') : roomFileText(contents, file);
  const found = roomFileEntries(text, file);
  const { entries, servers, stateSets, stateSetsPosition } = found;
  const [first] = entries;
  if (first === undefined) throw problem(file, { line: 1, column: 1 }, 'expected at least one event');
  const rules = rulesOf(found, first, file, options);
  const areSketches =
    servers === undefined && !entries.some(({ pdu }) => 'hashes' in pdu || 'signatures' in pdu);
  const roomId = found.roomId as RoomId | undefined;
  const placed = eventsOf(entries, { file, rules, versions: options.versions, areSketches, roomId });
  const [firstPlaced] = placed.values();
  return {
    rules,
    roomId: roomId ?? firstPlaced?.event.roomId ?? ('' as RoomId),
    ...causesFirst(placed, file),
    positions: new Map(Array.from(placed, ([id, { position }]) => [id, position])),
    servers,
    keys: servers === undefined ? undefined : keysOf(servers),
    areSketches,
    stateSets,
    stateSetsPosition,
  };
}

function problem(file: string, position: TextPosition, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position, message }]);
}

function keysOf(servers: JsonObject): KeyLookup {
  return (server, keyId) => {
    const entry = servers[server];
    if (!isJsonObject(entry) || entry['key_id'] !== keyId || typeof entry['public_key'] !== 'string')
      return undefined;
    return fromBase64(entry['public_key']);
  };
}

/** The version asked for, or the file's own, or the one that the create event names. */
function rulesOf(
  { entries, version: declared }: RoomFileContents,
  first: RoomEntry,
  file: string,
  { roomVersion, versionElsewhere, algorithm, versions = specifiedRoomVersions }: RoomFileOptions,
): RoomVersionRules {
  const create = entries.find(({ pdu }) => pdu['type'] === 'm.room.create');
  const told = create === undefined ? versionElsewhere : versionOf(create);
  const version = roomVersion ?? declared ?? told;
  if (version === undefined) {
    const fitting = versionsFitting(entries.slice(0, 100), versions);
    const hint = fitting.length === 0 ? '' : `; the ids fit room version ${fitting.join(' or ')}`;
    const message = 'expected a create event, which tells the room version; without it give --room-version';
    throw problem(file, first.position, `${message}${hint}`);
  }
  const rules = versions.get(version);
  if (rules !== undefined) return algorithm === undefined ? rules : { ...rules, stateResolution: algorithm };
  const known = versions.ids();
  const others = known.filter((id) => !/^\d+$/.test(id)).map((id) => ` or ${id}`);
  const near = didYouMean(nearest(version, known));
  const message = `expected a room version from 1 to 12${others.join('')}, found "${version.slice(0, 60)}"${near}`;
  if (roomVersion !== undefined)
    throw new ScenarioError(file, [
      { path: '', position: undefined, option: `--room-version ${version.slice(0, 60)}`, message },
    ]);
  throw problem(file, create?.position ?? first.position, message);
}

/** A create event that names no version makes a room of version 1; one that names nonsense is told as such. */
export function versionOf({ pdu }: RoomEntry): string {
  const { content } = pdu;
  const version = isJsonObject(content) ? content['room_version'] : undefined;
  if (version === undefined) return '1';
  return typeof version === 'string' ? version : JSON.stringify(version);
}

/** Orders events so that each comes after what it cites; the file's order decides between the rest. */
function causesFirst(
  events: ReadonlyMap<EventId, PlacedEvent>,
  file: string,
): Pick<RoomFile, 'events' | 'missing'> {
  const ordered: MatrixEvent[] = [];
  const missing = new Map<EventId, MissingEvent>();
  const state = new Map<EventId, 'open' | 'done'>();
  for (const start of events.keys()) {
    const stack: { id: EventId; next: number }[] = [{ id: start, next: 0 }];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const placed = events.get(frame.id);
      if (placed === undefined || state.get(frame.id) === 'done') {
        stack.pop();
        continue;
      }
      const { position, event } = placed;
      state.set(frame.id, 'open');
      const next = citedAt(event, frame.next++);
      if (next === undefined) {
        state.set(frame.id, 'done');
        ordered.push(event);
        stack.pop();
      } else if (!events.has(next)) {
        const isAuthority = event.authEvents.includes(next);
        const known = missing.get(next);
        if (known === undefined)
          missing.set(next, { eventId: next, citedBy: event.eventId, position, isAuthority });
        else if (isAuthority) missing.set(next, { ...known, isAuthority });
      } else if (state.get(next) === 'open') {
        const circle = next === event.eventId ? 'cites itself' : `and ${next} cite each other in a circle`;
        throw problem(file, position, `${event.eventId} ${circle}`);
      } else if (state.get(next) === undefined) stack.push({ id: next, next: 0 });
    }
  }
  return { events: ordered, missing: [...missing.values()] };
}

function citedAt({ prevEvents, authEvents }: MatrixEvent, index: number): EventId | undefined {
  return index < prevEvents.length ? prevEvents[index] : authEvents[index - prevEvents.length];
}
