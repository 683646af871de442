// A typed column that grows by doubling.

type NumberColumn = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Appends numbers; `take` hands out exactly what was appended. */
export class GrowingColumn<Column extends NumberColumn> {
  #make: new (length: number) => Column;
  #values: Column;
  #length = 0;

  constructor(make: new (length: number) => Column) {
    this.#make = make;
    this.#values = new make(1_024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#values = this.#sized(this.#length * 2);
    this.#values[this.#length++] = value;
  }

  /** The values, in an array of their own size. */
  take(): Column {
    return this.#sized(this.#length);
  }

  #sized(length: number): Column {
    const column = new this.#make(length);
    const kept = Math.min(length, this.#length);
    for (let index = 0; index < kept; index++) column[index] = this.#values[index] ?? 0;
    return column;
  }
}
