// Finding scenarios: by name in the library, or by path.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { ScenarioText } from './compile.ts';
import { packageFile } from './package-file.ts';
import { didYouMean, ScenarioError } from './scenario-error.ts';
import { refuseLargeFile } from './yaml-source.ts';

const library = (): string => packageFile('scenarios', 'library');

/** Names of the library's scenarios, sorted. */
export function libraryNames(): readonly string[] {
  return readdirSync(library())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();
}

/**
 * The text of a scenario by name or path.
 * @throws ScenarioError naming the nearest scenarios when there is none
 */
export function loadScenario(nameOrPath: string): ScenarioText {
  const known = libraryScenario(nameOrPath);
  if (known !== undefined) return known;
  if (existsSync(nameOrPath)) {
    const file = statSync(nameOrPath);
    if (!file.isFile())
      throw missing(
        nameOrPath,
        `expected a scenario file, found ${file.isDirectory() ? 'a folder' : 'something that is no file'}`,
      );
    refuseLargeFile(file.size, nameOrPath);
    try {
      return { text: readFileSync(nameOrPath, 'utf8'), file: nameOrPath };
    } catch {
      throw missing(nameOrPath, 'expected a file that can be read; there is no permission to');
    }
  }
  throw unknownScenario(nameOrPath);
}

/**
 * The text of a scenario of the library; no other file is ever looked at.
 * @throws ScenarioError naming the nearest scenarios when there is none
 */
export function loadFromLibrary(name: string): ScenarioText {
  const known = libraryScenario(name);
  if (known === undefined) throw unknownScenario(name);
  return known;
}

function libraryScenario(name: string): ScenarioText | undefined {
  if (!/^[a-z0-9-]+$/.test(name)) return undefined;
  const path = packageFile('scenarios', 'library', `${name}.yaml`);
  if (!existsSync(path)) return undefined;
  return { text: readFileSync(path, 'utf8'), file: `scenarios/library/${name}.yaml` };
}

function unknownScenario(nameOrPath: string): ScenarioError {
  const names = libraryNames();
  const asked = basename(nameOrPath).replace(/\.ya?ml$/, '');
  const near = nearest(asked, names);
  // Whoever knows part of a name means what has it.
  const having = asked === '' ? [] : names.filter((name) => name.includes(asked)).slice(0, 3);
  return missing(
    nameOrPath,
    `there is no such scenario${didYouMean(near.length > 0 ? near : having)} (\`netsplit list\` shows all)`,
  );
}

function missing(file: string, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position: undefined, message }]);
}
