// De-duplication with bounded memory: which keys were seen within a lifetime. Floods need it to end.
import { assert } from './assert.ts';
import type { Duration, Instant } from './time.ts';

/** How much a filter remembers. */
export interface SeenFilterOptions {
  /** Most keys at a time. Adding one more forgets the oldest until `trimTo` are left. */
  readonly capacity: number;
  readonly trimTo: number;
  /** A key is forgotten so long after it was added; seeing it again does not renew it. */
  readonly lifetime: Duration;
}

const leastRing = 16;

/**
 * Remembers keys in the order of adding. Keys are non-negative safe integers; callers hash what they want to remember
 * into one (53 bits: two of a million live keys collide with probability below 1e-4).
 *
 * A ring of (key, time) and an open-addressing table of ring positions, all numeric, growing with use: ten thousand
 * phones have one each.
 */
export class SeenFilter {
  readonly #options: SeenFilterOptions;
  #keys = new Float64Array(leastRing);
  #times = new Float64Array(leastRing);
  /** Ring position + 1 by hash, linear probing; twice the ring's size, so never full. */
  #table = new Int32Array(2 * leastRing);
  #head = 0;
  #size = 0;

  constructor(options: SeenFilterOptions) {
    assert(options.trimTo < options.capacity && options.trimTo >= 0, 'trimming makes room');
    this.#options = options;
  }

  /** Keys remembered, expired ones that nobody asked about included. */
  get size(): number {
    return this.#size;
  }

  /** Adds the key. False when it was seen before and is not forgotten yet. */
  add(key: number, now: Instant): boolean {
    this.#expire(now);
    if (this.#find(key) >= 0) return false;
    if (this.#size === this.#keys.length) this.#grow();
    const position = (this.#head + this.#size) & (this.#keys.length - 1);
    this.#keys[position] = key;
    this.#times[position] = now;
    this.#size++;
    this.#place(position);
    if (this.#size > this.#options.capacity) while (this.#size > this.#options.trimTo) this.#dropOldest();
    return true;
  }

  /** Whether the key was added and is not forgotten yet. */
  has(key: number, now: Instant): boolean {
    this.#expire(now);
    return this.#find(key) >= 0;
  }

  #expire(now: Instant): void {
    const oldest = now - this.#options.lifetime;
    while (this.#size > 0 && (this.#times[this.#head] ?? 0) < oldest) this.#dropOldest();
  }

  #dropOldest(): void {
    this.#remove(this.#find(this.#keys[this.#head] ?? 0));
    this.#head = (this.#head + 1) & (this.#keys.length - 1);
    this.#size--;
  }

  /** Slot in the table; negative when the key is not there. */
  #find(key: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let slot = slotOf(key) & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot] ?? 0;
      if (entry === 0) return -1;
      if (this.#keys[entry - 1] === key) return slot;
    }
  }

  #place(position: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let slot = slotOf(this.#keys[position] ?? 0) & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = position + 1;
  }

  /** Empties a slot and moves later entries of the same run up, so that probing never meets a hole. */
  #remove(emptied: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = emptied;
    table[hole] = 0;
    for (let slot = (hole + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = table[slot] ?? 0;
      const home = slotOf(this.#keys[entry - 1] ?? 0) & mask;
      // It may move when the hole lies between its home and where it is now, cyclically.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      table[hole] = entry;
      table[slot] = 0;
      hole = slot;
    }
  }

  #grow(): void {
    const before = this.#keys.length;
    const keys = new Float64Array(before * 2);
    const times = new Float64Array(before * 2);
    for (let index = 0; index < this.#size; index++) {
      const position = (this.#head + index) & (before - 1);
      keys[index] = this.#keys[position] ?? 0;
      times[index] = this.#times[position] ?? 0;
    }
    this.#keys = keys;
    this.#times = times;
    this.#head = 0;
    this.#table = new Int32Array(before * 4);
    for (let index = 0; index < this.#size; index++) this.#place(index);
  }
}

/** Both halves of the key, multiplied by 2^32 / golden ratio so that neighbouring keys spread (Knuth, TAOCP 6.4). */
function slotOf(key: number): number {
  const mixed = Math.imul((key | 0) ^ Math.floor(key / 4_294_967_296), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
