// Something of things that are numbered from 0: nodes, sites.

/** A list without gaps, whichever number comes first: an engine finds its entries without hashing. */
export class ByNumber<Value> {
  readonly #values: (Value | undefined)[] = [];

  get(number: number): Value | undefined {
    return this.#values[number];
  }

  set(number: number, value: Value | undefined): void {
    while (this.#values.length <= number) this.#values.push(undefined);
    this.#values[number] = value;
  }

  /** In order of numbers. */
  *values(): Generator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }
}
