// A fast hash of 64 bits that is the same on every machine: for chance and for telling contents apart, never for safety.

/** 64 bits as two 32-bit lanes, mixed with the constants and rotations of MurmurHash3 x86_64 (public domain, Austin Appleby). */
export class Lanes {
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

  /** Mixes the first `count` words: what `mix` does with each, without going through memory for it. */
  mixAll(words: Int32Array, count: number): void {
    let { low, high } = this;
    for (let index = 0; index < count; index++) {
      const word = words[index] ?? 0;
      const left = Math.imul(word, 0x239b961b);
      low ^= Math.imul((left << 15) | (left >>> 17), 0xab0e9789);
      low = (low << 19) | (low >>> 13);
      low = (Math.imul(low + high, 5) + 0x561ccd1b) | 0;
      const right = Math.imul(word, 0xab0e9789);
      high ^= Math.imul((right << 16) | (right >>> 16), 0x38b34ae5);
      high = (high << 17) | (high >>> 15);
      high = (Math.imul(high + low, 5) + 0x0bcaa747) | 0;
    }
    this.low = low;
    this.high = high;
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
