// How often something may happen within a sliding window (bitchat/Noise/NoiseRateLimiter.swift).
import type { Duration, Instant } from '../../time.ts';

/** One limit. Remembers no more instants than it allows. */
export class RateLimit {
  readonly #most: number;
  readonly #window: Duration;
  #times: Instant[] = [];

  constructor(most: number, window: Duration) {
    this.#most = most;
    this.#window = window;
  }

  /** Whether it may happen once more now. */
  hasRoom(now: Instant): boolean {
    const oldest = this.#times[0];
    if (oldest !== undefined && now - oldest >= this.#window)
      this.#times = this.#times.filter((at) => now - at < this.#window);
    return this.#times.length < this.#most;
  }

  /** It happened. */
  note(now: Instant): void {
    this.#times.push(now);
  }
}
