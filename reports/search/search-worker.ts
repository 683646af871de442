// What runs on a search's worker thread.
import {
  runBatch,
  runShrink,
  type BatchJob,
  type BatchResult,
  type Finding,
  type ShrinkJob,
} from './search-target.ts';

/** Runs one batch. */
export function runBatchTask(job: BatchJob): BatchResult {
  return runBatch(job);
}

/** Makes one sighting small. */
export function runShrinkTask(job: ShrinkJob): Finding {
  return runShrink(job);
}
