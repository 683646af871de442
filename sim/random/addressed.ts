// Draws by address: a hash of (seed, address) instead of a position in a stream, so that no draw moves another.
import { Lanes } from './lanes.ts';

/** A uniform draw in [0, 1) with 53 bits: a function of the seed and the address, and of nothing else. */
export type AddressedDraw = (...address: readonly (string | number)[]) => number;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

const lanes = new Lanes();
const stringLanes = new Lanes();

/** Distinct strings remembered before the cache starts anew: bounds its memory, changes no draw. */
const rememberedStrings = 200_000;

/** Draws of one seed. Numbers in addresses are told apart by value, and from strings that look like them. */
export function createAddressedDraw(seed: string): AddressedDraw {
  const strings = new Map<string, readonly [number, number]>();
  const hashString = (text: string): readonly [number, number] => {
    const known = strings.get(text);
    if (known !== undefined) return known;
    if (strings.size >= rememberedStrings) strings.clear();
    stringLanes.reset(0x2127599b, text.length);
    for (let index = 0; index < text.length; index++) stringLanes.mix(text.charCodeAt(index));
    stringLanes.finish();
    const hash = [stringLanes.low, stringLanes.high] as const;
    strings.set(text, hash);
    return hash;
  };
  const [seedLow, seedHigh] = hashString(seed);
  return (...address) => {
    lanes.reset(seedLow, seedHigh);
    for (const part of address) {
      if (typeof part === 'string') {
        const [low, high] = hashString(part);
        lanes.mix(low);
        lanes.mix(high);
      } else {
        float[0] = part + 0; // -0 and 0 are one address
        lanes.mix((words[0] ?? 0) ^ 0x5bd1e995);
        lanes.mix(words[1] ?? 0);
      }
    }
    lanes.mix(address.length);
    lanes.finish();
    return ((lanes.high >>> 5) * 67_108_864 + (lanes.low >>> 6)) / 9_007_199_254_740_992;
  };
}
