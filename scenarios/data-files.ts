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

/** Files that lie beside the scenario or below it. Data sets that travel with netsplit, and files elsewhere, stay where they are. */
export function dataFilesOf({ text, file, overrides = [] }: ScenarioText): readonly DataFile[] {
  const { room, movement } = parseScenario(text, file, overrides).document;
  const trace = movement?.model === 'contact-trace' ? movement.trace : undefined;
  return [room, trace].flatMap((name): DataFile[] => {
    if (name === undefined || isAbsolute(name) || normalize(name).startsWith('..')) return [];
    const isShipped = /^[\w.-]+$/.test(name) && existsSync(packageFile('scenarios', 'datasets', name));
    return isShipped ? [] : [{ name, path: resolve(dirname(file), name) }];
  });
}
