// The future: a binary heap on flat columns, ordered by (instant, sequence), with handles that can be cancelled.
import { assert } from '../../protocol/assert.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from './scheduler.ts';

const firstCapacity = 1_024;
/** A handle is its slot's generation times this, plus the slot: 2^26 live events, 2^27 generations of a slot. */
const slotLimit = 0x4000000;
const generationLimit = 0x8000000;
/** Fewer cancelled entries than this are not worth a sweep. */
const sweepFloor = 64;

/**
 * Pending events. `pop` moves the earliest into the fields `instant`, `kind`, `node`, `payload` and `extra`.
 *
 * Heap columns hold the key and a slot number; slots hold the rest. A cancelled event gives up its payload at once
 * and its heap entry when it surfaces, or when cancelled entries outnumber live ones and all are swept: memory is
 * bounded by twice the largest number of live events.
 */
export class EventQueue {
  instant = 0 as Instant;
  kind = 0 as EventKind;
  node = -1;
  payload: unknown = undefined;
  extra = 0;

  #size = 0;
  #cancelled = 0;
  #nextSequence = 0;
  #heapInstant = new Float64Array(firstCapacity);
  #heapSequence = new Float64Array(firstCapacity);
  #heapSlot = new Int32Array(firstCapacity);

  #slotKind = new Int32Array(firstCapacity); // -1: cancelled
  #slotNode = new Int32Array(firstCapacity);
  #slotExtra = new Float64Array(firstCapacity);
  #slotGeneration = new Int32Array(firstCapacity);
  #slotPayload: unknown[] = new Array<unknown>(firstCapacity).fill(undefined);
  #freeSlots = new Int32Array(firstCapacity);
  #freeCount = 0;
  #usedSlots = 0;

  /** Events that will still fire. */
  get live(): number {
    return this.#size - this.#cancelled;
  }

  /** Heap entries in memory, cancelled ones included: for tests of the bound. */
  get entries(): number {
    return this.#size;
  }

  /** Adds an event; events of one instant fire in the order of pushing. `at` must not precede the last one popped. */
  push(at: Instant, kind: EventKind, node: number, payload: unknown, extra: number): EventHandle {
    assert(at >= this.instant, 'an event must not lie in the past');
    assert(Number.isSafeInteger(at), 'instants are whole microseconds');
    if (this.#size === this.#heapInstant.length) this.#growHeap();
    const slot = this.#takeSlot();
    this.#slotKind[slot] = kind;
    this.#slotNode[slot] = node;
    this.#slotExtra[slot] = extra;
    this.#slotPayload[slot] = payload;
    this.#siftUp(this.#size++, at, this.#nextSequence++, slot);
    return ((this.#slotGeneration[slot] ?? 0) * slotLimit + slot) as EventHandle;
  }

  /** Removes the event; false when it has fired or was cancelled already. */
  cancel(handle: EventHandle): boolean {
    const slot = handle % slotLimit;
    if (this.#slotGeneration[slot] !== (handle - slot) / slotLimit) return false;
    this.#retire(slot);
    this.#slotKind[slot] = -1;
    this.#cancelled++;
    if (this.#cancelled > sweepFloor && this.#cancelled * 2 > this.#size) this.#sweep();
    return true;
  }

  /** Instant of the earliest event; undefined when none is left. */
  peek(): Instant | undefined {
    this.#dropCancelledTop();
    return this.#size === 0 ? undefined : (this.#heapInstant[0] as Instant);
  }

  /** Takes the earliest event into the fields; false when none is left. */
  pop(): boolean {
    this.#dropCancelledTop();
    if (this.#size === 0) return false;
    const slot = this.#heapSlot[0] ?? 0;
    const at = this.#heapInstant[0] as Instant;
    assert(at >= this.instant, 'time must not run backward');
    this.instant = at;
    this.kind = this.#slotKind[slot] as EventKind;
    this.node = this.#slotNode[slot] ?? -1;
    this.extra = this.#slotExtra[slot] ?? 0;
    this.payload = this.#slotPayload[slot];
    this.#retire(slot);
    this.#freeSlots[this.#freeCount++] = slot;
    this.#removeTop();
    return true;
  }

  #dropCancelledTop(): void {
    while (this.#cancelled > 0 && this.#size > 0) {
      const slot = this.#heapSlot[0] ?? 0;
      if (this.#slotKind[slot] !== -1) return;
      this.#cancelled--;
      this.#freeSlots[this.#freeCount++] = slot;
      this.#removeTop();
    }
  }

  /** Makes handles to the slot stale and lets go of what it held. */
  #retire(slot: number): void {
    this.#slotGeneration[slot] = ((this.#slotGeneration[slot] ?? 0) + 1) % generationLimit;
    this.#slotPayload[slot] = undefined;
  }

  #takeSlot(): number {
    if (this.#freeCount > 0) return this.#freeSlots[--this.#freeCount] ?? 0;
    assert(this.#usedSlots < slotLimit, 'more pending events than handles can name');
    if (this.#usedSlots === this.#slotKind.length) this.#growSlots();
    return this.#usedSlots++;
  }

  #removeTop(): void {
    const size = --this.#size;
    if (size === 0) return;
    this.#siftDown(
      0,
      this.#heapInstant[size] ?? 0,
      this.#heapSequence[size] ?? 0,
      this.#heapSlot[size] ?? 0,
      size,
    );
  }

  #siftUp(start: number, at: number, sequence: number, slot: number): void {
    const instants = this.#heapInstant;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentInstant = instants[parent] ?? 0;
      // Equal instants: the newcomer has the larger sequence and stays below.
      if (parentInstant <= at) break;
      instants[position] = parentInstant;
      sequences[position] = sequences[parent] ?? 0;
      slots[position] = slots[parent] ?? 0;
      position = parent;
    }
    instants[position] = at;
    sequences[position] = sequence;
    slots[position] = slot;
  }

  #siftDown(start: number, at: number, sequence: number, slot: number, size: number): void {
    const instants = this.#heapInstant;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    const firstLeaf = size >> 1;
    let position = start;
    while (position < firstLeaf) {
      let child = 2 * position + 1;
      let childInstant = instants[child] ?? 0;
      const right = child + 1;
      if (right < size) {
        const rightInstant = instants[right] ?? 0;
        if (
          rightInstant < childInstant ||
          (rightInstant === childInstant && (sequences[right] ?? 0) < (sequences[child] ?? 0))
        ) {
          child = right;
          childInstant = rightInstant;
        }
      }
      if (childInstant > at || (childInstant === at && (sequences[child] ?? 0) > sequence)) break;
      instants[position] = childInstant;
      sequences[position] = sequences[child] ?? 0;
      slots[position] = slots[child] ?? 0;
      position = child;
    }
    instants[position] = at;
    sequences[position] = sequence;
    slots[position] = slot;
  }

  /** Throws out every cancelled entry and restores the heap bottom-up, in linear time. */
  #sweep(): void {
    const instants = this.#heapInstant;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    let kept = 0;
    for (let index = 0; index < this.#size; index++) {
      const slot = slots[index] ?? 0;
      if (this.#slotKind[slot] === -1) {
        this.#freeSlots[this.#freeCount++] = slot;
        continue;
      }
      instants[kept] = instants[index] ?? 0;
      sequences[kept] = sequences[index] ?? 0;
      slots[kept++] = slot;
    }
    this.#size = kept;
    this.#cancelled = 0;
    for (let index = (kept >> 1) - 1; index >= 0; index--)
      this.#siftDown(index, instants[index] ?? 0, sequences[index] ?? 0, slots[index] ?? 0, kept);
  }

  #growHeap(): void {
    const capacity = this.#heapInstant.length * 2;
    this.#heapInstant = grown(this.#heapInstant, new Float64Array(capacity));
    this.#heapSequence = grown(this.#heapSequence, new Float64Array(capacity));
    this.#heapSlot = grown(this.#heapSlot, new Int32Array(capacity));
  }

  #growSlots(): void {
    const capacity = this.#slotKind.length * 2;
    this.#slotKind = grown(this.#slotKind, new Int32Array(capacity));
    this.#slotNode = grown(this.#slotNode, new Int32Array(capacity));
    this.#slotExtra = grown(this.#slotExtra, new Float64Array(capacity));
    this.#slotGeneration = grown(this.#slotGeneration, new Int32Array(capacity));
    this.#freeSlots = grown(this.#freeSlots, new Int32Array(capacity));
    for (let slot = this.#slotPayload.length; slot < capacity; slot++) this.#slotPayload.push(undefined);
  }
}

function grown<Column extends Float64Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
