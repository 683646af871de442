// What work costs that takes longer than a machine keeps its pace: done in pieces, each held against reference loops that
// run beside it.
import { milliseconds } from './measure.ts';
import { machineGauge } from './reference-loops.ts';

/** Processor time of work. */
export interface Cost {
  /** Milliseconds here and now. */
  milliseconds: number;
  /** What it would have taken on the machine of the goals. */
  there: number;
}

/** Adds up the cost of work that is done in pieces, each at the pace that the machine has beside it. */
export class Meter {
  readonly #gauge = machineGauge();
  #pace = this.#gauge();

  add(cost: Cost, work: () => void): void {
    const taken = milliseconds(work);
    const after = this.#gauge();
    cost.milliseconds += taken;
    cost.there += (taken * (this.#pace + after)) / 2;
    this.#pace = after;
  }
}
