// What a homeserver has stored of a room's state, as exports from its database have it: JSON, a line for each event, or
// CSV. The forms are described in docs/matrix-rooms.md.
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/matrix/canonical-json.ts';
import { stateMapKey } from '../protocol/matrix/auth-state.ts';
import type { EventId } from '../protocol/matrix/ids.ts';
import { StateMap } from '../protocol/matrix/state-map.ts';
import type { StoredState } from '../protocol/matrix/stored-state/stored-state.ts';
import { csvRecords } from './csv-records.ts';
import { JsonFault, JsonText, TextPositions } from './json-text.ts';
import { roomFileSpans } from './room-file-spans.ts';
import { roomFileText } from './room-file-text.ts';
import type { RoomFile } from './room-file.ts';
import { readRoomStateFile, stateList, type GivenStateList } from './room-state-file.ts';
import { ScenarioError, type TextPosition } from './scenario-error.ts';

/** A stored state before its entries have been looked at. */
interface StoredList {
  readonly eventId: EventId | undefined;
  readonly where: StoredState['where'];
  readonly list: GivenStateList;
}

/**
 * Reads stored states.
 * @param contents the file as bytes, plain or gzip, or as text
 * @param room whose events tell the places of entries that come as bare ids
 * @throws ScenarioError naming file, line and what was expected
 */
export function readStoredStates(
  contents: string | Uint8Array,
  room: RoomFile,
  file: string,
): readonly StoredState[] {
  const text = typeof contents === 'string' ? contents : roomFileText(contents, file);
  const start = text.trimStart().charAt(0);
  const lists = start === '{' || start === '[' ? listsOfJson(text, file) : listsOfCsv(text, file);
  const keys = new Map(room.events.map(({ eventId, stateMapKey: key }) => [eventId as string, key]));
  return lists.map(({ eventId, where, list }) => ({ eventId, where, entries: entriesOf(list, keys, file) }));
}

function complaint(file: string, position: TextPosition, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position, message }]);
}

/** Entries are taken as they stand: an altered one is to be found, not refused. */
function entriesOf(
  { entries }: GivenStateList,
  keys: ReadonlyMap<string, string | undefined>,
  file: string,
): StateMap {
  const state = new Map<string, EventId>();
  for (const { eventId, body, place, position } of entries) {
    const given = body === undefined ? eventId : (body.eventId ?? eventId);
    if (given === undefined)
      throw complaint(
        file,
        position,
        'expected an event_id beside the event, or [type, state_key, event_id]',
      );
    const key = place === undefined ? keys.get(given) : stateMapKey(...place);
    if (key === undefined) {
      const message = `expected [type, state_key, event_id]: ${given} is no state event of the room`;
      throw complaint(file, position, message);
    }
    if ((state.get(key) ?? given) !== given)
      throw complaint(
        file,
        position,
        `two events for one key of a state: ${state.get(key) ?? ''} and ${given}`,
      );
    state.set(key, given as EventId);
  }
  return StateMap.of(state);
}

function listsOfJson(text: string, file: string): readonly StoredList[] {
  const rows = rowsOfJson(text, file);
  if (rows !== undefined) return rows;
  const { only, byEvent } = readRoomStateFile(text, file);
  const lists = Array.from(byEvent, ([eventId, list]): StoredList => ({
    eventId: eventId as EventId,
    where: 'after',
    list,
  }));
  return only === undefined ? lists : [...lists, { eventId: undefined, where: 'end', list: only }];
}

/** Rows `{event_id, state}`; undefined when the file is something else. */
function rowsOfJson(text: string, file: string): readonly StoredList[] | undefined {
  const json = new JsonText(text);
  const positions = new TextPositions(text);
  const lists: StoredList[] = [];
  try {
    const found = roomFileSpans(json);
    for (const { start, end } of found.form === 'document' ? [found.span] : found.spans) {
      const position = positions.at(start);
      const row = JSON.parse(text.slice(start, end)) as JsonValue;
      if (!isJsonObject(row) || typeof row['event_id'] !== 'string' || !hasState(row)) {
        if (lists.length === 0) return undefined;
        throw complaint(file, position, 'expected {"event_id": …, "state": […]} as on the lines before');
      }
      lists.push(...listsOfRow(row, position, file));
    }
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw complaint(file, positions.at(error.offset), `expected JSON: ${error.message}`);
  }
  return lists;
}

const members = { state: 'after', state_after: 'after', state_before: 'before' } as const;

function hasState(row: JsonObject): boolean {
  return row['type'] === undefined && Object.keys(members).some((name) => row[name] !== undefined);
}

function listsOfRow(row: JsonObject, position: TextPosition, file: string): readonly StoredList[] {
  return Object.entries(members).flatMap(([name, where]): StoredList[] => {
    const value = row[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw complaint(file, position, `expected a list under "${name}"`);
    const list = stateList(value as readonly JsonValue[], position, file);
    return [{ eventId: row['event_id'] as EventId, where, list }];
  });
}

const columns = ['event_id', 'type', 'state_key', 'state_event_id'];

/** A line for each entry of each state. */
function listsOfCsv(text: string, file: string): readonly StoredList[] {
  const states = new Map<string, GivenStateList['entries'][number][]>();
  let order = columns;
  for (const { fields, line } of csvRecords(text, file)) {
    const position = { line, column: 1 };
    if (line === 1 && fields.includes('event_id')) {
      order = [...fields];
      const lacking = columns.find((name) => !order.includes(name));
      if (lacking !== undefined) throw complaint(file, position, `expected a column ${lacking}`);
      continue;
    }
    const field = (name: string): string => fields[order.indexOf(name)] ?? '';
    if (fields.length !== order.length || !field('event_id').startsWith('$')) {
      const message = `expected ${order.join(',')}, found ${fields.join(',').slice(0, 60)}`;
      throw complaint(file, position, message);
    }
    const entry = {
      eventId: field('state_event_id'),
      place: [field('type'), field('state_key')] as const,
      position,
    };
    const known = states.get(field('event_id'));
    if (known === undefined) states.set(field('event_id'), [entry]);
    else known.push(entry);
  }
  if (states.size === 0) throw complaint(file, { line: 1, column: 1 }, 'expected stored states, found none');
  return Array.from(states, ([eventId, entries]) => ({
    eventId: eventId as EventId,
    where: 'after',
    list: { entries, position: entries[0]?.position ?? { line: 1, column: 1 } },
  }));
}
