// What runs on a search's worker thread.
import { runBatch, type BatchJob } from './batch-pool.ts';
import type { RoomBatchResult } from '../../scenarios/search/resolution/search-rooms.ts';

/** Runs one batch. */
export function runBatchTask(job: BatchJob): RoomBatchResult {
  return runBatch(job);
}
