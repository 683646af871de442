// What a page may ask to be run: shaped by a schema, then checked exactly as the command line checks it.
import { z } from 'zod';
import { compileScenario, type ScenarioText } from '../../../scenarios/compile.ts';
import { namedFiles } from '../../../scenarios/data-files.ts';
import { loadFromLibrary, loadScenario } from '../../../scenarios/load.ts';
import { ScenarioError } from '../../../scenarios/scenario-error.ts';
import { planCampaign, type CampaignPlan } from '../../campaign/campaign-plan.ts';
import { parseSeeds } from '../../campaign/seeds.ts';
import { parseAxis, variantsOf } from '../../campaign/variants.ts';
import { reproduceCommand } from '../../reproduce.ts';
import { chosenSystems } from '../../runner.ts';
import type { WorkRequest } from '../wire.ts';

const text = z.string().max(2_000);

/** The body of a request to start something. */
export const workRequestSchema: z.ZodType<WorkRequest> = z.strictObject({
  kind: z.enum(['run', 'campaign']),
  scenario: text,
  seed: z
    .number()
    .int('expected a whole number')
    .min(0, 'expected a whole number from 0')
    .max(Number.MAX_SAFE_INTEGER)
    .optional(),
  seeds: text.optional(),
  systems: z.array(z.string().max(100)).min(1, 'expected at least one system').max(50).optional(),
  set: z.array(text).max(200).optional(),
  vary: z.array(text).max(8).optional(),
});

/** More runs than this are for the command line, which can be resumed and spread over machines. */
const mostRuns = 2_000;

/**
 * The scenario that is meant, with its overrides, and how the command line would call the same.
 * @throws ScenarioError in the words of the command line
 */
export function scenarioOf({ scenario: name, file, set = [] }: WorkRequest): ScenarioText {
  const text = file === undefined ? loadFromLibrary(name) : loadScenario(file);
  const scenario = { ...text, overrides: set };
  refuseOtherFiles(scenario);
  return scenario;
}

/** A scenario may name a trace or a room; a request must not choose which file of this machine is read. */
function refuseOtherFiles(scenario: ScenarioText): void {
  const own = namedFiles({ ...scenario, overrides: [] });
  for (const [path, name] of namedFiles(scenario)) {
    if (name === own.get(path)) continue;
    const message = 'a file can be chosen only on the command line';
    throw new ScenarioError(scenario.file, [{ path, position: undefined, message }]);
  }
}

/** What a checked request comes to. */
export type CheckedWork =
  | {
      readonly kind: 'run';
      readonly title: string;
      readonly command: string;
      readonly scenario: ScenarioText;
      readonly seed: number;
      readonly systems: readonly string[] | undefined;
    }
  | {
      readonly kind: 'campaign';
      readonly title: string;
      readonly command: string;
      readonly plan: CampaignPlan;
    };

/**
 * Checks as far as that is possible without running.
 * @throws ScenarioError in the words of the command line
 */
export function checkedWork(request: WorkRequest): CheckedWork {
  const { kind, scenario: name, seed = 1, systems, set = [], vary = [], seeds = '1..20' } = request;
  const scenario = scenarioOf(request);
  if (kind === 'run') {
    const compiled = compileScenario(scenario);
    chosenSystems({ scenario, systems }, compiled);
    const command = reproduceCommand({ name, seed, systems, overrides: set });
    return { kind, title: compiled.document.title, command, scenario, seed, systems };
  }
  const axes = vary.map(parseAxis);
  for (const { overrides } of variantsOf(axes))
    refuseOtherFiles({ ...scenario, overrides: [...set, ...overrides] });
  const plan = planCampaign({ scenario, name, seeds: parseSeeds(seeds), axes, systems });
  if (plan.cells.length > mostRuns)
    throw new ScenarioError(`--seeds ${seeds}`, [
      {
        path: '',
        position: undefined,
        message: `expected at most ${mostRuns} runs from here, found ${plan.cells.length}; the command line takes more`,
      },
    ]);
  const command = [
    reproduceCommand({ name, seed: 0, systems, overrides: set })
      .replace('netsplit run', 'netsplit campaign')
      .replace(' --seed 0', ` --seeds ${seeds.replaceAll(/\s/g, '')}`),
    ...vary.map((axis) => `--vary '${axis.replaceAll("'", `'\\''`)}'`),
  ].join(' ');
  return { kind, title: plan.title, command, plan };
}
