// Chance and ignorance: how a comparison varies over seeds, and how over worlds that are as plausible as the one written.
import { quantile, sampleRankCorrelation } from 'simple-statistics';
import { Measured } from '../campaign/analysis.ts';
import type { CellResult } from '../campaign/cell.ts';
import { differenceInWords } from '../campaign/conclusions.ts';
import type { Figure } from '../campaign/figures.ts';
import { fewestSeeds } from '../statistics/estimate.ts';
import type { RangedAssumption } from './assumption-ranges.ts';
import { asWritten, drawn, type WorldsPlan } from './drawn-worlds.ts';

/** A system leads for certain when it leads in at least this share of plausible worlds. */
const decidedFrom = 0.95;

/** Middle nine tenths of a figure's values; null for fewer than twenty. */
export interface Spread {
  readonly count: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Two systems under one figure, in both ranges. */
export interface RangesOfPair {
  readonly left: string;
  readonly right: string;
  readonly figure: string;
  /** Left minus right, over seeds in the world as written, and over drawn worlds with one seed each. */
  readonly chance: Spread;
  readonly ignorance: Spread;
  /** Shares of drawn worlds in which left is better, right is better, and neither. */
  readonly leads: { readonly left: number; readonly right: number; readonly neither: number };
  readonly verdict: 'left-leads' | 'right-leads' | 'undecided' | 'too-few-worlds';
  /** Assumptions by how their rank goes with the difference over the drawn worlds, strongest first. */
  readonly drivers: readonly { readonly path: string; readonly correlation: number }[];
}

/** Every two systems under one figure. */
export function twoRanges(
  plan: WorldsPlan,
  results: ReadonlyMap<string, CellResult>,
  figure: Figure,
): readonly RangesOfPair[] {
  const measured = new Measured(plan, results);
  return plan.systems.flatMap((left, index) =>
    plan.systems.slice(index + 1).map((right): RangesOfPair => {
      const chance = differences(measured, asWritten, left, right, figure);
      const ignorance = differences(measured, drawn, left, right, figure);
      const better = figure.better === 'more' ? 1 : -1;
      const values = [...ignorance.values()];
      const share = (count: number): number => (values.length === 0 ? 0 : count / values.length);
      const leads = {
        left: share(values.filter((value) => value * better > 0).length),
        right: share(values.filter((value) => value * better < 0).length),
        neither: share(values.filter((value) => value === 0).length),
      };
      return {
        left,
        right,
        figure: figure.id,
        chance: spread([...chance.values()]),
        ignorance: spread(values),
        leads,
        verdict: verdictOf(values.length, leads),
        drivers: driversOf(plan, ignorance),
      };
    }),
  );
}

function verdictOf(worlds: number, leads: RangesOfPair['leads']): RangesOfPair['verdict'] {
  if (worlds < fewestSeeds) return 'too-few-worlds';
  if (leads.left >= decidedFrom) return 'left-leads';
  return leads.right >= decidedFrom ? 'right-leads' : 'undecided';
}

/** By seed; infinite where one side lies beyond the horizon, nought where both do. */
function differences(
  measured: Measured,
  variant: number,
  left: string,
  right: string,
  figure: Figure,
): ReadonlyMap<number, number> {
  const theirs = measured.bySeed({ variant, system: right }, figure);
  const found = new Map<number, number>();
  for (const [seed, ours] of measured.bySeed({ variant, system: left }, figure)) {
    const other = theirs.get(seed);
    if (other !== undefined) found.set(seed, ours === other ? 0 : ours - other);
  }
  return found;
}

function spread(values: readonly number[]): Spread {
  const finite = values.every(Number.isFinite);
  if (values.length < fewestSeeds || !finite) return { count: values.length, low: null, high: null };
  return { count: values.length, low: quantile([...values], 0.05), high: quantile([...values], 0.95) };
}

function driversOf(
  { assumptions: { ranged }, worlds, systems }: WorldsPlan,
  byWorld: ReadonlyMap<number, number>,
): RangesOfPair['drivers'] {
  const seeds = [...byWorld].filter(([, value]) => Number.isFinite(value)).map(([seed]) => seed);
  if (seeds.length < fewestSeeds || systems.length < 2) return [];
  const answers = seeds.map((seed) => byWorld.get(seed) ?? NaN);
  return ranged
    .map(({ path }, index) => {
      const drawnValues = seeds.map((seed) => worlds.get(seed)?.[index] ?? NaN);
      const correlation = sampleRankCorrelation(drawnValues, answers);
      return { path, correlation: Number.isFinite(correlation) ? correlation : 0 };
    })
    .sort((left, right) => Math.abs(right.correlation) - Math.abs(left.correlation));
}

/** The assumptions worth a closer look, at most so many: those that go most with any pair's difference. */
export function mightiest(
  pairs: readonly RangesOfPair[],
  ranged: readonly RangedAssumption[],
  most: number,
): readonly RangedAssumption[] {
  const strength = new Map<string, number>();
  for (const { drivers } of pairs)
    for (const { path, correlation } of drivers)
      strength.set(path, Math.max(strength.get(path) ?? 0, Math.abs(correlation)));
  return [...ranged]
    .filter(({ path }) => strength.has(path))
    .sort((left, right) => (strength.get(right.path) ?? 0) - (strength.get(left.path) ?? 0))
    .slice(0, most);
}

/** A pair's two ranges and its verdict as sentences. */
export function rangesInWords(pair: RangesOfPair, figure: Figure): readonly string[] {
  const { left, right, chance, ignorance, leads, verdict, drivers } = pair;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const between = ({ low, high }: Spread): string =>
    low === null || high === null ? 'no range' : `${signed(low, figure)} to ${signed(high, figure)}`;
  const who =
    `${left} leads in ${percent(leads.left)} of ${ignorance.count} plausible worlds, ${right} in ${percent(leads.right)}` +
    (leads.neither === 0 ? '' : `, neither in ${percent(leads.neither)}`);
  const end = {
    'left-leads': `${left} leads whatever is assumed`,
    'right-leads': `${right} leads whatever is assumed`,
    undecided: 'undecided: what is assumed decides who leads',
    'too-few-worlds': `fewer than ${fewestSeeds} worlds: nothing is concluded`,
  }[verdict];
  return [
    `${figure.title}, ${left} minus ${right}: ${end}.`,
    `  by chance alone (as written, middle 90 % of ${chance.count} seeds): ${between(chance)}`,
    `  by ignorance and chance (assumptions drawn, middle 90 % of ${ignorance.count} worlds): ${between(ignorance)}`,
    `  ${who}`,
    ...(drivers.length === 0
      ? []
      : [
          `  goes most with ${drivers
            .slice(0, 3)
            .map(
              ({ path, correlation }) =>
                `${path} (rank correlation ${correlation.toFixed(2).replace('-', '−')})`,
            )
            .join(', ')}`,
        ]),
  ];
}

function signed(value: number, { unit }: Figure): string {
  const size = differenceInWords(Math.abs(value), unit);
  return Number.parseFloat(size) === 0 ? size : `${value < 0 ? '−' : '+'}${size}`;
}
