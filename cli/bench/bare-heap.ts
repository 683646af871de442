// The reference loop of event queues: a binary heap on typed arrays that holds events and dispatches none.

/** A cheap reproducible delay of up to a million units: the same for every contestant. */
export function delays(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return 1 + ((state >>> 8) % 1_000_000);
  };
}

/** Payloads ordered by (time, order of pushing). */
export class BareHeap {
  readonly #times: Float64Array;
  readonly #sequences: Float64Array;
  readonly #payloads: Int32Array;
  #size = 0;
  #sequence = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#payloads = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  get earliest(): number {
    return this.#times[0] as number;
  }

  get payload(): number {
    return this.#payloads[0] as number;
  }

  push(at: number, payload: number): void {
    let position = this.#size++;
    const own = this.#sequence++;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.#isBefore(parent, at, own)) break;
      this.#move(parent, position);
      position = parent;
    }
    this.#put(position, at, own, payload);
  }

  pop(): void {
    const size = --this.#size;
    const at = this.#times[size] as number;
    const own = this.#sequences[size] as number;
    const payload = this.#payloads[size] as number;
    let position = 0;
    const half = size >> 1;
    while (position < half) {
      let child = 2 * position + 1;
      const right = child + 1;
      if (
        right < size &&
        this.#isBefore(right, this.#times[child] as number, this.#sequences[child] as number)
      )
        child = right;
      if (!this.#isBefore(child, at, own)) break;
      this.#move(child, position);
      position = child;
    }
    this.#put(position, at, own, payload);
  }

  #isBefore(position: number, at: number, own: number): boolean {
    const time = this.#times[position] as number;
    return time < at || (time === at && (this.#sequences[position] as number) < own);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#sequences[to] = this.#sequences[from] as number;
    this.#payloads[to] = this.#payloads[from] as number;
  }

  #put(position: number, at: number, own: number, payload: number): void {
    this.#times[position] = at;
    this.#sequences[position] = own;
    this.#payloads[position] = payload;
  }
}

/** The hold model on a bare heap: take one event, push one, the number pending stays. */
export class BareHold {
  readonly #heap: BareHeap;
  readonly #delay = delays();

  constructor(pending: number) {
    this.#heap = new BareHeap(pending + 2);
    for (let index = 0; index < pending; index++) this.#heap.push(this.#delay(), index);
  }

  /** Takes and pushes this many events. */
  run(events: number): void {
    const heap = this.#heap;
    for (let index = 0; index < events; index++) {
      const now = heap.earliest;
      const { payload } = heap;
      heap.pop();
      heap.push(now + this.#delay(), payload);
    }
  }
}
