// The first three checks on a received PDU: form, signatures, content hash.
// https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
import type { Effects } from '../../core.ts';
import { accept, reject, type Outcome } from '../../outcome.ts';
import { equalBytes } from '../../bytes.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { MatrixEvent } from '../event.ts';
import { parseEvent } from '../event-format.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import { serverNameOf, type RoomId, type ServerName } from '../ids.ts';
import { redact } from '../redaction.ts';
import type { UserMessageId } from '../../message.ts';
import type { RoomVersionRules } from '../room-version.ts';
import {
  checkEventSignatures,
  hasValidContentHash,
  requiredSigners,
  type KeyLookup,
  type SigningKey,
} from '../signing.ts';
import type { Pdu } from './messages.ts';

/** An event that its server has signed; its content is what was hashed, or it is the redacted event. */
export interface SignedPdu {
  readonly event: MatrixEvent;
  readonly wasRedacted: boolean;
}

/** What the signatures of an event are worth to whoever holds these keys. */
interface SignatureVerdict {
  readonly used: readonly (Uint8Array | undefined)[];
  readonly verdict: Outcome<MatrixEvent>;
}

/**
 * What the bytes of PDUs alone decide, computed once for all servers of a run: the form by rules, the signatures by the
 * keys that were used, the content hash. Keyed by the PDU object, which never changes. Virtual cost is charged all the same.
 */
export class PduCache {
  readonly #parsed = new WeakMap<JsonObject, Outcome<MatrixEvent>>();
  readonly #signed = new WeakMap<JsonObject, SignatureVerdict[]>();
  readonly #intact = new WeakMap<JsonObject, Outcome<SignedPdu>>();

  /**
   * An event that this server has just made, hashed and signed: what the checks will say of it needs no computing, as
   * long as they are made with the public key that belongs to the one it was signed with.
   */
  learn(event: MatrixEvent, { server, keyId, signer }: SigningKey): void {
    const good = accept(event);
    this.#parsed.set(event.pdu, good);
    this.#intact.set(event.pdu, accept({ event, wasRedacted: false }));
    const used = usedKeys(event, (other, id) =>
      other === server && id === keyId ? signer.publicKey : undefined,
    );
    const [only, ...others] = requiredSigners(event);
    if (only === server && others.length === 0) this.#signed.set(event.pdu, [{ used, verdict: good }]);
  }

  parse({ pdu }: Pdu, rules: RoomVersionRules): Outcome<MatrixEvent> {
    const known = this.#parsed.get(pdu);
    if (known !== undefined && (!known.ok || known.value.rules === rules)) return known;
    const parsed = parseEvent(pdu, rules);
    this.#parsed.set(pdu, parsed);
    return parsed;
  }

  /** Check 2. */
  checkSignatures(event: MatrixEvent, keys: KeyLookup): Outcome<MatrixEvent> {
    const used = usedKeys(event, keys);
    let verdicts = this.#signed.get(event.pdu);
    if (verdicts === undefined) this.#signed.set(event.pdu, (verdicts = []));
    const known = verdicts.find((each) => areSameKeys(each.used, used));
    if (known !== undefined) return known.verdict;
    const verdict = checkEventSignatures(event, keys);
    verdicts.push({ used, verdict });
    return verdict;
  }

  /** Check 3: a content that is not what was hashed is redacted. */
  checkHash(event: MatrixEvent): Outcome<SignedPdu> {
    let checked = this.#intact.get(event.pdu);
    if (checked === undefined) {
      checked = hasValidContentHash(event.pdu) ? accept({ event, wasRedacted: false }) : redacted(event);
      this.#intact.set(event.pdu, checked);
    }
    return checked;
  }
}

function redacted(event: MatrixEvent): Outcome<SignedPdu> {
  const parsed = parseEvent(redact(event.pdu, event.rules), event.rules);
  return parsed.ok ? accept({ event: parsed.value, wasRedacted: true }) : parsed;
}

/** The keys that decide about the event's signatures, in the order of its signers and signatures; undefined: not known. */
function usedKeys(event: MatrixEvent, keys: KeyLookup): readonly (Uint8Array | undefined)[] {
  const used: (Uint8Array | undefined)[] = [];
  const signatures = event.pdu['signatures'] as JsonObject | undefined;
  for (const server of requiredSigners(event)) {
    const own = signatures?.[server];
    if (typeof own !== 'object' || own === null) continue;
    for (const keyId of Object.keys(own)) used.push(keys(server, keyId));
  }
  return used;
}

function areSameKeys(
  left: readonly (Uint8Array | undefined)[],
  right: readonly (Uint8Array | undefined)[],
): boolean {
  return (
    left.length === right.length &&
    left.every((key, index) => {
      const other = right[index];
      return key === other || (key !== undefined && other !== undefined && equalBytes(key, other));
    })
  );
}

/** Nobody could tell a key of the server that was valid when the event was made. */
export const unverifiableRule = 'unverifiable-key';

/** Puts a received PDU through the checks, by the rules of its room: the one it names, or the one it was asked for. */
export function readPdu(context: HomeserverContext, pdu: Pdu, asked?: HostedRoom): Outcome<SignedPdu> {
  const named = pdu.pdu['room_id'];
  const room = asked ?? (typeof named === 'string' ? context.room(named as RoomId) : undefined);
  if (room === undefined) return reject('unknown-room', 'this server is not in the room');
  const { pdus } = context.config;
  const parsed = pdus.parse(pdu, room.rules);
  if (!parsed.ok) return parsed;
  if (parsed.value.roomId !== room.roomId) return reject('other-room', 'the event is of another room');
  const event = parsed.value;
  const validAt = room.rules.enforceKeyValidity ? event.originServerTs : 0;
  const signed = pdus.checkSignatures(event, context.keys.lookupAt(validAt));
  if (signed.ok) return pdus.checkHash(event);
  const isKnown = requiredSigners(event).every((server) =>
    context.keys.isGood(server as ServerName, validAt),
  );
  return isKnown ? signed : reject(unverifiableRule, 'no key of its server that was valid then');
}

/** A PDU as it came: with whose words, and from which server; that of its sender where nobody else is known. */
export interface CamePdu extends Pdu {
  readonly message: UserMessageId | undefined;
  readonly from?: ServerName;
}

/** Puts a received PDU through the checks; says what became of it where they refuse it, or some of it. */
export function takeIn(
  context: HomeserverContext,
  came: CamePdu,
  out: Effects,
  asked?: HostedRoom,
): Outcome<SignedPdu> {
  const read = readPdu(context, came, asked);
  if (!read.ok) noteRefusedPdu(context, came, read.rule, out);
  else if (read.value.wasRedacted)
    out.observe({ kind: 'refused', from: sourceOf(came), fate: 'redacted', rule: 'content-hash' });
  return read;
}

function sourceOf({ from, pdu }: CamePdu): string {
  const { sender } = pdu;
  return from ?? (typeof sender === 'string' ? serverNameOf(sender) : undefined) ?? 'unknown';
}

/** Says what became of a PDU that is not even looked at, or that the checks refused. */
export function noteRefusedPdu(context: HomeserverContext, came: CamePdu, rule: string, out: Effects): void {
  const { pdu, byteLength, message } = came;
  out.observe({ kind: 'situation', name: `matrix.pdu.${rule}` });
  out.observe({ kind: 'refused', from: sourceOf(came), fate: 'dropped', rule });
  if (rule === unverifiableRule && message !== undefined) {
    const { lastFailure: cause } = context.keys;
    out.observe({ kind: 'hold', messages: [message], reason: 'unverifiable', cause });
  }
  const roomId = pdu['room_id'];
  const room = typeof roomId === 'string' ? context.room(roomId as RoomId) : undefined;
  if (room === undefined) return;
  const parsed = context.config.pdus.parse({ pdu, byteLength }, room.rules);
  if (!parsed.ok) return;
  if (rule === unverifiableRule) context.refused.noteUnverifiable(parsed.value, out);
  else context.refused.note(parsed.value.eventId, rule === 'acl' ? 'access-list' : 'signature', out);
}
