// The future: a binary heap on flat columns, ordered by (instant, sequence), with handles that can be cancelled.
import { assert } from '../../protocol/assert.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from './scheduler.ts';

const firstCapacity = 1_024;
/** A handle is its slot's generation times this, plus the slot: 2^26 live events, 2^27 generations of a slot. */
const slotLimit = 0x4000000;
const generationLimit = 0x8000000;
/** Fields of a slot, beside its payload. */
const slotFields = 4;
const kindField = 0; // -1: cancelled
const nodeField = 1;
const generationField = 2;
const partsField = 3; // which of the rarer parts it has
const hasPayload = 1;
const hasExtra = 2;
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
  /** The top was popped and its place is still open: most handlers schedule, and what they push goes there. */
  #topIsOpen = false;
  #cancelled = 0;
  #nextSequence = 0;
  #heapInstant = new Float64Array(firstCapacity);
  #heapSequence = new Float64Array(firstCapacity);
  #heapSlot = new Int32Array(firstCapacity);

  // One cache line per slot; the rarer parts lie apart and are not touched by events that have none.
  #slots = new Int32Array(firstCapacity * slotFields);
  #slotExtra = new Float64Array(firstCapacity);
  #slotPayload: unknown[] = new Array<unknown>(firstCapacity).fill(undefined);
  #freeSlots = new Int32Array(firstCapacity);
  #freeCount = 0;
  #usedSlots = 0;

  /** Events that will still fire. */
  get live(): number {
    return this.#size - this.#cancelled - (this.#topIsOpen ? 1 : 0);
  }

  /** Heap entries in memory, cancelled ones included: for tests of the bound. */
  get entries(): number {
    return this.#size;
  }

  /** Adds an event; events of one instant fire in the order of pushing. `at` must not precede the last one popped. */
  push(at: Instant, kind: EventKind, node: number, payload: unknown, extra: number): EventHandle {
    assert(at >= this.instant, 'an event must not lie in the past');
    assert(Number.isSafeInteger(at), 'instants are whole microseconds');
    const slot = this.#takeSlot();
    const fields = this.#slots;
    const first = slot * slotFields;
    fields[first + kindField] = kind;
    fields[first + nodeField] = node;
    let parts = 0;
    if (payload !== undefined) {
      parts = hasPayload;
      this.#slotPayload[slot] = payload;
    }
    if (extra !== 0) {
      parts |= hasExtra;
      this.#slotExtra[slot] = extra;
    }
    fields[first + partsField] = parts;
    const sequence = this.#nextSequence++;
    if (this.#topIsOpen) {
      this.#topIsOpen = false;
      this.#siftDown(0, at, sequence, slot, this.#size);
    } else {
      if (this.#size === this.#heapInstant.length) this.#growHeap();
      this.#siftUp(this.#size++, at, sequence, slot);
    }
    return ((fields[first + generationField] ?? 0) * slotLimit + slot) as EventHandle;
  }

  /** Removes the event; false when it has fired or was cancelled already. */
  cancel(handle: EventHandle): boolean {
    const slot = handle % slotLimit;
    if (this.#slots[slot * slotFields + generationField] !== (handle - slot) / slotLimit) return false;
    this.#retire(slot);
    this.#slots[slot * slotFields + kindField] = -1;
    this.#cancelled++;
    if (this.#cancelled > sweepFloor && this.#cancelled * 2 > this.#size) this.#sweep();
    return true;
  }

  /** Instant of the earliest event; undefined when none is left. */
  peek(): Instant | undefined {
    this.#settleTop();
    return this.#size === 0 ? undefined : (this.#heapInstant[0] as Instant);
  }

  /** Takes the earliest event into the fields; false when none is left. */
  pop(): boolean {
    this.#settleTop();
    if (this.#size === 0) return false;
    const slot = this.#heapSlot[0] ?? 0;
    const at = this.#heapInstant[0] as Instant;
    assert(at >= this.instant, 'time must not run backward');
    this.instant = at;
    const first = slot * slotFields;
    const fields = this.#slots;
    const parts = fields[first + partsField] ?? 0;
    this.kind = fields[first + kindField] as EventKind;
    this.node = fields[first + nodeField] ?? -1;
    this.extra = (parts & hasExtra) === 0 ? 0 : (this.#slotExtra[slot] ?? 0);
    this.payload = (parts & hasPayload) === 0 ? undefined : this.#slotPayload[slot];
    this.#retire(slot);
    this.#freeSlots[this.#freeCount++] = slot;
    this.#topIsOpen = true;
    return true;
  }

  /** Closes an open top and drops cancelled entries until the top is a live one. */
  #settleTop(): void {
    if (this.#topIsOpen) {
      this.#topIsOpen = false;
      this.#removeTop();
    }
    while (this.#cancelled > 0 && this.#size > 0) {
      const slot = this.#heapSlot[0] ?? 0;
      if (this.#slots[slot * slotFields + kindField] !== -1) return;
      this.#cancelled--;
      this.#freeSlots[this.#freeCount++] = slot;
      this.#removeTop();
    }
  }

  /** Makes handles to the slot stale and lets go of what it held. */
  #retire(slot: number): void {
    const first = slot * slotFields;
    const fields = this.#slots;
    const next = (fields[first + generationField] ?? 0) + 1;
    fields[first + generationField] = next === generationLimit ? 0 : next;
    if (((fields[first + partsField] ?? 0) & hasPayload) !== 0) this.#slotPayload[slot] = undefined;
  }

  #takeSlot(): number {
    if (this.#freeCount > 0) return this.#freeSlots[--this.#freeCount] ?? 0;
    assert(this.#usedSlots < slotLimit, 'more pending events than handles can name');
    if (this.#usedSlots === this.#slotPayload.length) this.#growSlots();
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
    if (this.#topIsOpen) {
      this.#topIsOpen = false;
      this.#removeTop();
    }
    const instants = this.#heapInstant;
    const sequences = this.#heapSequence;
    const slots = this.#heapSlot;
    let kept = 0;
    for (let index = 0; index < this.#size; index++) {
      const slot = slots[index] ?? 0;
      if (this.#slots[slot * slotFields + kindField] === -1) {
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
    const capacity = this.#slotPayload.length * 2;
    this.#slots = grown(this.#slots, new Int32Array(capacity * slotFields));
    this.#slotExtra = grown(this.#slotExtra, new Float64Array(capacity));
    this.#freeSlots = grown(this.#freeSlots, new Int32Array(capacity));
    for (let slot = this.#slotPayload.length; slot < capacity; slot++) this.#slotPayload.push(undefined);
  }
}

function grown<Column extends Float64Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
