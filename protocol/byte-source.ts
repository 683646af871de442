// Many short byte strings without an allocation for each.

/**
 * Fresh zeroed bytes cut from larger pieces, which are never given out twice: a small array of its own costs several
 * times as much.
 */
export class ByteSource {
  readonly #slabBytes: number;
  #slab: Uint8Array;
  #used = 0;

  /** `slabBytes`: allocated at a time, and let go together; little where some pieces are kept much longer than others. */
  constructor(slabBytes = 65_536) {
    this.#slabBytes = slabBytes;
    this.#slab = new Uint8Array(slabBytes);
  }

  take(length: number): Uint8Array {
    if (length > this.#slabBytes / 4) return new Uint8Array(length);
    if (this.#used + length > this.#slabBytes) {
      this.#slab = new Uint8Array(this.#slabBytes);
      this.#used = 0;
    }
    this.#used += length;
    return this.#slab.subarray(this.#used - length, this.#used);
  }

  /** The same bytes, cut from the source. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const copy = this.take(bytes.length);
    copy.set(bytes);
    return copy;
  }
}
