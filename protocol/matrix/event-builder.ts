// New events: from a draft and what it is to cite to a hashed and signed PDU.
//
// A signature is computed when somebody first reads it: what never leaves its server never shows it, and a room that is
// old when a run begins has thousands of them. Everything else about an event (its id, its length) is known without.
import { assert, present } from '../assert.ts';
import { toBase64, utf8, utf8Length } from '../bytes.ts';
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
 * the references, and `localId` the local part of the event's explicit id.
 */
export function buildEvent(
  draft: EventDraft,
  rules: RoomVersionRules,
  key: SigningKey,
  explicit?: { readonly localId: string; readonly cited: CitedPdu },
): MatrixEvent {
  const references = (ids: readonly EventId[]): JsonObject[string] => {
    if (rules.eventIdFormat !== 'explicit') return ids;
    return ids.map((id) => {
      const cited = explicit?.cited(id);
      assert(cited !== undefined, `${id} is cited with its hash and must be at hand`);
      return [id, { sha256: toBase64(referenceHash(cited, rules)) }];
    });
  };
  return signedEvent(
    {
      auth_events: references(draft.authEvents),
      content: draft.content,
      depth: draft.depth,
      ...(rules.eventIdFormat === 'explicit'
        ? { event_id: `$${explicit?.localId ?? contentHash(draft.content)}:${key.server}` }
        : {}),
      origin_server_ts: draft.originServerTs,
      prev_events: references(draft.prevEvents),
      ...(draft.roomId === undefined ? {} : { room_id: draft.roomId }),
      sender: draft.sender,
      ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
      type: draft.type,
    },
    rules,
    key,
  );
}

/** The event of a PDU that has neither hashes nor signatures yet. A PDU that no server would take is a programming error. */
export function signedEvent(pdu: JsonObject, rules: RoomVersionRules, key: SigningKey): MatrixEvent {
  const hashed: JsonObject = { ...pdu, hashes: { sha256: contentHash(pdu) } };
  // Of what only one of the two leaves out (`age_ts`), a new event has nothing: the same text is signed and makes the id.
  const text = referenceText(hashed, rules);
  const measured = measureCanonicalJson(hashed, rules.strictCanonicalJson);
  const eventId = eventIdBy(pdu, () => text, rules);
  const parsed = !measured.ok
    ? measured
    : trustedEvent(
        { ...hashed, signatures: { [key.server]: lazySignature(text, key) } },
        present(eventId, 'event id'),
        rules,
        measured.value + signaturesLength(key),
      );
  const event = parsed.ok ? checkLimits(parsed.value) : parsed;
  assert(event.ok, `a built event is not valid: ${event.ok ? '' : event.detail}`);
  return event.value;
}

/** What signatures add to the canonical JSON of an event: 64 bytes are 86 letters of base64. */
function signaturesLength({ server, keyId }: SigningKey): number {
  return ',"signatures":{"":{"":""}}'.length + utf8Length(server) + utf8Length(keyId) + 86;
}

function lazySignature(text: string, { keyId, signer }: SigningKey): JsonObject {
  let signature: string | undefined;
  return Object.defineProperty({}, keyId, {
    enumerable: true,
    get: () => (signature ??= toBase64(signer.sign(utf8(text)))),
  });
}
