// How a mobility model is written: one node's path, piece by piece.
import { present } from '../../protocol/assert.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import { never, type Duration, type Instant } from '../../protocol/time.ts';
import type { Movement, PositionSource } from '../radio/movement.ts';
import { createRandomStream } from '../random/streams.ts';
import type { Position } from '../workload/workload.ts';

/** Straight to a place within a time; a pause when it is the place where the node is. */
export interface Leg {
  readonly to: Position;
  /** More than 0, unless nothing follows any more: `never`. */
  readonly duration: Duration;
}

/** One node's path: where it begins, and leg after leg without end. */
export interface Walk {
  readonly start: Position;
  /** @param now the instant at which the leg begins, for models that know the time of day */
  next(now: Instant): Leg;
}

/** A mobility model: makes the path of one node from the node's own chance. */
export type MobilityModel = (random: RandomStream, node: number) => Walk;

/** Duration of a leg that nothing follows. */
export const forEver = never as number as Duration;

/** How long a walk of so many metres takes at a speed in metres per second. At least a microsecond. */
export function walkingTime(from: Position, to: Position, speed: number): Duration {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  return Math.max(1, Math.round((Math.sqrt(dx * dx + dy * dy) / speed) * 1_000_000)) as Duration;
}

class Walker {
  readonly #walk: Walk;
  #place: Position;
  #movement: Movement;

  /** The walk begins `warmUp` before instant 0. */
  constructor(walk: Walk, warmUp: Duration) {
    this.#walk = walk;
    this.#place = walk.start;
    this.#movement = this.#piece((0 - warmUp) as Instant);
  }

  /** Pieces behind `at` are forgotten. */
  movementAt(at: Instant): Movement {
    while (this.#movement.end <= at) this.#movement = this.#piece(this.#movement.end);
    return this.#movement;
  }

  #piece(start: Instant): Movement {
    const { to, duration } = this.#walk.next(start);
    const { x, y } = this.#place;
    this.#place = to;
    const end = Math.min(never, start + duration) as Instant;
    if (duration === forEver || (x === to.x && y === to.y)) return { start, end, x, y, vx: 0, vy: 0 };
    return { start, end, x, y, vx: (to.x - x) / duration, vy: (to.y - y) / duration };
  }
}

/**
 * Positions of nodes that move by a model, each by a stream of its own: adding nodes moves no other. Asked forwards in
 * time only.
 * @param warmUp how long nodes have moved before instant 0
 */
export function positionsByModel(
  model: MobilityModel,
  nodes: number,
  seed: string,
  warmUp: Duration,
): PositionSource {
  const walkers = Array.from({ length: nodes }, (_, node) => {
    const random = createRandomStream(`${seed.length}:${seed}/mobility/${node}`);
    return new Walker(model(random, node), warmUp);
  });
  return {
    plane: () => 0,
    movementAt: (node, at) => present(walkers[node], 'a node that moves').movementAt(at),
  };
}
