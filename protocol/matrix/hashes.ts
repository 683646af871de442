// Content hash, reference hash, and the event ids made from it.
// https://spec.matrix.org/v1.16/server-server-api/#signing-events
import { sha256, sha256Base64, sha256Base64Url } from '../crypto.ts';
import { encodeCanonicalJsonWithout, type JsonObject } from './canonical-json.ts';
import type { EventId, RoomId } from './ids.ts';
import { redact } from './redaction.ts';
import type { RoomVersionRules } from './room-version.ts';

const outsideContentHash = ['unsigned', 'signatures', 'hashes', 'age_ts', 'outlier', 'destinations'];
const outsideReferenceHash = ['signatures', 'age_ts', 'unsigned'];

/**
 * Unpadded base64 of the content hash. Beside what the specification names, `age_ts`, `outlier` and `destinations`
 * stay out of it, as in Synapse, which once sent them.
 */
export function contentHash(pdu: JsonObject): string {
  return sha256Base64(encodeCanonicalJsonWithout(pdu, outsideContentHash));
}

/** The reference hash: over the redacted event without signatures. */
export function referenceHash(pdu: JsonObject, rules: RoomVersionRules): Uint8Array {
  return sha256(referenceText(pdu, rules));
}

/** What the reference hash is made over. */
export function referenceText(pdu: JsonObject, rules: RoomVersionRules): string {
  return encodeCanonicalJsonWithout(redact(pdu, rules), outsideReferenceHash);
}

/** The event's id: its own word in versions 1 and 2, otherwise its reference hash. Undefined when it gives none. */
export function eventIdOf(pdu: JsonObject, rules: RoomVersionRules): EventId | undefined {
  return eventIdBy(pdu, () => referenceText(pdu, rules), rules);
}

/** The same where the text is at hand. */
export function eventIdBy(pdu: JsonObject, text: () => string, rules: RoomVersionRules): EventId | undefined {
  switch (rules.eventIdFormat) {
    case 'explicit': {
      const explicit = pdu['event_id'];
      return typeof explicit === 'string' ? (explicit as EventId) : undefined;
    }
    case 'reference-hash':
      return `$${sha256Base64(text())}` as EventId;
    case 'reference-hash-url-safe':
      return `$${sha256Base64Url(text())}` as EventId;
  }
}

/** From version 12: the room id that a create event makes. */
export function roomIdOfCreate(createEventId: EventId): RoomId {
  return `!${createEventId.slice(1)}` as RoomId;
}
