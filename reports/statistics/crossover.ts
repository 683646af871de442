// Where two curves of a sweep change places, and how well the seeds can tell.
import alea from 'seedrandom/lib/alea.js';
import { mean, quantileSorted } from 'simple-statistics';
import { confidence, fewestSeeds } from './estimate.ts';

const resamples = 1_000;

/** A place at which the difference of two curves changes its sign. */
export interface Crossover {
  /** Where the straight line between the two neighbouring points is nought. */
  readonly at: number;
  /** Sign of the difference above that place. */
  readonly above: 'positive' | 'negative';
  /**
   * Where it lies in 95 of 100 resamples of the seeds, and in how many of all resamples there is such a place at all;
   * null for fewer than twenty seeds.
   */
  readonly interval: { readonly low: number; readonly high: number; readonly support: number } | null;
}

/** Differences at one value of the swept parameter, by seed, in the same order of seeds for every value. */
export interface SweepPoint {
  readonly at: number;
  readonly differences: readonly number[];
}

/**
 * Every crossing of a sweep's mean difference, in order. Seeds are resampled whole, so that what one seed has in common
 * along the sweep stays together.
 * @param label seeds the resampling
 */
export function findCrossovers(points: readonly SweepPoint[], label: string): readonly Crossover[] {
  const sorted = [...points].sort((left, right) => left.at - right.at);
  const places = sorted.map(({ at }) => at);
  const found = crossings(
    places,
    sorted.map(({ differences }) => mean([...differences])),
  );
  const seeds = sorted[0]?.differences.length ?? 0;
  if (seeds < fewestSeeds || found.length === 0)
    return found.map((crossing) => ({ ...crossing, interval: null }));
  const uniform = alea(label);
  const near: number[][] = found.map(() => []);
  for (let sample = 0; sample < resamples; sample++) {
    const drawn = Array.from({ length: seeds }, () => Math.floor(uniform() * seeds));
    const means = sorted.map(
      ({ differences }) => drawn.reduce((sum, seed) => sum + (differences[seed] ?? 0), 0) / seeds,
    );
    const resampled = crossings(places, means);
    found.forEach((crossing, index) => {
      const same = closest(resampled, crossing);
      if (same !== undefined) near[index]?.push(same.at);
    });
  }
  return found.map((crossing, index) => {
    const ats = (near[index] ?? []).sort((left, right) => left - right);
    const tail = (1 - confidence) / 2;
    const interval =
      ats.length === 0
        ? null
        : {
            low: quantileSorted(ats, tail),
            high: quantileSorted(ats, 1 - tail),
            support: ats.length / resamples,
          };
    return { ...crossing, interval };
  });
}

type Crossing = Omit<Crossover, 'interval'>;

function crossings(places: readonly number[], means: readonly number[]): Crossing[] {
  const found: Crossing[] = [];
  let before: { at: number; value: number } | undefined;
  places.forEach((at, index) => {
    const value = means[index] ?? 0;
    if (value === 0) return; // a touch is a crossing only when the other side follows
    if (before !== undefined && before.value > 0 !== value > 0)
      found.push({
        at: before.at + ((at - before.at) * before.value) / (before.value - value),
        above: value > 0 ? 'positive' : 'negative',
      });
    before = { at, value };
  });
  return found;
}

function closest(crossings: readonly Crossing[], to: Crossing): Crossing | undefined {
  const [nearest] = crossings
    .filter(({ above }) => above === to.above)
    .sort((left, right) => Math.abs(left.at - to.at) - Math.abs(right.at - to.at));
  return nearest;
}
