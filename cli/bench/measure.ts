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

/** How often something is measured. */
export interface Repetition {
  /** Runs that count for nothing, while the compiler gets to know the code. */
  readonly warmUps: number;
  readonly runs: number;
}

/** Median milliseconds of `work` on inputs that `prepare` makes anew outside the clock. */
export function medianMilliseconds<Input>(
  { warmUps, runs }: Repetition,
  prepare: () => Input,
  work: (input: Input) => unknown,
): number {
  const taken: number[] = [];
  for (let run = -warmUps; run < runs; run++) {
    const input = prepare();
    settleInput();
    const each = milliseconds(() => work(input));
    if (run >= 0) taken.push(each);
  }
  return median(taken);
}

/** Operations per second of `operation`, which does `count` of them per call: the median of five slices of time. */
export function ratePerSecond(count: number, operation: () => unknown, sliceMilliseconds = 80): number {
  operation();
  const rates: number[] = [];
  for (let slice = 0; slice < 5; slice++) {
    let taken = 0;
    let calls = 0;
    do {
      taken += milliseconds(operation);
      calls++;
    } while (taken < sliceMilliseconds);
    rates.push((calls * count * 1_000) / taken);
  }
  return median(rates);
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
