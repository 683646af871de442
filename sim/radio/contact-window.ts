// When two straight movements are within range of each other: the roots of one quadratic equation, not samples.
import type { Instant } from '../../protocol/time.ts';
import { positionAt, type Movement } from './movement.ts';

/** Within range from `enter` (included) to `leave` (not). */
export interface ContactWindow {
  readonly enter: Instant;
  readonly leave: Instant;
}

/**
 * The one interval in [from, until) in which the distance is at most `range`; undefined when there is none. Both
 * movements must hold throughout. Instants are rounded inwards to whole microseconds.
 */
export function contactWindow(
  left: Movement,
  right: Movement,
  range: number,
  from: Instant,
  until: Instant,
): ContactWindow | undefined {
  const here = positionAt(left, from);
  const there = positionAt(right, from);
  const dx = there.x - here.x;
  const dy = there.y - here.y;
  const vx = right.vx - left.vx;
  const vy = right.vy - left.vy;
  const outside = dx * dx + dy * dy - range * range;
  const speed = vx * vx + vy * vy;
  if (speed === 0) return outside <= 0 && from < until ? { enter: from, leave: until } : undefined;
  // speed t² + 2 closing t + outside = 0, t microseconds after `from`.
  const closing = dx * vx + dy * vy;
  const discriminant = closing * closing - speed * outside;
  if (discriminant < 0) return undefined;
  const root = Math.sqrt(discriminant);
  const enter = Math.max(from, from + Math.ceil((-closing - root) / speed));
  const leave = Math.min(until, from + Math.floor((-closing + root) / speed) + 1);
  return enter < leave ? { enter: enter as Instant, leave: leave as Instant } : undefined;
}
