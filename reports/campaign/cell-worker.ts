// A worker thread of a campaign: one cell after the other, each compiled, simulated, measured and kept here.
import { runCell, type CellStorage } from './run-cell.ts';
import type { CellJob, CellResult } from './cell.ts';

/** What the pool passes: the cell, where to keep it, and a flag that tells it to stop. */
export interface CellTask {
  readonly job: CellJob;
  readonly storage: CellStorage;
  readonly stop: Int32Array;
}

/** What piscina calls for every cell. */
export function runCellTask({ job, storage, stop }: CellTask): Promise<CellResult> {
  return runCell(job, storage, () => Atomics.load(stop, 0) !== 0);
}
