// `netsplit validate`: everything that can be checked without a run.
import pc from 'picocolors';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { exitCode } from '../exit.ts';

/** Options as the command line gives them. */
export interface ValidateOptions {
  readonly set: readonly string[];
}

/** Checks a scenario; returns the exit code. */
export function validate(name: string, { set }: ValidateOptions): number {
  const compiled = compileScenario({ ...loadScenario(name), overrides: set });
  const { document, faults, expectations } = compiled;
  process.stdout.write(
    `${pc.green('valid')} ${document.name}: ${document.people.count} people, ${compiled.systems.size} systems, ${faults.length} faults, ${expectations.length} expectations\n`,
  );
  return exitCode.good;
}
