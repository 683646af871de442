// A worker thread of the dashboard: whatever takes longer than a few milliseconds is done here.
import { ScenarioError } from '../../../scenarios/scenario-error.ts';
import { NoAnswer } from '../../views/no-answer.ts';
import { StoreError } from '../../store.ts';
import { doWork } from './do-work.ts';
import { look, type LookAnswers, type LookTask } from './looks.ts';
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

/** Problems of the asker's making are told; all else is a fault of the program and stays an error. */
async function orProblem<Value>(act: () => Promise<TaskOutcome<Value>>): Promise<TaskOutcome<Value>> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof NoAnswer)
      return { ok: false, kind: 'bad-input', problem: error.message };
    if (error instanceof StoreError) return { ok: false, kind: 'not-there', problem: error.message };
    throw error;
  }
}
