// Spray and wait, binary: a message has a fixed number of copies; who holds several hands half of them to whom it
// meets, and a last copy waits for the destination. T. Spyropoulos, K. Psounis, C. S. Raghavendra, "Spray and Wait: An
// Efficient Routing Scheme for Intermittently Connected Mobile Networks", ACM WDTN 2005, definitions 3.1 and 3.2.
import { assert } from '../assert.ts';
import type { Bundle, CreateDtnRouter, DtnRouter } from './router.ts';

/** Copies per message unless told otherwise: as in The ONE's default_settings.txt (SprayAndWaitRouter.nrofCopies). */
export const defaultCopies = 6;

class SprayAndWait implements DtnRouter {
  readonly #initial: number;
  /** Copies that the node may still hand out, its own one included, by message held. */
  readonly #copies = new Map<number, number>();

  constructor(copies: number) {
    this.#initial = copies;
  }

  offers({ index }: Bundle): boolean {
    return this.#held(index) > 1;
  }

  creates({ index }: Bundle): void {
    this.#copies.set(index, this.#initial);
  }

  /** The receiver gets half of the copies, rounded down; the destination needs one only, and takes none away. */
  hands({ index, destination }: Bundle, peer: number): number {
    const copies = this.#held(index);
    if (peer === destination) return 0;
    const handed = Math.floor(copies / 2);
    this.#copies.set(index, copies - handed);
    return handed;
  }

  receives({ index }: Bundle, _from: number, note: unknown): void {
    assert(
      typeof note === 'number' && note > 0,
      'a copy arrives with the number of copies that it stands for',
    );
    this.#copies.set(index, note);
  }

  drops({ index }: Bundle): void {
    this.#copies.delete(index);
  }

  #held(message: number): number {
    return this.#copies.get(message) ?? 0;
  }
}

/** Spray-and-wait routers that give each message this many copies in the whole network, the source's own included. */
export function createSprayAndWaitRouter(copies: number): CreateDtnRouter {
  return () => new SprayAndWait(copies);
}
