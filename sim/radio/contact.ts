// When two people in uniform motion are within range of each other: exact, to the microsecond, without sampling.
import type { Instant } from '../../protocol/time.ts';
import type { Interval } from '../workload/workload.ts';
import type { Motion } from './position.ts';

/**
 * The part of [from, until) in which two motions are at most `range` metres apart; undefined when they never are. Both
 * motions cover [from, until). Their squared distance is a parabola that opens upwards, so the part is one interval,
 * between its two roots.
 */
export function timeWithinRange(
  left: Motion,
  right: Motion,
  range: number,
  from: Instant,
  until: Instant,
): Interval | undefined {
  if (until <= from) return undefined;
  const velocityX = right.velocityX - left.velocityX;
  const velocityY = right.velocityY - left.velocityY;
  const leftMoved = from - left.start;
  const rightMoved = from - right.start;
  const x = right.x + right.velocityX * rightMoved - left.x - left.velocityX * leftMoved;
  const y = right.y + right.velocityY * rightMoved - left.y - left.velocityY * leftMoved;
  // Within range where speed² t² + 2 approach t + excess <= 0, t counted from `from`.
  const squaredSpeed = velocityX * velocityX + velocityY * velocityY;
  const excess = x * x + y * y - range * range;
  if (squaredSpeed === 0) return excess <= 0 ? { start: from, end: until } : undefined;
  const approach = x * velocityX + y * velocityY;
  const discriminant = approach * approach - squaredSpeed * excess;
  if (discriminant < 0) return undefined;
  const root = Math.sqrt(discriminant);
  const first = Math.ceil((-approach - root) / squaredSpeed);
  const last = Math.floor((-approach + root) / squaredSpeed);
  const start = first <= 0 ? from : from + first;
  const end = Math.min(until, from + last + 1);
  return start < end ? { start: start as Instant, end: end as Instant } : undefined;
}
