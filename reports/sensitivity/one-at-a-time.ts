// One assumption at a time: each at the low and at the high end of its range, all others as written, with the same seeds.
import { createHash } from 'node:crypto';
import { compileScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { chosenSystems } from '../runner.ts';
import type { CampaignPlan } from '../campaign/campaign-plan.ts';
import { cellKey, type CellJob } from '../campaign/cell.ts';
import { engineDigest } from '../campaign/engine-digest.ts';
import type { VariantSetting } from '../campaign/variants.ts';
import { overrideOf, type FixedAssumption, type RangedAssumption } from './assumption-ranges.ts';

/** A value that one assumption takes in a variant. */
export interface Trial {
  readonly assumption: RangedAssumption;
  readonly value: number;
}

/** A campaign whose variants are the scenario as written and then one trial each. */
export interface TrialPlan extends CampaignPlan {
  /** By variant; the first variant has none. */
  readonly trials: readonly (Trial | undefined)[];
  /** Trials that the scenario does not bear. */
  readonly refused: readonly FixedAssumption[];
}

interface TrialOptions {
  readonly scenario: ScenarioText;
  readonly name: string;
  readonly seeds: readonly number[];
  readonly systems?: readonly string[] | undefined;
  readonly trials: readonly Trial[];
}

/** Both ends of a range; an end at which the assumption already stands is no trial. */
export function bothEnds(assumption: RangedAssumption): readonly Trial[] {
  return [assumption.low, assumption.high]
    .filter((value) => value !== assumption.value)
    .map((value) => ({ assumption, value }));
}

/**
 * Plans the trials. A parameter of one system is tried on that system only: nothing of it reaches the others.
 * @throws ScenarioError when the scenario cannot be used
 */
export function planTrials({ scenario, name, seeds, systems: wanted, trials }: TrialOptions): TrialPlan {
  const shared = scenario.overrides ?? [];
  const compiled = compileScenario(scenario);
  const systems = chosenSystems({ scenario, systems: wanted }, compiled);
  const engine = engineDigest();
  const refused: FixedAssumption[] = [];
  const settings: { trial: Trial | undefined; text: ScenarioText; digest: string; of: readonly string[] }[] =
    [{ trial: undefined, text: scenario, digest: compiled.scenarioDigest, of: systems }];
  for (const trial of trials) {
    const text = {
      ...scenario,
      overrides: [...shared, overrideOf(trial.assumption, trial.value)],
    };
    try {
      const digest = compileScenario(text).scenarioDigest;
      const { system } = trial.assumption;
      settings.push({ trial, text, digest, of: system === undefined ? systems : [system] });
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      refused.push({ path: trial.assumption.path, why: error.message });
    }
  }
  const variants = settings.map(({ trial }, index): VariantSetting => {
    const override = trial === undefined ? '' : overrideOf(trial.assumption, trial.value);
    return { label: override, overrides: trial === undefined ? [] : [override], position: [index] };
  });
  const cells = seeds.flatMap((seed) =>
    settings.map(({ text, digest, of }, variant): CellJob => {
      const identity = { engine, scenarioDigest: digest, seed, systems: of };
      return { ...identity, key: cellKey(identity), variant, scenario: text, name };
    }),
  );
  return {
    scenario,
    name,
    id: compiled.document.name,
    title: compiled.document.title,
    overrides: shared,
    seeds,
    axes: [],
    systems,
    variants,
    engine,
    scenarioDigest: compiled.scenarioDigest,
    digest: createHash('sha256')
      .update(JSON.stringify(['one at a time', compiled.document.name, scenario.text, shared, systems]))
      .digest('hex'),
    cells,
    trials: settings.map(({ trial }) => trial),
    refused,
  };
}
