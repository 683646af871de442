// What a scenario says that it assumes, with the values that hold in this run.
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { Assumption } from '../sim/world.ts';
import { knownPaths } from './known-paths.ts';
import type { ParsedScenario } from './parse.ts';
import { didYouMean } from './scenario-error.ts';

/**
 * One row for each entry under `assumptions`. A path that names a value of the file shows that value as it is after
 * overrides; of faults that were taken out, nothing is assumed.
 * @throws ScenarioError when a path names nothing and no value stands beside it
 */
export function declaredAssumptions(parsed: ParsedScenario): readonly Assumption[] {
  const document = parsed.source.value();
  return parsed.document.assumptions.flatMap((written, index) => {
    const { path, unit, meaning, value, range, source, calibratedOn } = written;
    const shown = value ?? scalarAt(document, path);
    if (shown === undefined) {
      if (path.startsWith('faults.') && parsed.faultsOverridden) return [];
      throw parsed.problemAt(
        ['assumptions', index, 'path'],
        `no value of this file is called "${path}", and no value is given${didYouMean(nearest(path, plainPaths()))}`,
      );
    }
    return [
      {
        path,
        value: shown,
        unit,
        meaning,
        ...(range === undefined ? {} : { range }),
        ...(source === undefined ? {} : { source }),
        ...(calibratedOn === undefined ? {} : { calibratedOn }),
      },
    ];
  });
}

/** The value at a path as `--set` writes it: list elements by their `id`. */
function scalarAt(document: unknown, path: string): string | number | boolean | undefined {
  let current = document;
  for (const step of path.split('.')) {
    if (Array.isArray(current))
      current = current.find(
        (element: unknown) =>
          typeof element === 'object' && element !== null && 'id' in element && element.id === step,
      );
    else if (typeof current === 'object' && current !== null)
      current = (current as Readonly<Record<string, unknown>>)[step];
    else return undefined;
  }
  return typeof current === 'string' || typeof current === 'number' || typeof current === 'boolean'
    ? current
    : undefined;
}

function plainPaths(): readonly string[] {
  return [...knownPaths()].filter((path) => !/[#*]/.test(path));
}
