// Timers of one machine's foreign code: what it set, in the order in which it falls due.
import type { Instant } from '../../../protocol/time.ts';

/** What `setTimeout` returns in Node: code in the wild calls these. */
export class VirtualTimer {
  readonly #timers: VirtualTimers;
  readonly milliseconds: number;
  readonly repeats: boolean;
  readonly run: () => void;
  due = 0;
  sequence = 0;
  isSet = false;

  constructor(timers: VirtualTimers, milliseconds: number, repeats: boolean, run: () => void) {
    this.#timers = timers;
    this.milliseconds = milliseconds;
    this.repeats = repeats;
    this.run = run;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  /** Begins anew, as in Node also when it has fired. */
  refresh(): this {
    this.#timers.start(this);
    return this;
  }

  close(): this {
    this.#timers.clear(this);
    return this;
  }
}

interface Entry {
  readonly due: number;
  readonly sequence: number;
  readonly timer: VirtualTimer;
}

/** One machine's timers. Time stands still but for {@link advanceTo}. */
export class VirtualTimers {
  #now = 0 as Instant;
  #sequence = 0;
  /** A binary heap by (due, sequence); entries of timers that were cleared or begun anew are void. */
  readonly #heap: Entry[] = [];

  get now(): Instant {
    return this.#now;
  }

  advanceTo(now: Instant): void {
    this.#now = now;
  }

  /** As Node does: less than 1 ms, or no number, is 1 ms; fractions are cut off. */
  set(run: () => void, milliseconds: unknown, repeats: boolean): VirtualTimer {
    const asked = Math.trunc(Number(milliseconds));
    const timer = new VirtualTimer(this, asked >= 1 && asked <= 0x7fff_ffff ? asked : 1, repeats, run);
    this.start(timer);
    return timer;
  }

  start(timer: VirtualTimer): void {
    timer.due = this.#now + timer.milliseconds * 1_000;
    timer.sequence = this.#sequence++;
    timer.isSet = true;
    this.#push({ due: timer.due, sequence: timer.sequence, timer });
  }

  clear(timer: unknown): void {
    if (timer instanceof VirtualTimer) timer.isSet = false;
  }

  /** When the next one falls due; undefined when there is none. */
  get next(): Instant | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (isValid(top)) return top.due as Instant;
      this.#pop();
    }
    return undefined;
  }

  /** Runs the first that is due by now; false when there is none. */
  runOne(): boolean {
    const due = this.next;
    if (due === undefined || due > this.#now) return false;
    const { timer } = this.#pop();
    timer.isSet = false;
    if (timer.repeats) this.start(timer);
    timer.run();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isValid({ timer, sequence }: Entry): boolean {
  return timer.isSet && timer.sequence === sequence;
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.due < right.due || (left.due === right.due && left.sequence < right.sequence);
}
