// A set of small whole numbers, such as those of an auth graph: a flag for each number, and the members in order.

const leastCapacity = 64;

/** Members iterate in the order in which they were added. */
export class NumberSet {
  /** In the order of adding. Not to be changed by callers. */
  readonly members: number[] = [];
  #flags: Uint8Array;

  /** `capacity` is a hint: numbers below it need no growing. */
  constructor(capacity = leastCapacity) {
    this.#flags = new Uint8Array(Math.max(leastCapacity, capacity));
  }

  get size(): number {
    return this.members.length;
  }

  has(number: number): boolean {
    return this.#flags[number] === 1;
  }

  /** Adds a number; false when it is in already. */
  add(number: number): boolean {
    if (number >= this.#flags.length) this.#grow(number + 1);
    if (this.#flags[number] === 1) return false;
    this.#flags[number] = 1;
    this.members.push(number);
    return true;
  }

  /** Takes all members out, for the next use. */
  clear(): void {
    for (const member of this.members) this.#flags[member] = 0;
    this.members.length = 0;
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.#flags.length * 2));
    grown.set(this.#flags);
    this.#flags = grown;
  }
}
