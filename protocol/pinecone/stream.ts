// One direction of one exchange in a session: bytes cut into parts, sent again until acknowledged, put together again.
import type { UserMessageId } from '../message.ts';
import { partBytes, type DataPacket } from './packets.ts';

/** Bytes on their way out. */
export class OutStream {
  readonly #session: number;
  readonly #stream: number;
  readonly #isAnswer: boolean;
  readonly #bytes: Uint8Array;
  readonly carries: readonly UserMessageId[];
  readonly #unacknowledged = new Set<number>();
  #next = 0;

  constructor(
    address: { readonly session: number; readonly stream: number; readonly isAnswer: boolean },
    bytes: Uint8Array,
    carries: readonly UserMessageId[],
  ) {
    this.#session = address.session;
    this.#stream = address.stream;
    this.#isAnswer = address.isAnswer;
    this.#bytes = bytes;
    this.carries = carries;
  }

  get isDone(): boolean {
    return this.#next >= this.#bytes.length && this.#unacknowledged.size === 0;
  }

  get inFlight(): number {
    return this.#unacknowledged.size;
  }

  /** The next part that was not sent yet. */
  next(): DataPacket | undefined {
    if (this.#next >= this.#bytes.length) return undefined;
    const packet = this.#part(this.#next);
    this.#unacknowledged.add(this.#next);
    this.#next += packet.bytes.length;
    return packet;
  }

  /** Everything that was sent and not acknowledged, oldest first. */
  again(): readonly DataPacket[] {
    return [...this.#unacknowledged].map((offset) => this.#part(offset));
  }

  /** False when the part was acknowledged before. */
  acknowledge(offset: number): boolean {
    return this.#unacknowledged.delete(offset);
  }

  #part(offset: number): DataPacket {
    return {
      kind: 'data',
      session: this.#session,
      stream: this.#stream,
      isAnswer: this.#isAnswer,
      offset,
      length: this.#bytes.length,
      bytes: this.#bytes.subarray(offset, offset + partBytes),
    };
  }
}

/** Bytes coming in, in any order. */
export class InStream {
  readonly #bytes: Uint8Array;
  readonly #seen = new Set<number>();
  #left: number;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#left = length;
  }

  /** Takes a part; the whole once, when the last part has come. */
  take({ offset, bytes, length }: DataPacket): Uint8Array | undefined {
    const isSound =
      offset % partBytes === 0 &&
      length === this.#bytes.length &&
      bytes.length === Math.min(partBytes, length - offset);
    if (!isSound || this.#seen.has(offset)) return undefined;
    this.#seen.add(offset);
    this.#bytes.set(bytes, offset);
    this.#left -= bytes.length;
    return this.#left === 0 ? this.#bytes : undefined;
  }
}
