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

  it('counts events of each kind, cancelled ones not', () => {
    const kernel = new Kernel({ horizon: at(1_000), limits: unlimited });
    const work = kernel.register('work', () => undefined);
    const rest = kernel.register('rest', () => undefined);
    for (let index = 0; index < 5; index++) kernel.schedule(at(index), index % 2 === 0 ? work : rest);
    kernel.cancel(kernel.schedule(at(7), work));
    kernel.step();
    expect(['work', 'rest', 'play'].map((label) => kernel.eventsOf(label))).toEqual([1, 0, 0]);
    while (kernel.step() === 'event');
    expect(['work', 'rest', 'play'].map((label) => kernel.eventsOf(label))).toEqual([3, 2, 0]);
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

  it('says what waits, what is next and what was handled last', () => {
    const kernel = new Kernel({ horizon: at(10), limits: unlimited });
    expect(kernel.last).toEqual({ label: 'none', node: -1, extra: 0 });
    const kind = kernel.register('note', () => undefined);
    kernel.schedule(at(4), kind, 7, undefined, 3);
    kernel.schedule(at(2), kind, 0);
    expect([kernel.pending, kernel.next, kernel.events, kernel.now]).toEqual([2, 2, 0, 0]);
    kernel.step();
    kernel.step();
    expect([kernel.pending, kernel.next, kernel.events, kernel.now]).toEqual([0, undefined, 2, 4]);
    expect(kernel.last).toEqual({ label: 'note', node: 7, extra: 3 });
    expect(kernel.busiest(9)).toEqual([
      { node: 0, events: 1 },
      { node: 7, events: 1 },
    ]);
  });

  it('hands the handler what was scheduled: node, payload, number; nobody’s event is of no node', () => {
    const kernel = new Kernel({ horizon: at(10), limits: unlimited });
    const seen: unknown[] = [];
    const kind = kernel.register('note', (...what) => seen.push(what));
    const payload = {};
    kernel.schedule(at(1), kind);
    kernel.schedule(at(2), kind, 5, payload, 8);
    while (kernel.step() === 'event');
    expect(seen).toEqual([
      [-1, undefined, 0],
      [5, payload, 8],
    ]);
    expect(kernel.busiest(9)).toEqual([{ node: 5, events: 1 }]);
  });

  it('has one kind of event of a name', () => {
    const kernel = new Kernel({ horizon: at(10), limits: unlimited });
    kernel.register('note', () => undefined);
    expect(() => kernel.register('note', () => undefined)).toThrow('two kinds of event are called note');
    expect(() => kernel.register('', () => undefined)).toThrow('a kind of event has a name');
  });

  it('counts the events of each instant anew, also when time was let pass', () => {
    const kernel = new Kernel({ horizon: at(100), limits: { events: Infinity, eventsPerInstant: 3 } });
    const kind = kernel.register('note', () => undefined);
    for (const instant of [0, 0, 1, 1, 1]) kernel.schedule(at(instant), kind);
    for (let event = 0; event < 5; event++) expect(kernel.step()).toBe('event');
    kernel.advanceTo(at(9));
    for (let event = 0; event < 3; event++) kernel.schedule(at(9), kind);
    for (let event = 0; event < 3; event++) expect(kernel.step()).toBe('event');
    kernel.schedule(at(9), kind);
    expect(kernel.step()).toBe('instant-limit');
  });

  it('lets time pass up to what is due, never back and never beyond the horizon', () => {
    const kernel = new Kernel({ horizon: at(100), limits: unlimited });
    const kind = kernel.register('note', () => undefined);
    kernel.schedule(at(50), kind);
    kernel.advanceTo(at(50));
    expect(kernel.now).toBe(50);
    expect(() => kernel.advanceTo(at(51))).toThrow('time passes over no event');
    kernel.advanceTo(at(20));
    expect(kernel.now).toBe(50);
    kernel.step();
    kernel.advanceTo(at(101));
    expect(kernel.now).toBe(50);
    kernel.advanceTo(at(100));
    expect(kernel.now).toBe(100);
  });
});
