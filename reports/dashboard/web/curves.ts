// From counts per bucket to curves with as many points as the eye can use.
import { mostPoints } from '../../buckets.ts';
import type { Series } from '../../record-system.ts';
import type { Curve } from './charts.ts';

/** Where buckets lie, seconds since the epoch, and the epoch itself in milliseconds since 1970. */
export interface BucketScale {
  readonly epochMs: number;
  readonly start: number;
  readonly bucketSeconds: number;
}

type Points = Curve['points'];

/** `part` of `whole` in each stretch, at the stretch's middle; stretches with nothing in them have no point. */
export function shareCurve(part: readonly number[], whole: readonly number[], scale: BucketScale): Points {
  const group = Math.max(1, Math.ceil(whole.length / mostPoints));
  const points: { x: number; y: number }[] = [];
  for (let first = 0; first < whole.length; first += group) {
    const sum = (counts: readonly number[]): number =>
      counts.slice(first, first + group).reduce((total, count) => total + count, 0);
    const all = sum(whole);
    const middle = first + Math.min(group, whole.length - first) / 2;
    if (all > 0) points.push({ x: wallTime(scale, middle), y: sum(part) / all });
  }
  return points;
}

/** Counts at the ends of buckets, up to a number of buckets. */
export function countCurve(counts: readonly number[], buckets: number, scale: BucketScale): Points {
  const group = Math.max(1, Math.ceil(buckets / (3 * mostPoints)));
  const points: { x: number; y: number }[] = [];
  for (let index = group - 1; index < Math.min(buckets, counts.length); index += group)
    points.push({ x: wallTime(scale, index + 1), y: counts[index] ?? 0 });
  return points;
}

function wallTime({ epochMs, start, bucketSeconds }: BucketScale, bucket: number): number {
  return epochMs + (start + bucket * bucketSeconds) * 1_000;
}

/** How many buckets of a series to draw so that the last thing that happens is still in the picture. */
export function lastOfInterest({ expected, cutOff, outstanding, twinOutstanding }: Series): number {
  const busy = (index: number): boolean =>
    (cutOff[index] ?? 0) > 0 || Math.abs((outstanding[index] ?? 0) - (twinOutstanding[index] ?? 0)) > 0;
  let last = expected.length;
  for (let index = cutOff.length - 1; index >= last; index--) if (busy(index)) last = index + 1;
  return last;
}
