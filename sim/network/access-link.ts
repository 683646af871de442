// A device's own line: bytes leave and arrive one after the other at its bandwidth.
import type { Duration, Instant } from '../../protocol/time.ts';

/** One direction of a line. First in, first out. */
export class AccessLink {
  readonly #bitsPerSecond: number;
  #freeAt = 0;
  #lastOffer = 0;

  constructor(bitsPerSecond: number) {
    this.#bitsPerSecond = Math.max(1, bitsPerSecond);
  }

  /** Time to put this many bytes on the line. */
  serialisation(bytes: number): Duration {
    return Math.round((bytes * 8_000_000) / this.#bitsPerSecond) as Duration;
  }

  /**
   * When bytes that come to the line at `at` begin to cross it. What comes later but was announced before (it is
   * still on its way here) does not hold up what is here first.
   */
  reserve(at: Instant, bytes: number): Instant {
    const begin = at >= this.#lastOffer ? Math.max(at, this.#freeAt) : at;
    if (at >= this.#lastOffer) {
      this.#lastOffer = at;
      this.#freeAt = begin + this.serialisation(bytes);
    }
    return begin as Instant;
  }
}
