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
  const grid = new Grid(box, distance, places.length);
  for (let round = 0; round < rounds; round++) {
    const hasMoved = moveApart(x, y, distance, grid);
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

/** Which dots lie in which square of side `side`; dots outside of the box count to the squares at its rim. */
class Grid {
  readonly #box: Box;
  readonly #side: number;
  readonly #columns: number;
  readonly #rows: number;
  /** The last dot put into each square, and of each dot the one that was put there before it; -1: none. */
  readonly #last: Int32Array;
  readonly #before: Int32Array;

  constructor(box: Box, side: number, dots: number) {
    this.#box = box;
    this.#side = side;
    this.#columns = Math.max(1, Math.ceil(box.width / side));
    this.#rows = Math.max(1, Math.ceil(box.height / side));
    this.#last = new Int32Array(this.#columns * this.#rows);
    this.#before = new Int32Array(dots);
  }

  fill(x: Float64Array, y: Float64Array): void {
    this.#last.fill(-1);
    for (let index = 0; index < x.length; index++) {
      const square = this.#rowOf(y[index] ?? 0) * this.#columns + this.#columnOf(x[index] ?? 0);
      this.#before[index] = this.#last[square] ?? -1;
      this.#last[square] = index;
    }
  }

  /** Visits every dot in the square of a place and in those around it. */
  around(x: number, y: number, each: (index: number) => void): void {
    const column = this.#columnOf(x);
    const row = this.#rowOf(y);
    for (let at = Math.max(0, row - 1); at <= Math.min(this.#rows - 1, row + 1); at++)
      for (let of = Math.max(0, column - 1); of <= Math.min(this.#columns - 1, column + 1); of++)
        for (let dot = this.#last[at * this.#columns + of] ?? -1; dot >= 0; dot = this.#before[dot] ?? -1)
          each(dot);
  }

  #columnOf(x: number): number {
    return Math.min(this.#columns - 1, Math.max(0, Math.floor((x - this.#box.x) / this.#side)));
  }

  #rowOf(y: number): number {
    return Math.min(this.#rows - 1, Math.max(0, Math.floor((y - this.#box.y) / this.#side)));
  }
}

function moveApart(x: Float64Array, y: Float64Array, distance: number, grid: Grid): boolean {
  grid.fill(x, y);
  let hasMoved = false;
  for (let index = 0; index < x.length; index++)
    grid.around(x[index] ?? 0, y[index] ?? 0, (other) => {
      if (other > index && pushApart(x, y, index, other, distance)) hasMoved = true;
    });
  return hasMoved;
}

function pushApart(x: Float64Array, y: Float64Array, one: number, other: number, distance: number): boolean {
  let dx = (x[other] ?? 0) - (x[one] ?? 0);
  let dy = (y[other] ?? 0) - (y[one] ?? 0);
  let length = Math.hypot(dx, dy);
  // A tenth of a pixel is not worth another round.
  if (length > distance - 0.1) return false;
  if (length < 0.01) {
    dx = Math.cos(other * goldenAngle);
    dy = Math.sin(other * goldenAngle);
    length = 1;
  }
  const push = (distance - Math.min(length, distance)) / 2 / length;
  x[one] = (x[one] ?? 0) - dx * push;
  y[one] = (y[one] ?? 0) - dy * push;
  x[other] = (x[other] ?? 0) + dx * push;
  y[other] = (y[other] ?? 0) + dy * push;
  return true;
}
