// Which assumption decides the answer: how far each moves every system's figure and the difference between systems.
import { mean } from 'simple-statistics';
import { Measured } from '../campaign/analysis.ts';
import type { CellResult } from '../campaign/cell.ts';
import type { Figure } from '../campaign/figures.ts';
import { pairedDifference, type BySeed, type PairedDifference } from '../statistics/paired.ts';
import type { RangedAssumption } from './assumption-ranges.ts';
import type { TrialPlan } from './one-at-a-time.ts';

/** A figure, or a difference of two systems' figures, with an assumption at one end of its range. */
export interface EndPoint {
  readonly value: number;
  /** Mean over seeds; null where some seed has no number. */
  readonly mean: number | null;
  /** Against the scenario as written, seed by seed. */
  readonly change: PairedDifference;
}

/** What one assumption does to one system, or to the difference of two. */
export interface Swing {
  /** `signal`, or `signal - matrix`. */
  readonly subject: string;
  readonly systems: readonly string[];
  readonly base: number | null;
  readonly ends: readonly EndPoint[];
  /** From the least to the most of base and ends. */
  readonly size: number;
  /** The difference has the other sign at an end: the assumption decides which system is ahead. */
  readonly reverses: boolean;
}

/** One assumption of the ranking. */
export interface RankedAssumption {
  readonly assumption: RangedAssumption;
  readonly swings: readonly Swing[];
  /** The largest swing of a difference between systems; of a system's figure when there is only one system. */
  readonly size: number;
  readonly reverses: boolean;
}

/** Ranks the assumptions by what they do to the answer, the mightiest first. */
export function rankAssumptions(
  plan: TrialPlan,
  results: ReadonlyMap<string, CellResult>,
  figure: Figure,
): readonly RankedAssumption[] {
  const measured = new Measured(plan, results);
  const subjects = subjectsOf(plan.systems);
  const byPath = new Map<string, { assumption: RangedAssumption; variants: number[] }>();
  plan.trials.forEach((trial, variant) => {
    if (trial === undefined) return;
    const entry = byPath.get(trial.assumption.path) ?? { assumption: trial.assumption, variants: [] };
    entry.variants.push(variant);
    byPath.set(trial.assumption.path, entry);
  });
  return [...byPath.values()]
    .map(({ assumption, variants }): RankedAssumption => {
      const swings = subjects.map((systems) => swingOf(measured, plan, systems, variants, figure));
      const deciding = plan.systems.length > 1 ? swings.filter((each) => each.systems.length > 1) : swings;
      return {
        assumption,
        swings,
        size: Math.max(...deciding.map(({ size }) => size)),
        reverses: deciding.some(({ reverses }) => reverses),
      };
    })
    .sort((left, right) => right.size - left.size || (left.assumption.path < right.assumption.path ? -1 : 1));
}

/** Every system alone, then every two. */
function subjectsOf(systems: readonly string[]): readonly (readonly string[])[] {
  const pairs = systems.flatMap((left, index) => systems.slice(index + 1).map((right) => [left, right]));
  return [...systems.map((system) => [system]), ...pairs];
}

function swingOf(
  measured: Measured,
  plan: TrialPlan,
  systems: readonly string[],
  variants: readonly number[],
  figure: Figure,
): Swing {
  const base = valuesOf(measured, 0, systems, figure);
  const baseMean = meanOf(base, plan.seeds.length);
  const ends = variants.map((variant): EndPoint => {
    const values = valuesOf(measured, variant, systems, figure);
    const label = [plan.digest, plan.variants[variant]?.label, ...systems, figure.id].join(' ');
    return {
      value: plan.trials[variant]?.value ?? NaN,
      mean: meanOf(values, plan.seeds.length),
      change: pairedDifference(values, base, label),
    };
  });
  const means = [baseMean, ...ends.map((end) => end.mean)].filter((value) => value !== null);
  return {
    subject: systems.join(' - '),
    systems,
    base: baseMean,
    ends,
    size: means.length === 0 ? 0 : Math.max(...means) - Math.min(...means),
    reverses: systems.length > 1 && baseMean !== null && means.some((value) => value * baseMean < 0),
  };
}

/** By seed. What a trial did not run is as in the scenario as written: the trial does not concern it. */
function valuesOf(
  measured: Measured,
  variant: number,
  [left, right]: readonly string[],
  figure: Figure,
): BySeed {
  const of = (system: string): BySeed => {
    const own = measured.bySeed({ variant, system }, figure);
    return own.size > 0 ? own : measured.bySeed({ variant: 0, system }, figure);
  };
  if (left === undefined) return new Map();
  if (right === undefined) return of(left);
  const theirs = of(right);
  return new Map(
    [...of(left)].flatMap(([seed, value]) => {
      const other = theirs.get(seed);
      return other === undefined ? [] : [[seed, value - other] as const];
    }),
  );
}

function meanOf(values: BySeed, seeds: number): number | null {
  const numbers = [...values.values()];
  return numbers.length === seeds && numbers.every(Number.isFinite) ? mean(numbers) : null;
}
