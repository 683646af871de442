// The smallest change of one assumption that turns the answer round, found by halving between base and end.
import type { CellResult } from '../campaign/cell.ts';
import type { Figure } from '../campaign/figures.ts';
import type { RangedAssumption } from './assumption-ranges.ts';
import type { Trial, TrialPlan } from './one-at-a-time.ts';
import { rankAssumptions, type RankedAssumption } from './tornado.ts';

/** An assumption that turns the order of two systems round within its range. */
export interface Reversal {
  readonly assumption: RangedAssumption;
  readonly systems: readonly string[];
  /** The difference as the scenario is written, and with the value below. */
  readonly base: number;
  readonly reversed: number;
  /** The value nearest to the scenario's with which the order was seen turned. */
  readonly at: number;
  /** How far that is, as a share of the plausible range. */
  readonly distance: number;
}

/** Runs trials and gives their plan and results. */
export type RunTrials = (
  trials: readonly Trial[],
) => Promise<{ readonly plan: TrialPlan; readonly results: ReadonlyMap<string, CellResult> }>;

/** The interval between a value that does not reverse and one that does is halved so often: to a 32nd. */
const halvings = 5;

interface Search {
  readonly assumption: RangedAssumption;
  readonly systems: readonly string[];
  readonly base: number;
  kept: number;
  turned: number;
  reversed: number;
}

/** Every reversal that the ends of ranges show, nearest first. All searches advance together, so that cores stay busy. */
export async function findReversals(
  ranked: readonly RankedAssumption[],
  figure: Figure,
  run: RunTrials,
): Promise<readonly Reversal[]> {
  const searches = ranked.flatMap(searchesOf);
  for (let step = 0; step < halvings; step++) {
    const trials = searches.map(({ assumption, kept, turned }) => ({
      assumption,
      value: (kept + turned) / 2,
    }));
    const fresh = searches
      .map((search, index) => ({ search, trial: trials[index] }))
      .filter(
        ({ search, trial }) =>
          trial !== undefined && (!search.assumption.whole || Math.abs(search.turned - search.kept) > 1),
      );
    if (fresh.length === 0) break;
    const rounded = fresh.flatMap(({ trial }) =>
      trial === undefined
        ? []
        : [{ ...trial, value: trial.assumption.whole ? Math.round(trial.value) : trial.value }],
    );
    const { plan, results } = await run(rounded);
    const again = rankAssumptions(plan, results, figure);
    fresh.forEach(({ search }, index) => advance(search, rounded[index]?.value ?? NaN, again));
  }
  return searches
    .map(({ assumption, systems, base, turned, reversed }) => ({
      assumption,
      systems,
      base,
      reversed,
      at: turned,
      distance: Math.abs(turned - assumption.value) / (assumption.high - assumption.low),
    }))
    .sort((left, right) => left.distance - right.distance);
}

/** One search per pair of systems and end that reverses it. */
function searchesOf({ assumption, swings }: RankedAssumption): Search[] {
  return swings.flatMap(({ systems, base, ends, reverses }) =>
    !reverses || base === null
      ? []
      : ends.flatMap(({ value, mean }) =>
          mean === null || mean * base >= 0
            ? []
            : [{ assumption, systems, base, kept: assumption.value, turned: value, reversed: mean }],
        ),
  );
}

function advance(search: Search, value: number, ranked: readonly RankedAssumption[]): void {
  const swing = ranked
    .find(({ assumption }) => assumption.path === search.assumption.path)
    ?.swings.find(({ systems }) => systems.join() === search.systems.join());
  const mean = swing?.ends.find((end) => end.value === value)?.mean ?? null;
  if (mean !== null && mean * search.base < 0) {
    search.turned = value;
    search.reversed = mean;
  } else search.kept = value;
}
