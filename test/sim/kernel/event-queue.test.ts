// The future: order, cancellation, memory, against a slow twin.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../protocol/time.ts';
import { EventQueue } from '../../../sim/kernel/event-queue.ts';
import type { EventHandle, EventKind } from '../../../sim/kernel/scheduler.ts';
import { SortedQueue } from '../../support/sorted-queue.ts';

const kind = (value: number): EventKind => value as EventKind;
const at = (value: number): Instant => value as Instant;

type Step =
  | { readonly do: 'push-many' | 'cancel-many'; readonly count: number; readonly share: number }
  | { readonly do: 'push'; readonly delay: number; readonly kind: number }
  | { readonly do: 'pop' }
  | { readonly do: 'cancel'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  // Few distinct delays, so that many events share an instant.
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('push' as const), delay: fc.nat(6), kind: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
);

/** So many at once that the queue grows, and so many cancelled at once that it is swept. */
const largeStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('push-many' as const, 'cancel-many' as const),
  count: fc.integer({ min: 40, max: 400 }),
  share: fc.integer({ min: 2, max: 5 }),
});

/** A queue and its slow twin, driven alike. */
class Twins {
  readonly #queue = new EventQueue();
  readonly #twin = new SortedQueue();
  readonly #handles: [EventHandle, EventHandle][] = [];
  #now = 0;

  /** Follows the steps, and then takes what is left: nothing may be lost, come twice, or come in another order. */
  follow(steps: readonly Step[]): void {
    for (const action of steps) {
      if (action.do === 'push') this.#push(action.delay, action.kind, action);
      else if (action.do === 'push-many')
        // Without payload and number: such events must not see those of whatever used their slots before.
        for (let index = 0; index < action.count; index++) this.#push(index % 7, index % 3, undefined);
      else if (action.do === 'cancel') this.#cancel(action.which);
      else if (action.do === 'cancel-many')
        for (let index = 0; index < this.#handles.length; index += action.share) this.#cancel(index);
      else this.#pop();
      this.#expectAsMany();
    }
    while (this.#pop()) this.#expectAsMany();
    expect(this.#queue.peek()).toBeUndefined();
  }

  #expectAsMany(): void {
    if (this.#queue.live !== this.#twin.live) expect(this.#queue.live).toBe(this.#twin.live);
  }

  #push(delay: number, number: number, payload: unknown): void {
    const index = this.#handles.length;
    const [due, extra] = [this.#now + delay, payload === undefined ? 0 : index * 3 + 1];
    this.#handles.push([
      this.#queue.push(at(due), kind(number), index, payload, extra),
      this.#twin.push(due, kind(number), index, payload, extra),
    ]);
  }

  #cancel(which: number): void {
    const pair = this.#handles[which % Math.max(1, this.#handles.length)];
    if (pair !== undefined) expect(this.#queue.cancel(pair[0])).toBe(this.#twin.cancel(pair[1]));
  }

  #pop(): boolean {
    const expected = this.#twin.pop();
    expect(this.#queue.pop()).toBe(expected !== undefined);
    if (expected === undefined) return false;
    const { instant, kind: found, node, extra, payload } = this.#queue;
    const parts = [instant, found, node, extra, payload];
    const expectedParts = [expected.at, expected.kind, expected.node, expected.extra, expected.payload];
    // Tens of thousands of events are compared: the matcher is asked only when it has something to say.
    if (!parts.every((part, index) => part === expectedParts[index])) expect(parts).toEqual(expectedParts);
    this.#now = expected.at;
    return true;
  }
}

describe('EventQueue', () => {
  it('holds nothing at first', () => {
    const queue = new EventQueue();
    expect([queue.live, queue.entries, queue.node, queue.peek(), queue.pop()]).toEqual([
      0,
      0,
      -1,
      undefined,
      false,
    ]);
  });

  it('does what a sorted list does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => new Twins().follow(steps)),
      { numRuns: 150 },
    );
  });

  it('does what a sorted list does when it grows and is swept', () => {
    const steps = fc.array(fc.oneof({ weight: 9, arbitrary: step }, { weight: 2, arbitrary: largeStep }), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (each) => new Twins().follow(each)),
      { numRuns: 25 },
    );
  });

  it('fires events of one instant in the order of pushing', () => {
    const queue = new EventQueue();
    for (let index = 0; index < 5_000; index++) queue.push(at(7), kind(0), index, undefined, 0);
    for (let index = 0; index < 5_000; index++) {
      queue.pop();
      expect(queue.node).toBe(index);
    }
  });

  it.each([
    ['in the past', 9, 'an event must not lie in the past'],
    ['between two microseconds', 10.5, 'instants are whole microseconds'],
    ['at no time', NaN, 'an event must not lie in the past'],
  ])('refuses an event %s', (_what, instant, message) => {
    const queue = new EventQueue();
    queue.push(at(10), kind(0), 0, undefined, 0);
    queue.pop();
    expect(() => queue.push(at(instant), kind(0), 0, undefined, 0)).toThrow(message);
  });

  it('is bounded in memory by the live events, however many were cancelled', () => {
    const queue = new EventQueue();
    for (let index = 0; index < 100; index++) queue.push(at(1_000_000), kind(0), index, undefined, 0);
    let [most, cancelled] = [0, 0];
    for (let index = 0; index < 100_000; index++) {
      const handle = queue.push(at(2_000_000 + index), kind(1), -1, { index }, 0);
      if (queue.cancel(handle)) cancelled++;
      most = Math.max(most, queue.entries);
    }
    expect([queue.live, cancelled]).toEqual([100, 100_000]);
    expect(most).toBeLessThan(400);
  });

  it.each([
    ['as many as are not worth it', 64, 100, 100],
    ['one more, which are more than half', 65, 100, 35],
    ['exactly half', 100, 200, 200],
    ['more than half', 101, 200, 99],
  ])('keeps the entries of the cancelled: %s', (_what, cancelled, pushed, left) => {
    const queue = new EventQueue();
    const handles = Array.from({ length: pushed }, (_, index) =>
      queue.push(at(index), kind(0), index, undefined, 0),
    );
    for (const handle of handles.slice(0, cancelled)) queue.cancel(handle);
    expect([queue.entries, queue.live]).toEqual([left, pushed - cancelled]);
    expect(queue.peek()).toBe(cancelled);
  });

  it('sweeps while an event is being handled, which is then gone for good', () => {
    const queue = new EventQueue();
    const handles = Array.from({ length: 150 }, (_, index) =>
      queue.push(at(index), kind(0), index, undefined, 0),
    );
    expect(queue.pop()).toBe(true);
    for (const handle of handles.slice(1, 120)) queue.cancel(handle);
    expect(queue.live).toBe(30);
    const rest: number[] = [];
    while (queue.pop()) rest.push(queue.node);
    expect(rest).toEqual(Array.from({ length: 30 }, (_, index) => 120 + index));
  });

  it('uses the places of what has gone again', () => {
    const queue = new EventQueue();
    const slots = new Set<number>();
    for (let index = 0; index < 50_000; index++) {
      const handle = queue.push(at(index), kind(0), index, undefined, 0);
      slots.add((handle as number) % 2 ** 26);
      queue.pop();
    }
    // A handle names its slot in its low 26 bits: one place is enough for one event at a time.
    expect([...slots]).toEqual([0]);
  });

  it('knows a stale handle even when its slot is in use again', () => {
    const queue = new EventQueue();
    const stale = queue.push(at(1), kind(0), 0, undefined, 0);
    queue.pop();
    queue.push(at(2), kind(0), 1, undefined, 0);
    expect(queue.cancel(stale)).toBe(false);
    expect(queue.pop()).toBe(true);
    expect(queue.node).toBe(1);
  });
});
