// A worker thread of the dashboard: whatever takes longer than a few milliseconds is done here.
import { doWork } from './do-work.ts';
import { look, type LookAnswers, type LookTask } from './looks.ts';
import { orProblem } from './or-problem.ts';
import type { TaskOutcome, WorkTask } from './task.ts';

/** What the pool of work calls. */
export async function work(task: WorkTask): Promise<TaskOutcome<string>> {
  try {
    return await orProblem(() => doWork(task));
  } finally {
    task.port.close();
  }
}

/** What the pool of looks calls. */
export async function lookAt(task: LookTask): Promise<TaskOutcome<LookAnswers[LookTask['kind']]>> {
  return orProblem(async () => ({ ok: true, value: await look(task) }));
}
