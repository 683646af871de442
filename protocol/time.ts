// Virtual time. Two types and one unit: integer microseconds. What a device's clock *shows* is a third type.
import type { Brand } from './brand.ts';

/** A point in virtual time: integer microseconds since the scenario's epoch. */
export type Instant = Brand<number, 'Instant'>;

/** A span of virtual time: integer microseconds, never negative. */
export type Duration = Brand<number, 'Duration'>;

/** What a device's clock shows: integer milliseconds since 1970, subject to skew and jumps. */
export type WallTime = Brand<number, 'WallTime'>;

/** What a core may know of time. */
export interface Clock {
  /** Monotonic; differs from the host's own time only by drift. Timers are set against it. */
  readonly now: Instant;
  /** What the device shows its user and writes into messages. */
  readonly wall: WallTime;
}

/** Whole microseconds, rounded to the nearest. */
export function microseconds(count: number): Duration {
  return Math.round(count) as Duration;
}
export function milliseconds(count: number): Duration {
  return Math.round(count * 1_000) as Duration;
}
export function seconds(count: number): Duration {
  return Math.round(count * 1_000_000) as Duration;
}
export function minutes(count: number): Duration {
  return seconds(count * 60);
}
export function hours(count: number): Duration {
  return seconds(count * 3_600);
}
export function days(count: number): Duration {
  return seconds(count * 86_400);
}

/** `instant` moved later by `duration`. */
export function after(instant: Instant, duration: Duration): Instant {
  return (instant + duration) as Instant;
}

/** Time from `start` to `end`; `end` must not come first. */
export function elapsed(start: Instant, end: Instant): Duration {
  return (end - start) as Duration;
}

/** A duration as a plain number of milliseconds. */
export function inMilliseconds(duration: number): number {
  return duration / 1_000;
}

/** A duration as a plain number of seconds. */
export function inSeconds(duration: number): number {
  return duration / 1_000_000;
}

/** The scenario's epoch itself. */
export const epoch = 0 as Instant;

/** Later than every instant of a run: about 285 years. */
export const never = Number.MAX_SAFE_INTEGER as Instant;
