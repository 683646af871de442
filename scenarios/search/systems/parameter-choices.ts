// The parameters of a system that a search may set: those with a plausible range, switches, and counts of machines.
import type { System } from '../../../sim/systems/system.ts';
import type { Assumption } from '../../../sim/world.ts';
import { pick, type RecipeParameter } from './system-recipe.ts';

/** Steps between the least and the most of a range. */
const steps = 9;

/** The parameters among what a deployment lists. */
export function settableParameters(
  system: System,
  assumptions: readonly Assumption[],
): readonly Assumption[] {
  const prefix = `parameters.${system.id}.`;
  return assumptions
    .filter(({ path }) => path.startsWith(prefix) && !loads.has(path.slice(prefix.length)))
    .filter(({ unit, range }) => range !== undefined || isSwitch(unit))
    .map((each) => ({ ...each, path: each.path.slice(prefix.length) }));
}

/** Phones that flood the mesh are a load, not a search: a run with them takes a minute. */
const loads: ReadonlySet<string> = new Set(['flooders', 'flooderPacketsPerSecond', 'flooderBytes']);

function isSwitch(unit: string): boolean {
  return unit === '0 or 1' || unit === 'nodes';
}

/** Parameters of a recipe by name. */
export function writtenParameters(
  chosen: readonly RecipeParameter[],
  known: readonly Assumption[],
): Readonly<Record<string, number>> {
  if (known.length === 0) return {};
  return Object.fromEntries(
    chosen.map(({ which, value }) => {
      const { path, range, unit } = pick(known, which);
      return [path, range === undefined ? value % 2 : valueIn(range, value, unit)];
    }),
  );
}

function valueIn([least, most]: readonly [number, number], value: number, unit: string): number {
  const exact = least + ((most - least) * (value % (steps + 1))) / steps;
  const isWhole = Number.isInteger(least) && Number.isInteger(most) && !unit.startsWith('of ');
  return isWhole ? Math.round(exact) : Math.round(exact * 1_000) / 1_000;
}
