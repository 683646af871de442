// Stopwatches of the benches. They count the processor time of this process, which runs single-threaded, so that the
// collector and the compiler are in the figures and other processes are not. Figures are medians: single runs vary.

/** The middle one; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Milliseconds of processor time that `work` takes. */
export function milliseconds(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** Figures that were measured in turn, round by round. A shared machine changes its pace within seconds. */
export class Rounds<Name extends string> {
  readonly #figures: ReadonlyMap<Name, readonly number[]>;

  /** Runs every contestant once per round; what it returns is its figure. The first round warms up and counts for nothing. */
  constructor(rounds: number, contestants: Readonly<Record<Name, () => number>>) {
    const names = Object.keys(contestants) as Name[];
    const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const name of names) {
        const figure = contestants[name]();
        if (round > 0) figures.get(name)?.push(figure);
      }
    }
    this.#figures = figures;
  }

  /** Median over the rounds. */
  of(name: Name): number {
    return median(this.#all(name));
  }

  /** Two contestants side by side: the figure of the one, and the other's so that their ratio is the median of all rounds. */
  beside(name: Name, other: Name): { readonly value: number; readonly other: number } {
    const others = this.#all(other);
    const ratios = this.#all(name).map((figure, round) => figure / (others[round] ?? NaN));
    const value = this.of(name);
    return { value, other: value / median(ratios) };
  }

  #all(name: Name): readonly number[] {
    return this.#figures.get(name) ?? [];
  }
}

/** Operations per second of `operation`, which does `count` of them per call, over a slice of time. */
export function ratePerSecond(count: number, operation: () => unknown, sliceMilliseconds = 40): number {
  let taken = 0;
  let calls = 0;
  do {
    taken += milliseconds(operation);
    calls++;
  } while (taken < sliceMilliseconds);
  return (calls * count * 1_000) / taken;
}

/** Milliseconds of `work` on an input that `prepare` makes outside the clock. */
export function millisecondsOn<Input>(prepare: () => Input, work: (input: Input) => unknown): number {
  const input = prepare();
  settleInput();
  return milliseconds(() => work(input));
}

/** Peak resident memory of this process so far, in MiB. */
export function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

/**
 * Moves a fresh input out of the young generation, so that the work is not charged with that. A full collection would
 * also throw away what the compiler has learnt. Processes of benches expose the collector.
 */
function settleInput(): void {
  const { gc } = globalThis as { gc?: (options: { type: 'minor' }) => void };
  gc?.({ type: 'minor' });
  gc?.({ type: 'minor' });
}
