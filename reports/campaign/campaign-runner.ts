// Runs what a campaign's folder does not have yet, keeps each cell as it ends, and runs some twice to see them repeat.
import { join } from 'node:path';
import { JobStopped } from '../simulation-job.ts';
import { StoreError, type RecordLevel } from '../store.ts';
import type { CampaignPlan } from './campaign-plan.ts';
import type { CellJob, CellResult } from './cell.ts';
import { cellPool, type CellPool } from './cell-pool.ts';
import { readCells } from './cell-store.ts';

/** How a campaign is run. Nothing here changes a result. */
export interface CampaignSettings {
  /** Folder of the campaign. */
  readonly folder: string;
  /** Threads; as many as processors when left out. */
  readonly workers?: number | undefined;
  readonly level: RecordLevel;
  /** Take the cells that the folder has; otherwise it must have none. */
  readonly resume: boolean;
  /** Cells that are run twice and compared. */
  readonly recheck: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once the folder may be used, before anything runs. */
  readonly onStart?: (() => Promise<void>) | undefined;
  readonly onProgress?: ((progress: CampaignProgress) => void) | undefined;
  /** Where cells run; worker threads of this machine when left out. Asked once the folder may be used. */
  readonly openPool?: ((signal: AbortSignal) => Promise<CellPool>) | undefined;
}

/** How far a campaign has come. */
export interface CampaignProgress {
  /** Runs that were there before, that ended since, and that there will be. */
  readonly kept: number;
  readonly finished: number;
  readonly total: number;
  /** Runs per second since the start, over all threads. */
  readonly rate: number;
  /** Seconds to the end at that rate; undefined before the first run has ended. */
  readonly remainingSeconds: number | undefined;
}

/** A cell that could not be finished for a reason of its own. */
export interface CellFailure {
  readonly job: CellJob;
  readonly message: string;
}

/** The same cell, run twice, with different outcomes: a bug. */
export interface DeterminismFailure {
  readonly job: CellJob;
  readonly system: string;
  readonly first: string;
  readonly second: string;
}

/** What became of a campaign's cells. */
export interface CampaignRun {
  readonly plan: CampaignPlan;
  /** By key. A stopped campaign has only those that ended. */
  readonly results: ReadonlyMap<string, CellResult>;
  readonly failures: readonly CellFailure[];
  readonly rechecked: number;
  readonly determinismFailures: readonly DeterminismFailure[];
  /** What the folder holds of other engines, scenarios or seeds, and what of it could not be read. */
  readonly foreign: number;
  readonly damaged: readonly string[];
  readonly stopped: boolean;
}

/** The folder already has a campaign, and `resume` was not asked for. */
export class CampaignExists extends Error {
  override readonly name = 'CampaignExists';
}

/** Where a campaign keeps its cells. */
export const cellsFolder = (folder: string): string => join(folder, 'runs');

/**
 * Runs the cells of a plan. The results depend on the plan alone.
 * @throws CampaignExists when the folder has cells and `resume` is false
 * @throws StoreError when a cell cannot be kept: those that ended before are
 */
export async function runCampaign(plan: CampaignPlan, settings: CampaignSettings): Promise<CampaignRun> {
  const stored = await readCells(cellsFolder(settings.folder));
  if (!settings.resume && stored.byKey.size > 0)
    throw new CampaignExists(
      `${settings.folder} holds ${stored.byKey.size} finished runs: continue with --resume, or choose another --out`,
    );
  await settings.onStart?.();
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  settings.signal?.addEventListener('abort', stop, { once: true });
  if (settings.signal?.aborted === true) stop();
  const pool = (await settings.openPool?.(interrupt.signal)) ?? cellPool(settings.workers, interrupt.signal);
  const run = new CellsUnderWay(plan, settings, stored.byKey, pool);
  try {
    await run.all();
  } catch (error) {
    stop();
    throw error instanceof StoreError
      ? new StoreError(`${error.message}; ${run.results.size} finished runs are kept: continue with --resume`)
      : error;
  } finally {
    settings.signal?.removeEventListener('abort', stop);
    await pool.close();
  }
  const keys = new Set(plan.cells.map(({ key }) => key));
  return {
    plan,
    results: run.results,
    failures: run.failures,
    rechecked: run.rechecked,
    determinismFailures: run.determinismFailures,
    foreign: [...stored.byKey.keys()].filter((key) => !keys.has(key)).length,
    damaged: stored.problems,
    stopped: interrupt.signal.aborted,
  };
}

class CellsUnderWay {
  readonly results = new Map<string, CellResult>();
  readonly failures: CellFailure[] = [];
  readonly determinismFailures: DeterminismFailure[] = [];
  rechecked = 0;
  readonly #plan: CampaignPlan;
  readonly #settings: CampaignSettings;
  readonly #pool: CellPool;
  readonly #kept: number;
  readonly #startedAt = performance.now();
  #finished = 0;

  constructor(
    plan: CampaignPlan,
    settings: CampaignSettings,
    stored: ReadonlyMap<string, CellResult>,
    pool: CellPool,
  ) {
    this.#plan = plan;
    this.#settings = settings;
    this.#pool = pool;
    for (const { key } of plan.cells) {
      const known = stored.get(key);
      if (known !== undefined) this.results.set(key, known);
    }
    this.#kept = this.results.size;
  }

  async all(): Promise<void> {
    this.#report();
    const missing = this.#plan.cells.filter(({ key }) => !this.results.has(key));
    const storage = { folder: cellsFolder(this.#settings.folder), level: this.#settings.level };
    await this.#inOrder(missing, async (job) => {
      this.results.set(job.key, await this.#pool.run(job, storage));
      this.#finished++;
      this.#report();
    });
    const again = this.#plan.cells
      .filter(({ key }) => this.results.has(key))
      .slice(0, this.#settings.recheck);
    await this.#inOrder(again, async (job) => {
      const second = await this.#pool.run(job, { folder: undefined, level: 'summary' });
      this.rechecked++;
      this.#compare(job, second);
    });
    await this.#compareDoubles();
  }

  /** As many at a time as the pool has room for, so that a failure of the disk ends the campaign at once. */
  async #inOrder(jobs: readonly CellJob[], each: (job: CellJob) => Promise<void>): Promise<void> {
    const queue = jobs.values();
    const work = async (): Promise<void> => {
      for (const job of queue) {
        try {
          await each(job);
        } catch (error) {
          if (error instanceof JobStopped) return;
          if (error instanceof StoreError) throw error;
          this.failures.push({ job, message: error instanceof Error ? error.message : String(error) });
        }
      }
    };
    await Promise.all(Array.from({ length: this.#pool.width }, work));
  }

  /** A queue may have a cell run twice: what it came to then must be the same. */
  async #compareDoubles(): Promise<void> {
    for (const { key, digests } of (await this.#pool.doubles?.()) ?? []) {
      const job = this.#plan.cells.find((cell) => cell.key === key);
      if (job === undefined) continue;
      for (const [system, { digest }] of Object.entries(this.results.get(key)?.systems ?? {}))
        if (digests[system] !== digest) this.#differs(job, system, digest, digests[system]);
    }
  }

  #compare(job: CellJob, second: CellResult): void {
    const first = this.results.get(job.key);
    for (const [system, { digest, figures }] of Object.entries(first?.systems ?? {})) {
      const other = second.systems[system];
      if (digest === other?.digest && JSON.stringify(figures) === JSON.stringify(other.figures)) continue;
      this.#differs(job, system, digest, other?.digest);
    }
  }

  /** Once for each cell and system, however often it was run. */
  #differs(job: CellJob, system: string, first: string, second = 'none'): void {
    if (!this.determinismFailures.some((known) => known.job.key === job.key && known.system === system))
      this.determinismFailures.push({ job, system, first, second });
  }

  #report(): void {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const rate = this.#finished / seconds;
    const left = this.#plan.cells.length - this.#kept - this.#finished;
    this.#settings.onProgress?.({
      kept: this.#kept,
      finished: this.#finished,
      total: this.#plan.cells.length,
      rate,
      remainingSeconds: this.#finished === 0 ? undefined : left / rate,
    });
  }
}
