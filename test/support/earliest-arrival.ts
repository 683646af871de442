// The exact answer to epidemic routing without limits: earliest arrival over contacts, by relaxation until nothing
// changes. It shares no code and no idea with the replay.

/** In contact from `start` to `end`, both included. */
export interface Contact {
  readonly left: number;
  readonly right: number;
  readonly start: number;
  readonly end: number;
}

/** When each node first holds a message written at `at`; Infinity: never. The destination keeps, and does not relay. */
export function earliestArrivals(
  nodes: number,
  contacts: readonly Contact[],
  { source, destination, at }: { source: number; destination: number; at: number },
): readonly number[] {
  const arrivals = new Array<number>(nodes).fill(Infinity);
  arrivals[source] = at;
  const relax = (from: number, to: number, start: number, end: number): boolean => {
    const crossing = Math.max(arrivals[from]!, start);
    if (from === destination || crossing > end || crossing >= arrivals[to]!) return false;
    arrivals[to] = crossing;
    return true;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const { left, right, start, end } of contacts) {
      const forth = relax(left, right, start, end);
      changed = relax(right, left, start, end) || forth || changed;
    }
  }
  return arrivals;
}
