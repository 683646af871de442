// What runs on a search's worker thread.
import { runBatch, type BatchJob, type BatchResult } from './search-target.ts';

/** Runs one batch. */
export function runBatchTask(job: BatchJob): BatchResult {
  return runBatch(job);
}
