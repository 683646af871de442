// How long to wait for an acknowledgement (RFC 9002 §5 and §6.2).
import { milliseconds, type Duration } from '../time.ts';
import { sessions } from './constants.ts';

export class RoundTrip {
  #smoothed: number | undefined;
  #variation = 0;
  #doublings = 0;

  /** Probe time-out. */
  get patience(): Duration {
    const base =
      this.#smoothed === undefined
        ? sessions.firstPatience
        : this.#smoothed + Math.max(4 * this.#variation, milliseconds(1)) + milliseconds(25);
    return Math.round(base * 2 ** this.#doublings) as Duration;
  }

  /** Something new was acknowledged. */
  heard(): void {
    this.#doublings = 0;
  }

  sample(took: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = took;
      this.#variation = took / 2;
      return;
    }
    this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - took);
    this.#smoothed = 0.875 * this.#smoothed + 0.125 * took;
  }

  /** Nothing came: twice as long the next time. */
  lost(): void {
    this.#doublings = Math.min(this.#doublings + 1, 10);
  }
}
