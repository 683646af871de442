// The slow twin of the event queue: a sorted list, obviously right.
import type { EventHandle, EventKind } from '../../sim/kernel/scheduler.ts';

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly kind: EventKind;
  readonly node: number;
  readonly payload: unknown;
  readonly extra: number;
}

export class SortedQueue {
  readonly #entries: Entry[] = [];
  #sequence = 0;
  #sorted = true;

  push(at: number, kind: EventKind, node: number, payload: unknown, extra: number): EventHandle {
    this.#entries.push({ at, sequence: this.#sequence, kind, node, payload, extra });
    this.#sorted = false;
    return this.#sequence++ as EventHandle;
  }

  cancel(handle: EventHandle): boolean {
    const index = this.#entries.findIndex(({ sequence }) => sequence === handle);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    return true;
  }

  pop(): Entry | undefined {
    if (!this.#sorted)
      this.#entries.sort((left, right) => left.at - right.at || left.sequence - right.sequence);
    this.#sorted = true;
    return this.#entries.shift();
  }

  get live(): number {
    return this.#entries.length;
  }
}
