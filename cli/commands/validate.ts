// `netsplit validate`: everything that can be checked without a run.
import pc from 'picocolors';
import { several } from '../../reports/figures-in-words.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { claimsOf, sourceProblems } from '../../scenarios/sources.ts';
import { exitCode } from '../exit.ts';

/** Options as the command line gives them. */
export interface ValidateOptions {
  readonly set: readonly string[];
  readonly sources?: true;
}

/** Checks a scenario; returns the exit code. */
export function validate(name: string, { set, sources }: ValidateOptions): number {
  const compiled = compileScenario({ ...loadScenario(name), overrides: set });
  const { document, faults, expectations } = compiled;
  const contents = [
    document.people.count === 1 ? '1 person' : `${document.people.count} people`,
    several(compiled.systems.size, 'system'),
    several(faults.length, 'fault'),
    several(expectations.length, 'expectation'),
  ].join(', ');
  process.stdout.write(`${pc.green('valid')} ${document.name}: ${contents}\n`);
  return sources ? listSources(compiled) : exitCode.good;
}

function listSources(compiled: CompiledScenario): number {
  const lines = compiled.document.sources.map(
    ({ title, url }) => `  ${title}${url === undefined ? '' : `  ${url}`}`,
  );
  process.stdout.write(`\nSources\n${lines.length === 0 ? '  none' : lines.join('\n')}\n`);
  for (const kind of ['published', 'derived', 'invented', 'assumed'] as const) {
    const claims = claimsOf(compiled).filter((claim) => claim.kind === kind);
    if (claims.length === 0) continue;
    const heading = kind[0]?.toUpperCase() ?? '';
    process.stdout.write(`\n${heading}${kind.slice(1)} (${claims.length})\n`);
    for (const { path, title, source = 'assumed' } of claims)
      process.stdout.write(`  ${path}  ${title}\n      ${source}\n`);
  }
  const constants = compiled.assumptions.filter(({ source }) => source === undefined).length;
  process.stdout.write(
    `\n${constants} of ${compiled.assumptions.length} constants of the world are assumed (\`netsplit params\` lists them)\n`,
  );
  const problems = sourceProblems(compiled);
  for (const problem of problems) process.stdout.write(`${pc.red('✗')} ${problem}\n`);
  return problems.length === 0 ? exitCode.good : exitCode.checkFailed;
}
