// Intervals hold the true mean as often as they claim, over many repetitions; and none is given where none is honest.
import { describe, expect, it } from 'vitest';
import { confidence, estimateMean } from '../../../reports/statistics/estimate.ts';
import { standardNormal } from '../../../sim/random/distributions.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

/** How many of so many repetitions have the truth in their interval. */
function coverage(
  repetitions: number,
  seeds: number,
  quantile: (uniform: number) => number,
  truth: number,
): number {
  const random = createRandomStream('coverage');
  let held = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const values = Array.from({ length: seeds }, () => quantile(random.uniform()));
    const estimate = estimateMean(values, `repetition ${repetition}`);
    if (estimate.kind === 'interval' && estimate.low <= truth && truth <= estimate.high) held++;
  }
  return held / repetitions;
}

describe('the interval of a mean', () => {
  // Of 200 repetitions the share that holds the truth strays by 0.015 (one standard deviation).
  const repetitions = 200;
  const tolerance = 3 * Math.sqrt((confidence * (1 - confidence)) / repetitions);

  it.each([
    { name: 'a normal figure', quantile: (at: number) => 5 + 2 * standardNormal(at), truth: 5 },
    { name: 'a uniform figure', quantile: (at: number) => at, truth: 0.5 },
    // Skewed as delays are: exponential.
    { name: 'a skewed figure', quantile: (at: number) => -Math.log(1 - at), truth: 1 },
  ])('of $name over 20 and 40 seeds covers as often as it claims', ({ quantile, truth }) => {
    for (const seeds of [20, 40]) {
      const share = coverage(repetitions, seeds, quantile, truth);
      expect(share).toBeGreaterThan(confidence - tolerance);
      expect(share).toBeLessThan(confidence + tolerance);
    }
  });

  it('is the same again, and another with another label', () => {
    const values = Array.from({ length: 30 }, (_, index) => (index * 7) % 11);
    expect(estimateMean(values, 'a')).toEqual(estimateMean(values, 'a'));
    expect(estimateMean(values, 'a')).not.toEqual(estimateMean(values, 'b'));
  });

  it('is not given for fewer than 20 seeds, nor where a few seeds carry everything', () => {
    const nineteen = Array.from({ length: 19 }, (_, index) => index);
    expect(estimateMean(nineteen, '')).toEqual({ kind: 'values', seeds: 19, mean: 9, why: 'few-seeds' });
    const oneDiffers = Array.from({ length: 40 }, (_, index) => (index === 0 ? 40 : 0));
    expect(estimateMean(oneDiffers, '')).toEqual({ kind: 'values', seeds: 40, mean: 1, why: 'few-differ' });
    // The mean of these is no binary fraction: what rounding makes of equal values must not count as their spread.
    const threeDiffer = [0.0175, 0.027, 0.0078, ...new Array<number>(197).fill(0)];
    expect(estimateMean(threeDiffer, '')).toMatchObject({ kind: 'values', seeds: 200, why: 'few-differ' });
    expect(estimateMean(new Array<number>(25).fill(3), '')).toEqual({ kind: 'constant', seeds: 25, mean: 3 });
    expect(estimateMean([], '')).toEqual({ kind: 'none' });
  });
});
