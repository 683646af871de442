// Room state as an immutable map with structural sharing, and a digest that tells at once whether two are equal.
import { sha256Hex } from '../crypto.ts';
import { compareCodePoints } from '../order.ts';
import { splitStateMapKey, stateMapKey } from './auth-state.ts';
import type { EventId } from './ids.ts';
import { stateText } from './state-lines.ts';

/** Changes kept beside a shared base before both are merged into a new one. */
const leastOverlay = 16;

type Base = ReadonlyMap<string, EventId>;
/** Undefined hides an entry of the base. */
type Overlay = ReadonlyMap<string, EventId | undefined>;

/** 64 bits over the content, in two halves. */
interface Digest {
  readonly low: number;
  readonly high: number;
}

const emptyBase: Base = new Map();
const emptyOverlay: Overlay = new Map();

/**
 * Event ids by (type, state key). `set` shares everything but the change: it costs about the square root of the size,
 * spread over many calls. Two maps with equal content have equal digests whatever their history.
 */
export class StateMap {
  static readonly empty: StateMap = new StateMap(emptyBase, emptyOverlay, 0, { low: 0, high: 0 });

  readonly size: number;
  readonly #base: Base;
  readonly #overlay: Overlay;
  /** Worked out when first asked for: a state that is only read needs none. */
  #digest: Digest | undefined;
  #digestText: string | undefined;
  #sha256: string | undefined;

  private constructor(base: Base, overlay: Overlay, size: number, digest?: Digest) {
    this.#base = base;
    this.#overlay = overlay;
    this.size = size;
    this.#digest = digest;
  }

  /** A map of these entries, by {@link stateMapKey}. */
  static of(entries: Iterable<readonly [string, EventId]>): StateMap {
    const base = new Map(entries);
    return new StateMap(base, emptyOverlay, base.size);
  }

  /** Maps that have the entries of `base` in common and others each for itself. None of the arguments may change again. */
  static sharing(
    base: ReadonlyMap<string, EventId>,
    own: readonly ReadonlyMap<string, EventId>[],
  ): readonly StateMap[] {
    return own.map((overlay) => {
      let { size } = base;
      for (const key of overlay.keys()) if (!base.has(key)) size++;
      return new StateMap(base, overlay, size);
    });
  }

  /**
   * Keys for which the maps do not all have the same entry; a map without the key has a different one. Costs the number
   * of changes for maps that grew from one, and one walk over each otherwise.
   */
  static keysInConflict(states: readonly StateMap[]): readonly string[] {
    const [first, ...rest] = states;
    if (first === undefined) return [];
    const others = rest.filter((other) => !other.#isKnownToEqual(first));
    const differs = (key: string, id: EventId | undefined): boolean => {
      for (const other of others) if (other.getKey(key) !== id) return true;
      return false;
    };
    if (others.every((other) => other.#base === first.#base)) {
      const changed = new Set(first.#overlay.keys());
      for (const other of others) for (const key of other.#overlay.keys()) changed.add(key);
      return [...changed].filter((key) => differs(key, first.getKey(key)));
    }
    const conflict: string[] = [];
    first.forEach((key, id) => {
      if (differs(key, id)) conflict.push(key);
    });
    const absent = new Set<string>();
    for (const other of others) {
      other.forEach((key) => {
        if (first.getKey(key) === undefined) absent.add(key);
      });
    }
    return absent.size === 0 ? conflict : [...conflict, ...absent];
  }

  /** Equal states, equal digests, as hexadecimal. Not for use against an adversary. */
  get digest(): string {
    if (this.#digestText === undefined) {
      const { low, high } = this.#bits();
      this.#digestText = hex(high) + hex(low);
    }
    return this.#digestText;
  }

  get(type: string, stateKey: string): EventId | undefined {
    return this.getKey(stateMapKey(type, stateKey));
  }

  getKey(key: string): EventId | undefined {
    if (this.#overlay.size === 0) return this.#base.get(key);
    const changed = this.#overlay.get(key);
    return changed === undefined && !this.#overlay.has(key) ? this.#base.get(key) : changed;
  }

  /** The map with one entry added or replaced. */
  set(type: string, stateKey: string, id: EventId): StateMap {
    return this.setKey(stateMapKey(type, stateKey), id);
  }

  /** The same, by {@link stateMapKey}. */
  setKey(key: string, id: EventId): StateMap {
    return this.with([[key, id]]);
  }

  /** The map with these entries added, replaced or, where undefined, removed. */
  with(changes: Iterable<readonly [string, EventId | undefined]>): StateMap {
    // An overlay that has grown long goes into a base of its own before it is copied once more.
    const isLong = this.#overlay.size > leastOverlay && this.#overlay.size * this.#overlay.size > this.size;
    const base = isLong ? merged(this.#base, this.#overlay) : this.#base;
    const overlay = new Map(isLong ? emptyOverlay : this.#overlay);
    // Where nobody has asked for the digest of this map, that of the next is not worked out either.
    const known = this.#digest;
    let { low, high } = known ?? { low: 0, high: 0 };
    let { size } = this;
    let changed = false;
    for (const [key, id] of changes) {
      const before = overlay.get(key) ?? (overlay.has(key) ? undefined : base.get(key));
      if (before === id) continue;
      changed = true;
      for (const each of [before, id]) {
        if (each === undefined || known === undefined) continue;
        const entry = entryHash(key, each);
        low ^= entry.low;
        high ^= entry.high;
      }
      if (before === undefined) size++;
      if (id === undefined) size--;
      overlay.set(key, id);
    }
    return changed ? new StateMap(base, overlay, size, known && { low, high }) : this;
  }

  /** Every entry once, in no particular order. */
  *entries(): Generator<readonly [string, EventId]> {
    if (this.#overlay.size === 0) {
      yield* this.#base;
      return;
    }
    for (const entry of this.#base) if (!this.#overlay.has(entry[0])) yield entry;
    for (const [key, id] of this.#overlay) if (id !== undefined) yield [key, id];
  }

  /** {@link entries} without an object for each. */
  forEach(visit: (key: string, id: EventId) => void): void {
    if (this.#overlay.size === 0) {
      this.#base.forEach((id, key) => visit(key, id));
      return;
    }
    this.#base.forEach((id, key) => {
      if (!this.#overlay.has(key)) visit(key, id);
    });
    this.#overlay.forEach((id, key) => {
      if (id !== undefined) visit(key, id);
    });
  }

  equals(other: StateMap): boolean {
    if (this === other) return true;
    if (this.size !== other.size) return false;
    const left = this.#bits();
    const right = other.#bits();
    return left.low === right.low && left.high === right.high;
  }

  #isKnownToEqual(other: StateMap): boolean {
    return (
      this === other || (this.#digest !== undefined && other.#digest !== undefined && this.equals(other))
    );
  }

  /** `[type, state key, event id]`, by code point. */
  sorted(): readonly (readonly [string, string, EventId])[] {
    return [...this.entries()]
      .sort(([left], [right]) => compareCodePoints(left, right))
      .map(([key, id]) => [...splitStateMapKey(key), id] as const);
  }

  /** SHA-256 over the lines `type \0 state_key \0 event_id \n`, sorted by code point. */
  sha256(): string {
    this.#sha256 ??= sha256Hex(stateText(this.#base, this.#overlay));
    return this.#sha256;
  }

  #bits(): Digest {
    if (this.#digest !== undefined) return this.#digest;
    let low = 0;
    let high = 0;
    this.forEach((key, id) => {
      const entry = entryHash(key, id);
      low ^= entry.low;
      high ^= entry.high;
    });
    this.#digest = { low, high };
    return this.#digest;
  }
}

function merged(base: Base, overlay: Overlay): Base {
  const result = new Map(base);
  for (const [key, id] of overlay) {
    if (id === undefined) result.delete(key);
    else result.set(key, id);
  }
  return result;
}

/** Two 32-bit lanes over a text, mixed well enough that XOR over entries keeps them apart. */
function entryHash(key: string, id: string): Digest {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (const text of [key, id]) {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15);
    }
    low = Math.imul(low ^ 0x1f, 0x01000193);
    high = Math.imul(high ^ 0x1f, 0x5bd1e995);
  }
  return { low: avalanche(low), high: avalanche(high ^ low) };
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
