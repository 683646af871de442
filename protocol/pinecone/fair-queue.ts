// Traffic that waits for a peer: many short queues, so that one pair of nodes that talks a lot delays itself first.
import type { RandomStream } from '../random-stream.ts';
import { queueing } from './constants.ts';
import type { Traffic } from './frames.ts';

/**
 * Queue 0 is for what comes while nothing waits; else a frame's ends name its queue. A full queue loses its oldest frame
 * (router/queuefairfifo.go).
 */
export class FairQueue {
  readonly #queues: number;
  /** Makes which pairs share a queue differ from node to node. */
  readonly #offset: number;
  readonly #waiting = new Map<number, Traffic[]>();
  #count = 0;
  #last = 0;

  constructor(queues: number, random: RandomStream) {
    this.#queues = queues;
    this.#offset = random.integer(0, 65_535);
  }

  get length(): number {
    return this.#count;
  }

  /** Adds a frame; returns the one that is lost for it. */
  push(frame: Traffic): Traffic | undefined {
    let index = this.#count === 0 ? 0 : this.#hash(frame) + 1;
    let lost: Traffic | undefined;
    const full = this.#waiting.get(index);
    if (full !== undefined && full.length >= queueing.framesPerQueue) {
      lost = full.shift();
      this.#count--;
      if (this.#count === 0) index = 0;
    }
    const queue = this.#waiting.get(index);
    if (queue === undefined) this.#waiting.set(index, [frame]);
    else queue.push(frame);
    this.#count++;
    return lost;
  }

  /** Takes the next frame: of queue 0, else of the queues in turn. */
  pop(): Traffic | undefined {
    if (this.#count === 0) return undefined;
    const index = this.#next();
    const queue = this.#waiting.get(index);
    const frame = queue?.shift();
    if (queue?.length === 0) this.#waiting.delete(index);
    this.#count--;
    return frame;
  }

  /** Everything that waits, for an account of what is lost with the peer. */
  *frames(): Iterable<Traffic> {
    for (const queue of this.#waiting.values()) yield* queue;
  }

  /** Which queue comes next; something waits. */
  #next(): number {
    if (this.#waiting.has(0)) return 0;
    do this.#last = (this.#last + 1) % (this.#queues + 1);
    while (!this.#waiting.has(this.#last));
    return this.#last;
  }

  #hash({ source, destination, sourceKey, destinationKey }: Traffic): number {
    let sum = this.#offset;
    for (const port of source) sum += port;
    for (const port of destination) sum += port;
    for (const key of [sourceKey, destinationKey])
      for (let index = 0; index < key.length; index += 2) sum += parseInt(key.slice(index, index + 2), 16);
    return sum % this.#queues;
  }
}
