// `netsplit new`: a scenario to begin with.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import pc from 'picocolors';
import { compileScenario } from '../../scenarios/compile.ts';
import { scenarioJsonSchema } from '../../scenarios/json-schema.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';

/** Options as the command line gives them. */
export interface NewOptions {
  readonly out?: string;
}

/** Beside a scenario, for editors. */
const schemaName = 'netsplit.schema.json';

/** Writes a scenario that runs as it stands, and the schema beside it; returns the exit code. */
export function newScenario(name: string, options: NewOptions): number {
  const file = options.out ?? `${name}.yaml`;
  const template = readFileSync(packageFile('scenarios', 'templates', 'outage.yaml'), 'utf8');
  const text = template.replace('name: NAME', `name: ${name}`).replaceAll('FILE', basename(file));
  // A name that no scenario can have is refused here, in the words that a scenario would be refused with.
  compileScenario({ text, file });
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`there is no folder ${folder}`);
  if (existsSync(file)) throw new UsageError(`${file} is there already: expected the name of a new file`);
  writeNamedFile(file, text, 'wx');
  // The schema belongs to this version of netsplit, whichever wrote the one that may lie there.
  writeNamedFile(join(folder, schemaName), `${JSON.stringify(scenarioJsonSchema())}\n`);
  process.stdout.write(`${pc.green('written')} ${file}, and ${schemaName} for your editor

  npx netsplit validate ${file}
  npx netsplit run ${file} --seed 1
`);
  return exitCode.good;
}
