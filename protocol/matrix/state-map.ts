// Room state as an immutable map with structural sharing, and a digest that tells at once whether two are equal.
import { sha256Hex } from '../crypto.ts';
import { compareCodePoints } from '../order.ts';
import { splitStateMapKey, stateMapKey } from './auth-state.ts';
import type { EventId } from './ids.ts';

/** Changes kept beside a shared base before both are merged into a new one. */
const leastOverlay = 16;

/**
 * Event ids by (type, state key). `set` shares everything but the change: it costs about the square root of the size,
 * spread over many calls. Two maps with equal content have equal digests whatever their history.
 */
export class StateMap {
  static readonly empty: StateMap = new StateMap(new Map(), new Map(), 0, 0, 0);

  readonly size: number;
  readonly #base: ReadonlyMap<string, EventId>;
  readonly #overlay: ReadonlyMap<string, EventId>;
  readonly #low: number;
  readonly #high: number;

  private constructor(
    base: ReadonlyMap<string, EventId>,
    overlay: ReadonlyMap<string, EventId>,
    size: number,
    low: number,
    high: number,
  ) {
    this.#base = base;
    this.#overlay = overlay;
    this.size = size;
    this.#low = low;
    this.#high = high;
  }

  /** A map of these entries, by {@link stateMapKey}. */
  static of(entries: Iterable<readonly [string, EventId]>): StateMap {
    const base = new Map(entries);
    let low = 0;
    let high = 0;
    for (const [key, id] of base) {
      const [entryLow, entryHigh] = entryHash(key, id);
      low ^= entryLow;
      high ^= entryHigh;
    }
    return new StateMap(base, new Map(), base.size, low, high);
  }

  /** 64 bits over the content, as hexadecimal: equal states, equal digests. Not for use against an adversary. */
  get digest(): string {
    return hex(this.#high) + hex(this.#low);
  }

  get(type: string, stateKey: string): EventId | undefined {
    return this.getKey(stateMapKey(type, stateKey));
  }

  getKey(key: string): EventId | undefined {
    return this.#overlay.get(key) ?? this.#base.get(key);
  }

  /** The map with one entry added or replaced. */
  set(type: string, stateKey: string, id: EventId): StateMap {
    const key = stateMapKey(type, stateKey);
    const before = this.getKey(key);
    if (before === id) return this;
    let [low, high] = entryHash(key, id);
    low ^= this.#low;
    high ^= this.#high;
    if (before !== undefined) {
      const [oldLow, oldHigh] = entryHash(key, before);
      low ^= oldLow;
      high ^= oldHigh;
    }
    const size = this.size + (before === undefined ? 1 : 0);
    const overlay = new Map(this.#overlay).set(key, id);
    if (overlay.size > leastOverlay && overlay.size * overlay.size > size) {
      const base = new Map(this.#base);
      for (const [overlayKey, overlayId] of overlay) base.set(overlayKey, overlayId);
      return new StateMap(base, new Map(), size, low, high);
    }
    return new StateMap(this.#base, overlay, size, low, high);
  }

  /** Every entry once, in no particular order. */
  *entries(): Generator<readonly [string, EventId]> {
    for (const entry of this.#base) if (!this.#overlay.has(entry[0])) yield entry;
    yield* this.#overlay;
  }

  equals(other: StateMap): boolean {
    return (
      this === other || (this.size === other.size && this.#low === other.#low && this.#high === other.#high)
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
    const lines = [...this.entries()].map(([key, id]) => `${key}\0${id}\n`).sort(compareCodePoints);
    return sha256Hex(lines.join(''));
  }
}

/** Two 32-bit lanes over a text, mixed well enough that XOR over entries keeps them apart. */
function entryHash(key: string, id: string): readonly [number, number] {
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
  return [avalanche(low), avalanche(high ^ low)];
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
