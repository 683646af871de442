// Plausible worlds: every assumed number drawn from its range, one world per seed, beside the scenario as it is written.
import { createHash } from 'node:crypto';
import { compileScenario, type CompiledScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { createAddressedDraw } from '../../sim/random/addressed.ts';
import { exp, ln } from '../../sim/random/elementary.ts';
import type { CampaignPlan } from '../campaign/campaign-plan.ts';
import { cellKey, type CellJob } from '../campaign/cell.ts';
import { engineDigest } from '../campaign/engine-digest.ts';
import { chosenSystems } from '../runner.ts';
import {
  assumptionRanges,
  overrideOf,
  type AssumptionRanges,
  type RangedAssumption,
} from './assumption-ranges.ts';

/** Numbers of the two variants. */
export const asWritten = 0;
export const drawn = 1;

/** A range from which most draws of a uniform law would be of one order of magnitude is drawn by its logarithm. */
const logarithmicFrom = 10;

/** A world whose numbers contradict each other is drawn again, so often. */
const attempts = 50;

const draw = createAddressedDraw('plausible worlds');

/** A campaign with two variants: as written, and with the assumptions drawn. */
export interface WorldsPlan extends CampaignPlan {
  readonly assumptions: AssumptionRanges;
  /** Value of each ranged assumption by seed. */
  readonly worlds: ReadonlyMap<number, readonly number[]>;
  /** Seeds of which no world could be drawn that the scenario bears. */
  readonly withoutWorld: readonly number[];
}

/** The value of an assumption in the world of a seed. Depends on nothing else, so that worlds of more seeds keep theirs. */
export function drawnValue(
  { path, low, high, whole }: RangedAssumption,
  seed: number,
  attempt: number,
): number {
  const at = draw(path, seed, attempt);
  if (whole) return low + Math.min(high - low, Math.floor(at * (high - low + 1)));
  if (low > 0 && high / low >= logarithmicFrom) return exp(ln(low) + at * (ln(high) - ln(low)));
  return low + at * (high - low);
}

/**
 * Plans a run as written and one in a drawn world for every seed.
 * @throws ScenarioError when the scenario cannot be used
 */
export function planWorlds(
  scenario: ScenarioText,
  name: string,
  seeds: readonly number[],
  wanted: readonly string[] | undefined,
): WorldsPlan {
  const compiled = compileScenario(scenario);
  const systems = chosenSystems({ scenario, systems: wanted }, compiled);
  const assumptions = assumptionRanges(scenario, systems);
  const engine = engineDigest();
  const worlds = new Map<number, readonly number[]>();
  const cells: CellJob[] = [];
  const add = (
    variant: number,
    seed: number,
    text: ScenarioText,
    { scenarioDigest }: CompiledScenario,
  ): void => {
    const identity = { engine, scenarioDigest, seed, systems };
    cells.push({ ...identity, key: cellKey(identity), variant, scenario: text, name });
  };
  for (const seed of seeds) {
    add(asWritten, seed, scenario, compiled);
    const world = drawWorld(scenario, assumptions.ranged, seed);
    if (world === undefined) continue;
    worlds.set(seed, world.values);
    add(drawn, seed, world.text, world.compiled);
  }
  return {
    scenario,
    name,
    id: compiled.document.name,
    title: compiled.document.title,
    overrides: scenario.overrides ?? [],
    seeds,
    axes: [],
    systems,
    variants: [
      { label: 'as written', overrides: [], position: [asWritten] },
      { label: 'assumptions drawn', overrides: [], position: [drawn] },
    ],
    engine,
    scenarioDigest: compiled.scenarioDigest,
    digest: createHash('sha256')
      .update(
        JSON.stringify(['worlds', compiled.document.name, scenario.text, scenario.overrides ?? [], systems]),
      )
      .digest('hex'),
    cells,
    assumptions,
    worlds,
    withoutWorld: seeds.filter((seed) => !worlds.has(seed)),
  };
}

/** The first world of a seed that the scenario bears. */
function drawWorld(
  scenario: ScenarioText,
  ranged: readonly RangedAssumption[],
  seed: number,
):
  | { readonly values: readonly number[]; readonly text: ScenarioText; readonly compiled: CompiledScenario }
  | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const values = ranged.map((assumption) => drawnValue(assumption, seed, attempt));
    const overrides = ranged.map((assumption, index) =>
      overrideOf(assumption, values[index] ?? assumption.value),
    );
    const text = { ...scenario, overrides: [...(scenario.overrides ?? []), ...overrides] };
    try {
      return { values, text, compiled: compileScenario(text) };
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error; // numbers that contradict each other: another world
    }
  }
  return undefined;
}
