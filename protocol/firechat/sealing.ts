// What makes a private message private. FireChat's own cryptography was never published: an authenticated envelope
// under a key of the two people stands for it.
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../bytes.ts';
import { chacha20Poly1305Open, chacha20Poly1305Seal } from '../crypto.ts';

const nonceBytes = 12;
const noBytes = new Uint8Array();

/** Nonce, ciphertext and tag as hexadecimal digits. `key`: 32 bytes that only the two have. */
export function seal(key: Uint8Array, nonce: Uint8Array, text: string): string {
  return toHex(concatBytes(nonce, chacha20Poly1305Seal(key, nonce, utf8(text), noBytes)));
}

/** The text; undefined when somebody else sealed it, or it was changed. */
export function open(key: Uint8Array, sealed: string): string | undefined {
  const bytes = fromHex(sealed);
  if (bytes.length < nonceBytes) return undefined;
  const plain = chacha20Poly1305Open(key, bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes), noBytes);
  try {
    return plain === undefined ? undefined : fromUtf8(plain);
  } catch {
    return undefined;
  }
}
