// An established session as Bitchat uses it: the counter travels with each message, since a mesh loses and reorders
// (bitchat/Noise/NoiseProtocol.swift, NoiseCipherState with extracted nonces).
import { concatBytes } from '../../bytes.ts';
import type { CipherState } from './cipher-state.ts';
import type { HandshakeResult } from './handshake.ts';

/** Messages may come this much late, and no counter twice (REPLAY_WINDOW_SIZE). */
const replayWindow = 1_024;
const counterBytes = 4;
const noBytes = new Uint8Array();

/**
 * Which counters have come, as both applications note it (NoiseProtocol.swift, NoiseSession.kt): a bit for each counter behind the
 * highest, the nearest in the lowest bit of a byte. They move their bytes as if it were in the highest one. So a message that is
 * late by nine counters or more is mostly refused although it never came, and of the last seven messages each is let in again.
 */
class ReplayWindow {
  readonly #seen = new Uint8Array(replayWindow / 8);
  #highest = 0;

  accepts(counter: number): boolean {
    const late = this.#highest - counter;
    return late < 0 || (late < replayWindow && ((this.#seen[late >> 3] ?? 0) & (1 << (late & 7))) === 0);
  }

  note(counter: number): void {
    if (counter > this.#highest) this.#move(counter - this.#highest);
    this.#highest = Math.max(this.#highest, counter);
    const late = this.#highest - counter;
    this.#seen[late >> 3] = (this.#seen[late >> 3] ?? 0) | (1 << (late & 7));
  }

  #move(counters: number): void {
    const bytes = Math.floor(counters / 8);
    const bits = counters % 8;
    for (let index = this.#seen.length - 1; index >= 0; index--) {
      const moved = (this.#seen[index - bytes] ?? 0) >> bits;
      this.#seen[index] = moved | ((this.#seen[index - bytes - 1] ?? 0) << (8 - bits));
    }
  }
}

/** Both directions between this phone and another. */
export class NoiseTransport {
  readonly #sending: CipherState;
  readonly #receiving: CipherState;
  readonly #window = new ReplayWindow();

  constructor({ sending, receiving }: HandshakeResult) {
    this.#sending = sending;
    this.#receiving = receiving;
  }

  /** Counter in four bytes, ciphertext, tag. */
  seal(plaintext: Uint8Array): Uint8Array {
    const counter = new Uint8Array(counterBytes);
    new DataView(counter.buffer).setUint32(0, this.#sending.nonce);
    return concatBytes(counter, this.#sending.seal(plaintext, noBytes));
  }

  /** Undefined for what was changed, is not for these keys, came before, or comes too late. */
  open(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < counterBytes) return undefined;
    const counter = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    if (!this.#window.accepts(counter)) return undefined;
    const plaintext = this.#receiving.openAt(counter, bytes.subarray(counterBytes), noBytes);
    if (plaintext !== undefined) this.#window.note(counter);
    return plaintext;
  }
}
