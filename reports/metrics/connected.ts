// Whether people's devices had a network when it mattered: known from the workload alone, the same for every system.
import type { Interval, Workload } from '../../sim/workload/workload.ts';
import type { ExpectedDeliveries } from '../expected-deliveries.ts';

/** Whether one of sorted, disjoint intervals has an instant in [start, end]. */
export function overlapsAny(intervals: readonly Interval[], start: number, end: number): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.end ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  const first = intervals[low];
  return first !== undefined && first.start <= end;
}

/** Rows whose sender and recipient both had a network from the press of send for this long. */
export function onlineThroughout(
  workload: Workload,
  expected: ExpectedDeliveries,
  duration: number,
): (row: number) => boolean {
  const offline = (person: number, at: number): boolean =>
    overlapsAny(workload.people[person]?.device.offline ?? [], at, at + duration);
  let newest = -1;
  let senderOffline = false;
  return (row) => {
    const index = expected.messages[row] ?? 0;
    const message = workload.messages[index];
    if (message === undefined) return false;
    if (index !== newest) {
      newest = index;
      senderOffline = offline(message.sender, message.at);
    }
    return !senderOffline && !offline(expected.recipients[row] ?? -1, message.at);
  };
}
