// A worker thread of a campaign: one cell after the other, each compiled, simulated, measured and kept here.
import { JobStopped } from '../simulation-job.ts';
import { StoreError } from '../store.ts';
import { runCell, type CellStorage } from './run-cell.ts';
import type { CellJob, CellResult } from './cell.ts';

/** What the pool passes: the cell, where to keep it, and a flag that tells it to stop. */
export interface CellTask {
  readonly job: CellJob;
  readonly storage: CellStorage;
  readonly stop: Int32Array;
}

/** How a cell ended: errors would leave the thread as copies without their class. */
export type CellOutcome =
  | { readonly kind: 'done'; readonly result: CellResult }
  | { readonly kind: 'stopped' | 'refused'; readonly message: string };

/** What piscina calls for every cell. */
export async function runCellTask({ job, storage, stop }: CellTask): Promise<CellOutcome> {
  try {
    return { kind: 'done', result: await runCell(job, storage, () => Atomics.load(stop, 0) !== 0) };
  } catch (error) {
    if (error instanceof JobStopped) return { kind: 'stopped', message: error.message };
    if (error instanceof StoreError) return { kind: 'refused', message: error.message };
    throw error;
  }
}
