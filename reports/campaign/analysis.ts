// What the seeds of a campaign say: each figure with its interval, paired differences of systems and of variants.
import { estimateMean, type Estimate } from '../statistics/estimate.ts';
import { pairedDifference, type PairedDifference } from '../statistics/paired.ts';
import type { CampaignShape } from './campaign-plan.ts';
import type { MeasuredCell } from './cell.ts';
import { figures, type Figure, type FigureValue } from './figures.ts';

/** One system in one variant. */
export interface Side {
  /** Number in the plan. */
  readonly variant: number;
  readonly system: string;
}

/** One figure of one system in one variant, over the seeds. */
export interface FigureSummary extends Side {
  readonly figure: string;
  /** In the order of the plan's seeds; null where the run is missing. */
  readonly values: readonly (FigureValue | null)[];
  /** Over the seeds that have a number. */
  readonly estimate: Estimate;
  readonly beyondHorizon: number;
  readonly nothing: number;
}

/** Two sides under one figure. */
export interface Comparison {
  readonly figure: string;
  readonly left: Side;
  readonly right: Side;
  /** Seeds on which a side lies beyond the horizon: then there is no mean, and no difference of means. */
  readonly beyondHorizon: { readonly left: number; readonly right: number };
  readonly paired: PairedDifference;
}

/** All that a campaign found. */
export interface CampaignAnalysis {
  readonly summaries: readonly FigureSummary[];
  /** Every two systems of a variant. */
  readonly systems: readonly Comparison[];
  /** Every variant against the one with the first value of the axis in which they differ, system by system. */
  readonly variants: readonly Comparison[];
}

/** Looks up what was measured; the plan's cells are the only way from variant and seed to a result. */
export class Measured {
  readonly #byCell = new Map<string, MeasuredCell>();
  readonly #seeds: readonly number[];

  constructor(plan: CampaignShape, results: ReadonlyMap<string, MeasuredCell>) {
    this.#seeds = plan.seeds;
    for (const { key, variant, seed } of plan.cells) {
      const result = results.get(key);
      if (result !== undefined) this.#byCell.set(`${variant} ${seed}`, result);
    }
  }

  /** In the order of the seeds; null where the run is missing. */
  values({ variant, system }: Side, figure: Figure): (FigureValue | null)[] {
    return this.#seeds.map(
      (seed) => this.#byCell.get(`${variant} ${seed}`)?.systems[system]?.figures[figure.id] ?? null,
    );
  }

  /** By seed, with infinity for what lies beyond the horizon; what has nothing to measure is left out. */
  bySeed(side: Side, figure: Figure): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    this.values(side, figure).forEach((value, index) => {
      const seed = this.#seeds[index];
      if (seed === undefined || value === null || value === 'nothing') return;
      found.set(seed, value === 'beyond-horizon' ? Infinity : value);
    });
    return found;
  }
}

/** Analyses the results there are. Depends on plan and results alone. */
export function analyseCampaign(
  plan: CampaignShape,
  results: ReadonlyMap<string, MeasuredCell>,
): CampaignAnalysis {
  const measured = new Measured(plan, results);
  const sides = plan.variants.flatMap((_, variant) => plan.systems.map((system) => ({ variant, system })));
  return {
    summaries: sides.flatMap((side) => figures.map((figure) => summarise(measured, plan, side, figure))),
    systems: plan.variants.flatMap((_, variant) =>
      pairsOf(plan.systems).flatMap(([left, right]) =>
        figures.map((figure) =>
          compare(measured, plan, { variant, system: left }, { variant, system: right }, figure),
        ),
      ),
    ),
    variants: baselines(plan).flatMap(({ variant, base }) =>
      plan.systems.flatMap((system) =>
        figures.map((figure) =>
          compare(measured, plan, { variant, system }, { variant: base, system }, figure),
        ),
      ),
    ),
  };
}

function summarise(measured: Measured, plan: CampaignShape, side: Side, figure: Figure): FigureSummary {
  const values = measured.values(side, figure);
  const numbers = values.filter((value) => typeof value === 'number');
  return {
    ...side,
    figure: figure.id,
    values,
    estimate: estimateMean(numbers, `${plan.digest} ${side.variant} ${side.system} ${figure.id}`),
    beyondHorizon: values.filter((value) => value === 'beyond-horizon').length,
    nothing: values.filter((value) => value === 'nothing').length,
  };
}

function compare(
  measured: Measured,
  plan: CampaignShape,
  left: Side,
  right: Side,
  figure: Figure,
): Comparison {
  const ours = measured.bySeed(left, figure);
  const theirs = measured.bySeed(right, figure);
  const beyond = (side: ReadonlyMap<number, number>): number =>
    [...side.values()].filter((value) => value === Infinity).length;
  const label = [plan.digest, left.variant, left.system, right.variant, right.system, figure.id].join(' ');
  return {
    figure: figure.id,
    left,
    right,
    beyondHorizon: { left: beyond(ours), right: beyond(theirs) },
    paired: pairedDifference(ours, theirs, label),
  };
}

function pairsOf(systems: readonly string[]): (readonly [string, string])[] {
  return systems.flatMap((left, index) => systems.slice(index + 1).map((right) => [left, right] as const));
}

/** Each variant whose value on some axis is not the first, with the variant that has the first there. */
function baselines({ variants }: CampaignShape): { readonly variant: number; readonly base: number }[] {
  const numbers = new Map(variants.map(({ position }, index) => [position.join(' '), index]));
  return variants.flatMap(({ position }, variant) =>
    position.flatMap((value, axis) => {
      const base = numbers.get(position.map((each, index) => (index === axis ? 0 : each)).join(' '));
      return value === 0 || base === undefined ? [] : [{ variant, base }];
    }),
  );
}
