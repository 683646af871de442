// A device's own line: short messages cross it one after the other at its bandwidth, long ones share it.
import type { Duration, Instant } from '../../protocol/time.ts';
import type { SharedLine } from './fair-share.ts';
import type { Flow } from './flows.ts';

/** One direction of a line. */
export class AccessLink implements SharedLine<Flow> {
  /** Long messages that cross it now. */
  readonly #flows = new Set<Flow>();
  /** Their number, for the many short ones that look at nothing else. */
  #busy = 0;
  readonly #bitsPerSecond: number;
  #freeAt = 0;
  #lastOffer = 0;

  constructor(bitsPerSecond: number) {
    this.#bitsPerSecond = Math.max(1, bitsPerSecond);
  }

  get flows(): ReadonlySet<Flow> {
    return this.#flows;
  }

  enter(flow: Flow): void {
    this.#flows.add(flow);
    this.#busy = this.#flows.size;
  }

  leave(flow: Flow): void {
    this.#flows.delete(flow);
    this.#busy = this.#flows.size;
  }

  /** Bytes per microsecond. */
  get capacity(): number {
    return this.#bitsPerSecond / 8_000_000;
  }

  /** Time to put this many bytes on the line, beside the long messages that cross it now. */
  serialisation(bytes: number): Duration {
    return Math.round((bytes * 8_000_000 * (1 + this.#busy)) / this.#bitsPerSecond) as Duration;
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
