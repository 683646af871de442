// Where a person is at an instant: standing, or walking in a straight line from one stay to the next.
import { InvariantViolation } from '../../protocol/assert.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Position, Stay } from '../workload/workload.ts';

/** Uniform motion during [start, end). */
export interface Motion {
  readonly start: Instant;
  readonly end: Instant;
  /** Metres on the city's plane at `start`. */
  readonly x: number;
  readonly y: number;
  /** Metres per microsecond; 0 when standing. */
  readonly velocityX: number;
  readonly velocityY: number;
}

/** The motion that `instant` lies in. The last stay lasts until `horizon`, and its walk arrives then. */
export function motionAt(stays: readonly Stay[], instant: Instant, horizon: Instant): Motion {
  let low = 0;
  let high = stays.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const stay = stays[middle];
    if (stay !== undefined && stay.start <= instant) low = middle;
    else high = middle - 1;
  }
  const stay = stays[low];
  if (stay === undefined || stay.start > instant)
    throw new InvariantViolation(`nobody is nowhere: no stay at ${instant}`);
  const { start, from, to } = stay;
  const end = stays[low + 1]?.start ?? (Math.max(horizon, instant + 1) as Instant);
  const duration = end - start;
  return {
    start,
    end,
    x: from.x,
    y: from.y,
    velocityX: (to.x - from.x) / duration,
    velocityY: (to.y - from.y) / duration,
  };
}

/** Where a motion is at an instant that it covers. */
export function positionAt(motion: Motion, instant: Instant): Position {
  const moved = instant - motion.start;
  return { x: motion.x + motion.velocityX * moved, y: motion.y + motion.velocityY * moved };
}

/** Square of the distance in metres between two motions at an instant that both cover. */
export function squaredDistance(left: Motion, right: Motion, instant: Instant): number {
  const leftMoved = instant - left.start;
  const rightMoved = instant - right.start;
  const x = right.x + right.velocityX * rightMoved - left.x - left.velocityX * leftMoved;
  const y = right.y + right.velocityY * rightMoved - left.y - left.velocityY * leftMoved;
  return x * x + y * y;
}
