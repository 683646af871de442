// When in a day people are active: one weight per local hour.
import { hours, type Instant } from '../../protocol/time.ts';

/**
 * Relative activity by local hour, midnight first. Assumed: a night trough and an evening peak, peak to mean about
 * 1.7; no published hourly table of messaging volume could be had.
 */
export const hourlyActivity: readonly number[] = [
  0.35, 0.18, 0.1, 0.07, 0.07, 0.15, 0.45, 0.85, 1.05, 1.1, 1.15, 1.2, 1.3, 1.25, 1.2, 1.2, 1.25, 1.4, 1.55,
  1.7, 1.75, 1.6, 1.2, 0.75,
];

const hour = hours(1);
const totalActivity = hourlyActivity.reduce((sum, weight) => sum + weight, 0);

/** Activity at a local time of day, relative to the day's mean (1). */
export function activityAt(localMicroseconds: number): number {
  const index = Math.floor(localMicroseconds / hour) % 24;
  return ((hourlyActivity[index < 0 ? index + 24 : index] ?? 0) * 24) / totalActivity;
}

/** A stretch within one local hour, with its share of a day's activity in microseconds of mean activity. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

function stretchesOf(start: number, end: number, localOffset: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let from = start; from < end;) {
    const local = from + localOffset;
    const to = Math.min(end, from + hour - mod(local, hour));
    stretches.push({ from, to, weight: activityAt(mod(local, 24 * hour)) * (to - from) });
    from = to;
  }
  return stretches;
}

/**
 * How much of a day's activity falls into [start, end), in days: 1 for any 24 hours, less for a night's hours than for
 * an evening's.
 * @param localOffset microseconds to add to an instant for local time of day
 */
export function activityBetween(start: Instant, end: Instant, localOffset: number): number {
  const total = stretchesOf(start, end, localOffset).reduce((sum, { weight }) => sum + weight, 0);
  // Whole microseconds: it decides how many things happen.
  return Math.round(total) / (24 * hour);
}

/**
 * The instant in [start, end) that a uniform draw falls on when the density follows the rhythm.
 * @param localOffset microseconds to add to an instant for local time of day
 */
export function instantByRhythm(uniform: number, start: Instant, end: Instant, localOffset: number): Instant {
  const stretches = stretchesOf(start, end, localOffset);
  let left = uniform * stretches.reduce((sum, { weight }) => sum + weight, 0);
  for (const { from, to, weight } of stretches) {
    if (left < weight) return Math.min(to - 1, Math.floor(from + ((to - from) * left) / weight)) as Instant;
    left -= weight;
  }
  return (end - 1) as Instant;
}

function mod(value: number, modulus: number): number {
  const rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}
