// Contacts as a trace tells them, between the phones that are switched on. One pending event, whatever the trace's size.
import { assert } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { ContactSource, OnContact } from './contact-source.ts';
import type { ContactTrace } from './contact-trace.ts';

/** What a replay needs. */
export interface ContactReplayOptions {
  readonly scheduler: Scheduler;
  readonly trace: ContactTrace;
  /** Node of the trace's place; undefined where nobody carries it. */
  readonly nodeOf: (place: number) => NodeIndex | undefined;
  /** Metres that stand for "within range". A trace does not tell how far its pairs are: half of it, see `distance`. */
  readonly range: number;
  readonly onContact: OnContact;
}

/** A contact trace as a source of contacts. */
export class ContactReplay implements ContactSource {
  readonly #options: ContactReplayOptions;
  readonly #on = new Set<NodeIndex>();
  /** Contacts of the trace that hold now, whether or not anybody is switched on. */
  readonly #met = new Map<NodeIndex, Set<NodeIndex>>();
  readonly #event: EventKind;
  #row = 0;

  constructor(options: ContactReplayOptions) {
    this.#options = options;
    this.#event = options.scheduler.register('radio-trace', () => this.#read());
    this.#scheduleNext();
  }

  switchOn(node: NodeIndex): void {
    assert(!this.#on.has(node), 'a radio is switched on once');
    this.#on.add(node);
    this.#tellAll(node, true);
  }

  switchOff(node: NodeIndex): void {
    if (!this.#on.has(node)) return;
    this.#tellAll(node, false);
    this.#on.delete(node);
  }

  /** Half of the range: well within it, as a device that recorded the contact must have been. */
  distance(): number {
    return this.#options.range / 2;
  }

  distanceHoldsUntil(): Instant {
    return never;
  }

  #scheduleNext(): void {
    const at = this.#options.trace.at[this.#row];
    if (at !== undefined) this.#options.scheduler.schedule(at as Instant, this.#event, -1);
  }

  /** All rows of this instant, in their order. */
  #read(): void {
    const { trace, scheduler, nodeOf } = this.#options;
    for (; trace.at[this.#row] === scheduler.now; this.#row++) {
      const left = nodeOf(trace.left[this.#row] ?? -1);
      const right = nodeOf(trace.right[this.#row] ?? -1);
      if (left === undefined || right === undefined) continue;
      const begins = trace.begins[this.#row] === 1;
      this.#note(left, right, begins);
      this.#note(right, left, begins);
      if (this.#on.has(left) && this.#on.has(right)) this.#tell(left, right, begins);
    }
    this.#scheduleNext();
  }

  #note(node: NodeIndex, other: NodeIndex, met: boolean): void {
    let others = this.#met.get(node);
    if (others === undefined) this.#met.set(node, (others = new Set()));
    if (met) others.add(other);
    else others.delete(other);
  }

  #tellAll(node: NodeIndex, inRange: boolean): void {
    for (const other of this.#met.get(node) ?? []) if (this.#on.has(other)) this.#tell(node, other, inRange);
  }

  #tell(node: NodeIndex, other: NodeIndex, inRange: boolean): void {
    const { onContact, range } = this.#options;
    onContact(Math.min(node, other), Math.max(node, other), range, inRange);
  }
}
