// Streets: places and the straight ways between them, and the shortest way from one to another.
import { assert, present } from '../../protocol/assert.ts';
import type { Position } from '../workload/workload.ts';

/** Places are numbers: where they stand in `places`. */
export interface StreetMap {
  readonly places: readonly Position[];
  /** Neighbours of each place. */
  readonly streets: readonly (readonly number[])[];
}

/** A town of straight streets: `columns` by `rows` crossings, `block` metres apart. */
export function streetGrid(columns: number, rows: number, block: number): StreetMap {
  const places: Position[] = [];
  const streets: number[][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = places.push({ x: column * block, y: row * block }) - 1;
      const neighbours: number[] = [];
      if (row > 0) neighbours.push(place - columns);
      if (column > 0) neighbours.push(place - 1);
      if (column < columns - 1) neighbours.push(place + 1);
      if (row < rows - 1) neighbours.push(place + columns);
      streets.push(neighbours);
    }
  }
  return { places, streets };
}

/**
 * The places of the shortest way from one place to another, the end included and the start not; Dijkstra's algorithm.
 * Lengths count in whole millimetres; of ways of one length the one through lower numbers is taken.
 */
export function shortestWay({ places, streets }: StreetMap, from: number, to: number): readonly number[] {
  const distance = new Map([[from, 0]]);
  const before = new Map<number, number>();
  const done = new Set<number>();
  while (!done.has(to)) {
    const place = nearestOpen(distance, done);
    assert(place >= 0, 'every place of a map can be reached');
    done.add(place);
    for (const next of streets[place] ?? []) {
      const length = (distance.get(place) ?? 0) + millimetres(places, place, next);
      if (length >= (distance.get(next) ?? Infinity)) continue;
      distance.set(next, length);
      before.set(next, place);
    }
  }
  const way: number[] = [];
  for (let place = to; place !== from; place = present(before.get(place), 'a way')) way.unshift(place);
  return way;
}

function nearestOpen(distance: ReadonlyMap<number, number>, done: ReadonlySet<number>): number {
  let nearest = -1;
  let least = Infinity;
  for (const [place, length] of distance) {
    if (done.has(place) || length > least || (length === least && place > nearest)) continue;
    nearest = place;
    least = length;
  }
  return nearest;
}

function millimetres(places: readonly Position[], from: number, to: number): number {
  const dx = (places[to]?.x ?? 0) - (places[from]?.x ?? 0);
  const dy = (places[to]?.y ?? 0) - (places[from]?.y ?? 0);
  return Math.round(Math.sqrt(dx * dx + dy * dy) * 1_000);
}
