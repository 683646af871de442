// The parts that frames are made of: numbers of variable length, keys, coordinates.
import type { Coordinates } from './coordinates.ts';
import { keyBytes, nodeKey, type NodeKey } from './node-key.ts';

/** Bytes of an Ed25519 signature. */
export const signatureBytes = 64;

/** The fewest bytes of a hop: port, key, signature (types/signaturehop.go). */
export const leastHopBytes = 1 + keyBytes + signatureBytes;

const limit = 128;

/** How many bytes a number takes: seven bits in each, most significant first, the top bit set in all but the last (types/varu64.go). */
export function variableLength(value: number): number {
  let length = 1;
  for (let rest = Math.floor(value / limit); rest > 0; rest = Math.floor(rest / limit)) length++;
  return length;
}

/** Bytes that the coordinates take with their length before them. */
export function coordinatesLength(coordinates: Coordinates): number {
  let length = 2;
  for (const port of coordinates) length += variableLength(port);
  return length;
}

/** The value of a lower-case hexadecimal digit. */
function digitAt(key: NodeKey, index: number): number {
  const code = key.charCodeAt(index);
  return code < 0x61 ? code - 0x30 : code - 0x57;
}

/** Writes the parts one after the other into bytes of known length. */
export class Writer {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  byte(value: number): this {
    this.bytes[this.#at++] = value;
    return this;
  }

  short(value: number): this {
    return this.byte(value >> 8).byte(value & 0xff);
  }

  long(value: number): this {
    return this.short(value >>> 16).short(value & 0xffff);
  }

  key(key: NodeKey): this {
    for (let index = 0; index < 2 * keyBytes; index += 2)
      this.bytes[this.#at++] = (digitAt(key, index) << 4) | digitAt(key, index + 1);
    return this;
  }

  variable(value: number): this {
    const length = variableLength(value);
    let rest = value;
    for (let index = length - 1; index >= 0; index--) {
      this.bytes[this.#at + index] = (rest % limit) | (index === length - 1 ? 0 : limit);
      rest = Math.floor(rest / limit);
    }
    this.#at += length;
    return this;
  }

  coordinates(coordinates: Coordinates): this {
    this.short(coordinatesLength(coordinates) - 2);
    for (const port of coordinates) this.variable(port);
    return this;
  }
}

/** Reads the parts; what is not there is undefined, and nothing after it can be read either. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;
  #failed = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Whether something was missing. */
  get failed(): boolean {
    return this.#failed;
  }

  raw(length: number): Uint8Array {
    if (this.#failed || length > this.left) {
      this.#failed = true;
      return new Uint8Array(0);
    }
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  byte(): number {
    return this.raw(1)[0] ?? 0;
  }

  short(): number {
    return this.byte() * 256 + this.byte();
  }

  long(): number {
    return this.short() * 65_536 + this.short();
  }

  key(): NodeKey {
    return nodeKey(this.raw(keyBytes));
  }

  /** So many bytes, to be read by themselves. */
  part(length: number): Reader {
    return new Reader(this.raw(length));
  }

  /**
   * The last byte ends a number even if it does not say so (types/varu64.go). One beyond 2^53 - 1 counts as missing: nobody's
   * clock or port is that high.
   */
  variable(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * limit + (byte % limit);
      if (value > Number.MAX_SAFE_INTEGER) this.#failed = true;
      if (this.#failed || byte < limit || this.left === 0) return value;
    }
  }

  coordinates(): Coordinates {
    const block = this.part(this.short());
    const ports: number[] = [];
    while (!block.failed && block.left > 0) ports.push(block.variable());
    if (block.failed) this.#failed = true;
    return ports;
  }
}
