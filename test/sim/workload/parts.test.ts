import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hours, type Instant } from '../../../protocol/time.ts';
import { activityBetween, instantByRhythm } from '../../../sim/workload/daily-rhythm.ts';
import { intervalAt, mergeIntervals, totalLength } from '../../../sim/workload/intervals.ts';
import { apportion } from '../../../sim/workload/population.ts';
import { wholeNumber } from '../../../sim/workload/whole-number.ts';
import type { Interval } from '../../../sim/workload/workload.ts';
import { property } from '../../support/property.ts';

const instant = (value: number): Instant => value as Instant;

describe('intervals', () => {
  const interval = fc
    .tuple(fc.nat(60), fc.nat(12))
    .map(([start, length]): Interval => ({ start: instant(start), end: instant(start + length) }));
  const anyIntervals = fc.array(interval, { maxLength: 20 });
  const covers = (intervals: readonly Interval[], at: number): boolean =>
    intervals.some(({ start, end }) => start <= at && at < end);

  property([anyIntervals])('cover the same instants after merging', (intervals) => {
    const merged = mergeIntervals(intervals);
    let length = 0;
    for (let at = 0; at < 80; at++) {
      expect(covers(merged, at)).toBe(covers(intervals, at));
      expect(intervalAt(merged, at) !== undefined).toBe(covers(intervals, at));
      if (covers(intervals, at)) length++;
    }
    expect(totalLength(merged)).toBe(length);
  });

  property([anyIntervals])('neither overlap nor touch after merging', (intervals) => {
    const merged = mergeIntervals(intervals);
    for (const [index, { end }] of merged.entries())
      expect(merged[index + 1]?.start ?? Infinity).toBeGreaterThan(end);
  });
});

describe('the rhythm of the day', () => {
  const offset = fc.integer({ min: 0, max: hours(24) - 1 });

  property([fc.nat(hours(48)), offset])('has one day of activity in any 24 hours', (start, local) => {
    expect(activityBetween(instant(start), instant(start + hours(24)), local)).toBeCloseTo(1, 9);
  });

  property([fc.nat(hours(48)), fc.nat(hours(20)), fc.nat(hours(20)), offset])(
    'adds up over neighbouring stretches',
    (start, first, second, local) => {
      const between = (from: number, to: number): number =>
        activityBetween(instant(from), instant(to), local);
      const middle = start + first;
      expect(between(start, middle) + between(middle, middle + second)).toBeCloseTo(
        between(start, middle + second),
        9,
      );
    },
  );

  property([
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.integer({ min: 1, max: hours(30) }),
    offset,
  ])('gives whole instants inside the stretch', (uniform, length, local) => {
    const at = instantByRhythm(uniform, instant(0), instant(length), local);
    expect(Number.isSafeInteger(at)).toBe(true);
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(length);
  });

  property([fc.double({ min: 0.01, max: 0.99, noNaN: true }), offset])(
    'leaves the share of a day’s activity before an instant that its draw was',
    (uniform, local) => {
      const at = instantByRhythm(uniform, instant(0), instant(hours(24)), local);
      expect(activityBetween(instant(0), at, local)).toBeCloseTo(uniform, 6);
    },
  );
});

describe('whole people', () => {
  property([fc.nat(5_000), fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 })])(
    'sum to the total, each city within one of its share',
    (total, shares) => {
      const counts = apportion(total, shares);
      const sum = shares.reduce((left, right) => left + right, 0);
      expect(counts.reduce((left, right) => left + right, 0)).toBe(total);
      for (const [index, share] of shares.entries())
        expect(Math.abs((counts[index] ?? 0) - (total * share) / sum)).toBeLessThan(1);
    },
  );
});

describe('a whole number', () => {
  it.each([
    [2, 0, 2],
    [2.5, 0.49, 3],
    [2.5, 0.5, 2],
    [0, 0, 0],
    [0.2, 0.1, 1],
  ])('for a mean of %d and a draw of %d is %d', (mean, uniform, whole) => {
    expect(wholeNumber(mean, uniform)).toBe(whole);
  });
});
