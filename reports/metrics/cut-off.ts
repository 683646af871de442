// Who was cut off, and for how long.
import { compareNumbers } from '../../protocol/order.ts';
import { hours, inSeconds, minutes, seconds } from '../../protocol/time.ts';
import type { CutOffFigures } from '../record-system.ts';
import type { Evidence, Metric } from './metric.ts';

/** A stretch during which nothing of a person got through, microseconds. */
export interface CutOffInterval {
  readonly person: number;
  readonly start: number;
  readonly end: number;
}

/** A delivery is a failed receipt from this long after the twin's on. */
const lateAfter = seconds(1);

/** Successes and failures of one person, in any order. */
interface Contacts {
  readonly failures: number[];
  readonly successes: number[];
}

function contactsByPerson({ workload, expected, run, twin }: Evidence): Contacts[] {
  const contacts = workload.people.map((): Contacts => ({ failures: [], successes: [] }));
  const { fates } = run;
  for (let row = 0; row < expected.count; row++) {
    const deliveredAt = fates.deliveredAt[row] ?? NaN;
    const due = (twin.fates.deliveredAt[row] ?? NaN) + lateAfter;
    const recipient = contacts[expected.recipients[row] ?? -1];
    const sender = contacts[workload.messages[expected.messages[row] ?? 0]?.sender ?? -1];
    if (!Number.isNaN(deliveredAt)) {
      recipient?.successes.push(deliveredAt);
      sender?.successes.push(deliveredAt);
    }
    if (due < deliveredAt || (!Number.isNaN(due) && Number.isNaN(deliveredAt))) recipient?.failures.push(due);
  }
  for (const message of workload.messages) {
    const acceptedAt = fates.acceptedAt[message.id] ?? NaN;
    if (!Number.isNaN(acceptedAt)) contacts[message.sender]?.successes.push(acceptedAt);
  }
  for (let index = 0; index < fates.troubleAt.length; index++)
    contacts[fates.troublePerson[index] ?? -1]?.failures.push(fates.troubleAt[index] ?? 0);
  return contacts;
}

/** What several figures and files are made of, found once. */
const known = new WeakMap<Evidence, readonly CutOffInterval[]>();

/** Every stretch from a first failed to the next successful send or receipt, by person, then by start. */
export function cutOffIntervals(evidence: Evidence): readonly CutOffInterval[] {
  const found = known.get(evidence) ?? findIntervals(evidence);
  known.set(evidence, found);
  return found;
}

function findIntervals(evidence: Evidence): readonly CutOffInterval[] {
  const { horizon } = evidence.workload.windows;
  const intervals: CutOffInterval[] = [];
  for (const [person, { failures, successes }] of contactsByPerson(evidence).entries()) {
    failures.sort(compareNumbers);
    successes.sort(compareNumbers);
    let next = 0;
    let until = -1;
    for (const start of failures) {
      if (start < until || start >= horizon) continue;
      while (next < successes.length && (successes[next] ?? 0) <= start) next++;
      until = successes[next] ?? horizon;
      intervals.push({ person, start, end: until });
    }
  }
  return intervals;
}

/** Figures over intervals: each person's total decides where they count. */
export function cutOffFigures(intervals: readonly CutOffInterval[]): CutOffFigures {
  const totals = new Map<number, number>();
  for (const { person, start, end } of intervals)
    totals.set(person, (totals.get(person) ?? 0) + (end - start));
  const ascending = [...totals.values()].sort(compareNumbers);
  const median = ascending[Math.ceil(ascending.length / 2) - 1];
  const longest = ascending.at(-1);
  const longerThan = (least: number): number => ascending.filter((total) => total > least).length;
  return {
    people: ascending.length,
    overOneMinute: longerThan(minutes(1)),
    overOneHour: longerThan(hours(1)),
    medianSeconds: median === undefined ? null : inSeconds(median),
    longestSeconds: longest === undefined ? null : inSeconds(longest),
    personHours: inSeconds(ascending.reduce((sum, total) => sum + total, 0)) / 3_600,
  };
}

/** People between a failed and the next successful send or receipt. */
export const cutOff: Metric<{ figures: CutOffFigures; intervals: readonly CutOffInterval[] }> = {
  id: 'cut-off',
  title: 'People cut off',
  unit: 'people; seconds',
  definition:
    'A person is cut off from the first failed to the next successful send or receipt. A send fails when an attempt ' +
    'fails because of a fault; a receipt fails when a message has not come one second after the twin has it. A send ' +
    'succeeds when the service accepts it or somebody reads it. `overOneMinute` and `overOneHour` count people by all the ' +
    'time for which they were cut off, in one stretch or in several; the median (nearest rank, of those cut off) and the ' +
    'longest are of these times, too.',
  caveats: [
    'Silence is unknown, not fine: somebody who neither sent nor was written to does not appear.',
    'Who never gets through again is cut off to the horizon.',
    'What fails without faults as well (nobody in radio range, a phone that is off) is not counted.',
  ],
  compute(evidence) {
    const intervals = cutOffIntervals(evidence);
    return { figures: cutOffFigures(intervals), intervals };
  },
};
