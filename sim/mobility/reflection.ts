// Straight flights in an area whose borders reflect.
import { assert } from '../../protocol/assert.ts';
import type { Position } from '../workload/workload.ts';
import type { Area } from './area.ts';

/** More reflections than any flight of a model has. */
const mostReflections = 10_000;

/** The corners of a flight of `length` metres from `from` in `direction`, its end included. */
export function reflectedFlight(
  { width, height }: Area,
  from: Position,
  direction: Position,
  length: number,
): readonly Position[] {
  const corners: Position[] = [];
  let { x, y } = from;
  let { x: dx, y: dy } = direction;
  let left = length;
  for (let reflections = 0; left > 0; reflections++) {
    assert(reflections < mostReflections, 'a flight ends');
    const toSide = dx === 0 ? Infinity : ((dx > 0 ? width : 0) - x) / dx;
    const toEnd = dy === 0 ? Infinity : ((dy > 0 ? height : 0) - y) / dy;
    const way = Math.min(left, toSide, toEnd);
    x = Math.min(width, Math.max(0, x + dx * way));
    y = Math.min(height, Math.max(0, y + dy * way));
    if (way > 0) corners.push({ x, y });
    left -= way;
    if (toSide <= way) dx = -dx;
    if (toEnd <= way) dy = -dy;
  }
  return corners;
}
