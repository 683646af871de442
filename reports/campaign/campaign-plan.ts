// What a campaign will run: every variant with every seed, each cell with its key; checked before anything starts.
import { createHash } from 'node:crypto';
import { compileScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { scenarioValues } from '../../scenarios/settable-values.ts';
import { chosenSystems } from '../runner.ts';
import { cellKey, type CellJob } from './cell.ts';
import { engineDigest } from './engine-digest.ts';
import { variantsOf, type Axis, type VariantSetting } from './variants.ts';

/** What a campaign is asked to do. */
export interface CampaignOptions {
  /** With the overrides that every variant shares. */
  readonly scenario: ScenarioText;
  /** How the user called it: a name of the library or a path. */
  readonly name: string;
  readonly seeds: readonly number[];
  readonly axes: readonly Axis[];
  /** Only these systems; all that the scenario names when left out. */
  readonly systems?: readonly string[] | undefined;
}

/** What an axis varies: the unit of its values and their meaning, as `netsplit params` tells them. */
export interface AxisMeaning {
  readonly unit: string;
  readonly meaning: string;
}

/** What of a campaign its analysis needs: who was measured, under which keys. */
export interface CampaignShape {
  /** Id and title of the scenario. */
  readonly id: string;
  readonly title: string;
  /** What every variant has changed in the scenario's file. */
  readonly overrides: readonly string[];
  readonly seeds: readonly number[];
  readonly axes: readonly Axis[];
  /** By path; axes that vary more than one value (`faults=[]`) have none. */
  readonly meanings?: Readonly<Record<string, AxisMeaning>> | undefined;
  readonly systems: readonly string[];
  readonly variants: readonly VariantSetting[];
  /** SHA-256 over scenario, axes and systems: a campaign of more seeds, or of another engine, continues in its folder. */
  readonly digest: string;
  readonly cells: readonly Pick<CellJob, 'key' | 'variant' | 'seed'>[];
}

/** A campaign before it runs. */
export interface CampaignPlan extends CampaignShape {
  readonly scenario: ScenarioText;
  readonly name: string;
  readonly engine: string;
  /** Of the scenario with the first variant's values. */
  readonly scenarioDigest: string;
  /** Seed by seed: a stop leaves whole seeds, which are what is compared. */
  readonly cells: readonly CellJob[];
}

/**
 * Checks every variant as far as that is possible without running it.
 * @throws ScenarioError when the scenario, an axis or a system cannot be used
 */
export function planCampaign(options: CampaignOptions): CampaignPlan {
  const { scenario, name, seeds, axes } = options;
  const shared = scenario.overrides ?? [];
  const engine = engineDigest();
  const variants = variantsOf(axes);
  const compiled = variants.map(({ overrides }) => {
    const text = { ...scenario, overrides: [...shared, ...overrides] };
    return { text, compiled: compileScenario(text) };
  });
  const [first] = compiled;
  if (first === undefined) throw new RangeError('a campaign has at least one variant');
  const systems = chosenSystems({ scenario, systems: options.systems }, first.compiled);
  const cells = seeds.flatMap((seed) =>
    compiled.map(({ text, compiled: { scenarioDigest } }, variant): CellJob => {
      const identity = { engine, scenarioDigest, seed, systems };
      return { ...identity, key: cellKey(identity), variant, scenario: text, name };
    }),
  );
  return {
    scenario,
    name,
    id: first.compiled.document.name,
    title: first.compiled.document.title,
    overrides: shared,
    seeds,
    axes,
    meanings: meaningsOf(axes, first.text),
    systems,
    variants,
    engine,
    scenarioDigest: first.compiled.scenarioDigest,
    digest: createHash('sha256')
      .update(JSON.stringify([first.compiled.document.name, scenario.text, shared, axes, systems]))
      .digest('hex'),
    cells,
  };
}

function meaningsOf(axes: readonly Axis[], scenario: ScenarioText): Readonly<Record<string, AxisMeaning>> {
  if (axes.length === 0) return {};
  const varied = new Set(axes.map(({ path }) => path));
  const values = scenarioValues(scenario).filter(({ path }) => varied.has(path));
  return Object.fromEntries(values.map(({ path, unit, meaning }) => [path, { unit, meaning }]));
}
