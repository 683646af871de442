// Whose turn it is: nodes for which something may have changed, in ascending order, each at most once per round.

/** A min-heap of small integers. */
class Waiting {
  readonly #heap: number[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(value: number): void {
    const heap = this.#heap;
    let position = heap.length;
    heap.push(value);
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above <= value) break;
      heap[position] = above;
      position = parent;
    }
    heap[position] = value;
  }

  pop(): number {
    const heap = this.#heap;
    const least = heap[0] ?? -1;
    const value = heap.pop() ?? -1;
    const size = heap.length;
    if (size === 0) return least;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= size) break;
      if (child + 1 < size && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
      if ((heap[child] ?? 0) >= value) break;
      heap[position] = heap[child] ?? 0;
      position = child;
    }
    heap[position] = value;
    return least;
  }
}

/**
 * Rounds of turns. A node woken in a round gets its turn in it unless that has passed; then it is in the next round.
 * Only nodes that were woken cost anything.
 */
export class TurnOrder {
  readonly #waits: Uint8Array;
  #thisRound = new Waiting();
  #nextRound = new Waiting();
  /** The node whose turn it is; -1 between rounds. */
  #current = -1;

  constructor(nodes: number) {
    this.#waits = new Uint8Array(nodes);
  }

  /** Whether a node waits for the next round. */
  get isPending(): boolean {
    return this.#nextRound.size > 0;
  }

  /** Lets a node have a turn. */
  wake(node: number): void {
    if (this.#waits[node] === 1) return;
    this.#waits[node] = 1;
    const round = this.#current >= 0 && node > this.#current ? this.#thisRound : this.#nextRound;
    round.push(node);
  }

  /** Begins a round; `next` then gives its nodes. The round before must have ended. */
  beginRound(): void {
    const spent = this.#thisRound;
    this.#thisRound = this.#nextRound;
    this.#nextRound = spent;
  }

  /** The node whose turn it is now; -1 when the round is over. */
  next(): number {
    if (this.#thisRound.size === 0) return (this.#current = -1);
    const node = this.#thisRound.pop();
    this.#waits[node] = 0;
    return (this.#current = node);
  }
}
