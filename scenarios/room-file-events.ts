// The entries of a room file as events: each once, what it cites before it.
import { encodeCanonicalJson, withoutKeys, type JsonObject } from '../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../protocol/matrix/event.ts';
import { readEvent, sketchedEvent } from '../protocol/matrix/event-format.ts';
import { eventIdOf } from '../protocol/matrix/hashes.ts';
import type { EventId, RoomId } from '../protocol/matrix/ids.ts';
import {
  specifiedRoomVersions,
  type RoomVersionRules,
  type RoomVersions,
} from '../protocol/matrix/room-version.ts';
import { hasValidContentHash } from '../protocol/matrix/signing.ts';
import { JsonText } from './json-text.ts';
import { noteKeys, type RoomEntry } from './room-file-entries.ts';
import { ScenarioError, type TextPosition } from './scenario-error.ts';

/** An event, and where it stands in the file. */
export interface PlacedEvent {
  readonly position: TextPosition;
  readonly event: MatrixEvent;
}

/** How entries become events. */
export interface EntryReading {
  readonly file: string;
  readonly rules: RoomVersionRules;
  /** To tell of which version an event is that is none of this one. */
  readonly versions: RoomVersions | undefined;
  /** The events were never sent: see {@link sketchedEvent}. */
  readonly areSketches: boolean;
  /** The room whose events these are; others are told apart later. Left out: all must be of one room. */
  readonly roomId: RoomId | undefined;
}

/**
 * Reads events, in the order of the file. One that stands there twice counts once.
 * @throws ScenarioError when an entry is no event of the room version, or no event of the room, or not the one it is
 * called
 */
export function eventsOf(
  entries: readonly RoomEntry[],
  reading: EntryReading,
): ReadonlyMap<EventId, PlacedEvent> {
  const complain = (position: TextPosition, message: string): ScenarioError =>
    new ScenarioError(reading.file, [{ path: '', position, message }]);
  const events = new Map<EventId, PlacedEvent>();
  let first: PlacedEvent | undefined;
  for (const entry of entries) {
    const { position } = entry;
    const read = readEntry(entry, reading);
    if (!read.ok) {
      const other = otherRoom(entry.pdu, reading.roomId ?? first?.event.roomId);
      throw complain(position, other ?? read.detail);
    }
    const placed = { position, event: read.event };
    first ??= placed;
    const { eventId, roomId, pdu } = placed.event;
    if (reading.roomId === undefined && first.event.roomId !== roomId) {
      const other = `${first.event.roomId} as on line ${first.position.line}`;
      throw complain(position, `expected an event of ${other}, found one of ${roomId}`);
    }
    const known = events.get(eventId);
    if (known === undefined) events.set(eventId, placed);
    else if (encodeCanonicalJson(known.event.pdu) !== encodeCanonicalJson(pdu)) {
      const { line } = known.position;
      throw complain(
        position,
        `two different events are called ${eventId}; the other stands on line ${line}`,
      );
    }
  }
  return events;
}

type ReadEntry =
  { readonly ok: true; readonly event: MatrixEvent } | { readonly ok: false; readonly detail: string };

function readEntry(entry: RoomEntry, { rules, versions, areSketches }: EntryReading): ReadEntry {
  const { eventId } = entry;
  const refuse = (detail: string): ReadEntry => ({ ok: false, detail });
  const pdu = withoutDebugFields(
    areSketches || rules.eventIdFormat !== 'explicit' ? withoutKeys(entry.pdu, ['event_id']) : entry.pdu,
  );
  if (areSketches && eventId === undefined)
    return refuse('expected an event_id: an event without hashes has no id of its own');
  const read = areSketches ? sketchedEvent(pdu, eventId as EventId, rules) : readEvent(pdu, rules);
  if (!read.ok) return refuse(`no event of room version ${rules.id}: ${read.detail}`);
  if (rules.strictCanonicalJson && hasFloatLiteral(entry.text()))
    return refuse(`no event of room version ${rules.id}: a number has a fraction or an exponent`);
  const event = read.value;
  return eventId === undefined || eventId === event.eventId
    ? { ok: true, event }
    : refuse(otherId(entry, event.eventId, rules, versions));
}

/** An event of another room is often of another version, too: then it is no event of this one, for any reason. */
function otherRoom({ room_id: roomId }: JsonObject, expected: RoomId | undefined): string | undefined {
  return typeof roomId === 'string' && expected !== undefined && roomId !== expected
    ? `expected an event of ${expected}, found one of ${roomId}`
    : undefined;
}

/** The id by the event's hash is not the one in the file: the event was changed, or is of another room version. */
function otherId(
  entry: RoomEntry,
  eventId: EventId,
  rules: RoomVersionRules,
  versions: RoomVersions = specifiedRoomVersions,
): string {
  const fitting = versionsFitting([entry], versions);
  const hint = fitting.length === 0 ? '' : `; it would be that in room version ${fitting.join(' or ')}`;
  return `the event's id is ${eventId} by its content in room version ${rules.id}, the file says ${entry.eventId ?? ''}${hint}`;
}

/** The room versions in which each of these events has the id that the file gives for it. */
export function versionsFitting(entries: readonly RoomEntry[], versions: RoomVersions): readonly string[] {
  return versions.ids().filter((id) => {
    const rules = versions.get(id);
    return rules !== undefined && entries.every((entry) => hasIdOf(entry, rules));
  });
}

/** In versions 1 and 2 ids are names with a server in them. */
function hasIdOf({ pdu, eventId }: RoomEntry, rules: RoomVersionRules): boolean {
  if (rules.eventIdFormat === 'explicit')
    return pdu['event_id'] === eventId && eventId?.includes(':') === true;
  return eventIdOf(withoutKeys(withoutNotes(pdu), ['event_id']), rules) === eventId;
}

/**
 * Debuggers keep notes in an event under keys that begin with `_`. They are no part of it, unless its hash says that they
 * are.
 */
function withoutDebugFields(entry: JsonObject): JsonObject {
  const pdu = withoutNotes(entry);
  const notes = Object.keys(pdu).filter((key) => key.startsWith('_') && key !== '__proto__');
  return notes.length === 0 || hasValidContentHash(pdu) ? pdu : withoutKeys(pdu, notes);
}

/** Without what an export of netsplit adds. */
function withoutNotes(entry: JsonObject): JsonObject {
  return noteKeys.some((key) => key in entry) ? withoutKeys(entry, noteKeys) : entry;
}

/** Whether a number of the event is written with a fraction or an exponent; what is no part of it is passed over. */
function hasFloatLiteral(pduText: string): boolean {
  // Nearly all events stop here: nothing in them even looks like such a number where a value may stand.
  if (!/[:,[]\s*-?\d+[.eE]/.test(pduText)) return false;
  const json = new JsonText(pduText);
  for (const { key, ...span } of json.members(json.pastBlanks(0)))
    if (key !== 'unsigned' && !key.startsWith('_') && json.hasFloatLiteral(span)) return true;
  return false;
}
