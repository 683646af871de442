// A worker thread of the dashboard that reads the files of runs.
import { orProblem } from './or-problem.ts';
import { read, type ReadAnswers, type ReadTask } from './readings.ts';
import type { TaskOutcome } from './task.ts';

/** What the pool of readings calls. */
export async function readFor(task: ReadTask): Promise<TaskOutcome<ReadAnswers[ReadTask['kind']]>> {
  return orProblem(async () => ({ ok: true, value: await read(task) }));
}
