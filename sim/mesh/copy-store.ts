// One node's buffer: copies in the order in which they were received, and which messages it holds or was delivered.

const firstCapacity = 16;
const gone = -1;

/**
 * A queue of copies. Positions count every copy ever received, so they stay valid while copies before them leave;
 * only a change of `layout` moves them.
 */
export class CopyStore {
  /** Message of each position, -1 where it left; the first entry stands at position `base`. */
  messages = new Int32Array(firstCapacity);
  /** Hops that the copy has behind it. */
  #hops = new Uint16Array(firstCapacity);
  base = 0;
  /** First position that may hold a copy, and the one after the last. */
  head = 0;
  tail = 0;
  /** Copies held. */
  count = 0;
  /** Bytes held. What is being received does not count: as in The ONE, room for it was made when it began. */
  occupied = 0;
  /** How often positions were assigned anew. */
  layout = 0;
  /** How often a copy left: what a peer once found known may be unknown now. */
  forgotten = 0;
  /** One bit per message, allotted at first use: held here, or delivered to this node's user. */
  #known: Uint32Array;
  readonly #words: number;

  constructor(messages: number) {
    this.#words = (messages + 31) >>> 5;
    this.#known = noBits;
  }

  /** Bits of messages that are held or were delivered; may be shorter than the list, what is beyond is unknown. */
  get known(): Uint32Array {
    return this.#known;
  }

  knows(message: number): boolean {
    return (((this.#known[message >>> 5] ?? 0) >>> (message & 31)) & 1) === 1;
  }

  /** Notes that the message was delivered here, which no drop undoes. */
  markDelivered(message: number): void {
    this.#note(message);
  }

  /** Adds a copy at the end of the queue. */
  add(message: number, hops: number, bytes: number): void {
    if (this.tail - this.base === this.messages.length) this.#makeRoom();
    const index = this.tail++ - this.base;
    this.messages[index] = message;
    this.#hops[index] = hops;
    this.count++;
    this.occupied += bytes;
    this.#note(message);
  }

  /** Message at this position; -1 when it left. */
  at(position: number): number {
    return this.messages[position - this.base] ?? gone;
  }

  hopsAt(position: number): number {
    return this.#hops[position - this.base] ?? 0;
  }

  /** Where a held message stands; -1 when it is not held. */
  positionOf(message: number): number {
    for (let position = this.head; position < this.tail; position++) {
      if (this.at(position) === message) return position;
    }
    return -1;
  }

  /** Position of the copy received first, other than of `except`; -1 when there is none. */
  oldest(except: number): number {
    for (let position = this.head; position < this.tail; position++) {
      const message = this.at(position);
      if (message !== gone && message !== except) return position;
    }
    return -1;
  }

  /** Takes a copy out; the node may receive the message again. */
  remove(position: number, bytes: number): void {
    const message = this.at(position);
    this.messages[position - this.base] = gone;
    this.count--;
    this.occupied -= bytes;
    this.forgotten++;
    const word = message >>> 5;
    this.#known[word] = (this.#known[word] ?? 0) & ~(1 << (message & 31));
    while (this.head < this.tail && this.at(this.head) === gone) this.head++;
  }

  #note(message: number): void {
    if (this.#known === noBits) this.#known = new Uint32Array(this.#words);
    const word = message >>> 5;
    this.#known[word] = (this.#known[word] ?? 0) | (1 << (message & 31));
  }

  /** Makes room at the end: by moving up to where copies left at the front, by closing gaps, or by growing. */
  #makeRoom(): void {
    const capacity = this.messages.length;
    if (this.head - this.base > capacity >> 1) {
      this.messages.copyWithin(0, this.head - this.base);
      this.#hops.copyWithin(0, this.head - this.base);
      this.base = this.head;
    } else if (this.count < capacity >> 1) this.#closeGaps();
    else {
      const messages = new Int32Array(capacity * 2);
      const hops = new Uint16Array(capacity * 2);
      messages.set(this.messages);
      hops.set(this.#hops);
      this.messages = messages;
      this.#hops = hops;
    }
  }

  #closeGaps(): void {
    let index = 0;
    for (let position = this.head; position < this.tail; position++) {
      const message = this.at(position);
      if (message === gone) continue;
      this.messages[index] = message;
      this.#hops[index++] = this.hopsAt(position);
    }
    this.base = 0;
    this.head = 0;
    this.tail = index;
    this.layout++;
  }
}

const noBits = new Uint32Array(0);
