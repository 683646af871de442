// One direction of an encrypted conversation: a key and a counter. https://noiseprotocol.org/noise.html, section 5.1,
// with the cipher functions of section 12.3 (ChaChaPoly).
import { chacha20Poly1305Open, chacha20Poly1305Seal } from '../../crypto.ts';

/** Bytes of the tag that sealing adds. */
export const tagBytes = 16;

/** A key with its counter. Without a key (before the first Diffie-Hellman) it lets plaintext through. */
export class CipherState {
  #key: Uint8Array | undefined;
  #nonce = 0;

  constructor(key?: Uint8Array) {
    this.#key = key;
  }

  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** The counter of the next message. */
  get nonce(): number {
    return this.#nonce;
  }

  setKey(key: Uint8Array): void {
    this.#key = key;
    this.#nonce = 0;
  }

  seal(plaintext: Uint8Array, associated: Uint8Array): Uint8Array {
    if (this.#key === undefined) return plaintext;
    return chacha20Poly1305Seal(this.#key, nonceBytes(this.#nonce++), plaintext, associated);
  }

  /** Undefined when the bytes were changed or are for another key or counter; the counter then stays. */
  open(sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined) return sealed;
    const plaintext = this.openAt(this.#nonce, sealed, associated);
    if (plaintext !== undefined) this.#nonce++;
    return plaintext;
  }

  /** Opens a message whose counter travelled with it. */
  openAt(nonce: number, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
    if (this.#key === undefined) return undefined;
    return chacha20Poly1305Open(this.#key, nonceBytes(nonce), sealed, associated);
  }
}

/** Four zero bytes, then the counter in eight, little-endian. Counters stay below 2^53. */
function nonceBytes(nonce: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, nonce % 4_294_967_296, true);
  view.setUint32(8, Math.floor(nonce / 4_294_967_296), true);
  return bytes;
}
