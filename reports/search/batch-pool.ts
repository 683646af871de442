// Where batches of a search are run: on worker threads when compiled, in this thread otherwise.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { threadsAvailable } from '../job-pool.ts';
import {
  runBatch,
  runShrink,
  type BatchJob,
  type BatchResult,
  type Finding,
  type ShrinkJob,
} from './search-target.ts';

/** Runs batches, and makes what they saw small. */
export interface BatchPool {
  run(job: BatchJob): Promise<BatchResult>;
  /** Undefined when the signal came before it was done. */
  shrink(job: ShrinkJob, signal: AbortSignal): Promise<Finding | undefined>;
  close(): Promise<void>;
}

/** A pool of so many threads, as many as processors when undefined; this thread alone where threads cannot be had. */
export function batchPool(workers: number | undefined): BatchPool {
  const threads = workers ?? availableParallelism();
  if (!threadsAvailable || threads === 0) {
    // Between jobs whoever wants to stop the search is heard.
    const heard = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    return {
      run: async (job) => {
        await heard();
        return runBatch(job);
      },
      shrink: async (job, signal) => {
        await heard();
        return signal.aborted ? undefined : runShrink(job);
      },
      close: () => Promise.resolve(),
    };
  }
  const pool = new Piscina({
    filename: new URL('./search-worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  return {
    run: async (job) => (await pool.run(job, { name: 'runBatchTask' })) as BatchResult,
    shrink: async (job, signal) => {
      try {
        return (await pool.run(job, { name: 'runShrinkTask', signal })) as Finding;
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    close: async () => pool.destroy(),
  };
}
