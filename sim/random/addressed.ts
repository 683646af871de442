// Draws by address: a hash of (seed, address) instead of a position in a stream, so that no draw moves another.
import { Lanes } from './lanes.ts';

/** A text of many addresses, hashed once: stands for the text itself. */
export interface HashedName {
  readonly low: number;
  readonly high: number;
}

/** Part of an address. Numbers are told apart by value, and from strings that look like them. */
export type AddressPart = string | number | HashedName;

/** A uniform draw in [0, 1) with 53 bits: a function of the seed and the address, and of nothing else. */
export type AddressedDraw = (...address: readonly AddressPart[]) => number;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

const lanes = new Lanes();
const stringLanes = new Lanes();

/** Distinct strings remembered before the cache starts anew: bounds its memory, changes no draw. */
const rememberedStrings = 200_000;

/** For who draws often about the same thing. */
export function hashedName(text: string): HashedName {
  stringLanes.reset(0x2127599b, text.length);
  for (let index = 0; index < text.length; index++) stringLanes.mix(text.charCodeAt(index));
  stringLanes.finish();
  return { low: stringLanes.low, high: stringLanes.high };
}

/** Draws of one seed. */
export function createAddressedDraw(seed: string): AddressedDraw {
  const names = new Map<string, HashedName>();
  const nameOf = (text: string): HashedName => {
    let name = names.get(text);
    if (name !== undefined) return name;
    if (names.size >= rememberedStrings) names.clear();
    name = hashedName(text);
    names.set(text, name);
    return name;
  };
  const { low: seedLow, high: seedHigh } = hashedName(seed);
  return (...address) => {
    lanes.reset(seedLow, seedHigh);
    for (const part of address) {
      if (typeof part === 'number') {
        float[0] = part + 0; // -0 and 0 are one address
        lanes.mix((words[0] ?? 0) ^ 0x5bd1e995);
        lanes.mix(words[1] ?? 0);
      } else {
        const { low, high } = typeof part === 'string' ? nameOf(part) : part;
        lanes.mix(low);
        lanes.mix(high);
      }
    }
    lanes.mix(address.length);
    lanes.finish();
    return ((lanes.high >>> 5) * 67_108_864 + (lanes.low >>> 6)) / 9_007_199_254_740_992;
  };
}
