// Where batches of a search are run: on worker threads when compiled, in this thread otherwise.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { threadsAvailable } from '../job-pool.ts';
import { runBatch, type BatchJob, type BatchResult } from './search-target.ts';

/** Runs batches. */
export interface BatchPool {
  run(job: BatchJob): Promise<BatchResult>;
  close(): Promise<void>;
}

/** A pool of so many threads, as many as processors when undefined; this thread alone where threads cannot be had. */
export function batchPool(workers: number | undefined): BatchPool {
  const threads = workers ?? availableParallelism();
  if (!threadsAvailable || threads === 0)
    return {
      // Between batches whoever wants to stop the search is heard.
      run: async (job) => {
        await new Promise((resolve) => setImmediate(resolve));
        return runBatch(job);
      },
      close: () => Promise.resolve(),
    };
  const pool = new Piscina({
    filename: new URL('./search-worker.js', import.meta.url).href,
    name: 'runBatchTask',
    minThreads: 0,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  return {
    run: async (job) => (await pool.run(job)) as BatchResult,
    close: async () => pool.destroy(),
  };
}
