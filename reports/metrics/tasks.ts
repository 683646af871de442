// What people set out to do beyond writing: how much of it was done in time, what was in the way, and whose fault it was.
import { compareCodePoints } from '../../protocol/order.ts';
import { taskKinds, type TaskKind } from '../../protocol/task.ts';
import { inSeconds } from '../../protocol/time.ts';
import type { ScheduledTask } from '../../sim/workload/tasks.ts';
import type { TaskFailure, TaskFates } from '../fates.ts';
import type { TaskFigures } from '../record-system.ts';
import { percentile } from './latency.ts';
import type { Evidence, Metric, Simulated } from './metric.ts';

/** Stands for the missing fault of what no fault explains. */
export const unexplained = 'unexplained';

/** A task that was begun, with what became of it; instants in microseconds. */
export interface Attempted {
  readonly scheduled: ScheduledTask;
  readonly doneAt: number | undefined;
  readonly failures: readonly TaskFailure[];
}

/** Figures per kind of task, for kinds that somebody of the run set out to do. */
export const tasks: Metric<readonly TaskFigures[]> = {
  id: 'tasks',
  title: 'Tasks done in time',
  unit: 'share of attempted tasks',
  definition:
    'Of what people set out to do in the sending window, at least the deadline before the horizon: the share that their own client showed as done within the deadline. Attempts by hand after a visible failure continue the same task. A task that the twin did in time and the run did not is charged to each fault behind a step that failed on its way.',
  caveats: [
    'Done means done as the one who acts sees it, not that others have noticed.',
    'Whose phone is off does not set out to do anything. Systems without a kind of task have no figures for it.',
  ],
  compute(evidence) {
    return taskKinds.flatMap((kind): readonly TaskFigures[] => {
      const scheduled = measuredTasks(evidence, kind);
      if (scheduled.length === 0) return [];
      const offered = evidence.run.result.tasks.includes(kind);
      return [offered ? figuresOf(kind, scheduled, evidence) : notOffered(kind)];
    });
  },
};

/** Tasks of one kind whose fate is measured. */
export function measuredTasks({ workload }: Evidence, kind: TaskKind): readonly ScheduledTask[] {
  const { sendingStart, sendingEnd, horizon } = workload.windows;
  const { scheduled, deadline } = workload.tasks ?? { scheduled: [], deadline: 0 };
  return scheduled.filter(
    ({ at, task }) => task.kind === kind && at >= sendingStart && at < sendingEnd && at + deadline <= horizon,
  );
}

/** Share of these tasks that were done within a time, in microseconds; undefined when none was begun. */
export function shareDone(
  scheduled: readonly ScheduledTask[],
  { fates }: Simulated,
  within: number,
): number | undefined {
  const attempted = attemptedOf(scheduled, fates.tasks);
  return attempted.length === 0
    ? undefined
    : attempted.filter((each) => isInTime(each, within)).length / attempted.length;
}

/** Those that were begun. */
export function attemptedOf(scheduled: readonly ScheduledTask[], fates: TaskFates): readonly Attempted[] {
  const begun = new Set(fates.begun);
  const failures = new Map<number, TaskFailure[]>();
  for (const failure of fates.failures) {
    const known = failures.get(failure.task);
    if (known === undefined) failures.set(failure.task, [failure]);
    else known.push(failure);
  }
  return scheduled
    .filter(({ id }) => begun.has(id))
    .map((each) => ({
      scheduled: each,
      doneAt: fates.doneAt.get(each.id),
      failures: failures.get(each.id) ?? [],
    }));
}

function isInTime({ scheduled, doneAt }: Attempted, within: number): boolean {
  return doneAt !== undefined && doneAt - scheduled.at <= within;
}

function figuresOf(
  kind: TaskKind,
  scheduled: readonly ScheduledTask[],
  { workload, run, twin, faults }: Evidence,
): TaskFigures {
  const deadline = workload.tasks?.deadline ?? 0;
  const attempted = attemptedOf(scheduled, run.fates.tasks);
  const ofTwin = attemptedOf(scheduled, twin.fates.tasks);
  const missed = attempted.filter((each) => !isInTime(each, deadline));
  const doneByTwin = new Set(
    ofTwin.filter((each) => isInTime(each, deadline)).map((each) => each.scheduled.id),
  );
  const titles = new Map(faults.map(({ id, title }) => [id, title]));
  const charged = missed
    .filter((each) => doneByTwin.has(each.scheduled.id))
    .flatMap((each) => faultsBehind(each, run.result.causes));
  const notDone = missed.filter(({ doneAt }) => doneAt === undefined);
  const failed = notDone.filter(({ failures }) => failures.at(-1)?.shown === true);
  const delays = attempted.map((each) => (each.doneAt ?? Infinity) - each.scheduled.at).sort((a, b) => a - b);
  const median = percentile(Float64Array.from(delays), 0.5);
  return {
    kind,
    offered: true,
    attempted: attempted.length,
    inTime: attempted.length - missed.length,
    late: missed.length - notDone.length,
    failed: failed.length,
    open: notDone.length - failed.length,
    deadlineSeconds: inSeconds(deadline),
    medianSeconds: median === undefined || median === Infinity ? null : inSeconds(median),
    twinAttempted: ofTwin.length,
    twinInTime: doneByTwin.size,
    reasons: counted(missed.map((each) => reasonOf(each, deadline))).map(([reason, count]) => ({
      reason,
      tasks: count,
    })),
    blame: counted(charged).map(([fault, count]) => ({
      fault,
      title: titles.get(fault) ?? 'no fault explains it',
      tasks: count,
    })),
  };
}

function notOffered(kind: TaskKind): TaskFigures {
  const none = { attempted: 0, inTime: 0, late: 0, failed: 0, open: 0, twinAttempted: 0, twinInTime: 0 };
  return { kind, offered: false, ...none, deadlineSeconds: 0, medianSeconds: null, reasons: [], blame: [] };
}

/** What was in the way when the deadline came; what came first after it where nothing had failed until then. */
export function reasonOf({ scheduled, failures }: Attempted, deadline: number): string {
  const before = failures.findLast(({ at }) => at <= scheduled.at + deadline);
  return (before ?? failures[0])?.reason ?? 'under way';
}

/** The faults behind the steps that failed; `unexplained` when there are none. */
export function faultsBehind(
  { failures }: Attempted,
  causes: Evidence['run']['result']['causes'],
): readonly string[] {
  const faults = new Set(failures.flatMap(({ cause }) => causes[cause] ?? []));
  return faults.size === 0 ? [unexplained] : [...faults];
}

/** Words with how often they come, the most frequent first, those that come as often in the order of the alphabet. */
function counted(words: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(
    ([left, leftCount], [right, rightCount]) => rightCount - leftCount || compareCodePoints(left, right),
  );
}
