// `--seeds 1..200`: which seeds a campaign runs.
import { ScenarioError } from '../../scenarios/scenario-error.ts';

/** More would be a mistake in the range. */
const mostSeeds = 1_000_000;

/**
 * Seeds in the order given, each once: numbers and ranges separated by commas, e.g. `1..200` or `7,11,20..29`.
 * @throws ScenarioError naming the part that is not understood
 */
export function parseSeeds(text: string): readonly number[] {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part);
    const first = Number(match?.[1] ?? NaN);
    const last = Number(match?.[2] ?? first);
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first)
      throw complain(text, `expected seeds such as 1..200 or 7,11,20..29, found "${part.trim()}"`);
    if (last - first >= mostSeeds) throw complain(text, `expected at most ${mostSeeds} seeds`);
    for (let seed = first; seed <= last; seed++) seeds.add(seed);
  }
  return [...seeds];
}

/** As `--seeds` takes them, with ranges: `1..20,25`. */
export function seedsInWords(seeds: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const seed of seeds) {
    const run = runs.at(-1);
    if (run?.last === seed - 1) run.last = seed;
    else runs.push({ first: seed, last: seed });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}..${last}`)).join(',');
}

function complain(text: string, message: string): ScenarioError {
  return new ScenarioError(`--seeds ${text}`, [{ path: '', position: undefined, message }]);
}
