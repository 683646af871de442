// A map that mostly holds a handful of entries and is often empty. The language's own takes a table anew whenever it empties,
// and every few insertions after deletions.

/** More entries than this are not looked through one by one. */
const most = 24;

/** Keys and values in the order of insertion, as in a `Map`. Keys are compared by `===`. */
export class SmallMap<Key, Value> {
  #keys: (Key | undefined)[] = [];
  #values: (Value | undefined)[] = [];
  #size = 0;
  /** All entries, while there are many. */
  #many: Map<Key, Value> | undefined;

  get size(): number {
    return this.#many === undefined ? this.#size : this.#many.size;
  }

  /** The value that was put in before all others. */
  get first(): Value | undefined {
    if (this.#many === undefined) return this.#values[0];
    for (const value of this.#many.values()) return value;
    return undefined;
  }

  has(key: Key): boolean {
    return this.#many === undefined ? this.#find(key) >= 0 : this.#many.has(key);
  }

  get(key: Key): Value | undefined {
    if (this.#many !== undefined) return this.#many.get(key);
    const position = this.#find(key);
    return position < 0 ? undefined : this.#values[position];
  }

  set(key: Key, value: Value): void {
    if (this.#many !== undefined) {
      this.#many.set(key, value);
      return;
    }
    const position = this.#find(key);
    if (position >= 0) this.#values[position] = value;
    else if (this.#size < most) this.#append(key, value);
    else {
      this.#many = new Map<Key, Value>([...this.entries(), [key, value]]);
      this.#empty();
    }
  }

  /** False when there was no such key. */
  delete(key: Key): boolean {
    const many = this.#many;
    if (many !== undefined) {
      const was = many.delete(key);
      if (many.size === 0) this.#many = undefined;
      return was;
    }
    const position = this.#find(key);
    if (position < 0) return false;
    const keys = this.#keys;
    const values = this.#values;
    const last = --this.#size;
    for (let index = position; index < last; index++) {
      keys[index] = keys[index + 1];
      values[index] = values[index + 1];
    }
    keys[last] = undefined;
    values[last] = undefined;
    return true;
  }

  clear(): void {
    this.#many = undefined;
    this.#empty();
  }

  *entries(): Generator<[Key, Value]> {
    if (this.#many !== undefined) yield* this.#many;
    else
      for (let index = 0; index < this.#size; index++)
        yield [this.#keys[index] as Key, this.#values[index] as Value];
  }

  *keys(): Generator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[Key, Value]> {
    return this.entries();
  }

  #find(key: Key): number {
    const keys = this.#keys;
    for (let index = 0; index < this.#size; index++) if (keys[index] === key) return index;
    return -1;
  }

  /** Places of entries that are gone are used again: the lists do not shrink. */
  #append(key: Key, value: Value): void {
    const position = this.#size++;
    if (position === this.#keys.length) {
      this.#keys = withMoreRoom(this.#keys);
      this.#values = withMoreRoom(this.#values);
    }
    this.#keys[position] = key;
    this.#values[position] = value;
  }

  #empty(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
    this.#size = 0;
  }
}

/** Places for four more, and for half as many again: the language's own growth begins with seventeen. */
function withMoreRoom<Item>(items: readonly (Item | undefined)[]): (Item | undefined)[] {
  const { length } = items;
  const roomier = new Array<Item | undefined>(length + Math.max(4, length >> 1)).fill(undefined);
  for (let index = 0; index < length; index++) roomier[index] = items[index];
  return roomier;
}
