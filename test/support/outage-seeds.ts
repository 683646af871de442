// What an outage of the library came to over many seeds, kept beside the tests: made from a campaign's folder, shown by its page.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../reports/record.ts';
import { fourDigits } from './outage-pins.ts';

/** Expectations over the seeds of a campaign. */
export interface OutageSeeds {
  /** What makes the campaign again. */
  readonly command: string;
  readonly seeds: number;
  readonly expectations: Readonly<Record<string, OverSeeds>>;
  /** Checks of every run that failed, with the number of seeds in which they did. */
  readonly failedChecks: Readonly<Record<string, number>>;
}

interface OverSeeds {
  /** Seeds in which it holds, of those in which there was something to measure. */
  readonly holds: number;
  readonly of: number;
  /** Measured; null: beyond the horizon in that place. */
  readonly least: number | null;
  readonly median: number | null;
  readonly most: number | null;
  /** With seed 1, which the pin has too. */
  readonly first: number | null;
}

/** Where what is kept of a scenario's seeds lies. */
export function seedsFile(name: string): URL {
  return new URL(`../scenarios/outages/seeds/${name}.json`, import.meta.url);
}

/** What is kept; undefined where no campaign was run. */
export function readSeeds(name: string): OutageSeeds | undefined {
  const file = seedsFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as OutageSeeds) : undefined;
}

/** The records of a campaign that lies in `folder`, by seed; none where there is no such folder. */
export function campaignRecords(folder: string): readonly RunRecord[] {
  const runs = join(folder, 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .map((run) => JSON.parse(readFileSync(join(runs, run, 'run.json'), 'utf8')) as RunRecord)
    .sort((left, right) => left.seed - right.seed);
}

/** What is to be kept of a campaign with one variant and the seeds 1 to n. */
export function seedsOf(name: string, records: readonly RunRecord[]): OutageSeeds {
  const [first] = records;
  if (first === undefined) throw new Error(`no runs of ${name}`);
  const failed = records.flatMap(({ checks }) => checks.filter(({ holds }) => !holds).map(({ id }) => id));
  return {
    command: `npx netsplit campaign ${name} --seeds 1..${records.length}`,
    seeds: records.length,
    expectations: Object.fromEntries(
      first.expectations.map(({ id }) => [
        id,
        overSeeds(records.flatMap(({ expectations }) => expectations.filter((each) => each.id === id))),
      ]),
    ),
    failedChecks: Object.fromEntries(
      [...new Set(failed)].map((id) => [id, failed.filter((each) => each === id).length]),
    ),
  };
}

function overSeeds(found: RunRecord['expectations']): OverSeeds {
  const judged = found.filter(({ holds }) => holds !== null);
  const values = judged.map(({ measured }) => measured ?? Infinity).sort((left, right) => left - right);
  const at = (share: number): number | null => {
    const value = values[Math.round(share * (values.length - 1))];
    return value === undefined || value === Infinity ? null : fourDigits(value);
  };
  return {
    holds: judged.filter(({ holds }) => holds === true).length,
    of: judged.length,
    least: at(0),
    median: at(0.5),
    most: at(1),
    first: fourDigits(found[0]?.measured ?? null),
  };
}
