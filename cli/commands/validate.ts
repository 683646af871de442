// `netsplit validate`: everything that can be checked without a run.
import pc from 'picocolors';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { didYouMean, ScenarioError } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { systems } from '../../sim/systems/registry.ts';
import { exitCode } from '../exit.ts';

/** Options as the command line gives them. */
export interface ValidateOptions {
  readonly set: readonly string[];
}

/** Checks a scenario; returns the exit code. */
export function validate(name: string, { set }: ValidateOptions): number {
  const scenario = loadScenario(name);
  const compiled = compileScenario({ ...scenario, overrides: set });
  for (const id of compiled.systems.keys()) {
    if (systems.has(id)) continue;
    const message = `expected one of ${[...systems.keys()].join(', ')}, found "${id}"${didYouMean(nearest(id, systems.keys()))}`;
    throw new ScenarioError(scenario.file, [{ path: `systems.${id}`, position: undefined, message }]);
  }
  const { document, faults, expectations } = compiled;
  process.stdout.write(
    `${pc.green('valid')} ${document.name}: ${document.people.count} people, ${compiled.systems.size} systems, ${faults.length} faults, ${expectations.length} expectations\n`,
  );
  return exitCode.good;
}
