// The clock of a run: horizon, limits, busiest nodes.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../protocol/time.ts';
import { Kernel } from '../../../sim/kernel/kernel.ts';

const at = (value: number): Instant => value as Instant;
const unlimited = { events: Infinity, eventsPerInstant: Infinity };

describe('Kernel', () => {
  it('handles events up to the horizon, which is not part of the run', () => {
    const kernel = new Kernel({ horizon: at(100), limits: unlimited });
    const seen: number[] = [];
    const kind = kernel.register('note', (node) => seen.push(kernel.now, node));
    kernel.schedule(at(100), kind, 3);
    kernel.schedule(at(99), kind, 2);
    expect(kernel.step()).toBe('event');
    expect(kernel.step()).toBe('horizon');
    expect(seen).toEqual([99, 2]);
  });

  it('stops a run that stands still, and one that is too long', () => {
    const limits = { events: 50, eventsPerInstant: 10 };
    const still = new Kernel({ horizon: at(1_000), limits });
    const loop = still.register('loop', () => still.schedule(still.now, loop));
    still.schedule(at(5), loop);
    let last = still.step();
    while (last === 'event') last = still.step();
    expect([last, still.events, still.now]).toEqual(['instant-limit', 10, 5]);

    const long = new Kernel({ horizon: at(1_000), limits });
    const tick = long.register('tick', () => long.schedule(at(long.now + 1), tick));
    long.schedule(at(0), tick);
    last = long.step();
    while (last === 'event') last = long.step();
    expect([last, long.events]).toEqual(['event-limit', 50]);
  });

  it('names the busiest nodes', () => {
    const kernel = new Kernel({ horizon: at(1_000), limits: unlimited });
    const kind = kernel.register('work', () => undefined);
    for (let index = 0; index < 30; index++)
      kernel.schedule(at(index), kind, index % 3 === 0 ? 2_000 : index);
    while (kernel.step() === 'event');
    expect(kernel.busiest(2)).toEqual([
      { node: 2_000, events: 10 },
      { node: 1, events: 1 },
    ]);
  });

  it('cancels, and keeps handles of what has fired harmless', () => {
    const kernel = new Kernel({ horizon: at(10), limits: unlimited });
    const seen: number[] = [];
    const kind = kernel.register('note', (node) => seen.push(node));
    const first = kernel.schedule(at(1), kind, 1);
    kernel.cancel(kernel.schedule(at(2), kind, 2));
    kernel.schedule(at(3), kind, 3);
    kernel.step();
    kernel.cancel(first);
    while (kernel.step() === 'event');
    expect(seen).toEqual([1, 3]);
  });
});
