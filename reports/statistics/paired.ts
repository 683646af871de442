// Two columns of one figure over the same seeds: the difference seed by seed, and what the pairing was worth.
import { mean, sampleCorrelation, sampleStandardDeviation, sampleVariance } from 'simple-statistics';
import { estimateMean, type Estimate } from './estimate.ts';

/** What two variants or systems have to say to each other about one figure. */
export interface PairedDifference {
  /** Seeds that have a value on both sides. */
  readonly seeds: number;
  /** Left minus right. */
  readonly difference: Estimate;
  /** Seeds on which left is larger, smaller, equal. */
  readonly larger: number;
  readonly smaller: number;
  readonly equal: number;
  /**
   * Standardised effect: mean difference by the standard deviation of differences (Cohen's d_z), with Hedges' correction
   * for few seeds. Null when the differences do not vary.
   */
  readonly effectSize: number | null;
  /** Correlation of the two sides over seeds, which the pairing achieved; null when a side does not vary. */
  readonly correlation: number | null;
  /** Share of the variance of unpaired seeds that pairing saved; negative when it cost. Null when nothing varies. */
  readonly varianceSaved: number | null;
}

/** A figure by seed. */
export type BySeed = ReadonlyMap<number, number>;

/**
 * Left minus right over the seeds that both have. A value may be infinite: such a seed counts as larger or smaller, but
 * where there is one there is no mean difference.
 * @param label seeds the resampling
 */
export function pairedDifference(left: BySeed, right: BySeed, label: string): PairedDifference {
  const pairs = [...left].flatMap(([seed, value]) => {
    const other = right.get(seed);
    return other === undefined ? [] : [{ left: value, right: other }];
  });
  const counts = {
    seeds: pairs.length,
    larger: pairs.filter((pair) => pair.left > pair.right).length,
    smaller: pairs.filter((pair) => pair.left < pair.right).length,
    equal: pairs.filter((pair) => pair.left === pair.right).length,
  };
  const differences = pairs.map((pair) => pair.left - pair.right);
  if (!differences.every(Number.isFinite))
    return {
      ...counts,
      difference: { kind: 'none' },
      effectSize: null,
      correlation: null,
      varianceSaved: null,
    };
  return {
    ...counts,
    difference: estimateMean(differences, label),
    effectSize: effectSize(differences),
    ...pairing(pairs),
  };
}

/** Hedges' correction is 1 - 3 / (4 * degrees of freedom - 1): L. Hedges, J. Educational Statistics 6 (1981) 107. */
function effectSize(differences: readonly number[]): number | null {
  if (differences.length < 3) return null;
  const spread = sampleStandardDeviation([...differences]);
  if (!(spread > 0)) return null;
  return (mean([...differences]) / spread) * (1 - 3 / (4 * (differences.length - 1) - 1));
}

function pairing(
  pairs: readonly { readonly left: number; readonly right: number }[],
): Pick<PairedDifference, 'correlation' | 'varianceSaved'> {
  if (pairs.length < 3) return { correlation: null, varianceSaved: null };
  const left = pairs.map((pair) => pair.left);
  const right = pairs.map((pair) => pair.right);
  const unpaired = sampleVariance(left) + sampleVariance(right);
  const paired = sampleVariance(pairs.map((pair) => pair.left - pair.right));
  const correlation = sampleCorrelation(left, right);
  return {
    correlation: Number.isFinite(correlation) ? correlation : null,
    varianceSaved: unpaired > 0 ? 1 - paired / unpaired : null,
  };
}
