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

describe('EventQueue', () => {
  it('does what a sorted list does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const queue = new EventQueue();
        const twin = new SortedQueue();
        const handles: [EventHandle, EventHandle][] = [];
        let now = 0;
        for (const [index, action] of steps.entries()) {
          if (action.do === 'push') {
            const due = now + action.delay;
            handles.push([
              queue.push(at(due), kind(action.kind), index, action, index * 3),
              twin.push(due, kind(action.kind), index, action, index * 3),
            ]);
          } else if (action.do === 'cancel') {
            const pair = handles[action.which % Math.max(1, handles.length)];
            if (pair !== undefined) expect(queue.cancel(pair[0])).toBe(twin.cancel(pair[1]));
          } else {
            const expected = twin.pop();
            expect(queue.pop()).toBe(expected !== undefined);
            if (expected === undefined) continue;
            expect([queue.instant, queue.kind, queue.node, queue.extra]).toEqual([
              expected.at,
              expected.kind,
              expected.node,
              expected.extra,
            ]);
            expect(queue.payload).toBe(expected.payload);
            now = expected.at;
          }
          expect(queue.live).toBe(twin.live);
        }
      }),
      { numRuns: 150 },
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
    ['in the past', 9, 'past'],
    ['between two microseconds', 10.5, 'whole'],
    ['at no time', NaN, 'past'],
  ])('refuses an event %s', (_what, instant, message) => {
    const queue = new EventQueue();
    queue.push(at(10), kind(0), 0, undefined, 0);
    queue.pop();
    expect(() => queue.push(at(instant), kind(0), 0, undefined, 0)).toThrow(message);
  });

  it('is bounded in memory by the live events, however many were cancelled', () => {
    const queue = new EventQueue();
    for (let index = 0; index < 100; index++) queue.push(at(1_000_000), kind(0), index, undefined, 0);
    let most = 0;
    for (let index = 0; index < 100_000; index++) {
      const handle = queue.push(at(2_000_000 + index), kind(1), -1, { index }, 0);
      expect(queue.cancel(handle)).toBe(true);
      most = Math.max(most, queue.entries);
    }
    expect(queue.live).toBe(100);
    expect(most).toBeLessThan(400);
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
