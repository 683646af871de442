// Sweeps: a figure along an axis of numbers, a curve with a band per system, and where two curves change places.
import { findCrossovers, type Crossover, type SweepPoint } from '../statistics/crossover.ts';
import type { Estimate } from '../statistics/estimate.ts';
import { Measured, type CampaignAnalysis } from './analysis.ts';
import type { CampaignShape } from './campaign-plan.ts';
import type { MeasuredCell } from './cell.ts';
import type { Figure, FigureValue } from './figures.ts';
import type { Axis } from './variants.ts';

/** A figure of one system along an axis. */
export interface SweepCurve {
  readonly system: string;
  readonly points: readonly {
    readonly at: number;
    readonly estimate: Estimate;
    readonly beyondHorizon: number;
    /** Over the seeds that have a number; absent where none has, and in results of before it was kept. */
    readonly least?: number;
    readonly most?: number;
  }[];
}

/** Two systems whose curves cross. */
export interface SweepCrossover extends Crossover {
  readonly left: string;
  readonly right: string;
  /** That have a number on both sides everywhere along the axis. */
  readonly seeds: number;
}

/** One figure along one axis, the other axes held where `held` says. */
export interface Sweep {
  readonly axis: string;
  readonly unit: string;
  readonly held: string;
  readonly figure: string;
  readonly curves: readonly SweepCurve[];
  /** Of left minus right. Where a value is missing or beyond the horizon there is none. */
  readonly crossovers: readonly SweepCrossover[];
}

interface Slice {
  readonly axis: Axis;
  readonly held: string;
  /** Variants along the axis, with their numbers. */
  readonly variants: readonly { readonly variant: number; readonly at: number }[];
}

/** Every sweep of a campaign for the figures asked for; none when no axis is of numbers. */
export function sweepsOf(
  shape: CampaignShape,
  results: ReadonlyMap<string, MeasuredCell>,
  { summaries }: CampaignAnalysis,
  wanted: readonly Figure[],
): readonly Sweep[] {
  const measured = new Measured(shape, results);
  return slicesOf(shape).flatMap(({ axis, held, variants }) =>
    wanted.map((figure): Sweep => {
      const curves = shape.systems.map((system) => ({
        system,
        points: variants.flatMap(({ variant, at }) =>
          summaries
            .filter((each) => each.variant === variant && each.system === system && each.figure === figure.id)
            .map(({ estimate, beyondHorizon, values }) => ({
              at,
              estimate,
              beyondHorizon,
              ...rangeOf(values),
            })),
        ),
      }));
      const crossovers = shape.systems.flatMap((left, index) =>
        shape.systems.slice(index + 1).flatMap((right) => {
          const along = differencesAlong(measured, variants, left, right, figure);
          const label = [shape.digest, axis.path, held, figure.id, left, right].join(' ');
          const seeds = along[0]?.differences.length ?? 0;
          return findCrossovers(along, label).map((crossover) => ({ ...crossover, left, right, seeds }));
        }),
      );
      return { axis: axis.path, unit: axis.unit, held, figure: figure.id, curves, crossovers };
    }),
  );
}

function rangeOf(values: readonly (FigureValue | null)[]): {
  readonly least?: number;
  readonly most?: number;
} {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === 0 ? {} : { least: Math.min(...numbers), most: Math.max(...numbers) };
}

/** Left minus right at each point over the seeds that have a number everywhere; no points when there is no such seed. */
function differencesAlong(
  measured: Measured,
  variants: Slice['variants'],
  left: string,
  right: string,
  figure: Figure,
): readonly SweepPoint[] {
  const points = variants.map(({ variant, at }) => {
    const ours = measured.bySeed({ variant, system: left }, figure);
    const theirs = measured.bySeed({ variant, system: right }, figure);
    return {
      at,
      bySeed: new Map([...ours].map(([seed, value]) => [seed, value - (theirs.get(seed) ?? NaN)])),
    };
  });
  const [first] = points;
  if (first === undefined) return [];
  const seeds = [...first.bySeed.keys()].filter((seed) =>
    points.every(({ bySeed }) => Number.isFinite(bySeed.get(seed))),
  );
  if (seeds.length === 0) return [];
  return points.map(({ at, bySeed }) => ({ at, differences: seeds.map((seed) => bySeed.get(seed) ?? NaN) }));
}

/** For each axis of numbers, every combination of the other axes' values. */
function slicesOf({ axes, variants }: CampaignShape): readonly Slice[] {
  return axes.flatMap((axis, which) => {
    const { numbers } = axis;
    if (numbers === undefined || numbers.length < 2) return [];
    const slices = new Map<string, { variant: number; at: number }[]>();
    variants.forEach(({ position, overrides }, variant) => {
      const held = overrides.filter((_, index) => index !== which).join(', ');
      const slice = slices.get(held) ?? [];
      slice.push({ variant, at: numbers[position[which] ?? 0] ?? NaN });
      slices.set(held, slice);
    });
    return [...slices].map(([held, along]) => ({ axis, held, variants: along }));
  });
}
