// Where instants stand on a space-time diagram: in order, with room for each, and longer waits a little further apart.

/** Pixels between two instants: at least, and for every factor of ten that lies between them. */
const least = 14;
const perDecade = 7;
/** Instants nearer than this share a row: microseconds. */
const together = 50;

/** From instants to heights. Not to scale: a wait of two hours and one of two milliseconds fit on one page. */
export class RowsOfTime {
  /** In order. */
  readonly instants: readonly number[];
  readonly height: number;
  readonly #tops: readonly number[];

  constructor(instants: Iterable<number>) {
    const sorted = [...new Set(instants)].sort((left, right) => left - right);
    const rows: number[] = [];
    for (const instant of sorted) if (instant - (rows.at(-1) ?? -Infinity) > together) rows.push(instant);
    let top = 0;
    this.#tops = rows.map((instant, index) => {
      const before = rows[index - 1];
      if (before !== undefined)
        top += least + perDecade * Math.max(0, Math.log10((instant - before) / 1_000));
      return top;
    });
    this.instants = rows;
    this.height = top;
  }

  /** Where an instant stands; between two rows in proportion, outside at the ends. */
  topOf(instant: number): number {
    let low = 0;
    let high = this.instants.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.instants[middle] ?? Infinity) <= instant) low = middle + 1;
      else high = middle;
    }
    const [before, after] = [this.instants[low - 1], this.instants[low]];
    const top = this.#tops[low - 1];
    if (before === undefined || top === undefined) return 0;
    if (after === undefined || instant - before <= together) return top;
    return top + (((this.#tops[low] ?? top) - top) * (instant - before)) / (after - before);
  }
}
