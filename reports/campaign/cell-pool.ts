// Where cells are run: on worker threads, as many as processors, or one after the other in this thread.
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { threadsAvailable } from '../job-pool.ts';
import { JobStopped } from '../simulation-job.ts';
import { StoreError } from '../store.ts';
import { youngGenerationMiB } from '../young-generation.ts';
import type { CellDigests, CellJob, CellResult } from './cell.ts';
import type { CellOutcome } from './cell-worker.ts';
import { runCell, type CellStorage } from './run-cell.ts';

/** Runs cells. */
export interface CellPool {
  /** How many run at the same time. */
  readonly width: number;
  /** @throws JobStopped when told to stop */
  run(job: CellJob, storage: CellStorage): Promise<CellResult>;
  /** What cells came to that were run more often than asked for and not always came to the same. */
  doubles?(): Promise<readonly CellDigests[]>;
  close(): Promise<void>;
}

/**
 * A pool of this many threads; this thread alone for 0 workers and where threads cannot be had.
 * @param signal stops cells under way and refuses further ones
 */
export function cellPool(workers: number | undefined, signal: AbortSignal | undefined): CellPool {
  const threads = workers ?? availableParallelism();
  return threadsAvailable && threads > 0 ? threadPool(threads, signal) : inlinePool(signal);
}

/**
 * A worker has one processor to itself. Spread over helper threads, the same collections take a fifth more processor time
 * in all, and take it from the other workers. The engine asks for this setting at the beginning of each collection.
 */
function collectWhereTheGarbageIs(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

function threadPool(threads: number, signal: AbortSignal | undefined): CellPool {
  collectWhereTheGarbageIs();
  const pool = new Piscina({
    filename: new URL('./cell-worker.js', import.meta.url).href,
    name: 'runCellTask',
    minThreads: 0,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity, // a new thread would have to compile everything once more
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiB },
  });
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const tellToStop = (): void => void Atomics.store(stop, 0, 1);
  if (signal?.aborted === true) tellToStop();
  signal?.addEventListener('abort', tellToStop, { once: true });
  return {
    width: threads,
    async run(job, storage) {
      const outcome = (await pool.run({ job, storage, stop })) as CellOutcome;
      if (outcome.kind === 'done') return outcome.result;
      throw outcome.kind === 'stopped' ? new JobStopped(outcome.message) : new StoreError(outcome.message);
    },
    async close() {
      signal?.removeEventListener('abort', tellToStop);
      await pool.destroy();
    },
  };
}

function inlinePool(signal: AbortSignal | undefined): CellPool {
  let before: Promise<unknown> = Promise.resolve();
  return {
    width: 1,
    run(job, storage) {
      const result = before.then(() => runCell(job, storage, () => signal?.aborted === true));
      before = result.catch(() => undefined);
      return result;
    },
    async close() {
      await before;
    },
  };
}
