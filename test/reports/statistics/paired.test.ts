// Paired differences: a planted effect is found, none is found where there is none, and what pairing saved is told.
import { describe, expect, it } from 'vitest';
import { pairedDifference, type BySeed } from '../../../reports/statistics/paired.ts';
import { standardNormal } from '../../../sim/random/distributions.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

/** Two sides that share a large part of their chance, as systems under one workload do. */
function sides(repetition: number, effect: number, count = 40): { left: BySeed; right: BySeed } {
  const random = createRandomStream(`sides ${repetition}`);
  const normal = (): number => standardNormal(random.uniform());
  const left = new Map<number, number>();
  const right = new Map<number, number>();
  for (let seed = 1; seed <= count; seed++) {
    const shared = 3 * normal();
    left.set(seed, shared + effect + normal());
    right.set(seed, shared + normal());
  }
  return { left, right };
}

const excludesZero = (effect: number, repetition: number): boolean => {
  const { left, right } = sides(repetition, effect);
  const { difference } = pairedDifference(left, right, `repetition ${repetition}`);
  return difference.kind === 'interval' && (difference.low > 0 || difference.high < 0);
};

describe('a paired difference', () => {
  it('finds a planted effect that unpaired seeds would hide', () => {
    const found = Array.from({ length: 100 }, (_, repetition) => excludesZero(1, repetition));
    // One standard deviation of the pairs' difference is 1.41: with 40 seeds the power is 0.99.
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(94);
  });

  it('claims an effect where there is none no more often than one in twenty', () => {
    const found = Array.from({ length: 250 }, (_, repetition) => excludesZero(0, repetition));
    expect(found.filter(Boolean).length).toBeLessThan(250 * 0.05 + 3 * Math.sqrt(250 * 0.05 * 0.95));
  });

  it('tells the correlation, the variance saved and the size of the effect', () => {
    const { left, right } = sides(1, 1, 2_000);
    const found = pairedDifference(left, right, 'large');
    // Shared variance 9 of 10: correlation 0.9; variance of the difference 2 instead of 20; d_z 1 / sqrt 2.
    expect(found.correlation).toBeCloseTo(0.9, 1);
    expect(found.varianceSaved).toBeCloseTo(0.9, 1);
    expect(found.effectSize).toBeCloseTo(Math.SQRT1_2, 1);
    expect(found.larger + found.smaller + found.equal).toBe(2_000);
  });

  it('uses only the seeds that both sides have', () => {
    const found = pairedDifference(
      new Map([
        [1, 5],
        [2, 6],
      ]),
      new Map([
        [2, 4],
        [3, 9],
      ]),
      '',
    );
    expect(found).toMatchObject({ seeds: 1, larger: 1, correlation: null, effectSize: null });
    expect(found.difference).toEqual({ kind: 'values', seeds: 1, mean: 2, why: 'few-seeds' });
  });
});
