// Golomb-coded sets: which of a few hundred ids somebody has, in 400 bytes, with a small share of false positives
// (bitchat/Sync/GCSFilter.swift). The hash is unsalted, so a false positive lasts as long as the set keeps its size.
import { sha256 } from '../crypto.ts';
import { compareNumbers } from '../order.ts';
import { gossip } from './constants.ts';

/** A set as it travels. */
export interface GcsFilter {
  /** Bits of the remainder; a false positive has probability 2^-bits. */
  readonly bits: number;
  /** Values lie below this: members times 2^bits. */
  readonly range: number;
  readonly data: Uint8Array;
}

/** 63 bits of SHA-256 of an id, as two 32-bit words; what its place in a filter of any range follows from. */
export interface IdHash {
  readonly high: number;
  readonly low: number;
}

/** The hash of a gossip id. */
export function hashId(id: Uint8Array): IdHash {
  const hash = sha256(id);
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return { high: view.getUint32(0) & 0x7fffffff, low: view.getUint32(4) };
}

/** Place of an id in a filter of this range; never 0. */
export function placeOf({ high, low }: IdHash, range: number): number {
  // A range has 32 bits: by steps of 16 no product leaves the safe integers.
  const upper = ((high % range) * 65_536 + (low >>> 16)) % range;
  return Math.max(1, (upper * 65_536 + (low & 0xffff)) % range);
}

/** A filter, and how many of the ids it was made of are in it: the first ones. */
export interface EncodedFilter {
  readonly filter: GcsFilter;
  readonly covered: number;
}

/** A filter of the ids, newest first. Leaves out the oldest tenth until it fits; the range stays that of all of them. */
export function encodeFilter(ids: readonly IdHash[]): EncodedFilter {
  const bits = gossip.filterBits;
  // A set without members has the range 1 on the wire.
  const range = Math.max(1, ids.length << bits);
  let kept = ids.length;
  for (;;) {
    const data = golombRice(ids.slice(0, kept), range, bits);
    if (data.length <= gossip.filterBytes || kept <= 1)
      return { filter: { bits, range, data }, covered: kept };
    kept = Math.floor(kept * 0.9);
  }
}

function golombRice(ids: readonly IdHash[], range: number, bits: number): Uint8Array {
  const places = ids.map((id) => placeOf(id, range)).sort(compareNumbers);
  const writer = new BitWriter();
  let last = 0;
  for (const place of places) {
    if (place === last) continue;
    const delta = place - last - 1;
    last = place;
    for (let quotient = delta >> bits; quotient > 0; quotient--) writer.bit(1);
    writer.bit(0);
    for (let bit = bits - 1; bit >= 0; bit--) writer.bit((delta >> bit) & 1);
  }
  return writer.bytes();
}

/** The places in a filter; none when its numbers cannot be worked with. Whatever bits come, it ends. */
export function decodeFilter({ bits, range, data }: GcsFilter): ReadonlySet<number> {
  const places = new Set<number>();
  if (bits < 1 || bits > gossip.mostFilterBits) return places;
  let last = 0;
  let at = 0;
  const end = data.length * 8;
  const step = 2 ** bits;
  const bit = (): number => {
    const value = ((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
    at++;
    return value;
  };
  while (at < end) {
    let quotient = 0;
    while (at < end && bit() === 1) quotient++;
    if (at + bits > end) break;
    let remainder = 0;
    for (let each = 0; each < bits; each++) remainder = remainder * 2 + bit();
    last += quotient * step + remainder + 1;
    if (last >= range) break;
    places.add(last);
  }
  return places;
}

/** Most significant bit first. */
class BitWriter {
  readonly #bytes: number[] = [];
  #count = 0;

  bit(value: number): void {
    if ((this.#count & 7) === 0) this.#bytes.push(0);
    const index = this.#bytes.length - 1;
    this.#bytes[index] = (this.#bytes[index] ?? 0) | (value << (7 - (this.#count & 7)));
    this.#count++;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
