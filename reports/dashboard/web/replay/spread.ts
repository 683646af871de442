// Dots that would lie on each other, moved apart as little as that takes: a district becomes a flock of its people.

/** A place in a picture, pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The part of a picture that dots must not leave. */
export interface Box extends Place {
  readonly width: number;
  readonly height: number;
}

/** Rounds of moving; more change nothing that can be seen. */
const rounds = 60;
/** Between one seed of a sunflower and the next (H. Vogel, Mathematical Biosciences 44 (1979) 179). */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** The same places, at least `distance` from each other where the box has room for that. */
export function spread(places: readonly Place[], distance: number, box: Box): readonly Place[] {
  const begun = asSunflowers(places, distance);
  const x = Float64Array.from(begun, (place) => place.x);
  const y = Float64Array.from(begun, (place) => place.y);
  for (let round = 0; round < rounds; round++) {
    const hasMoved = moveApart(x, y, distance);
    for (let index = 0; index < x.length; index++) {
      x[index] = Math.min(box.x + box.width, Math.max(box.x, x[index] ?? 0));
      y[index] = Math.min(box.y + box.height, Math.max(box.y, y[index] ?? 0));
    }
    if (!hasMoved) break;
  }
  return places.map((_, index) => ({ x: x[index] ?? 0, y: y[index] ?? 0 }));
}

/** Those at nearly the same place like the seeds of a sunflower around it, so that little moving is left to do. */
function asSunflowers(places: readonly Place[], distance: number): readonly Place[] {
  const seeds = new Map<string, number>();
  return places.map(({ x, y }) => {
    const cell = `${Math.round(x / distance)} ${Math.round(y / distance)}`;
    const seed = seeds.get(cell) ?? 0;
    seeds.set(cell, seed + 1);
    const away = distance * 0.6 * Math.sqrt(seed);
    return { x: x + away * Math.cos(seed * goldenAngle), y: y + away * Math.sin(seed * goldenAngle) };
  });
}

function moveApart(x: Float64Array, y: Float64Array, distance: number): boolean {
  const cells = new Map<number, number[]>();
  const cellOf = (index: number): readonly [number, number] => [
    Math.floor((x[index] ?? 0) / distance),
    Math.floor((y[index] ?? 0) / distance),
  ];
  const key = (column: number, row: number): number => column * 100_003 + row;
  for (let index = 0; index < x.length; index++) {
    const [column, row] = cellOf(index);
    const list = cells.get(key(column, row));
    if (list === undefined) cells.set(key(column, row), [index]);
    else list.push(index);
  }
  let hasMoved = false;
  for (let index = 0; index < x.length; index++) {
    const [column, row] = cellOf(index);
    for (let beside = -1; beside <= 1; beside++)
      for (let above = -1; above <= 1; above++)
        for (const other of cells.get(key(column + beside, row + above)) ?? [])
          if (other > index && pushApart(x, y, index, other, distance)) hasMoved = true;
  }
  return hasMoved;
}

function pushApart(x: Float64Array, y: Float64Array, one: number, other: number, distance: number): boolean {
  let [dx, dy] = [(x[other] ?? 0) - (x[one] ?? 0), (y[other] ?? 0) - (y[one] ?? 0)];
  let length = Math.hypot(dx, dy);
  // A tenth of a pixel is not worth another round.
  if (length > distance - 0.1) return false;
  if (length < 0.01) {
    [dx, dy, length] = [Math.cos(other * goldenAngle), Math.sin(other * goldenAngle), 1];
    length = 1;
  }
  const push = (distance - Math.min(length, distance)) / 2 / length;
  x[one] = (x[one] ?? 0) - dx * push;
  y[one] = (y[one] ?? 0) - dy * push;
  x[other] = (x[other] ?? 0) + dx * push;
  y[other] = (y[other] ?? 0) + dy * push;
  return true;
}
