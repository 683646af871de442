// The forms in which rooms come as files, as a list of entries: the vector form, state sets to resolve, JSON arrays of
// PDUs, and PDUs one after the other as TARDIS reads them (https://github.com/matrix-org/tardis).
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/matrix/canonical-json.ts';
import type { EventId } from '../protocol/matrix/ids.ts';
import { JsonFault, JsonText, TextPositions, type TextSpan } from './json-text.ts';
import { roomFileSpans } from './room-file-spans.ts';
import { ScenarioError, type TextPosition } from './scenario-error.ts';

/** One event as it stands in the file. */
export interface RoomEntry {
  readonly position: TextPosition;
  readonly pdu: JsonObject;
  /** The id that the file gives for it, beside or inside the PDU. */
  readonly eventId: string | undefined;
  /** The JSON text of the PDU. */
  readonly text: () => string;
}

/** What a file says, before anybody asks whether its events are any. */
export interface RoomFileContents {
  readonly entries: readonly RoomEntry[];
  /** The version that the file names beside its events. */
  readonly version: string | undefined;
  /** The room that the file is about, where it names one beside its events. */
  readonly roomId: string | undefined;
  /** Servers' keys as `{"hs1": {"key_id": "ed25519:1", "public_key": unpadded base64}}`. */
  readonly servers: JsonObject | undefined;
  readonly stateSets: readonly (readonly EventId[])[] | undefined;
  readonly stateSetsPosition: TextPosition | undefined;
}

/** Names under which an export keeps, at its first event, what other forms have beside their events. */
export const noteKeys: readonly string[] = ['_room_version', '_room_id', '_servers', '_state_sets'];

/** An event has at most 65,536 bytes; escapes and `unsigned` may make it longer as text, but not without end. */
const mostEventCharacters = 8_388_608;

/**
 * Reads the entries of a room file.
 * @throws ScenarioError naming file, line and what was expected
 */
export function roomFileEntries(text: string, file: string): RoomFileContents {
  const positions = new TextPositions(text);
  const complain = (position: TextPosition, message: string): ScenarioError =>
    new ScenarioError(file, [{ path: '', position, message }]);
  const reader = new EntryReader(new JsonText(text), positions, complain);
  try {
    return reader.contents();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw complain(positions.at(error.offset), `expected JSON: ${error.message}`);
  }
}

const noStateSets = { stateSets: undefined, stateSetsPosition: undefined };

class EntryReader {
  readonly #json: JsonText;
  readonly #positions: TextPositions;
  readonly #complain: (position: TextPosition, message: string) => ScenarioError;

  constructor(
    json: JsonText,
    positions: TextPositions,
    complain: (position: TextPosition, message: string) => ScenarioError,
  ) {
    this.#json = json;
    this.#positions = positions;
    this.#complain = complain;
  }

  contents(): RoomFileContents {
    const { text } = this.#json;
    if (this.#json.pastBlanks(0) === text.length)
      throw this.#complain({ line: 1, column: 1 }, 'expected events, found an empty file');
    const found = roomFileSpans(this.#json);
    const isDocument = found.form === 'document' && text.startsWith('{', found.span.start);
    const document = isDocument ? this.#document(found.span) : undefined;
    if (document !== undefined) return document;
    const entries = this.#entries(found.form === 'document' ? [found.span] : found.spans);
    return { entries, ...this.#headingOf(entries) };
  }

  /** An object with `events` and what belongs to them; undefined when it has none: it is an event itself then. */
  #document({ start }: TextSpan): RoomFileContents | undefined {
    const spans = new Map<string, TextSpan>();
    for (const { key, start: from, end } of this.#json.members(start)) spans.set(key, { start: from, end });
    const events = spans.get('events');
    if (events === undefined || !this.#json.text.startsWith('[', events.start)) return undefined;
    const member = (key: string): JsonValue | undefined => {
      const span = spans.get(key);
      return span === undefined ? undefined : this.#parse(span);
    };
    const sets = spans.get('state_sets');
    const servers = member('servers');
    return {
      entries: this.#entries(this.#json.elements(events.start)),
      version: textOrNothing(member('room_version')),
      roomId: textOrNothing(member('room_id')),
      servers: isJsonObject(servers) ? servers : undefined,
      ...(sets === undefined
        ? noStateSets
        : this.#stateSets(this.#parse(sets), this.#positions.at(sets.start))),
    };
  }

  /** What an export of netsplit notes at one of its events. */
  #headingOf(entries: readonly RoomEntry[]): Omit<RoomFileContents, 'entries'> {
    const heading = entries.find(({ pdu }) => noteKeys.some((key) => key in pdu));
    const { _room_version, _room_id, _servers, _state_sets } = heading?.pdu ?? {};
    return {
      version: textOrNothing(_room_version),
      roomId: textOrNothing(_room_id),
      servers: isJsonObject(_servers) ? _servers : undefined,
      ...this.#stateSets(_state_sets, heading?.position),
    };
  }

  #stateSets(
    value: JsonValue | undefined,
    position: TextPosition | undefined,
  ): Pick<RoomFileContents, 'stateSets' | 'stateSetsPosition'> {
    if (value === undefined || position === undefined) return noStateSets;
    const isListOfIds = (set: JsonValue): boolean =>
      Array.isArray(set) && set.every((id) => typeof id === 'string');
    if (!Array.isArray(value) || !value.every(isListOfIds))
      throw this.#complain(position, 'expected state_sets to be a list of lists of event ids');
    return { stateSets: value as readonly (readonly EventId[])[], stateSetsPosition: position };
  }

  #entries(spans: Iterable<TextSpan>): readonly RoomEntry[] {
    return Array.from(spans, (span) => this.#entry(span));
  }

  /** A PDU by itself, beside its id as `{event_id, pdu}`, or as a row of Synapse's table `event_json`. */
  #entry(span: TextSpan): RoomEntry {
    const position = this.#positions.at(span.start);
    const { start, end } = span;
    if (end - start > mostEventCharacters)
      throw this.#complain(
        position,
        `expected an event, which has at most 65536 bytes, found ${end - start} characters`,
      );
    const value = this.#parse(span);
    if (!isJsonObject(value)) throw this.#complain(position, `expected an event, found ${kindOf(value)}`);
    const { event_id: eventId, pdu, json } = value;
    const given = { position, eventId: textOrNothing(eventId) };
    if (isJsonObject(pdu)) return { ...given, pdu, text: () => this.#memberText(span, 'pdu') };
    if (value['type'] !== undefined || json === undefined)
      return { ...given, pdu: value, text: () => this.#json.text.slice(start, end) };
    if (isJsonObject(json)) return { ...given, pdu: json, text: () => this.#memberText(span, 'json') };
    const row = typeof json === 'string' ? parsed(json) : undefined;
    if (typeof json !== 'string' || !isJsonObject(row))
      throw this.#complain(position, 'expected an event under "json", found no JSON object');
    return { position, eventId: given.eventId ?? textOrNothing(row['event_id']), pdu: row, text: () => json };
  }

  #memberText({ start }: TextSpan, key: string): string {
    let text = '';
    for (const member of this.#json.members(start))
      if (member.key === key) text = this.#json.text.slice(member.start, member.end);
    return text;
  }

  #parse({ start, end }: TextSpan): JsonValue {
    return JSON.parse(this.#json.text.slice(start, end)) as JsonValue;
  }
}

/** The value of JSON text; undefined when it is none, or nested without end. */
function parsed(text: string): JsonValue | undefined {
  const json = new JsonText(text);
  try {
    json.endOfValue(json.pastBlanks(0));
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function textOrNothing(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function kindOf(value: JsonValue): string {
  return typeof value === 'object' && value !== null ? 'a list' : JSON.stringify(value).slice(0, 60);
}
