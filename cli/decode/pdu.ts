// `netsplit decode pdu`: what a Matrix event says, what its id is, whether its content is what its hash says.
import pc from 'picocolors';
import {
  encodeCanonicalJson,
  isJsonObject,
  parseJsonText,
  type JsonObject,
  type JsonValue,
} from '../../protocol/matrix/canonical-json.ts';
import { parseEvent } from '../../protocol/matrix/event-format.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { contentHash } from '../../protocol/matrix/hashes.ts';
import { redact } from '../../protocol/matrix/redaction.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { hasValidContentHash, requiredSigners } from '../../protocol/matrix/signing.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { exitCode, UsageError } from '../exit.ts';

/** What is said about one event. */
interface Explanation {
  readonly roomVersion: string;
  /** How the version is known. */
  readonly versionFrom: 'told' | 'create event' | 'shape' | 'assumed';
  readonly eventId: string;
  readonly roomId: string;
  readonly type: string;
  readonly stateKey: string | null;
  readonly sender: string;
  readonly originServerTs: number;
  readonly sentAt: string;
  readonly depth: number;
  readonly prevEvents: readonly string[];
  readonly authEvents: readonly string[];
  readonly bytes: number;
  readonly contentHash: { readonly computed: string; readonly matches: boolean | null };
  readonly signatures: { readonly present: readonly string[]; readonly missing: readonly string[] };
  /** Keys of the content that redaction takes away. */
  readonly lostByRedaction: readonly string[];
}

/** Explains one PDU given as JSON text; returns the exit code. @throws UsageError with what is wrong and where */
export function explainPdu(
  text: string,
  { roomVersion, json }: { readonly roomVersion?: string; readonly json?: boolean },
): number {
  const parsed = parseJsonText(text, false);
  if (!parsed.ok) throw new UsageError(`not a PDU: ${parsed.detail}`);
  if (!isJsonObject(parsed.value)) throw new UsageError('not a PDU: expected a JSON object');
  const pdu = parsed.value;
  const { rules, from } =
    roomVersion === undefined ? guess(pdu) : { rules: named(roomVersion), from: 'told' as const };
  const event = parseEvent(pdu, rules);
  if (!event.ok)
    throw new UsageError(`not a PDU of room version ${rules.id} (${from}): ${event.detail} [${event.rule}]`);
  const explanation = explain(event.value, from);
  process.stdout.write(json === true ? `${JSON.stringify(explanation)}\n` : inWords(explanation));
  return exitCode.good;
}

function named(version: string): RoomVersionRules {
  const rules = specifiedRoomVersions.get(version);
  if (rules !== undefined) return rules;
  const ids = specifiedRoomVersions.ids();
  throw new UsageError(
    `--room-version: expected one of ${ids.join(', ')}, found "${version}"${didYouMean(nearest(version, ids))}`,
  );
}

/** The version as far as an event alone tells: create events name it, others have a shape. */
function guess(pdu: JsonObject): { rules: RoomVersionRules; from: Explanation['versionFrom'] } {
  const { content } = pdu;
  if (pdu['type'] === 'm.room.create' && isJsonObject(content)) {
    const version = content['room_version'] ?? '1';
    const rules = typeof version === 'string' ? specifiedRoomVersions.get(version) : undefined;
    if (rules !== undefined) return { rules, from: 'create event' };
    throw new UsageError(
      `not a PDU: the create event is of room version ${encodeCanonicalJson(version)}, which is not known; --room-version tells which rules to read it by`,
    );
  }
  const roomId = pdu['room_id'];
  if (typeof pdu['event_id'] === 'string' && hasPairs(pdu['prev_events']))
    return { rules: named('2'), from: 'shape' };
  if (typeof roomId === 'string' && !roomId.includes(':')) return { rules: named('12'), from: 'shape' };
  const references = JSON.stringify([pdu['prev_events'], pdu['auth_events']]);
  if (/[+/]/.test(references)) return { rules: named('3'), from: 'shape' };
  return { rules: named('11'), from: 'assumed' };
}

function hasPairs(references: JsonValue | undefined): boolean {
  return Array.isArray(references) && references.every((each: unknown) => Array.isArray(each));
}

function explain(event: MatrixEvent, versionFrom: Explanation['versionFrom']): Explanation {
  const { pdu, rules, content } = event;
  const signatures = isJsonObject(pdu['signatures']) ? pdu['signatures'] : {};
  const present = Object.entries(signatures).flatMap(([server, keys]) =>
    isJsonObject(keys) ? Object.keys(keys).map((key) => `${server} ${key}`) : [],
  );
  const left = redact(pdu, rules)['content'];
  return {
    roomVersion: rules.id,
    versionFrom,
    eventId: event.eventId,
    roomId: event.roomId,
    type: event.type,
    stateKey: event.stateKey ?? null,
    sender: event.sender,
    originServerTs: event.originServerTs,
    sentAt: timeOf(event.originServerTs),
    depth: event.depth,
    prevEvents: event.prevEvents,
    authEvents: event.authEvents,
    bytes: event.byteLength,
    contentHash: {
      computed: contentHash(pdu),
      matches: pdu['hashes'] === undefined ? null : hasValidContentHash(pdu),
    },
    signatures: {
      present,
      missing: requiredSigners(event).filter((server) => !Object.hasOwn(signatures, server)),
    },
    lostByRedaction: Object.keys(content).filter((key) => !isJsonObject(left) || !Object.hasOwn(left, key)),
  };
}

/** ISO 8601; a time that no calendar has stays a number. */
function timeOf(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? `${milliseconds} ms, beyond any calendar` : time.toISOString();
}

const sources: Readonly<Record<Explanation['versionFrom'], string>> = {
  told: 'as told',
  'create event': 'as its content says',
  shape: 'by its shape',
  assumed: 'assumed: 3 to 11 look alike; --room-version tells',
};

function inWords(explained: Explanation): string {
  const { contentHash: hash, signatures } = explained;
  const matches =
    hash.matches === null ? 'has none' : hash.matches ? 'matches' : 'does not match: receivers redact it';
  const list = (values: readonly string[]): string =>
    values.length === 0 ? 'none' : values.join('\n                    ');
  const rows: readonly (readonly [string, string])[] = [
    ['room version', `${explained.roomVersion} (${sources[explained.versionFrom]})`],
    ['event id', explained.eventId],
    ['room', explained.roomId],
    ['type', explained.type],
    [
      'state key',
      explained.stateKey === null ? 'none: not a state event' : JSON.stringify(explained.stateKey),
    ],
    ['sender', explained.sender],
    ['sent', `${explained.sentAt} by the sender’s server`],
    ['depth', `${explained.depth}`],
    ['previous events', list(explained.prevEvents)],
    ['auth events', list(explained.authEvents)],
    ['canonical bytes', `${explained.bytes} of at most 65536`],
    ['content hash', `${hash.computed} ${matches}`],
    ['signatures', list(signatures.present)],
    ['missing signatures', list(signatures.missing)],
    [
      'lost by redaction',
      explained.lostByRedaction.length === 0 ? 'nothing' : explained.lostByRedaction.join(', '),
    ],
  ];
  return rows.map(([name, value]) => `${pc.dim(name.padEnd(18))}  ${value}\n`).join('');
}
