// The rectangle in which models without a map move.
import type { RandomStream } from '../../protocol/random-stream.ts';
import type { Position } from '../workload/workload.ts';

/** From (0, 0), in metres. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

/** A uniform point. */
export function pointIn({ width, height }: Area, random: RandomStream): Position {
  return { x: random.uniform() * width, y: random.uniform() * height };
}

/** A uniform number between two bounds. */
export function between(random: RandomStream, least: number, most: number): number {
  return least + random.uniform() * (most - least);
}

/**
 * A uniform direction as a vector of length 1: a point of the disc that is not too near its centre, scaled. Sines are
 * not specified bit for bit; square roots are.
 */
export function direction(random: RandomStream): Position {
  for (;;) {
    const x = between(random, -1, 1);
    const y = between(random, -1, 1);
    const square = x * x + y * y;
    if (square > 1 || square < 1e-6) continue;
    const length = Math.sqrt(square);
    return { x: x / length, y: y / length };
  }
}
