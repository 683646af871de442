// Named random streams: equal names give equal draws, and no stream's draws depend on another's.
import alea from 'seedrandom/lib/alea.js';
import { assert } from '../../protocol/assert.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';

/**
 * A stream of the generator `alea`: additions and multiplications only, so the same on every platform. The library seeds
 * it; its steps are taken here on plain numbers, because the library's closures lie apart in memory and a world of many
 * phones has a stream for each.
 */
class AleaStream implements RandomStream {
  /** Until the first draw: seeding costs as much as some hundred draws, and most streams of a large world are never used. */
  #seed: string | undefined;
  #s0 = 0.5;
  #s1 = 0.5;
  #s2 = 0.5;
  #carry = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  uniform(): number {
    const high = this.#next();
    // 2^21 and 2^-53: as the library's `double`.
    return high + ((this.#next() * 2_097_152) | 0) * 1.1102230246251565e-16;
  }

  integer(least: number, most: number): number {
    assert(Number.isSafeInteger(least) && Number.isSafeInteger(most), 'bounds of a draw are integers');
    assert(least <= most, `empty range of a draw: ${least} to ${most}`);
    return least + Math.floor(this.uniform() * (most - least + 1));
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 4) {
      const word = (this.#next() * 4_294_967_296) | 0;
      for (let lane = 0; lane < 4 && index + lane < count; lane++) bytes[index + lane] = word >>> (8 * lane);
    }
    return bytes;
  }

  #next(): number {
    if (this.#seed !== undefined) this.#begin(this.#seed);
    const sum = 2_091_639 * this.#s0 + this.#carry * 2.3283064365386963e-10; // 2^-32
    this.#s0 = this.#s1;
    this.#s1 = this.#s2;
    this.#carry = sum | 0;
    this.#s2 = sum - this.#carry;
    return this.#s2;
  }

  #begin(seed: string): void {
    this.#seed = undefined;
    const { s0, s1, s2, c } = alea(seed, { state: true }).state();
    this.#s0 = s0;
    this.#s1 = s1;
    this.#s2 = s2;
    this.#carry = c;
  }
}

/** The stream of a seed. */
export function createRandomStream(seed: string): RandomStream {
  return new AleaStream(seed);
}

/** All named streams of one seed. */
export class RandomStreams {
  readonly #seed: string;
  readonly #streams = new Map<string, RandomStream>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** The stream of this name; asking again continues it. */
  stream(name: string): RandomStream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      // Length first, so that no seed and name run together into another seed and name.
      stream = createRandomStream(`${this.#seed.length}:${this.#seed}/${name}`);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
