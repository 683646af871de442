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

/** Words of an entry: the low 32 bits of its key; the 21 others, and above them 11 of its time; that time's low 32. */
const entryFields = 3;
const leastEntries = 16;
const wordRange = 4_294_967_296;
const keyBits = 21;
const keyMask = 0x1fffff;
/** Times are kept modulo this, a hundred days in microseconds. */
const timeRange = wordRange * 2_048;

/**
 * Remembers keys in the order of adding. Keys are non-negative safe integers; callers hash what they want to remember
 * into one (53 bits: two of a million live keys collide with probability below 1e-4).
 *
 * A ring of entries and, behind it in the same array, an open-addressing table of their positions, two to a word. It is
 * as small as it can be and lies together, because a hundred thousand phones have one each: 15 bytes a key, and growing
 * with use.
 */
export class SeenFilter {
  readonly #options: SeenFilterOptions;
  #words = new Int32Array(wordsFor(leastEntries));
  /** Of the ring. */
  #room = leastEntries;
  #head = 0;
  #size = 0;
  /** When the youngest entry was added. */
  #youngest = 0;

  constructor(options: SeenFilterOptions) {
    assert(options.trimTo < options.capacity && options.trimTo >= 0, 'trimming makes room');
    assert(options.capacity < 40_000, 'two positions fit into a word');
    assert(options.lifetime < timeRange / 4, 'times of live entries are told apart');
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
    if (this.#size === this.#room) this.#grow();
    const position = this.#wrapped(this.#head + this.#size);
    const words = this.#words;
    const first = position * entryFields;
    words[first] = key | 0;
    words[first + 1] = Math.floor(key / wordRange) | (Math.floor(now / wordRange) << keyBits);
    words[first + 2] = now | 0;
    this.#youngest = now;
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
    const { lifetime } = this.#options;
    const allAreOld = now - this.#youngest > lifetime;
    while (this.#size > 0 && (allAreOld || this.#ageOfOldest(now) > lifetime)) this.#dropOldest();
  }

  /** No entry is older than two lifetimes as long as the youngest is not older than one. */
  #ageOfOldest(now: Instant): number {
    const first = this.#head * entryFields;
    const high = (this.#words[first + 1] ?? 0) >>> keyBits;
    const addedAt = high * wordRange + ((this.#words[first + 2] ?? 0) >>> 0);
    return ((now % timeRange) - addedAt + timeRange) % timeRange;
  }

  #dropOldest(): void {
    this.#remove(this.#slotHolding(this.#head));
    this.#head = this.#wrapped(this.#head + 1);
    this.#size--;
  }

  #wrapped(position: number): number {
    return position >= this.#room ? position - this.#room : position;
  }

  // --- The table: a position + 1 in each slot, 0 in an empty one ---

  /** Slot in the table; negative when the key is not there. */
  #find(key: number): number {
    const words = this.#words;
    const low = key | 0;
    const high = Math.floor(key / wordRange);
    for (let slot = this.#home(low, high); ; slot = this.#next(slot)) {
      const entry = this.#entryAt(slot);
      if (entry === 0) return -1;
      const first = (entry - 1) * entryFields;
      if (words[first] === low && ((words[first + 1] ?? 0) & keyMask) === high) return slot;
    }
  }

  #slotHolding(position: number): number {
    let slot = this.#homeOf(position);
    while (this.#entryAt(slot) !== position + 1) slot = this.#next(slot);
    return slot;
  }

  #place(position: number): void {
    let slot = this.#homeOf(position);
    while (this.#entryAt(slot) !== 0) slot = this.#next(slot);
    this.#put(slot, position + 1);
  }

  /** Empties a slot and moves later entries of the same run up, so that probing never meets a hole. */
  #remove(emptied: number): void {
    const slots = slotsFor(this.#room);
    let hole = emptied;
    this.#put(hole, 0);
    for (let slot = this.#next(hole); ; slot = this.#next(slot)) {
      const entry = this.#entryAt(slot);
      if (entry === 0) return;
      const home = this.#homeOf(entry - 1);
      // It may move when the hole lies between its home and where it is now, cyclically.
      if ((slot - home + slots) % slots < (slot - hole + slots) % slots) continue;
      this.#put(hole, entry);
      this.#put(slot, 0);
      hole = slot;
    }
  }

  #homeOf(position: number): number {
    const first = position * entryFields;
    return this.#home(this.#words[first] ?? 0, (this.#words[first + 1] ?? 0) & keyMask);
  }

  /** Both halves of the key, multiplied by 2^32 / golden ratio so that neighbouring keys spread (Knuth, TAOCP 6.4). */
  #home(low: number, high: number): number {
    const mixed = Math.imul(low ^ high, 0x9e3779b1);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / wordRange) * slotsFor(this.#room));
  }

  #next(slot: number): number {
    return slot + 1 === slotsFor(this.#room) ? 0 : slot + 1;
  }

  #entryAt(slot: number): number {
    const word = this.#words[this.#room * entryFields + (slot >> 1)] ?? 0;
    return (slot & 1) === 0 ? word & 0xffff : word >>> 16;
  }

  #put(slot: number, entry: number): void {
    const at = this.#room * entryFields + (slot >> 1);
    const word = this.#words[at] ?? 0;
    this.#words[at] = (slot & 1) === 0 ? (word & ~0xffff) | entry : (word & 0xffff) | (entry << 16);
  }

  /** By an eighth: more would leave more of it empty than is worth the fewer moves. */
  #grow(): void {
    const before = this.#words;
    const head = this.#head * entryFields;
    const end = this.#room * entryFields;
    this.#room += this.#room >> 3;
    this.#words = new Int32Array(wordsFor(this.#room));
    this.#words.set(before.subarray(head, end));
    this.#words.set(before.subarray(0, head), end - head);
    this.#head = 0;
    for (let position = 0; position < this.#size; position++) this.#place(position);
  }
}

/** A quarter more than entries, so that it is never full. Even, since two share a word. */
function slotsFor(entries: number): number {
  return (entries + (entries >> 2) + 1) & ~1;
}

function wordsFor(entries: number): number {
  return entries * entryFields + (slotsFor(entries) >> 1);
}
