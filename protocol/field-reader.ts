// Bytes read forward, each part of them named: what a dissector prints, and where it had to stop.
import { fromHex, toHex } from './bytes.ts';
import { accept, reject, type Outcome, type Rejection } from './outcome.ts';

/** One part of a packet. */
export interface Field {
  /** From the beginning of what is taken apart. Inside a compressed payload: of the inflated bytes. */
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  /** At most the first 32 bytes. */
  readonly hex: string;
  /** What it says, for people. */
  readonly meaning: string;
  /** How deep it lies: 0 for the frame, 1 for the payload, 2 for fields of a payload's field. */
  readonly depth: number;
}

const mostHexBytes = 32;

/** A part that ends before it should; caught where the dissection was begun. */
export class Truncated extends Error {
  override readonly name = 'Truncated';
  readonly rejection: Rejection;

  constructor(rejection: Rejection) {
    super(rejection.detail);
    this.rejection = rejection;
  }
}

/** Reads fields one after another. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #depth: number;
  readonly #fields: Field[];
  #at = 0;

  /** `base`: offset of the first byte in the whole. Fields go into `fields`. */
  constructor(bytes: Uint8Array, fields: Field[], base = 0, depth = 0) {
    this.#bytes = bytes;
    this.#fields = fields;
    this.#base = base;
    this.#depth = depth;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  get offset(): number {
    return this.#base + this.#at;
  }

  /** The next byte, without reading it; undefined at the end. */
  get nextByte(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** @throws Truncated when there are fewer bytes */
  take(name: string, length: number, meaning: (bytes: Uint8Array) => string): Uint8Array {
    if (length > this.left)
      throw new Truncated(
        reject(
          'packet.truncated',
          `byte ${this.offset}: expected ${length} ${length === 1 ? 'byte' : 'bytes'} of ${name}, found ${this.left}`,
        ),
      );
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    const more = length > mostHexBytes ? '…' : '';
    this.#fields.push({
      offset: this.offset,
      length,
      name,
      hex: toHex(bytes.subarray(0, mostHexBytes)) + more,
      meaning: meaning(bytes),
      depth: this.#depth,
    });
    this.#at += length;
    return bytes;
  }

  /** An unsigned big-endian number of up to six bytes. */
  number(name: string, length: number, meaning: (value: number) => string = String): number {
    return readNumber(this.take(name, length, (bytes) => meaning(readNumber(bytes))));
  }

  /** What is left, without reading it. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}

/** An unsigned big-endian number. */
export function readNumber(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** A packet in parts. */
export interface Dissection {
  readonly type: string;
  /** Every byte of the input belongs to one field of depth 0. */
  readonly fields: readonly Field[];
  /** What a receiver will not like about it, although it is well-formed. */
  readonly remarks: readonly string[];
}

/** Text that is not hexadecimal digits is no packet. Blanks, colons and a leading `0x` are accepted. */
export function packetBytes(hex: string): Outcome<Uint8Array> {
  const digits = hex.replace(/^0x/i, '').replaceAll(/[\s:]/g, '');
  if (digits === '') return reject('packet.hex', 'expected hexadecimal digits, found nothing');
  const stranger = /[^0-9a-fA-F]/.exec(digits);
  if (stranger !== null)
    return reject(
      'packet.hex',
      `expected hexadecimal digits, found ${JSON.stringify(stranger[0])} at digit ${stranger.index + 1}`,
    );
  if (digits.length % 2 === 1)
    return reject('packet.hex', `expected two digits a byte, found ${digits.length} digits`);
  return accept(fromHex(digits.toLowerCase()));
}
