// `netsplit world import`: a scenario from two spreadsheets.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import pc from 'picocolors';
import { loadCatalogue } from '../../scenarios/catalogue.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { importWorld, type TableText } from '../../scenarios/world-import.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';

/** Options as the command line gives them. */
export interface WorldImportOptions {
  readonly out?: string;
  readonly name?: string;
  readonly people: number;
}

/** Writes the scenario of two tables to a file, or to standard output; returns the exit code. */
export function importWorldFiles(servers: string, people: string, options: WorldImportOptions): number {
  const name = options.name ?? nameFrom(options.out ?? servers);
  const text = importWorld(
    { servers: table(servers), people: table(people), name, count: options.people },
    loadCatalogue(),
  );
  // What comes out is a scenario: better found out here than by whoever runs it.
  compileScenario({ text, file: options.out ?? 'the imported scenario' });
  if (options.out === undefined) {
    process.stdout.write(text);
    return exitCode.good;
  }
  if (existsSync(options.out))
    throw new UsageError(`${options.out} is there already: expected the name of a new file`);
  writeNamedFile(options.out, text, 'wx');
  process.stdout.write(`${pc.green('written')} ${options.out}\n\n  npx netsplit run ${options.out}\n`);
  return exitCode.good;
}

function table(file: string): TableText {
  try {
    return { text: readFileSync(file, 'utf8'), file };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new UsageError(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`);
  }
}

function nameFrom(file: string): string {
  const name = basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
  return name === '' ? 'imported' : name;
}
