// What a replay knows of a run, and what of it holds at an instant: who is cut off, what is under way, what is held where.
import type { ReplayStart } from '../../../views/replay.ts';
import * as api from '../api.ts';

/** Numbers of a delivery and of a wait, as the server packs them. */
const movesWidth = 6;
const waitsWidth = 6;

/** A delivery under way, or just come. */
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
  readonly #parts: Int32Array[] = [];
  #rows = 0;
  /** Rows, over all parts, that take longer than an ordinary delivery. */
  readonly #long: number[] = [];
  readonly #waits = new Map<string, number[]>();
  #packedWaits: Int32Array = new Int32Array(0);
  #closed = false;

  constructor(id: string, start: ReplayStart) {
    this.#id = id;
    this.start = start;
  }

  get loaded(): number {
    return this.#rows;
  }

  /** Loads the rest, telling of each part. */
  async load(onPart: () => void): Promise<void> {
    this.#packedWaits = await api.waits(this.#id, this.start.system);
    for (let at = 0; at < this.#packedWaits.length; at += waitsWidth) {
      const key = `${this.#packedWaits[at]} ${this.#packedWaits[at + 1]}`;
      const list = this.#waits.get(key);
      if (list === undefined) this.#waits.set(key, [at]);
      else list.push(at);
    }
    while (this.#rows < this.start.deliveries && !this.#closed) {
      const part = await api.moves(this.#id, this.start.system, this.#rows);
      if (part.length === 0) break;
      this.#take(part);
      onPart();
    }
  }

  close(): void {
    this.#closed = true;
  }

  #take(part: Int32Array): void {
    this.#parts.push(part);
    for (let row = 0; row < part.length / movesWidth; row++) {
      const sent = part[row * movesWidth + 3] ?? 0;
      const delivered = part[row * movesWidth + 4] ?? -1;
      if (delivered < 0 || delivered - sent > ordinaryLength) this.#long.push(this.#rows + row);
    }
    this.#rows += part.length / movesWidth;
  }

  #move(row: number): Move {
    let [part, index] = [0, row];
    for (const each of this.#parts) {
      const rows = each.length / movesWidth;
      if (index < rows) break;
      index -= rows;
      part++;
    }
    const values = this.#parts[part];
    const at = (field: number): number => values?.[index * movesWidth + field] ?? 0;
    const delivered = at(4) < 0 ? Infinity : at(4);
    const twin = at(5) < 0 ? Infinity : at(5);
    return {
      message: at(0),
      sender: at(1),
      recipient: at(2),
      sent: at(3),
      delivered,
      isLate: twin < Infinity && delivered - twin > lateness,
    };
  }

  /** The first row sent at or after an instant. */
  #rowAt(time: number): number {
    let [low, high] = [0, this.#rows];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#move(middle).sent < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What is under way at an instant, or came since `since`; times in milliseconds, at most so many. */
  movesAt(time: number, since: number, most: number): readonly Move[] {
    const found: Move[] = [];
    const early = this.#rowAt(Math.min(since, time) - ordinaryLength);
    for (const row of this.#long) {
      if (found.length >= most || row >= early) break;
      const move = this.#move(row);
      if (move.sent <= time && move.delivered >= since) found.push(move);
    }
    for (let row = early; row < this.#rows && found.length < most; row++) {
      const move = this.#move(row);
      if (move.sent > time) break;
      if (move.delivered >= since) found.push(move);
    }
    return found;
  }

  /** Who holds a late delivery at an instant. */
  holderOf({ message, recipient }: Move, time: number): Held | undefined {
    for (const at of this.#waits.get(`${message} ${recipient}`) ?? []) {
      const [start = 0, end = 0, holder = 0, isByFault = 0] = this.#packedWaits.subarray(at + 2, at + 6);
      if (time < start || time >= end) continue;
      return holder < 0
        ? { server: -1 - holder, isByFault: isByFault === 1 }
        : { person: holder, isByFault: isByFault === 1 };
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
