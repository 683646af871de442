// A map that takes no memory to speak of until something is in it: the language's own takes 184 bytes, and each of a
// hundred thousand phones has a dozen that stay empty.

const nothing: ReadonlyMap<never, never> = new Map<never, never>();

/** Entries in the order of insertion, as in a `Map`. */
export class LazyMap<Key, Value> {
  #entries: Map<Key, Value> | undefined = undefined;

  get size(): number {
    return this.#entries === undefined ? 0 : this.#entries.size;
  }

  has(key: Key): boolean {
    return this.#entries?.has(key) === true;
  }

  get(key: Key): Value | undefined {
    return this.#entries?.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  /** False when there was no such key. */
  delete(key: Key): boolean {
    return this.#entries?.delete(key) === true;
  }

  clear(): void {
    this.#entries = undefined;
  }

  keys(): Iterable<Key> {
    return (this.#entries ?? nothing).keys();
  }

  values(): Iterable<Value> {
    return (this.#entries ?? nothing).values();
  }

  entries(): Iterable<readonly [Key, Value]> {
    return (this.#entries ?? nothing).entries();
  }
}
