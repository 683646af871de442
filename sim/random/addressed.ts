// Draws by address: a hash of (seed, address) instead of a position in a stream, so that no draw moves another.

/** A uniform draw in [0, 1) with 53 bits: a function of the seed and the address, and of nothing else. */
export type AddressedDraw = (...address: readonly (string | number)[]) => number;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Two 32-bit lanes mixed with the constants and rotations of MurmurHash3 x86_64 (public domain, Austin Appleby). */
class Lanes {
  low = 0;
  high = 0;

  reset(low: number, high: number): void {
    this.low = low;
    this.high = high;
  }

  mix(word: number): void {
    let low = Math.imul(word, 0x239b961b);
    low = (low << 15) | (low >>> 17);
    this.low ^= Math.imul(low, 0xab0e9789);
    this.low = (this.low << 19) | (this.low >>> 13);
    this.low = (Math.imul(this.low + this.high, 5) + 0x561ccd1b) | 0;
    let high = Math.imul(word, 0xab0e9789);
    high = (high << 16) | (high >>> 16);
    this.high ^= Math.imul(high, 0x38b34ae5);
    this.high = (this.high << 17) | (this.high >>> 15);
    this.high = (Math.imul(this.high + this.low, 5) + 0x0bcaa747) | 0;
  }

  finish(): void {
    this.low = avalanche((this.low + this.high) | 0);
    this.high = avalanche((this.high + this.low) | 0);
    this.low = (this.low + this.high) | 0;
  }
}

/** MurmurHash3's 32-bit finaliser: every input bit changes each output bit with probability one half. */
function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

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
