// Named random streams: equal names give equal draws, and no stream's draws depend on another's.
import alea from 'seedrandom/lib/alea.js';
import { assert } from '../../protocol/assert.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';

/** A stream of the generator `alea`: additions and multiplications only, so the same on every platform. */
export function createRandomStream(seed: string): RandomStream {
  // Seeding costs as much as some hundred draws and most streams of a large world are never used.
  let generator: ReturnType<typeof alea> | undefined;
  const source = (): ReturnType<typeof alea> => (generator ??= alea(seed));
  return {
    uniform: () => source().double(),
    integer(least, most) {
      assert(Number.isSafeInteger(least) && Number.isSafeInteger(most), 'bounds of a draw are integers');
      assert(least <= most, `empty range of a draw: ${least} to ${most}`);
      return least + Math.floor(source().double() * (most - least + 1));
    },
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let index = 0; index < count; index += 4) {
        const word = source().int32();
        for (let lane = 0; lane < 4 && index + lane < count; lane++)
          bytes[index + lane] = word >>> (8 * lane);
      }
      return bytes;
    },
  };
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
