// How a task ends that its asker got wrong.
import { ScenarioError } from '../../../scenarios/scenario-error.ts';
import { StoreError } from '../../store.ts';
import { NoAnswer } from '../../views/no-answer.ts';
import type { TaskOutcome } from './task.ts';

/** Problems of the asker's making are told; all else is a fault of the program and stays an error. */
export async function orProblem<Value>(act: () => Promise<TaskOutcome<Value>>): Promise<TaskOutcome<Value>> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof NoAnswer)
      return { ok: false, kind: 'bad-input', problem: error.message };
    if (error instanceof StoreError) return { ok: false, kind: 'not-there', problem: error.message };
    throw error;
  }
}
