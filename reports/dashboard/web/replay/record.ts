// What a replay knows of a run, and what of it holds at an instant: who is cut off, what is under way, what is held where.
// A million deliveries are looked through many times a second: numbers in one array, and rows instead of objects.
import type { ReplayStart } from '../../../views/replay.ts';
import * as api from '../api.ts';

/** Numbers of a delivery and of a wait, as the server packs them. */
const movesWidth = 6;
const waitsWidth = 6;

/** A delivery. */
export interface Move {
  readonly message: number;
  readonly sender: number;
  readonly recipient: number;
  /** Milliseconds since the epoch; infinite: never. */
  readonly sent: number;
  readonly delivered: number;
  /** Later than without the faults by more than a second, or lost. */
  readonly isLate: boolean;
}

/** Where a late delivery is held: a person's phone, or a machine by its place in the list. */
export interface Held {
  readonly person?: number;
  readonly server?: number;
  readonly isByFault: boolean;
}

/** How long before an instant ordinary deliveries may have been sent that still are under way, milliseconds. */
const ordinaryLength = 120_000;
const lateness = 1_000;

/** A run's record as far as it has come from the server. */
export class ReplayRecord {
  readonly start: ReplayStart;
  readonly #id: string;
  readonly #moves: Int32Array;
  #rows = 0;
  /** Rows that take longer than an ordinary delivery, in order. */
  readonly #long: number[] = [];
  #waits: Int32Array = new Int32Array(0);
  /** Where the waits of each row begin among all; of the last one also where they end. */
  #waitsOf: Int32Array = new Int32Array(0);
  #closed = false;

  constructor(id: string, start: ReplayStart) {
    this.#id = id;
    this.start = start;
    this.#moves = new Int32Array(start.deliveries * movesWidth);
  }

  get loaded(): number {
    return this.#rows;
  }

  /** Takes the first part and loads the rest, telling of each: deliveries, then where the late ones were held. */
  async load(onPart: (isWhole: boolean) => void, first: Int32Array): Promise<void> {
    this.#take(first);
    onPart(false);
    while (this.#rows < this.start.deliveries && !this.#closed) {
      const part = await api.moves(this.#id, this.start.system, this.#rows);
      if (part.length === 0) break;
      this.#take(part);
      onPart(false);
    }
    const waits = this.#closed ? undefined : await api.waits(this.#id, this.start.system);
    // Whoever left meanwhile looks at something else.
    if (waits === undefined || this.#closed) return;
    this.#takeWaits(waits);
    onPart(true);
  }

  close(): void {
    this.#closed = true;
  }

  #take(part: Int32Array): void {
    const first = this.#rows;
    this.#moves.set(part, first * movesWidth);
    this.#rows += part.length / movesWidth;
    for (let row = first; row < this.#rows; row++)
      if (this.deliveredAt(row) - this.sentAt(row) > ordinaryLength) this.#long.push(row);
  }

  /** Waits come in the order of the deliveries that they belong to. */
  #takeWaits(packed: Int32Array): void {
    const of = new Int32Array(this.#rows + 1);
    const waits = packed.length / waitsWidth;
    let wait = 0;
    for (let row = 0; row < this.#rows; row++) {
      of[row] = wait;
      const at = row * movesWidth;
      while (
        wait < waits &&
        packed[wait * waitsWidth] === this.#moves[at] &&
        packed[wait * waitsWidth + 1] === this.#moves[at + 2]
      )
        wait++;
    }
    of[this.#rows] = wait;
    this.#waits = packed;
    this.#waitsOf = of;
  }

  #number(row: number, field: number): number {
    return this.#moves[row * movesWidth + field] ?? 0;
  }

  senderOf(row: number): number {
    return this.#number(row, 1);
  }

  recipientOf(row: number): number {
    return this.#number(row, 2);
  }

  /** Milliseconds since the epoch. */
  sentAt(row: number): number {
    return this.#number(row, 3);
  }

  /** Infinite: never. */
  deliveredAt(row: number): number {
    const at = this.#number(row, 4);
    return at < 0 ? Infinity : at;
  }

  isLate(row: number): boolean {
    const twin = this.#number(row, 5);
    return twin >= 0 && this.deliveredAt(row) - twin > lateness;
  }

  /** The delivery of a row. */
  move(row: number): Move {
    return {
      message: this.#number(row, 0),
      sender: this.senderOf(row),
      recipient: this.recipientOf(row),
      sent: this.sentAt(row),
      delivered: this.deliveredAt(row),
      isLate: this.isLate(row),
    };
  }

  /** The first row sent at or after an instant. */
  #rowAt(time: number): number {
    let [low, high] = [0, this.#rows];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sentAt(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Visits every row that is under way at an instant, or came since `since`; times in milliseconds. */
  visit(time: number, since: number, each: (row: number) => void): void {
    const early = this.#rowAt(Math.min(since, time) - ordinaryLength);
    for (const row of this.#long) {
      if (row >= early) break;
      if (this.deliveredAt(row) >= since) each(row);
    }
    for (let row = early; row < this.#rows && this.sentAt(row) <= time; row++)
      if (this.deliveredAt(row) >= since) each(row);
  }

  /** Who holds a late delivery at an instant. */
  holderOf(row: number, time: number): Held | undefined {
    const end = this.#waitsOf[row + 1] ?? 0;
    for (let wait = this.#waitsOf[row] ?? 0; wait < end; wait++) {
      const of = (field: number): number => this.#waits[wait * waitsWidth + field] ?? 0;
      if (time < of(2) || time >= of(3)) continue;
      const [holder, isByFault] = [of(4), of(5) === 1];
      return holder < 0 ? { server: -1 - holder, isByFault } : { person: holder, isByFault };
    }
    return undefined;
  }

  /** People cut off at an instant, milliseconds. */
  cutOffAt(time: number): ReadonlySet<number> {
    const found = new Set<number>();
    for (const [person, from, to] of this.start.cutOff)
      if (from * 1_000 <= time && time < to * 1_000) found.add(person);
    return found;
  }
}
