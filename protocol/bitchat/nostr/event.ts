// Nostr events (NIP-01) and the private envelopes that Bitchat makes of them (bitchat/Nostr/NostrProtocol.swift): a rumour
// (kind 14) inside a seal (13) inside a gift wrap (1059). Lengths are those of the application; its secp256k1 and
// XChaCha20 are stood in for by X25519 and ChaCha20, and signatures by hashes of the same length: who wrote a message is
// proven by the seal's shared secret, and nobody gains by a false gift wrap, whose key is used once.
import { concatBytes, fromBase64, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from '../../bytes.ts';
import {
  chacha20Poly1305Open,
  chacha20Poly1305Seal,
  hmacSha256,
  sha256Hex,
  x25519,
  x25519PublicKey,
} from '../../crypto.ts';
import type { RandomStream } from '../../random-stream.ts';
import { nostr as limits } from '../constants.ts';

/** An event as it travels. */
export interface NostrEvent {
  /** SHA-256 of everything but the signature, 64 hexadecimal digits. */
  readonly id: string;
  readonly pubkey: string;
  /** Seconds since 1970. */
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
  /** 128 hexadecimal digits; absent from rumours. */
  readonly sig?: string;
}

/** Who somebody is on Nostr: 32 bytes each. */
export interface NostrIdentity {
  readonly secret: Uint8Array;
  readonly publicKey: string;
}

/** The identity of 32 secret bytes. */
export function nostrIdentity(secret: Uint8Array): NostrIdentity {
  return { secret, publicKey: toHex(x25519PublicKey(secret)) };
}

const kinds = { rumour: 14, seal: 13, giftWrap: 1059 } as const;

type Draft = Omit<NostrEvent, 'id' | 'sig'>;

function idOf({ pubkey, created_at, kind, tags, content }: Draft): string {
  return sha256Hex(JSON.stringify([0, pubkey, created_at, kind, tags, content]));
}

function signatureOf(pubkey: string, id: string): string {
  return sha256Hex(pubkey + id) + sha256Hex(id + pubkey);
}

function sealed(draft: Draft): NostrEvent {
  const id = idOf(draft);
  return { ...draft, id, sig: signatureOf(draft.pubkey, id) };
}

/** Whether an event is what its author made, as far as anybody can see. */
export function isIntact(event: NostrEvent): boolean {
  return idOf(event) === event.id && event.sig === signatureOf(event.pubkey, event.id);
}

const nonceBytes = 24;
const cipherNonceBytes = 12;
const noBytes = new Uint8Array();
const keyInfo = utf8('nip44-v2');

/** HKDF-SHA256 without salt, 32 bytes (RFC 5869). Undefined when the keys make no secret. */
function sharedKey(secret: Uint8Array, publicKey: string): Uint8Array | undefined {
  try {
    const extracted = hmacSha256(new Uint8Array(32), x25519(secret, fromHex(publicKey)));
    return hmacSha256(extracted, concatBytes(keyInfo, Uint8Array.of(1)));
  } catch {
    return undefined;
  }
}

function encrypt(key: Uint8Array, nonce: Uint8Array, text: string): string {
  const ciphertext = chacha20Poly1305Seal(key, nonce.subarray(0, cipherNonceBytes), utf8(text), noBytes);
  return `v2:${toBase64Url(concatBytes(nonce, ciphertext))}`;
}

function decrypt(secret: Uint8Array, publicKey: string, content: string): string | undefined {
  if (content.length > limits.mostCiphertextCharacters || !content.startsWith('v2:')) return undefined;
  const bytes = fromBase64(content.slice(3));
  const key = bytes === undefined ? undefined : sharedKey(secret, publicKey);
  if (bytes === undefined || key === undefined || bytes.length <= nonceBytes) return undefined;
  const nonce = bytes.subarray(0, cipherNonceBytes);
  const plain = chacha20Poly1305Open(key, nonce, bytes.subarray(nonceBytes), noBytes);
  try {
    return plain === undefined ? undefined : fromUtf8(plain);
  } catch {
    return undefined;
  }
}

/** A private message to the owner of a public key. `wallMs`: the sender's clock. Undefined when no secret is shared. */
export function giftWrap(
  own: NostrIdentity,
  recipient: string,
  content: string,
  wallMs: number,
  random: RandomStream,
): NostrEvent | undefined {
  const now = Math.floor(wallMs / 1_000);
  const blurred = (): number => now + random.integer(-limits.blurSeconds, limits.blurSeconds);
  const draft = { pubkey: own.publicKey, created_at: now, kind: kinds.rumour, tags: [], content };
  const rumour: NostrEvent = { ...draft, id: idOf(draft) };
  const sealKey = sharedKey(own.secret, recipient);
  const once = nostrIdentity(random.bytes(32));
  const wrapKey = sharedKey(once.secret, recipient);
  if (sealKey === undefined || wrapKey === undefined) return undefined;
  const seal = sealed({
    pubkey: own.publicKey,
    created_at: blurred(),
    kind: kinds.seal,
    tags: [],
    content: encrypt(sealKey, random.bytes(nonceBytes), JSON.stringify(rumour)),
  });
  return sealed({
    pubkey: once.publicKey,
    created_at: blurred(),
    kind: kinds.giftWrap,
    tags: [['p', recipient]],
    content: encrypt(wrapKey, random.bytes(nonceBytes), JSON.stringify(seal)),
  });
}

/** What was inside a gift wrap. */
export interface Unwrapped {
  readonly author: string;
  readonly content: string;
  /** Seconds since 1970, as its author's clock had it. */
  readonly writtenAt: number;
}

/** Opens a gift wrap; undefined when it is malformed, changed, for somebody else, or not by who it says. */
export function unwrap(own: NostrIdentity, event: NostrEvent): Unwrapped | undefined {
  if (event.kind !== kinds.giftWrap || recipientOf(event) !== own.publicKey || !isIntact(event))
    return undefined;
  const seal = readEvent(decrypt(own.secret, event.pubkey, event.content));
  if (seal?.kind !== kinds.seal || seal.tags.length > 0 || !isIntact(seal)) return undefined;
  const rumour = readEvent(decrypt(own.secret, seal.pubkey, seal.content));
  if (rumour?.kind !== kinds.rumour || rumour.pubkey !== seal.pubkey || rumour.sig !== undefined)
    return undefined;
  return { author: seal.pubkey, content: rumour.content, writtenAt: rumour.created_at };
}

/** Whom a gift wrap is for. */
export function recipientOf({ tags }: NostrEvent): string | undefined {
  const [tag] = tags;
  return tags.length === 1 && tag?.length === 2 && tag[0] === 'p' ? tag[1] : undefined;
}

const hexadecimal = /^[0-9a-f]*$/;
const isHex = (value: unknown, length: number): boolean =>
  typeof value === 'string' && value.length === length && hexadecimal.test(value);

/** Whether a value that came from outside has the fields of an event. */
export function isEvent(value: unknown): value is NostrEvent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const { tags } = fields;
  return (
    isHex(fields['id'], 64) &&
    isHex(fields['pubkey'], 64) &&
    Number.isSafeInteger(fields['created_at']) &&
    Number.isSafeInteger(fields['kind']) &&
    typeof fields['content'] === 'string' &&
    (fields['sig'] === undefined || isHex(fields['sig'], 128)) &&
    Array.isArray(tags) &&
    tags.length <= limits.mostTags &&
    tags.every((tag) => Array.isArray(tag) && tag.every((part) => typeof part === 'string'))
  );
}

function readEvent(text: string | undefined): NostrEvent | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** 53 bits of an event's id, for seen filters. */
export function eventKey({ id }: NostrEvent): number {
  return Number.parseInt(id.slice(0, 13), 16);
}
