// Many short byte strings without an allocation for each.

/** Bytes allocated at a time. */
const slabBytes = 65_536;

/**
 * Fresh zeroed bytes cut from larger pieces, which are never given out twice: a small array of its own costs several
 * times as much.
 */
export class ByteSource {
  #slab = new Uint8Array(slabBytes);
  #used = 0;

  take(length: number): Uint8Array {
    if (length > slabBytes / 4) return new Uint8Array(length);
    if (this.#used + length > slabBytes) {
      this.#slab = new Uint8Array(slabBytes);
      this.#used = 0;
    }
    this.#used += length;
    return this.#slab.subarray(this.#used - length, this.#used);
  }
}
