// New events: from a draft and what it is to cite to a hashed and signed PDU.
//
// A signature is computed when somebody first reads it: what never leaves its server never shows it, and a room that is
// old when a run begins has thousands of them. Everything else about an event (its id, its length) is known without.
import { assert, present } from '../assert.ts';
import { toBase64, utf8, utf8Length } from '../bytes.ts';
import type { Outcome } from '../outcome.ts';
import { measureCanonicalJson, type JsonObject } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import { checkLimits, trustedEvent } from './event-format.ts';
import { contentHash, eventIdBy, referenceHash, referenceText } from './hashes.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import type { SigningKey } from './signing.ts';

/** What an event is to say, and what it cites. */
export interface EventDraft {
  readonly type: string;
  /** Left out for message events. */
  readonly stateKey?: string | undefined;
  /** Left out for the create event of a room whose id is that event. */
  readonly roomId?: RoomId | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
}

/** Finds the events that a version 1 or 2 event cites with their hashes. */
export type CitedPdu = (eventId: EventId) => JsonObject | undefined;

/**
 * The signed event of a draft. For room versions 1 and 2 `cited` gives the events referred to, whose hashes go into
 * the references, and `localId` the local part of the event's explicit id; left out: the hash of everything else.
 */
export function buildEvent(
  draft: EventDraft,
  rules: RoomVersionRules,
  key: SigningKey,
  explicit?: { readonly localId?: string; readonly cited: CitedPdu },
): MatrixEvent {
  const references = (ids: readonly EventId[]): JsonObject[string] => {
    if (rules.eventIdFormat !== 'explicit') return ids;
    return ids.map((id) => {
      const cited = explicit?.cited(id);
      assert(cited !== undefined, `${id} is cited with its hash and must be at hand`);
      return [id, { sha256: toBase64(referenceHash(cited, rules)) }];
    });
  };
  const pdu: JsonObject = {
    auth_events: references(draft.authEvents),
    content: draft.content,
    depth: draft.depth,
    origin_server_ts: draft.originServerTs,
    prev_events: references(draft.prevEvents),
    ...(draft.roomId === undefined ? {} : { room_id: draft.roomId }),
    sender: draft.sender,
    ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
    type: draft.type,
  };
  if (rules.eventIdFormat !== 'explicit') return signedEvent(pdu, rules, key);
  const eventId = `$${explicit?.localId ?? contentHash(pdu)}:${key.server}`;
  return signedEvent({ ...pdu, event_id: eventId }, rules, key);
}

/** The event of a PDU that has neither hashes nor signatures yet. A PDU that no server would take is a programming error. */
export function signedEvent(pdu: JsonObject, rules: RoomVersionRules, key: SigningKey): MatrixEvent {
  const built = eventSignedBy(pdu, rules, [key]);
  const event = built.ok ? checkLimits(built.value) : built;
  assert(event.ok, `a built event is not valid: ${event.ok ? '' : event.detail}`);
  return event.value;
}

/** The same with the signatures of several servers; whether it keeps within the limits of an event is not asked. */
export function eventSignedBy(
  pdu: JsonObject,
  rules: RoomVersionRules,
  keys: readonly SigningKey[],
): Outcome<MatrixEvent> {
  const hashed: JsonObject = { ...pdu, hashes: { sha256: contentHash(pdu) } };
  // Of what only one of the two leaves out (`age_ts`), a new event has nothing: the same text is signed and makes the id.
  const text = referenceText(hashed, rules);
  const measured = measureCanonicalJson(hashed, rules.strictCanonicalJson);
  if (!measured.ok) return measured;
  const eventId = present(
    eventIdBy(pdu, () => text, rules),
    'event id',
  );
  const signatures = Object.fromEntries(keys.map((key) => [key.server, lazySignature(text, key)]));
  const length = measured.value + signaturesLength(keys);
  return trustedEvent({ ...hashed, signatures }, eventId, rules, length);
}

/** What signatures add to the canonical JSON of an event: 64 bytes are 86 letters of base64. */
function signaturesLength(keys: readonly SigningKey[]): number {
  let length = ',"signatures":{}'.length + Math.max(0, keys.length - 1);
  for (const { server, keyId } of keys)
    length += '"":{"":""}'.length + utf8Length(server) + utf8Length(keyId) + 86;
  return length;
}

function lazySignature(text: string, { keyId, signer }: SigningKey): JsonObject {
  let signature: string | undefined;
  return Object.defineProperty({}, keyId, {
    enumerable: true,
    get: () => (signature ??= toBase64(signer.sign(utf8(text)))),
  });
}
