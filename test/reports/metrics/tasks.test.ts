// Figures of tasks against planted observations.
import { describe, expect, it } from 'vitest';
import type { CauseToken } from '../../../protocol/failure.ts';
import type { PersonId } from '../../../protocol/message.ts';
import type { TaskId } from '../../../protocol/task.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { measuredTasks, reasonOf, shareDone, tasks } from '../../../reports/metrics/tasks.ts';
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

  it('have what was most often in the way first', () => {
    const others = [
      ...all.map(begun),
      done(3, 1),
      done(4, 1),
      failed(1, 10, 1, true),
      failed(2, 10, 1, true),
    ];
    const run = { fates: [], others };
    const [figures] = tasks.compute(withTasks(plantedEvidence(workload, [], run, run), true));
    expect(figures?.reasons).toEqual([
      { reason: 'keys: answered 503', tasks: 2 },
      { reason: 'under way', tasks: 1 },
    ]);
  });

  it('are measured from the beginning of sending to before its end, when the horizon leaves time for the deadline', () => {
    const windowed = (from: number, end: number, horizon: number): number => {
      const windows = { ...workload.windows, sendingStart: from, sendingEnd: end, horizon } as never;
      const narrow = plantedEvidence({ ...workload, windows }, [], { fates: [] }, { fates: [] });
      return measuredTasks(narrow, 'link-device').length;
    };
    const day = minutes(1_440);
    expect(windowed(startOf(1), day, day)).toBe(4);
    expect(windowed(startOf(1) + 1, day, day)).toBe(3);
    expect(windowed(0, startOf(4), day)).toBe(4);
    expect(windowed(0, startOf(4) + 1, day)).toBe(5);
    expect(windowed(0, day, startOf(4) + seconds(60))).toBe(5);
    expect(windowed(0, day, startOf(4) + seconds(60) - 1)).toBe(4);
    expect(measuredTasks(evidence, 'log-in')).toEqual([]);
  });

  it('have the share done within any time, and none where nobody began', () => {
    const scheduled = measuredTasks(evidence, 'link-device');
    expect(shareDone(scheduled, evidence.run, seconds(4.999))).toBe(0);
    expect(shareDone(scheduled, evidence.run, seconds(5))).toBe(0.2);
    expect(shareDone(scheduled, evidence.run, seconds(90))).toBe(0.6);
    expect(shareDone([], evidence.run, seconds(90))).toBeUndefined();
  });

  it('name what was in the way when the deadline came, else what came first after it', () => {
    const failure = (at: number, reason: string): never =>
      ({ task: 0, at: startOf(0) + seconds(at), reason, shown: false, cause: 1 }) as never;
    const [first] = measuredTasks(evidence, 'link-device');
    const reason = (...failures: never[]): string =>
      reasonOf({ scheduled: first!, doneAt: undefined, failures }, seconds(60));
    expect(reason(failure(1, 'a'), failure(60, 'b'), failure(61, 'c'))).toBe('b');
    expect(reason(failure(61, 'c'), failure(70, 'd'))).toBe('c');
    expect(reason()).toBe('under way');
  });

  it('that most people never got done have no median', () => {
    const one = plantedEvidence(
      workload,
      [],
      { fates: [], others: [...all.map(begun), done(0, 5), done(1, 7)] },
      { fates: [] },
    );
    expect(tasks.compute(withTasks(one, true))[0]).toMatchObject({ inTime: 2, open: 3, medianSeconds: null });
    const nobody = plantedEvidence(workload, [], { fates: [] }, { fates: [] });
    expect(tasks.compute(withTasks(nobody, true))[0]).toMatchObject({ attempted: 0, medianSeconds: null });
  });

  it('have no figures where a system has no counterpart of them', () => {
    const [figures] = tasks.compute(withTasks(evidence, false));
    expect(figures).toEqual({
      ...{ kind: 'link-device', offered: false, attempted: 0, inTime: 0, late: 0, failed: 0, open: 0 },
      ...{ twinAttempted: 0, twinInTime: 0, deadlineSeconds: 0, medianSeconds: null, reasons: [], blame: [] },
    });
  });

  it('are no row where nobody sets out to do anything', () => {
    expect(
      tasks.compute(
        plantedEvidence(workloadOf({ people: 2, messages: [] }), [], { fates: [] }, { fates: [] }),
      ),
    ).toEqual([]);
  });
});
