// Figures of tasks against planted observations.
import { describe, expect, it } from 'vitest';
import type { CauseToken } from '../../../protocol/failure.ts';
import type { PersonId } from '../../../protocol/message.ts';
import type { TaskId } from '../../../protocol/task.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { tasks } from '../../../reports/metrics/tasks.ts';
import { obstaclesInWords } from '../../../reports/task-words.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import { plantedEvidence, plantedFault } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const startOf = (task: number): number => minutes(1 + task);

/** Five people link a device, one after the other; nobody says anything. */
const workload: Workload = {
  ...workloadOf({ people: 5, messages: [] }),
  tasks: {
    deadline: seconds(60),
    scheduled: [0, 1, 2, 3, 4].map((row) => ({
      id: row as TaskId,
      person: row as PersonId,
      at: startOf(row) as Instant,
      task: { kind: 'link-device' },
      retryAfter: undefined,
    })),
  },
};

const begun = (task: number): Observation => ({
  kind: 'task-begun',
  at: startOf(task) as Instant,
  task: task as TaskId,
});
const done = (task: number, after: number): Observation => ({
  kind: 'task-done',
  at: (startOf(task) + seconds(after)) as Instant,
  task: task as TaskId,
});
const failed = (task: number, after: number, cause: number, shown = false): Observation => ({
  kind: 'task-failed',
  at: (startOf(task) + seconds(after)) as Instant,
  task: task as TaskId,
  step: 'keys',
  failure: 'status',
  status: 503,
  shown,
  cause: cause as CauseToken,
});

const withTasks = (evidence: ReturnType<typeof plantedEvidence>, offered: boolean) => {
  const kinds = offered ? (['link-device'] as const) : [];
  const result = { ...evidence.run.result, tasks: kinds };
  return { ...evidence, run: { ...evidence.run, result } };
};

const all = [0, 1, 2, 3, 4];
const evidence = plantedEvidence(
  workload,
  [plantedFault('first', 0, minutes(30))],
  {
    fates: [],
    others: [
      ...all.map(begun),
      done(0, 5),
      // In time at the second attempt; late; shown as failed; still waiting for an answer that no fault explains.
      failed(1, 2, 1),
      done(1, 60),
      failed(2, 30, 1),
      failed(2, 61, 2),
      done(2, 90),
      failed(3, 10, 3, true),
    ],
  },
  { fates: [], others: [...all.map(begun), ...[0, 1, 2, 4].map((task) => done(task, 1))] },
);

describe('tasks', () => {
  it('are counted by what became of them, with what was in the way and whose fault it was', () => {
    const [figures] = tasks.compute(withTasks(evidence, true));
    expect(figures).toMatchObject({
      kind: 'link-device',
      attempted: 5,
      inTime: 2,
      late: 1,
      failed: 1,
      open: 1,
      medianSeconds: 90,
      twinAttempted: 5,
      twinInTime: 4,
    });
    expect(figures?.reasons).toEqual([
      { reason: 'keys: answered 503', tasks: 2 },
      { reason: 'under way', tasks: 1 },
    ]);
    // Task 3 failed in the twin, too; task 2 met both faults before it was done.
    expect(figures?.blame).toEqual([
      { fault: 'first', title: 'the first fault', tasks: 1 },
      { fault: 'second', title: 'no fault explains it', tasks: 1 },
      { fault: 'unexplained', title: 'no fault explains it', tasks: 1 },
    ]);
    expect(obstaclesInWords(figures!)).toMatch(
      /^3 of 5 not in time: 2 × keys: answered 503, 1 × under way; by/,
    );
  });

  it('have no figures where a system has no counterpart of them', () => {
    const [figures] = tasks.compute(withTasks(evidence, false));
    expect(figures).toMatchObject({ kind: 'link-device', offered: false, attempted: 0 });
  });

  it('are no row where nobody sets out to do anything', () => {
    expect(
      tasks.compute(
        plantedEvidence(workloadOf({ people: 2, messages: [] }), [], { fates: [] }, { fates: [] }),
      ),
    ).toEqual([]);
  });
});
