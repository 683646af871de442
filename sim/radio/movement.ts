// Where phones are: straight movement at constant speed, piece by piece.
import { present } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { Person, Position, Stay } from '../workload/workload.ts';

/** From `start` (included) to `end` (not): at (x, y) at the start, moving by (vx, vy) metres each microsecond. */
export interface Movement {
  readonly start: Instant;
  readonly end: Instant;
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
}

/** Positions of all phones. Mobility models and traces are implementations of it. */
export interface PositionSource {
  /** Phones on different planes never meet. */
  plane(node: NodeIndex): number;
  /** The piece of movement that holds at this instant. */
  movementAt(node: NodeIndex, at: Instant): Movement;
}

/** The point on a movement's line at this instant. */
export function positionAt(movement: Movement, at: number): Position {
  const elapsed = at - movement.start;
  return { x: movement.x + movement.vx * elapsed, y: movement.y + movement.vy * elapsed };
}

/** Positions of people's phones by their stays; each city is a plane of its own. */
export function positionsOfPeople(personOf: (node: NodeIndex) => Person | undefined): PositionSource {
  const planes = new Map<string, number>();
  const person = (node: NodeIndex): Person => present(personOf(node), `person with the radio ${node}`);
  return {
    plane(node) {
      const { name } = person(node).city;
      let plane = planes.get(name);
      if (plane === undefined) planes.set(name, (plane = planes.size));
      return plane;
    },
    movementAt: (node, at) => movementOf(person(node).stays, at),
  };
}

/** The stay that holds at this instant, as movement. */
export function movementOf(stays: readonly Stay[], at: Instant): Movement {
  let low = 0;
  let high = stays.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (present(stays[middle], 'a stay').start <= at) low = middle;
    else high = middle - 1;
  }
  const { start, from, to } = present(stays[low], 'a first stay');
  const end = stays[low + 1]?.start;
  const still = { start, end: end ?? never, x: from.x, y: from.y, vx: 0, vy: 0 };
  if (end === undefined || end === start || (from.x === to.x && from.y === to.y)) return still;
  return { ...still, vx: (to.x - from.x) / (end - start), vy: (to.y - from.y) / (end - start) };
}
