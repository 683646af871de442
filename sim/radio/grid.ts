// Who may be near whom: a grid over the phones whose radio is on, so that the cost follows sessions and movement.
import type { NodeIndex } from '../observation.ts';

/** An axis-parallel rectangle, metres. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** Cells on each side of the origin: planes up to 2^20 cells wide have keys that are exact. */
const halfWidth = 1_048_576;

/** One city's plane in square cells. A phone is in every cell that its area touches. */
export class Grid {
  readonly #cellMetres: number;
  readonly #cells = new Map<number, NodeIndex[]>();
  readonly #areas = new Map<NodeIndex, Area>();

  /** Cells of about the greatest range are best: few cells to look at, few phones that are too far. */
  constructor(cellMetres: number) {
    this.#cellMetres = cellMetres;
  }

  /** Puts a phone where it will be; it was nowhere before. */
  add(phone: NodeIndex, area: Area): void {
    this.#areas.set(phone, area);
    this.#eachCell(area, (key) => {
      const cell = this.#cells.get(key);
      if (cell === undefined) this.#cells.set(key, [phone]);
      else cell.push(phone);
    });
  }

  remove(phone: NodeIndex): void {
    const area = this.#areas.get(phone);
    if (area === undefined) return;
    this.#areas.delete(phone);
    this.#eachCell(area, (key) => {
      const cell = this.#cells.get(key);
      if (cell === undefined) return;
      const at = cell.indexOf(phone);
      cell.splice(at, 1);
      if (cell.length === 0) this.#cells.delete(key);
    });
  }

  /** Phones whose area may be within `range` metres of this one; each once, in ascending order. */
  near(area: Area, range: number): readonly NodeIndex[] {
    const found = new Set<NodeIndex>();
    const wider = {
      left: area.left - range,
      right: area.right + range,
      bottom: area.bottom - range,
      top: area.top + range,
    };
    this.#eachCell(wider, (key) => {
      for (const phone of this.#cells.get(key) ?? []) {
        const other = this.#areas.get(phone);
        if (other !== undefined && overlaps(wider, other)) found.add(phone);
      }
    });
    return [...found].sort((left, right) => left - right);
  }

  /** Cells in use: for tests of the memory bound. */
  get size(): number {
    return this.#cells.size;
  }

  #eachCell(area: Area, visit: (key: number) => void): void {
    const left = Math.floor(area.left / this.#cellMetres);
    const right = Math.floor(area.right / this.#cellMetres);
    const bottom = Math.floor(area.bottom / this.#cellMetres);
    const top = Math.floor(area.top / this.#cellMetres);
    for (let column = left; column <= right; column++)
      for (let row = bottom; row <= top; row++)
        visit((column + halfWidth) * (2 * halfWidth) + (row + halfWidth));
  }
}

function overlaps(one: Area, other: Area): boolean {
  return (
    one.left <= other.right && other.left <= one.right && one.bottom <= other.top && other.bottom <= one.top
  );
}
