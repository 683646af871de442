// The mean of a figure over seeds, with a studentised bootstrap interval where the seeds can bear one.
import alea from 'seedrandom/lib/alea.js';
import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';

/** Fewer seeds give no interval, only their values. */
export const fewestSeeds = 20;

/** How often an interval holds the true mean, when the whole campaign is repeated with other seeds. */
export const confidence = 0.95;

/** Resamples: another set of them moves the ends of an interval by some thirtieth of its length. */
const resamples = 2_000;

/**
 * In a resample of equal values the standard error is nought and the studentised mean is not defined. Up to this share of
 * such resamples the interval is what it claims; above it a few seeds carry the whole difference.
 */
const mostDegenerate = 0.01;

/** Variance of a resample, as a share of its mean square about the mean of all, below which its values are equal. */
const leastSpread = 1e-10;

/** What the seeds say of a mean. */
export type Estimate =
  | { readonly kind: 'none' }
  /** The same value on every seed. */
  | { readonly kind: 'constant'; readonly seeds: number; readonly mean: number }
  /** No interval; the mean of so few is shown and nothing is concluded from it. */
  | {
      readonly kind: 'values';
      readonly seeds: number;
      readonly mean: number;
      readonly why: 'few-seeds' | 'few-differ';
    }
  | {
      readonly kind: 'interval';
      readonly seeds: number;
      readonly mean: number;
      readonly low: number;
      readonly high: number;
    };

/**
 * The mean and its interval by the bootstrap-t method, which keeps its coverage for skewed figures and twenty seeds where
 * plain percentiles fall short (T. Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, section 5).
 * @param label seeds the resampling: equal values and label give equal intervals
 */
export function estimateMean(values: readonly number[], label: string): Estimate {
  const [first] = values;
  if (first === undefined) return { kind: 'none' };
  const seeds = values.length;
  if (values.every((value) => value === first))
    return seeds < fewestSeeds
      ? { kind: 'values', seeds, mean: first, why: 'few-seeds' }
      : { kind: 'constant', seeds, mean: first };
  const average = mean([...values]);
  if (seeds < fewestSeeds) return { kind: 'values', seeds, mean: average, why: 'few-seeds' };
  const studentised = studentisedMeans(values, average, label);
  if (studentised === undefined) return { kind: 'values', seeds, mean: average, why: 'few-differ' };
  const error = sampleStandardDeviation([...values]) / Math.sqrt(seeds);
  const tail = (1 - confidence) / 2;
  return {
    kind: 'interval',
    seeds,
    mean: average,
    low: average - quantileSorted(studentised, 1 - tail) * error,
    high: average - quantileSorted(studentised, tail) * error,
  };
}

/** Sorted (mean of resample - mean) / (standard error of resample); undefined when too many have no spread. */
function studentisedMeans(values: readonly number[], average: number, label: string): number[] | undefined {
  const uniform = alea(label);
  const count = values.length;
  const centred = Float64Array.from(values, (value) => value - average);
  const studentised: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    let sum = 0;
    let squares = 0;
    for (let draw = 0; draw < count; draw++) {
      const value = centred[Math.floor(uniform() * count)] ?? 0;
      sum += value;
      squares += value * value;
    }
    const variance = (squares - (sum * sum) / count) / (count - 1);
    // Of equal values rounding leaves some 1e-16 of their squares, which is no spread.
    if (variance > (leastSpread * squares) / count)
      studentised.push(sum / count / Math.sqrt(variance / count));
  }
  if (studentised.length < resamples * (1 - mostDegenerate)) return undefined;
  return studentised.sort((left, right) => left - right);
}
