// Content hash, reference hash, and the event ids made from it.
// https://spec.matrix.org/v1.16/server-server-api/#signing-events
import { toBase64, toBase64Url } from '../bytes.ts';
import { sha256 } from '../crypto.ts';
import { encodeCanonicalJson, withoutKeys, type JsonObject } from './canonical-json.ts';
import type { EventId, RoomId } from './ids.ts';
import { redact } from './redaction.ts';
import type { RoomVersionRules } from './room-version.ts';

/**
 * Unpadded base64 of the content hash. Beside what the specification names, `age_ts`, `outlier` and `destinations`
 * stay out of it, as in Synapse, which once sent them.
 */
export function contentHash(pdu: JsonObject): string {
  const hashed = withoutKeys(pdu, ['unsigned', 'signatures', 'hashes', 'age_ts', 'outlier', 'destinations']);
  return toBase64(sha256(encodeCanonicalJson(hashed)));
}

/** The reference hash: over the redacted event without signatures. */
export function referenceHash(pdu: JsonObject, rules: RoomVersionRules): Uint8Array {
  return sha256(encodeCanonicalJson(withoutKeys(redact(pdu, rules), ['signatures', 'age_ts', 'unsigned'])));
}

/** The event's id: its own word in versions 1 and 2, otherwise its reference hash. Undefined when it gives none. */
export function eventIdOf(pdu: JsonObject, rules: RoomVersionRules): EventId | undefined {
  switch (rules.eventIdFormat) {
    case 'explicit': {
      const explicit = pdu['event_id'];
      return typeof explicit === 'string' ? (explicit as EventId) : undefined;
    }
    case 'reference-hash':
      return `$${toBase64(referenceHash(pdu, rules))}` as EventId;
    case 'reference-hash-url-safe':
      return `$${toBase64Url(referenceHash(pdu, rules))}` as EventId;
  }
}

/** From version 12: the room id that a create event makes. */
export function roomIdOfCreate(createEventId: EventId): RoomId {
  return `!${createEventId.slice(1)}` as RoomId;
}
