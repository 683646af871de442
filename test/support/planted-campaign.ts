// A campaign with known answers: its cells are made up, with an effect, noise and shared chance as a test wants them.
import type { CampaignPlan } from '../../reports/campaign/campaign-plan.ts';
import { campaignVersion, cellKey, type CellResult } from '../../reports/campaign/cell.ts';
import { figures, type FigureValue } from '../../reports/campaign/figures.ts';
import { variantsOf, type Axis } from '../../reports/campaign/variants.ts';
import { standardNormal } from '../../sim/random/distributions.ts';
import { createRandomStream } from '../../sim/random/streams.ts';

/** The share delivered within a minute that a system truly has, at a value of the first axis. */
export type Truth = Readonly<Record<string, (at: number) => FigureValue>>;

interface PlantedOptions {
  readonly seeds: number;
  readonly truth: Truth;
  readonly axes?: readonly Axis[];
  /** Standard deviation of the chance that systems share and of each one's own. */
  readonly shared?: number;
  readonly own?: number;
  /** What every variant has changed in the scenario's file. */
  readonly overrides?: readonly string[];
  /** Tells repetitions apart. */
  readonly name?: string;
}

/** A campaign's plan and results, in which only `within-1m` says anything. */
export function plantedCampaign({
  seeds: count,
  truth,
  axes = [],
  shared = 0.02,
  own = 0.01,
  name = '',
  overrides = [],
}: PlantedOptions): { readonly plan: CampaignPlan; readonly results: ReadonlyMap<string, CellResult> } {
  const seeds = Array.from({ length: count }, (_, index) => index + 1);
  const variants = variantsOf(axes);
  const systems = Object.keys(truth);
  const scenario = { text: '', file: 'planted.yaml' };
  const cells = seeds.flatMap((seed) =>
    variants.map((_, variant) => {
      const identity = { engine: 'engine', scenarioDigest: `variant ${variant}`, seed, systems };
      return { ...identity, key: cellKey(identity), variant, scenario, name: 'planted' };
    }),
  );
  const results = new Map<string, CellResult>();
  for (const { key, seed, variant } of cells) {
    const common = standardNormal(createRandomStream(`${name} ${seed}`).uniform()) * shared;
    const at = axes[0]?.numbers?.[variants[variant]?.position[0] ?? 0] ?? 0;
    const value = (system: string): FigureValue => {
      const mean = truth[system]?.(at) ?? 'nothing';
      const noise =
        standardNormal(createRandomStream(`${name} ${seed} ${variant} ${system}`).uniform()) * own;
      return typeof mean === 'number' ? mean + common + noise : mean;
    };
    results.set(key, cellOf(key, seed, Object.fromEntries(systems.map((system) => [system, value(system)]))));
  }
  return {
    plan: {
      scenario,
      name: 'planted',
      id: 'planted',
      title: 'A planted effect',
      overrides,
      seeds,
      axes,
      systems,
      variants,
      engine: 'engine',
      scenarioDigest: 'variant 0',
      digest: `planted ${name}`,
      cells,
    },
    results,
  };
}

function cellOf(key: string, seed: number, within: Readonly<Record<string, FigureValue>>): CellResult {
  const nothing = Object.fromEntries(figures.map(({ id }) => [id, 'nothing' as const]));
  return {
    version: campaignVersion,
    key,
    engine: 'engine',
    scenarioDigest: 'variant',
    seed,
    overrides: [],
    digest: key,
    outcome: key,
    complete: true,
    systems: Object.fromEntries(
      Object.entries(within).map(([id, value]) => [
        id,
        { title: id, digest: key, expected: 100, figures: { ...nothing, 'within-1m': value } },
      ]),
    ),
    failed: [],
    wallSeconds: 1,
  };
}
