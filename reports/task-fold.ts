// Observations of tasks become what metrics need.
import { assertNever } from '../protocol/assert.ts';
import type { Observation } from '../sim/observation.ts';
import type { TaskFailure, TaskFates } from './fates.ts';

type TaskObservation = Extract<Observation, { kind: 'task-begun' | 'task-done' | 'task-failed' }>;
type FailureKind = Extract<Observation, { kind: 'task-failed' }>['failure'];

const words: Readonly<Record<FailureKind, string>> = {
  offline: 'no network',
  unresolved: 'name not found',
  refused: 'refused',
  tls: 'no secure connection',
  reset: 'connection broken',
  'timed-out': 'no answer',
  status: 'answered with an error',
  closed: 'connection closed',
};

/** Takes the task observations of one simulation, in order of time. */
export class TaskFold {
  readonly #begun: number[] = [];
  readonly #doneAt = new Map<number, number>();
  readonly #failures: TaskFailure[] = [];

  record(observation: TaskObservation): void {
    const { at, task } = observation;
    switch (observation.kind) {
      case 'task-begun':
        this.#begun.push(task);
        return;
      case 'task-done':
        this.#doneAt.set(task, at);
        return;
      case 'task-failed': {
        const { step, failure, status, shown, cause } = observation;
        const what = status === undefined ? words[failure] : `answered ${status}`;
        this.#failures.push({ task, at, reason: `${step}: ${what}`, shown, cause });
        return;
      }
      default:
        return assertNever(observation);
    }
  }

  finish(): TaskFates {
    return { begun: this.#begun, doneAt: this.#doneAt, failures: this.#failures };
  }
}
