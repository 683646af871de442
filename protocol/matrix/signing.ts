// Signing JSON and events, and which servers must have signed an event.
// https://spec.matrix.org/v1.16/appendices/#signing-json and https://spec.matrix.org/v1.16/server-server-api/#validating-hashes-and-signatures-on-received-events
import { fromBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import { ed25519Verifier, type Ed25519Signer, type Ed25519Verifier } from '../crypto.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import {
  encodeCanonicalJsonWithout,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import { contentHash } from './hashes.ts';
import { serverNameOf, type ServerName } from './ids.ts';
import { redact } from './redaction.ts';
import type { RoomVersionRules } from './room-version.ts';

/** A server's signing identity. */
export interface SigningKey {
  readonly server: ServerName;
  /** `ed25519:` and a version. */
  readonly keyId: string;
  readonly signer: Ed25519Signer;
}

/** Finds a server's public key (32 bytes) by its id; undefined when it is not known. */
export type KeyLookup = (server: string, keyId: string) => Uint8Array | undefined;

const signedText = (object: JsonObject): Uint8Array =>
  utf8(encodeCanonicalJsonWithout(object, ['signatures', 'unsigned']));

/** The object with a signature added to those it has. */
export function signJson(object: JsonObject, key: SigningKey): JsonObject {
  const signature = toBase64(key.signer.sign(signedText(object)));
  const signatures = isJsonObject(object['signatures']) ? object['signatures'] : {};
  const own = signatures[key.server];
  return {
    ...object,
    signatures: {
      ...signatures,
      [key.server]: { ...(isJsonObject(own) ? own : {}), [key.keyId]: signature },
    },
  };
}

/** Whether `server` has signed the object with one of its known keys. */
export function verifyJson(object: JsonObject, server: string, keys: KeyLookup): boolean {
  return isSignedBy(server, object['signatures'], () => signedText(object), verifiersOf(keys));
}

type VerifierLookup = (server: string, keyId: string) => Ed25519Verifier | undefined;

function isSignedBy(
  server: string,
  signatures: JsonValue | undefined,
  message: () => Uint8Array,
  verifiers: VerifierLookup,
): boolean {
  const own = isJsonObject(signatures) ? signatures[server] : undefined;
  if (!isJsonObject(own)) return false;
  for (const [keyId, signature] of Object.entries(own)) {
    if (!keyId.startsWith('ed25519:') || typeof signature !== 'string') continue;
    const bytes = fromBase64(signature);
    if (bytes !== undefined && verifiers(server, keyId)?.verify(message(), bytes) === true) return true;
  }
  return false;
}

const verifiersOf =
  (keys: KeyLookup): VerifierLookup =>
  (server, keyId) =>
    verifierOf(keys(server, keyId));

// Making a key object costs more than using it. A function of the bytes alone, so that sharing it hides nothing.
const knownVerifiers = new Map<string, Ed25519Verifier | undefined>();
const mostVerifiers = 10_000;

function verifierOf(publicKey: Uint8Array | undefined): Ed25519Verifier | undefined {
  if (publicKey === undefined) return undefined;
  const name = toHex(publicKey);
  if (!knownVerifiers.has(name)) {
    if (knownVerifiers.size >= mostVerifiers) knownVerifiers.clear();
    knownVerifiers.set(name, ed25519Verifier(publicKey));
  }
  return knownVerifiers.get(name);
}

/** An event with content hash and signature; `pdu` without them. */
export function hashAndSignEvent(pdu: JsonObject, rules: RoomVersionRules, key: SigningKey): JsonObject {
  const hashed = { ...pdu, hashes: { sha256: contentHash(pdu) } };
  return { ...hashed, signatures: signJson(redact(hashed, rules), key)['signatures'] };
}

/** Adds a second server's signature, as a resident server does to a restricted join. */
export function countersignEvent(pdu: JsonObject, rules: RoomVersionRules, key: SigningKey): JsonObject {
  return { ...pdu, signatures: signJson(redact(pdu, rules), key)['signatures'] };
}

/** Whether the event's content is what its hash says. When not, a receiver goes on with the redacted event. */
export function hasValidContentHash(pdu: JsonObject): boolean {
  const hashes = pdu['hashes'];
  return isJsonObject(hashes) && hashes['sha256'] === contentHash(pdu);
}

/** Servers whose signatures an event must carry. */
export function requiredSigners(event: MatrixEvent): readonly string[] {
  const { rules, content } = event;
  const signers = new Set<string>();
  const isMember = event.type === 'm.room.member';
  // An invite made of a third-party invite is sent by the identity server on behalf of the sender.
  const viaThirdParty =
    isMember && content['membership'] === 'invite' && content['third_party_invite'] !== undefined;
  if (!viaThirdParty) signers.add(serverNameOf(event.sender) ?? '');
  if (rules.eventIdFormat === 'explicit') signers.add(serverNameOf(event.eventId) ?? '');
  // The rule of the text is about every membership event with the key; deployed servers look at joins alone.
  const authoriser = content['join_authorised_via_users_server'];
  const mayName = isMember && (content['membership'] === 'join' || rules.reading === 'text');
  if (rules.restrictedJoins && mayName && typeof authoriser === 'string')
    signers.add(serverNameOf(authoriser) ?? '');
  return [...signers];
}

/** The second check on receipt: every signature that must be there is there and good. */
export function checkEventSignatures(event: MatrixEvent, keys: KeyLookup): Outcome<MatrixEvent> {
  return checkWith(verifiersOf(keys), event);
}

/** The same for many events at once: each key is looked up and made ready a single time. */
export function checkManySignatures(
  events: readonly MatrixEvent[],
  keys: KeyLookup,
): readonly Outcome<MatrixEvent>[] {
  const ready = new Map<string, Ed25519Verifier | undefined>();
  const verifiers: VerifierLookup = (server, keyId) => {
    const name = `${server} ${keyId}`;
    if (!ready.has(name)) ready.set(name, verifierOf(keys(server, keyId)));
    return ready.get(name);
  };
  return events.map((event) => checkWith(verifiers, event));
}

function checkWith(verifiers: VerifierLookup, event: MatrixEvent): Outcome<MatrixEvent> {
  let text: Uint8Array | undefined;
  const message = (): Uint8Array => (text ??= signedText(redact(event.pdu, event.rules)));
  for (const server of requiredSigners(event)) {
    if (!isSignedBy(server, event.pdu['signatures'], message, verifiers))
      return reject('signature.invalid', `no valid signature of ${server}`);
  }
  return accept(event);
}

/** Whether every signature that must be present is, good or not: for rooms that come without keys. */
export function hasRequiredSignatures(event: MatrixEvent): Outcome<MatrixEvent> {
  const signatures = event.pdu['signatures'];
  for (const server of requiredSigners(event)) {
    const own = isJsonObject(signatures) ? signatures[server] : undefined;
    if (!isJsonObject(own) || Object.keys(own).length === 0)
      return reject('signature.missing', `not signed by ${server}`);
  }
  return accept(event);
}
