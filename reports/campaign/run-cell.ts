// Runs one cell of a campaign in this thread and keeps it: a run folder with the campaign's figures beside the record.
import { join } from 'node:path';
import { runScenario, RunInterrupted } from '../runner.ts';
import type { RunRecord } from '../record.ts';
import { JobStopped } from '../simulation-job.ts';
import { writeRunFolder, type RecordLevel } from '../store.ts';
import { campaignVersion, type CellJob, type CellResult } from './cell.ts';
import { figuresOf } from './figures.ts';

/** Where and how a cell is kept. */
export interface CellStorage {
  /** Folder of the campaign's cells; undefined: not kept, only its digest is wanted. */
  readonly folder: string | undefined;
  readonly level: RecordLevel;
}

/** Name of the file with a cell's figures, in its run folder. */
export const cellFile = 'cell.json';

/** The folder of a cell among the campaign's: the seed for people, the key for everything else. */
export function cellFolder(folder: string, { seed, key }: Pick<CellJob, 'seed' | 'key'>): string {
  return join(folder, `${seed}-${key.slice(0, 16)}`);
}

/**
 * Runs a cell from the epoch to the horizon.
 * @param stopped asked a few times a second
 * @throws JobStopped when told to stop: nothing is kept then
 * @throws Error when the data files here, or now, are others than those that the cell's key names
 */
export async function runCell(
  job: CellJob,
  { folder, level }: CellStorage,
  stopped: () => boolean,
): Promise<CellResult> {
  const interrupt = new AbortController();
  const finished = await runScenario({
    scenario: job.scenario,
    name: job.name,
    seed: job.seed,
    systems: job.systems,
    workers: 0,
    signal: interrupt.signal,
    onStart: ({ compiled }) => {
      if (compiled.scenarioDigest !== job.scenarioDigest)
        throw new Error(
          `seed ${job.seed}: the scenario's data files are not those that the campaign began with (digest ${compiled.scenarioDigest.slice(0, 8)}, expected ${job.scenarioDigest.slice(0, 8)}): nothing is mixed`,
        );
    },
    onProgress: () => {
      if (stopped()) interrupt.abort();
    },
  }).catch((error: unknown) => {
    throw error instanceof RunInterrupted ? new JobStopped(error.message) : error;
  });
  if (interrupt.signal.aborted) throw new JobStopped(`seed ${job.seed} was stopped`);
  const result = resultOf(job, finished.record);
  if (folder !== undefined)
    await writeRunFolder(cellFolder(folder, job), finished, {
      level,
      beside: { [cellFile]: `${JSON.stringify(result, null, 1)}\n` },
    });
  return result;
}

function resultOf(job: CellJob, record: RunRecord): CellResult {
  return {
    version: campaignVersion,
    key: job.key,
    engine: job.engine,
    scenarioDigest: job.scenarioDigest,
    seed: job.seed,
    overrides: [...(job.scenario.overrides ?? [])],
    digest: record.digest,
    outcome: record.outcome,
    complete: record.complete,
    systems: Object.fromEntries(
      Object.entries(record.systems).map(([id, system]) => [
        id,
        {
          title: system.title,
          digest: system.digest,
          expected: system.delivery.expected,
          figures: figuresOf(system),
          classes: system.byClass.map(({ dimension, name, expected, withinOneMinute }) => ({
            dimension,
            name,
            expected,
            withinOneMinute,
          })),
        },
      ]),
    ),
    failed: [
      ...record.checks.filter(({ holds }) => !holds).map(({ id }) => id),
      ...record.expectations.filter(({ holds }) => holds === false).map(({ id }) => id),
    ],
    wallSeconds: record.performance.wallSeconds,
  };
}
