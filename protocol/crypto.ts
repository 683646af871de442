// The one door to cryptography: deterministic primitives of node:crypto. The browser build replaces this file
// by crypto-portable.ts, which has the same exports and gives the same bytes.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash as oneShotHash,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { IncrementalHash } from './crypto-types.ts';

/** SHA-256 of bytes or of the UTF-8 form of a string. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return oneShotHash('sha256', data, 'buffer');
}

/** SHA-256 as lower-case hexadecimal. */
export function sha256Hex(data: Uint8Array | string): string {
  return oneShotHash('sha256', data, 'hex');
}

/** SHA-256 as unpadded base64 in the standard alphabet. */
export function sha256Base64(data: Uint8Array | string): string {
  return oneShotHash('sha256', data, 'base64').slice(0, 43);
}

/** SHA-256 as unpadded base64 in the URL-safe alphabet (RFC 4648 §5). */
export function sha256Base64Url(data: Uint8Array | string): string {
  return oneShotHash('sha256', data, 'base64url');
}

/** SHA-1 as lower-case hexadecimal: only where an old protocol orders by it, never for security. */
export function sha1Hex(data: Uint8Array | string): string {
  return oneShotHash('sha1', data, 'hex');
}

/** A SHA-256 computed piece by piece. */
export function incrementalSha256(): IncrementalHash {
  const state = createHash('sha256');
  return {
    update: (data) => void state.update(data),
    digest: () => state.copy().digest(),
  };
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}

type Curve = 'Ed25519' | 'X25519';

/** RFC 8410: fixed DER prefixes in front of the 32 secret bytes. */
const pkcs8 = {
  Ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  X25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
};

const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

// Keys go in and out as JWK (RFC 8037) where that can be: Node 20 spends ten times as long on finding out what DER holds.

function privateKeyOfDer(curve: Curve, seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8[curve], seed]), format: 'der', type: 'pkcs8' });
}

/** Without its public half, which RFC 8037 wants and which takes the private key to find. */
function privateKeyOfHalfJwk(curve: Curve, seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv: curve, d: base64Url(seed), x: '' }, format: 'jwk' });
}

/** Node 26 refuses half a JWK, and is quick with DER. */
const privateKey = ((): typeof privateKeyOfDer => {
  try {
    privateKeyOfHalfJwk('Ed25519', new Uint8Array(32));
    return privateKeyOfHalfJwk;
  } catch {
    return privateKeyOfDer;
  }
})();

function publicKey(curve: Curve, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64Url(raw) }, format: 'jwk' });
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** An ed25519 key pair ready for use; `seed` is its 32 secret bytes (RFC 8032). */
export interface Ed25519Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** A public key ready for use. */
export interface Ed25519Verifier {
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** The signer of a 32-byte secret seed. The key pair is computed when first needed: most servers never sign. */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  let key: KeyObject | undefined;
  let raw: Uint8Array | undefined;
  const secret = (): KeyObject => (key ??= privateKey('Ed25519', seed));
  return {
    get publicKey() {
      return (raw ??= rawPublicKey(secret()));
    },
    sign: (message) => sign(null, message, secret()),
  };
}

/** The verifier of a 32-byte public key; undefined when the bytes cannot be one. */
export function ed25519Verifier(raw: Uint8Array): Ed25519Verifier | undefined {
  if (raw.length !== 32) return undefined;
  const key = publicKey('Ed25519', raw);
  return { verify: (message, signature) => signature.length === 64 && verify(null, message, key, signature) };
}

/** X25519 public key of 32 secret bytes (RFC 7748). */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return rawPublicKey(privateKey('X25519', secret));
}

/** X25519 shared secret (RFC 7748). */
export function x25519(secret: Uint8Array, peerPublicKey: Uint8Array): Uint8Array {
  return diffieHellman({
    privateKey: privateKey('X25519', secret),
    publicKey: publicKey('X25519', peerPublicKey),
  });
}

/** ChaCha20-Poly1305 (RFC 8439): ciphertext followed by the 16-byte tag. */
export function chacha20Poly1305Seal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Reverses {@link chacha20Poly1305Seal}; undefined when the tag does not fit. */
export function chacha20Poly1305Open(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < 16) return undefined;
  const body = sealed.subarray(0, -16);
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  decipher.setAAD(associated, { plaintextLength: body.length });
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    return undefined;
  }
}
