// States of a room that somebody else tells, as files: for the places where a slice of the room begins. The forms are
// described in docs/matrix-rooms.md.
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/matrix/canonical-json.ts';
import { JsonFault, JsonText, TextPositions, type TextSpan } from './json-text.ts';
import type { RoomEntry } from './room-file-entries.ts';
import { roomFileSpans } from './room-file-spans.ts';
import { roomFileText } from './room-file-text.ts';
import { ScenarioError, type TextPosition } from './scenario-error.ts';

/** An entry of a state: an event by its id or in full, with its place in the state where the file says it. */
export interface GivenEntry {
  /** Left out where only the event itself can tell. */
  readonly eventId?: string;
  readonly body?: RoomEntry;
  readonly place?: readonly [type: string, stateKey: string];
  readonly position: TextPosition;
}

/** A state, and where it stands in the file. */
export interface GivenStateList {
  readonly entries: readonly GivenEntry[];
  readonly position: TextPosition;
}

/** What a file of states says, before anybody asks whether its events are any. */
export interface RoomStateFile {
  /** A state that is given without saying where it holds. */
  readonly only: GivenStateList | undefined;
  /** States by the event that they belong to; `*` stands for all events without one of their own. */
  readonly byEvent: ReadonlyMap<string, GivenStateList>;
  /** Events that stand in the file beside the states. */
  readonly events: readonly RoomEntry[];
}

/**
 * Reads a file of states.
 * @param contents the file as bytes, plain or gzip, or as text
 * @throws ScenarioError naming file, line and what was expected
 */
export function readRoomStateFile(contents: string | Uint8Array, file: string): RoomStateFile {
  const text = typeof contents === 'string' ? contents : roomFileText(contents, file);
  const positions = new TextPositions(text);
  const complain = (position: TextPosition, message: string): ScenarioError =>
    new ScenarioError(file, [{ path: '', position, message }]);
  const json = new JsonText(text);
  try {
    if (json.pastBlanks(0) === text.length)
      throw complain({ line: 1, column: 1 }, 'expected a state, found an empty file');
    return new StateReader(json, positions, complain).contents();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw complain(positions.at(error.offset), `expected JSON: ${error.message}`);
  }
}

/** Members of a document that are lists of a state's entries, by the API or command that gives them. */
const stateMembers = ['pdus', 'pdu_ids', 'resolved_state', 'state'];
/** Members that are lists of events. */
const eventMembers = ['events', 'auth_chain'];

class StateReader {
  readonly #json: JsonText;
  readonly #positions: TextPositions;
  readonly #complain: (position: TextPosition, message: string) => ScenarioError;
  readonly #events: RoomEntry[] = [];

  constructor(
    json: JsonText,
    positions: TextPositions,
    complain: (position: TextPosition, message: string) => ScenarioError,
  ) {
    this.#json = json;
    this.#positions = positions;
    this.#complain = complain;
  }

  contents(): RoomStateFile {
    const found = roomFileSpans(this.#json);
    if (found.form === 'document' && this.#json.text.startsWith('{', found.span.start))
      return this.#document(found.span);
    const spans = found.form === 'document' ? [found.span] : found.spans;
    const only = this.#list(spans, { line: 1, column: 1 });
    return { only, byEvent: new Map(), events: this.#events };
  }

  /** What a homeserver's `/state` and `/state_ids` or netsplit print, or an object of states by event. */
  #document({ start, end }: TextSpan): RoomStateFile {
    const byEvent = new Map<string, GivenStateList>();
    let only: GivenStateList | undefined;
    for (const { key, ...span } of this.#json.members(start)) {
      const isState = stateMembers.includes(key);
      if (isState || key.startsWith('$') || key === '*') {
        const list = this.#list(this.#elements(key, span), this.#positions.at(span.start));
        if (isState) only = list;
        else byEvent.set(key, list);
      } else if (eventMembers.includes(key)) {
        for (const { body } of this.#list(this.#elements(key, span), this.#positions.at(span.start)).entries)
          if (body !== undefined) this.#events.push(body);
      }
    }
    if (only === undefined && byEvent.size === 0) {
      const lone = this.#parse({ start, end });
      if (isJsonObject(lone) && isEvent(lone))
        return {
          only: this.#list([{ start, end }], this.#positions.at(start)),
          byEvent,
          events: this.#events,
        };
      throw this.#complain(
        this.#positions.at(start),
        `expected a list of state events, an object of such lists by event id, or one of ${stateMembers.join(', ')}`,
      );
    }
    return { only, byEvent, events: this.#events };
  }

  #elements(key: string, { start }: TextSpan): Iterable<TextSpan> {
    if (this.#json.text.startsWith('[', start)) return this.#json.elements(start);
    throw this.#complain(this.#positions.at(start), `expected a list under "${key}"`);
  }

  #list(spans: Iterable<TextSpan>, position: TextPosition): GivenStateList {
    return { position, entries: Array.from(spans, (span) => this.#entry(span)) };
  }

  #entry(span: TextSpan): GivenEntry {
    const position = this.#positions.at(span.start);
    const entry = givenEntry(this.#parse(span), position);
    if (entry !== undefined) return entry;
    const found = this.#json.text.slice(span.start, Math.min(span.end, span.start + 60));
    throw this.#complain(position, `${expectedEntry}, found ${found}`);
  }

  #parse({ start, end }: TextSpan): JsonValue {
    return JSON.parse(this.#json.text.slice(start, end)) as JsonValue;
  }
}

const expectedEntry = 'expected an event id, [type, state_key, event_id] or an event';

/**
 * A state from values that have been read already.
 * @throws ScenarioError when one of them is no entry of a state
 */
export function stateList(
  values: readonly JsonValue[],
  position: TextPosition,
  file: string,
): GivenStateList {
  const entries = values.map((value) => {
    const entry = givenEntry(value, position);
    if (entry !== undefined) return entry;
    const message = `${expectedEntry}, found ${JSON.stringify(value).slice(0, 60)}`;
    throw new ScenarioError(file, [{ path: '', position, message }]);
  });
  return { entries, position };
}

function givenEntry(value: JsonValue, position: TextPosition): GivenEntry | undefined {
  if (typeof value === 'string' && value.startsWith('$')) return { eventId: value, position };
  if (Array.isArray(value)) {
    const [type, stateKey, eventId, ...more] = value as readonly JsonValue[];
    const isEntry = typeof type === 'string' && typeof stateKey === 'string' && typeof eventId === 'string';
    return isEntry && more.length === 0 ? { eventId, place: [type, stateKey], position } : undefined;
  }
  if (!isJsonObject(value) || !isEvent(value)) return undefined;
  const pdu = isJsonObject(value['pdu']) ? value['pdu'] : value;
  const given = value['event_id'];
  const eventId = typeof given === 'string' ? given : undefined;
  return { position, body: { position, pdu, eventId, text: () => JSON.stringify(pdu) } };
}

function isEvent(value: JsonObject): boolean {
  return value['type'] !== undefined || isJsonObject(value['pdu']);
}
