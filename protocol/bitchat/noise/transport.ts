// An established session as Bitchat uses it: the counter travels with each message, since a mesh loses and reorders
// (bitchat/Noise/NoiseProtocol.swift, NoiseCipherState with extracted nonces).
import { concatBytes } from '../../bytes.ts';
import type { CipherState } from './cipher-state.ts';
import type { HandshakeResult } from './handshake.ts';

/** Messages may come this much late, and no counter twice (REPLAY_WINDOW_SIZE). */
const replayWindow = 1_024;
const counterBytes = 4;
const noBytes = new Uint8Array();

/** Which counters have come: a ring of bits behind the highest one. */
class ReplayWindow {
  readonly #seen = new Uint8Array(replayWindow);
  #highest = -1;

  accepts(counter: number): boolean {
    if (counter > this.#highest) return true;
    return counter > this.#highest - replayWindow && this.#seen[counter % replayWindow] === 0;
  }

  note(counter: number): void {
    const skipped = Math.min(replayWindow, counter - this.#highest - 1);
    for (let each = counter - skipped; each < counter; each++) this.#seen[each % replayWindow] = 0;
    this.#highest = Math.max(this.#highest, counter);
    this.#seen[counter % replayWindow] = 1;
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
