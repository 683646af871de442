// What a command looks into by simulating again: a run folder, or a scenario with a seed.
import { isRunFolder, readReproduction } from '../reports/store.ts';
import type { RunRecord } from '../reports/record.ts';
import { chosenSystems } from '../reports/runner.ts';
import type { CompiledScenario, ScenarioText } from '../scenarios/compile.ts';
import { loadScenario } from '../scenarios/load.ts';
import { UsageError } from './exit.ts';
import { systemList } from './system-list.ts';

/** Options that name a subject. */
export interface SubjectOptions {
  readonly seed?: number;
  readonly set: readonly string[];
  readonly systems?: string;
}

/** What is simulated again. */
export interface Subject {
  readonly scenario: ScenarioText;
  readonly seed: number;
  /** As asked for, or those of the run folder; undefined: all that the scenario names. */
  readonly systems: readonly string[] | undefined;
  /** Of the run folder, when it is one. */
  readonly record: RunRecord | undefined;
}

/**
 * Reads what a subject names.
 * @throws UsageError when options contradict a run folder
 */
export async function subjectOf(subject: string, options: SubjectOptions): Promise<Subject> {
  const systems = systemList(options.systems);
  if (!isRunFolder(subject))
    return {
      scenario: { ...loadScenario(subject), overrides: options.set },
      seed: options.seed ?? 1,
      systems,
      record: undefined,
    };
  if (options.seed !== undefined || options.set.length > 0)
    throw new UsageError('--seed and --set are known from the run folder: expected neither');
  const { record, scenario, systems: recorded } = await readReproduction(subject);
  return { scenario, seed: record.seed, systems: systems ?? recorded, record };
}

/**
 * The one system that a command is about.
 * @throws UsageError when there are several and none was chosen
 */
export function oneSystem(
  { scenario, systems }: Pick<Subject, 'scenario' | 'systems'>,
  compiled: CompiledScenario,
): string {
  const [first, ...others] = chosenSystems({ scenario, systems }, compiled, '--system');
  if (first === undefined || others.length > 0)
    throw new UsageError(`--system: expected one of ${[first, ...others].join(', ')}`);
  return first;
}
