// Stopwatches of the benches. Figures are medians: single runs of a shared machine vary by a quarter.

/** The middle one; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Milliseconds that `work` takes. */
export function milliseconds(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Median milliseconds of `work` on inputs that `prepare` makes anew outside the clock, after one run that warms up. */
export function medianMilliseconds<Input>(
  times: number,
  prepare: () => Input,
  work: (input: Input) => unknown,
): number {
  const taken: number[] = [];
  for (let run = -1; run < times; run++) {
    const input = prepare();
    collectGarbage();
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
    let calls = 0;
    let taken = 0;
    const start = process.hrtime.bigint();
    do {
      operation();
      calls++;
      taken = Number(process.hrtime.bigint() - start) / 1e6;
    } while (taken < sliceMilliseconds);
    rates.push((calls * count * 1_000) / taken);
  }
  return median(rates);
}

/** What an earlier run left behind is not to be cleared away at the cost of the next. Bench processes expose the collector. */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** Peak resident memory of this process so far, in MiB. */
export function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1_024;
}
