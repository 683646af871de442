// Inputs that wait for a node's processors: in which order they are taken, and how many requests may wait.
import type { ForeignWork, WaitingInput } from './node.ts';
import type { AdmissionSpec } from './token-bucket.ts';

/** What waits for a processor. */
export type Waiting = WaitingInput | ForeignWork;

/** How a server's requests wait. Everything left out: without limit, first in first out, and nobody looks who waits. */
export interface QueueSpec {
  /** Requests that may wait; a further one is turned away at once with status 503. */
  readonly limit?: number;
  /** Which request is next. Answers, messages and timers always go first in first out, before later requests. */
  readonly discipline?: QueueDiscipline;
  /**
   * Whether the server looks, before it begins, if the client still waits. Most do not: the work is done for nobody,
   * which is how a storm of retries keeps a server busy long after its cause (Huang et al., "Metastable failures in
   * the wild", OSDI 2022). Under a lasting overload it helps little in the order `fifo`: whoever still waits at the front
   * is about to give up.
   */
  readonly checksClient?: boolean;
  /** Requests beyond it are turned away on arrival with status 503, however idle the server is. */
  readonly admission?: AdmissionSpec;
}

/**
 * `fifo`: the oldest. `lifo`: the newest, so that some are served in time when not all can be (adaptive LIFO, Maurer,
 * "Fail at Scale", ACM Queue 13(8), 2015).
 */
export type QueueDiscipline = 'fifo' | 'lifo';

/** A list that is taken from its front without moving the rest each time. */
class Line {
  #items: (Waiting | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  get front(): Waiting | undefined {
    return this.#items[this.#first];
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  shift(): Waiting | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#items[this.#first++] = undefined;
    if (this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  pop(): Waiting | undefined {
    return this.length === 0 ? undefined : this.#items.pop();
  }

  drop(unwanted: (item: Waiting) => boolean): void {
    if (this.length === 0) return;
    this.#items = this.#items.slice(this.#first).filter((item) => item !== undefined && !unwanted(item));
    this.#first = 0;
  }
}

/** What waits at one node. */
export class InputQueue {
  readonly #spec: QueueSpec;
  /** Lines are made when somebody waits: nobody does on most of many phones. */
  #requests: Line | undefined;
  #others: Line | undefined;

  constructor(spec: QueueSpec) {
    this.#spec = spec;
  }

  /** Whether the server looks if the client of a request still waits. */
  get checksClient(): boolean {
    return this.#spec.checksClient === true;
  }

  get length(): number {
    return (this.#requests?.length ?? 0) + (this.#others?.length ?? 0);
  }

  /** False when it is a request for which there is no room. */
  add(waiting: Waiting): boolean {
    if ('input' in waiting && waiting.input.kind !== 'request') (this.#others ??= new Line()).push(waiting);
    else if ((this.#requests?.length ?? 0) >= (this.#spec.limit ?? Infinity)) return false;
    else (this.#requests ??= new Line()).push(waiting);
    return true;
  }

  /** The next to be handled; undefined when nothing waits. */
  take(): Waiting | undefined {
    const other = this.#others?.front;
    const request = this.#requests?.front;
    if (request === undefined) return this.#others?.shift();
    if (this.#spec.discipline === 'lifo') return this.#others?.shift() ?? this.#requests?.pop();
    return other !== undefined && other.number < request.number
      ? this.#others?.shift()
      : this.#requests?.shift();
  }

  /** Nobody wants these any more. */
  drop(unwanted: (waiting: WaitingInput) => boolean): void {
    const isUnwanted = (waiting: Waiting): boolean => 'input' in waiting && unwanted(waiting);
    this.#requests?.drop(isUnwanted);
    this.#others?.drop(isUnwanted);
  }

  /** The machine is off. */
  clear(): void {
    this.#requests = undefined;
    this.#others = undefined;
  }
}
