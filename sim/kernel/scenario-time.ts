// Instants in words.
import type { Instant } from '../../protocol/time.ts';

const digits = (count: number, width: number): string => String(count).padStart(width, '0');

/** `T+0d 07:48:12.000250`: time since the scenario's epoch. */
export function scenarioTime(instant: Instant): string {
  const microseconds = instant % 1_000_000;
  const seconds = (instant - microseconds) / 1_000_000;
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return `T+${days}d ${clock.map((part) => digits(part, 2)).join(':')}.${digits(microseconds, 6)}`;
}
