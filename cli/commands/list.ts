// `netsplit list`: the library.
import pc from 'picocolors';
import { several } from '../../reports/figures-in-words.ts';
import { outlineScenario } from '../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../scenarios/load.ts';
import { exitCode } from '../exit.ts';

const depictedWords = { outage: 'happened · ', 'what-if': 'what if · ', study: '' } as const;

/** Prints every scenario of the library; returns the exit code. */
export function list(): number {
  for (const name of libraryNames()) {
    const { document } = outlineScenario(loadScenario(name));
    const { depicts, people, systems, faults } = document;
    process.stdout.write(
      `${pc.bold(name)}\n  ${document.title}\n  ${pc.dim(`${depictedWords[depicts]}${people.count} people · ${Object.keys(systems).join(', ')} · ${several(faults.length, 'fault')}`)}\n`,
    );
  }
  return exitCode.good;
}
