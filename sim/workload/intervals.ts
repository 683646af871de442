// Sorted, disjoint, half-open stretches of time.
import { compareNumbers } from '../../protocol/order.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Interval } from './workload.ts';

/** The same instants, sorted and with what overlaps or touches joined. Empty intervals vanish. */
export function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = intervals
    .filter(({ start, end }) => end > start)
    .sort((left, right) => compareNumbers(left.start, right.start));
  const merged: { start: Instant; end: Instant }[] = [];
  for (const { start, end } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) {
      if (end > last.end) last.end = end;
    } else merged.push({ start, end });
  }
  return merged;
}

/** What sorted, disjoint intervals leave free of [0, end). */
export function gapsBetween(intervals: readonly Interval[], end: Instant): readonly Interval[] {
  const gaps: Interval[] = [];
  let start = 0 as Instant;
  for (const interval of intervals) {
    if (interval.start > start) gaps.push({ start, end: interval.start });
    start = interval.end;
  }
  if (end > start) gaps.push({ start, end });
  return gaps;
}

/** The interval that holds `instant`; undefined when none does. */
export function intervalAt(intervals: readonly Interval[], instant: number): Interval | undefined {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const interval = intervals[middle];
    if (interval !== undefined && interval.end <= instant) low = middle + 1;
    else high = middle;
  }
  const found = intervals[low];
  return found !== undefined && found.start <= instant ? found : undefined;
}

/** Total length, microseconds. */
export function totalLength(intervals: readonly Interval[]): number {
  let total = 0;
  for (const { start, end } of intervals) total += end - start;
  return total;
}
