// A Signal phone's tasks: its plans, with jobs that wait and end as its send jobs do.
import type { Effects, StoredState } from '../core.ts';
import type { DeviceState } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import { TaskRunner } from '../task-runner.ts';
import type { Clock } from '../time.ts';
import { jobWait } from './backoff.ts';
import type { PlatformPolicy } from './constants.ts';
import { planOf, type PlanConfig } from './task-plans.ts';

/** How a phone's tasks are set up. */
export interface TasksConfig extends PlanConfig {
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
}

/** `nextTimestamp`: names for messages, unique to this device. */
export function createTasks(
  config: TasksConfig,
  device: DeviceState,
  nextTimestamp: (clock: Clock, out: Effects) => number,
  stored: StoredState | undefined,
): TaskRunner {
  const { policy, random } = config;
  const { jobLifespan, jobAttempts, networkEndsBackoff, retriesInBackground } = policy;
  return new TaskRunner(
    {
      random,
      retriesInBackground,
      keepsBackoff: !networkEndsBackoff,
      stepsOf: (note) => planOf(note, config),
      nextTimestamp,
      ask: (_clock, tag, { to, message, timeout }, out) => out.request(to, tag, message, { timeout }),
      waitAfter: (attempts, failure) => jobWait(policy, attempts, failure, random),
      givesUp: (attempts, age, failure) =>
        (failure.kind === 'status' && (failure.status === 404 || failure.status === 413)) ||
        (jobAttempts !== undefined && attempts >= jobAttempts) ||
        (jobLifespan !== undefined && age >= jobLifespan),
    },
    device,
    stored,
  );
}
