// Where batches of a search are run: on worker threads when compiled, in this thread otherwise.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { present } from '../../protocol/assert.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import {
  searchRooms,
  type RoomBatch,
  type RoomBatchResult,
} from '../../scenarios/search/resolution/search-rooms.ts';
import { threadsAvailable } from '../job-pool.ts';

/** A batch and the room version that it is about. */
export interface BatchJob extends RoomBatch {
  readonly roomVersion: string;
}

/** Runs batches. */
export interface BatchPool {
  run(job: BatchJob): Promise<RoomBatchResult>;
  close(): Promise<void>;
}

/** Runs a batch in this thread. */
export function runBatch({ roomVersion, ...batch }: BatchJob): RoomBatchResult {
  return searchRooms(batch, present(specifiedRoomVersions.get(roomVersion), `room version ${roomVersion}`));
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
    run: async (job) => (await pool.run(job)) as RoomBatchResult,
    close: async () => pool.destroy(),
  };
}
