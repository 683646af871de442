// Types shared by the two implementations of the crypto door.

/** A hash fed piece by piece. `digest` may be taken at any point and does not end it. */
export interface IncrementalHash {
  update(data: Uint8Array | string): void;
  digest(): Uint8Array;
}
