// The crypto door for hosts without node:crypto (the browser build): pure JavaScript, same exports, same bytes.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 as curve25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { toBase64, toBase64Url, toHex, utf8 } from './bytes.ts';
import type { Ed25519Signer, Ed25519Verifier } from './crypto.ts';
import type { IncrementalHash } from './crypto-types.ts';

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? utf8(data) : data;
}

/** SHA-256 of bytes or of the UTF-8 form of a string. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return nobleSha256(bytesOf(data));
}

/** SHA-256 as lower-case hexadecimal. */
export function sha256Hex(data: Uint8Array | string): string {
  return toHex(sha256(data));
}

/** SHA-256 as unpadded base64 in the standard alphabet. */
export function sha256Base64(data: Uint8Array | string): string {
  return toBase64(sha256(data));
}

/** SHA-256 as unpadded base64 in the URL-safe alphabet (RFC 4648 §5). */
export function sha256Base64Url(data: Uint8Array | string): string {
  return toBase64Url(sha256(data));
}

/** SHA-1 as lower-case hexadecimal: only where an old protocol orders by it, never for security. */
export function sha1Hex(data: Uint8Array | string): string {
  return toHex(sha1(bytesOf(data)));
}

/** A SHA-256 computed piece by piece. */
export function incrementalSha256(): IncrementalHash {
  const state = nobleSha256.create();
  return {
    update: (data) => void state.update(bytesOf(data)),
    digest: () => state.clone().digest(),
  };
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, data);
}

/** The signer of a 32-byte secret seed. The public key is computed when first needed. */
export function ed25519Signer(seed: Uint8Array): Ed25519Signer {
  let raw: Uint8Array | undefined;
  return {
    get publicKey() {
      return (raw ??= ed25519.getPublicKey(seed));
    },
    sign: (message) => ed25519.sign(message, seed),
  };
}

/** The verifier of a 32-byte public key; undefined when the bytes cannot be one. */
export function ed25519Verifier(raw: Uint8Array): Ed25519Verifier | undefined {
  if (raw.length !== 32) return undefined;
  return {
    verify: (message, signature) => signature.length === 64 && ed25519.verify(signature, message, raw),
  };
}

/** X25519 public key of 32 secret bytes (RFC 7748). */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  return curve25519.getPublicKey(secret);
}

/** X25519 shared secret (RFC 7748). */
export function x25519(secret: Uint8Array, peerPublicKey: Uint8Array): Uint8Array {
  return curve25519.getSharedSecret(secret, peerPublicKey);
}

/** ChaCha20-Poly1305 (RFC 8439): ciphertext followed by the 16-byte tag. */
export function chacha20Poly1305Seal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  return chacha20poly1305(key, nonce, associated).encrypt(plaintext);
}

/** Reverses {@link chacha20Poly1305Seal}; undefined when the tag does not fit. */
export function chacha20Poly1305Open(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonce, associated).decrypt(sealed);
  } catch {
    return undefined;
  }
}
