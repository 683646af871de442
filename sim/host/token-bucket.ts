// Admission by a token bucket: so many requests at once, and so many per second from then on.
import type { Instant } from '../../protocol/time.ts';

/** How much a server lets in. */
export interface AdmissionSpec {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a pause: the size of the bucket, 1 or more. */
  readonly burst: number;
}

/** A bucket that is full at the start (the generic cell rate algorithm of ITU-T I.371, which is the same bucket). */
export class TokenBucket {
  readonly #interval: number;
  readonly #tolerance: number;
  /** When the bucket would be full again. */
  #fullAt = 0;

  constructor({ perSecond, burst }: AdmissionSpec) {
    this.#interval = 1_000_000 / perSecond;
    this.#tolerance = (burst - 1) * this.#interval;
  }

  /** Takes a token; false when there is none. */
  take(now: Instant): boolean {
    if (this.#fullAt - now > this.#tolerance) return false;
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
    return true;
  }
}
