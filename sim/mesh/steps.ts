// When nodes look around that do so every step, as hosts of The ONE do (core/World.java, core/SimClock.java).
import type { Duration } from '../../protocol/time.ts';

const microsecondsPerSecond = 1_000_000;

/**
 * The instants at which steps end. The ONE's clock adds its update interval in floating point, again and again, so it
 * is soon a billionth of a second behind or ahead of the decimal times in its input; that decides whether nodes look
 * around before or after what happens at the same instant, and it is followed here: sums of IEEE doubles are the same
 * everywhere.
 */
export class Steps {
  readonly #step: Duration;
  /** Step that `#sum` belongs to. */
  #index = 0;
  #sum = 0;
  #last = -1;

  constructor(step: Duration) {
    this.#step = step;
  }

  /** The first end of a step at or after the instant that has not been used. */
  next(instant: number): number {
    const end = Math.ceil(instant / this.#step) * this.#step;
    return end > this.#last ? end : end + this.#step;
  }

  /** Nodes look around at this end of a step, once. */
  use(end: number): void {
    this.#last = end;
  }

  /** Input of this instant happens: a step that ends there before it is over, had anybody reason to look or not. */
  meetsInput(instant: number): void {
    if (instant % this.#step === 0 && this.precedesInput(instant)) this.use(instant);
  }

  /** Whether the step that ends at this instant does so before the input of the instant. */
  precedesInput(end: number): boolean {
    const index = Math.round(end / this.#step);
    const seconds = this.#step / microsecondsPerSecond;
    for (; this.#index < index; this.#index++) this.#sum += seconds;
    return this.#sum < end / microsecondsPerSecond;
  }
}
