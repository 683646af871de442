// A batch of the search for failures of a messaging system: runs drawn or varied, played, and what they broke shrunk. A
// function of its task alone, so that batches may run anywhere and the search is the same whatever the number of workers.
import fc from 'fast-check';
import { seconds } from '../../../protocol/time.ts';
import type { System } from '../../../sim/systems/system.ts';
import type { SearchBatch } from '../batch.ts';
import { Coverage } from '../coverage.ts';
import { compiledFrom, scenarioOf, type ScenarioValue } from './scenario-of-recipe.ts';
import { excusingFaults, kindOf } from './common-invariants.ts';
import { faultId } from './fault-choices.ts';
import { entriesOf, shrinkRecipe } from './shrink-recipe.ts';
import { situationsOf } from './situations.ts';
import { swarmRuns, variedRuns } from './system-arbitraries.ts';
import { systemInvariant, violationName, violationsIn, type SystemViolation } from './system-invariants.ts';
import { paces, pick, type SystemRecipe } from './system-recipe.ts';
import { watchRun, type WatchedRun } from './watched-run.ts';

/** What a batch is to do. */
export interface RunBatch extends SearchBatch<SystemRecipe> {
  readonly runs: number;
}

/** A run that broke something, as it was drawn. */
export interface RunSighting {
  readonly name: string;
  readonly violation: SystemViolation;
  readonly run: number;
  readonly recipe: SystemRecipe;
}

/** A failure, as small as it could be made. */
export interface RunFinding {
  /** Findings of one name are one finding. */
  readonly name: string;
  readonly violation: SystemViolation;
  /** Number of the run that showed it. */
  readonly run: number;
  /** Messages, meetings, faults, absences, changes and parameters that are left. */
  readonly entries: number;
  readonly seed: number;
  readonly scenario: ScenarioValue;
}

/** What a batch came to. */
export interface RunBatchResult {
  readonly runs: number;
  /** Messages sent and events simulated. */
  readonly messages: number;
  readonly events: number;
  readonly situations: readonly (readonly [string, number])[];
  readonly fresh: readonly SystemRecipe[];
  /** How often each finding was met. */
  readonly met: readonly (readonly [string, number])[];
  /** The first of each name that is not known. */
  readonly sightings: readonly RunSighting[];
}

/** What a finding may cost to be made small: runs, and events in all of them, since runs differ a hundredfold. */
const shrinkBudget = { runs: 120, events: 6_000_000 };
/** One run in so many is asked what needs further runs. */
const costlyEvery = 16;

/** The run of this number. */
export function runNumber(
  number: number,
  seed: number,
  corpus: readonly SystemRecipe[],
  system: System,
): SystemRecipe {
  const { usesRadio } = system;
  const fresh = swarmRuns({ usesRadio });
  const runs = corpus.length === 0 ? fresh : fc.oneof(fresh, variedRuns(corpus, { usesRadio }));
  const [run] = fc.sample(runs, { seed: (Math.imul(seed, 0x9e3779b1) + number) | 0, numRuns: 1 });
  if (run === undefined) throw new RangeError('fast-check drew no run');
  return run;
}

/** Plays a recipe. */
export function playRecipe(recipe: SystemRecipe, system: System): WatchedRun {
  return watchRun(compiledFrom(scenarioOf(recipe, system)), recipe.seed);
}

/** Runs a batch. */
export function searchRuns(batch: RunBatch, system: System): RunBatchResult {
  const situations = new Coverage();
  const met = new Coverage();
  const known = new Set(batch.known);
  const seen = new Set(batch.met);
  const fresh: SystemRecipe[] = [];
  const sightings: RunSighting[] = [];
  let messages = 0;
  let events = 0;
  for (let number = batch.first; number < batch.first + batch.runs; number++) {
    const recipe = runNumber(number, batch.seed, batch.corpus, system);
    const isCostly = number % costlyEvery === 0;
    const run = playRecipe(recipe, system);
    messages += run.workload.messages.length;
    events += run.result?.events ?? 0;
    const met1 = situationsOf(run);
    situations.merge(met1.entries());
    const news = met1.entries().filter(([situation]) => !seen.has(situation));
    for (const [situation] of news) seen.add(situation);
    if (news.length > 0) fresh.push(recipe);
    for (const violation of violationsIn(run, isCostly)) {
      const name = violationName(violation);
      met.add(name);
      if (known.has(name)) continue;
      known.add(name);
      const plain = withoutExcuses({ name, violation, run: number, recipe }, run, system);
      if (plain.name !== name && known.has(plain.name)) continue;
      known.add(plain.name);
      sightings.push(plain);
    }
  }
  return {
    runs: batch.runs,
    messages,
    events,
    situations: situations.entries(),
    fresh,
    met: met.entries(),
    sightings,
  };
}

/** A fault that a name excuses itself with may have no part in it: the sighting without such faults, where the same is broken all the same. */
export function withoutExcuses(sighting: RunSighting, run: WatchedRun, system: System): RunSighting {
  const { violation, recipe } = sighting;
  const excuses = kindOf(run);
  if (excuses === '' || !violation.kind.endsWith(excuses)) return sighting;
  const idle = new Set<string>(excusingFaults(run).map(({ id }) => id));
  const faults = recipe.faults.filter((_fault, index) => !idle.has(faultId(index)));
  const without = { ...recipe, faults };
  const same = violationsIn(playRecipe(without, system), false).find(
    ({ invariant }) => invariant === violation.invariant,
  );
  return same === undefined
    ? sighting
    : { ...sighting, name: violationName(same), violation: same, recipe: without };
}

/** The sighting made small, told anew as it then is. */
export function shrinkSighting({ name, violation, run, recipe }: RunSighting, system: System): RunFinding {
  const { isCostly = false } = systemInvariant(violation.invariant) ?? {};
  let left = shrinkBudget.events;
  let best = violation;
  const stillShows = (candidate: SystemRecipe): boolean => {
    if (left <= 0) return false;
    const played = playRecipe(candidate, system);
    left -= played.result?.events ?? 0;
    const same = violationsIn(played, isCostly).find((each) => violationName(each) === name);
    if (same === undefined) return false;
    best = same;
    return true;
  };
  const { sentAt } = violation;
  const about = sentAt === undefined ? undefined : Math.round(sentAt / seconds(pick(paces, recipe.pace)));
  const small = shrinkRecipe(recipe, shrinkBudget, stillShows, about);
  return {
    name,
    violation: best,
    run,
    entries: entriesOf(small),
    seed: small.seed,
    scenario: scenarioOf(small, system),
  };
}
