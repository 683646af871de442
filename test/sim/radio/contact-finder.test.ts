// Exact contacts against brute force: every pair's distance looked at every tenth of a second.
import { describe, expect, it } from 'vitest';
import { never, seconds, type Instant } from '../../../protocol/time.ts';
import { Kernel } from '../../../sim/kernel/kernel.ts';
import type { NodeIndex } from '../../../sim/observation.ts';
import { ContactFinder } from '../../../sim/radio/contact-finder.ts';
import { contactWindow } from '../../../sim/radio/contact-window.ts';
import { movementOf, positionAt, type Movement } from '../../../sim/radio/movement.ts';
import type { Position, Stay } from '../../../sim/workload/workload.ts';
import { fc, property } from '../../support/property.ts';

const at = (count: number): Instant => seconds(count) as number as Instant;
const end = at(60);

/** A phone that walks from point to point, one leg each ten seconds, and is on from `on` to `off`. */
interface Walk {
  readonly points: readonly Position[];
  readonly plane: number;
  readonly on: number;
  readonly off: number;
}

function staysOf({ points }: Walk): readonly Stay[] {
  return points.map((from, index) => ({
    start: at(index * 10),
    place: 'way',
    from,
    to: points[index + 1] ?? from,
    access: undefined as never,
  }));
}

interface Run {
  readonly inRange: Set<string>;
  readonly kernel: Kernel;
}

function run(
  walks: readonly Walk[],
  range: (left: number, right: number) => number,
  greatestRange: number,
): Run {
  const kernel = new Kernel({ horizon: at(61), limits: { events: 1e6, eventsPerInstant: 1e4 } });
  const stays = walks.map(staysOf);
  const inRange = new Set<string>();
  const finder = new ContactFinder({
    scheduler: kernel,
    positions: {
      plane: (node) => walks[node]!.plane,
      movementAt: (node, instant) => movementOf(stays[node]!, instant),
    },
    range,
    greatestRange,
    onContact(left, right, metres, isIn) {
      expect(metres).toBe(range(left, right));
      expect(left).toBeLessThan(right);
      const pair = `${left}-${right}`;
      expect(inRange.has(pair)).toBe(!isIn); // told only when it changes
      if (isIn) inRange.add(pair);
      else inRange.delete(pair);
    },
  });
  const on = kernel.register('on', (node) => finder.switchOn(node));
  const off = kernel.register('off', (node) => finder.switchOff(node));
  for (const [node, walk] of walks.entries()) {
    kernel.schedule(at(walk.on), on, node);
    kernel.schedule(at(walk.off), off, node);
  }
  return { inRange, kernel };
}

function runUntil(kernel: Kernel, instant: Instant): void {
  for (let next = kernel.next; next !== undefined && next <= instant; next = kernel.next)
    expect(kernel.step()).toBe('event');
}

function distance(walks: readonly Walk[], left: NodeIndex, right: NodeIndex, instant: Instant): number {
  const [here, there] = [left, right].map((node) =>
    positionAt(movementOf(staysOf(walks[node]!), instant), instant),
  ) as [Position, Position];
  return Math.hypot(here.x - there.x, here.y - there.y);
}

describe('contacts', () => {
  const point = fc.record({ x: fc.integer({ min: -60, max: 60 }), y: fc.integer({ min: -60, max: 60 }) });
  const walk = fc.record({
    points: fc.array(point, { minLength: 1, maxLength: 7 }),
    plane: fc.constantFrom(0, 0, 0, 1),
    on: fc.integer({ min: 0, max: 20 }),
    off: fc.integer({ min: 21, max: 60 }),
  });

  property([fc.array(walk, { minLength: 2, maxLength: 6 }), fc.integer({ min: 1, max: 50 })], {
    numRuns: 60,
  })('are those that sampling finds', (walks, greatestRange) => {
    const range = (left: number, right: number): number => greatestRange / (1 + ((left * 7 + right) % 3));
    const { inRange, kernel } = run(walks, range, greatestRange);
    for (let tenth = 1; tenth < 600; tenth++) {
      // Not at whole seconds, where phones are switched.
      const instant = at((tenth + 0.5) / 10);
      runUntil(kernel, instant);
      for (let left = 0; left < walks.length; left++) {
        for (let right = left + 1; right < walks.length; right++) {
          const [one, other] = [walks[left]!, walks[right]!];
          const bothOn = [one, other].every((each) => each.on * 1e6 < instant && instant < each.off * 1e6);
          const metres = distance(walks, left, right, instant);
          // Two phones approach by less than 34 m/s: within 1 ms of the edge either answer is right.
          if (Math.abs(metres - range(left, right)) < 0.034) continue;
          const expected = bothOn && one.plane === other.plane && metres <= range(left, right);
          expect([left, right, tenth, inRange.has(`${left}-${right}`)]).toEqual([
            left,
            right,
            tenth,
            expected,
          ]);
        }
      }
    }
    runUntil(kernel, end);
    expect(inRange.size).toBe(0);
    expect(kernel.pending).toBe(0);
  });

  it('cost nothing while phones stand still', () => {
    const walks = Array.from({ length: 50 }, (_, index): Walk => ({
      points: [{ x: index, y: 0 }],
      plane: 0,
      on: 0,
      off: 59,
    }));
    const { inRange, kernel } = run(walks, () => 10, 10);
    runUntil(kernel, at(1));
    expect(inRange.size).toBe(50 * 10 - 55); // each with the ten that follow, fewer at the end
    expect(kernel.pending).toBe(50); // nothing but switching off
  });
});

describe('a contact window', () => {
  const still = (x: number): Movement => ({ start: at(0), end: never, x, y: 0, vx: 0, vy: 0 });
  const passing = (y: number): Movement => ({ start: at(0), end: at(100), x: -50, y, vx: 1e-6, vy: 0 });

  it.each([
    ['passes through', passing(0), { enter: at(40), leave: at(60) + 1 }],
    ['passes beside', passing(6), { enter: at(42), leave: at(58) + 1 }],
    ['just touches', passing(9.999999999), { enter: at(50), leave: at(50) + 1 }],
    ['misses', passing(10.001), undefined],
    ['stands within', still(3), { enter: at(0), leave: at(100) }],
    ['stands outside', still(11), undefined],
  ])('of somebody who %s', (_name, movement, expected) => {
    const window = contactWindow(still(0), movement, 10, at(0), at(100));
    expect(window === undefined).toBe(expected === undefined);
    if (window === undefined || expected === undefined) return;
    expect(Math.abs(window.enter - expected.enter)).toBeLessThanOrEqual(150);
    expect(Math.abs(window.leave - expected.leave)).toBeLessThanOrEqual(150);
  });

  it('is cut to the time asked about', () => {
    expect(contactWindow(still(0), passing(0), 10, at(45), at(50))).toEqual({ enter: at(45), leave: at(50) });
    expect(contactWindow(still(0), passing(0), 10, at(61), at(100))).toBeUndefined();
  });
});
