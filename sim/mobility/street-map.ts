// Streets: places and the straight ways between them, and the shortest way from one to another.
import { present } from '../../protocol/assert.ts';
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

/** The places of a way, the end included and the start not. */
export type Way = readonly number[];

/**
 * Shortest ways on a map; the tree of ways to a target is kept, since many people walk to few targets. Dijkstra's
 * algorithm; lengths count in whole millimetres, and of ways of one length the one through the nearest and then lowest
 * numbers is taken.
 */
export function waysTo(map: StreetMap): (from: number, to: number) => Way {
  const trees = new Map<number, ReadonlyMap<number, number>>();
  return (from, to) => {
    let tree = trees.get(to);
    if (tree === undefined) trees.set(to, (tree = nextPlaces(map, to)));
    const way: number[] = [];
    for (let place = from; place !== to; way.push(place))
      place = present(tree.get(place), 'a way from every place to every other');
    return way;
  };
}

/** For each place the next one on the way to the target. */
function nextPlaces({ places, streets }: StreetMap, target: number): ReadonlyMap<number, number> {
  const distance = new Map([[target, 0]]);
  const next = new Map<number, number>();
  const open = new Set([target]);
  while (open.size > 0) {
    const place = nearestOf(open, distance);
    open.delete(place);
    for (const neighbour of streets[place] ?? []) {
      const length = (distance.get(place) ?? 0) + millimetres(places, place, neighbour);
      if (length >= (distance.get(neighbour) ?? Infinity)) continue;
      distance.set(neighbour, length);
      next.set(neighbour, place);
      open.add(neighbour);
    }
  }
  return next;
}

function nearestOf(open: ReadonlySet<number>, distance: ReadonlyMap<number, number>): number {
  let nearest = -1;
  let least = Infinity;
  for (const place of open) {
    const length = distance.get(place) ?? Infinity;
    if (length > least || (length === least && place > nearest)) continue;
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
