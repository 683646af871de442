// Files beside a scenario that it cannot be repeated without: they travel with its text.
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, normalize, resolve } from 'node:path';
import type { ScenarioText } from './compile.ts';
import { packageFile } from './package-file.ts';
import { parseScenario } from './parse.ts';

/** A file that a scenario names. */
export interface DataFile {
  /** As the scenario names it, relative to itself. */
  readonly name: string;
  readonly path: string;
}

/** The names of all files that a scenario reads, each after the field that names it. */
export function namedFiles({ text, file, overrides = [] }: ScenarioText): ReadonlyMap<string, string> {
  const { room, movement } = parseScenario(text, file, overrides).document;
  const names = new Map<string, string>();
  if (room !== undefined) names.set('room', room);
  if (movement?.model === 'contact-trace') names.set('movement.trace', movement.trace);
  return names;
}

/** Files that lie beside the scenario or below it. Data sets that travel with netsplit, and files elsewhere, stay where they are. */
export function dataFilesOf(scenario: ScenarioText): readonly DataFile[] {
  return [...namedFiles(scenario).values()].flatMap((name): DataFile[] => {
    if (isAbsolute(name) || normalize(name).startsWith('..')) return [];
    const isShipped = /^[\w.-]+$/.test(name) && existsSync(packageFile('scenarios', 'datasets', name));
    return isShipped ? [] : [{ name, path: resolve(dirname(scenario.file), name) }];
  });
}
