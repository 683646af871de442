// Chance as an argument: a core draws from the stream it was given and from nothing else.

/** A seeded stream of draws. The host names it (seed + node + purpose); equal names give equal draws. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [least, most], both included. */
  integer(least: number, most: number): number;
  /** `count` bytes; for keys, nonces and identifiers. */
  bytes(count: number): Uint8Array;
}
