// When faults hold: ramps, flaps, and the instants of change known in advance.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { never, type Instant } from '../../../protocol/time.ts';
import { FaultTimeline } from '../../../sim/faults/timeline.ts';
import { fault } from '../../support/network.ts';

const instant = (micros: number): Instant => micros as Instant;

describe('the fault timeline', () => {
  it('is half-open', () => {
    const timeline = new FaultTimeline([fault('certificate-expired', '*', 1, 2, {})]);
    expect([999_999, 1_000_000, 1_999_999, 2_000_000].map((at) => timeline.holds(0, 0, instant(at)))).toEqual(
      [false, true, true, false],
    );
  });

  it('grows and shrinks linearly', () => {
    const timeline = new FaultTimeline([
      fault('slow', '*', 100, 200, { factor: 2, rampUp: 40_000_000, rampDown: 20_000_000 }),
    ]);
    expect(
      [100, 110, 140, 180, 190, 195, 200].map((second) => timeline.severity(0, instant(second * 1_000_000))),
    ).toEqual([0, 0.25, 1, 1, 0.5, 0.25, 0]);
  });

  it('strikes one place after the other', () => {
    const timeline = new FaultTimeline([
      fault('down', '*', 100, 200, { manner: 'crash', rampUp: 10_000_000, rampDown: 50_000_000 }),
    ]);
    expect(timeline.nextChange(0, 0, instant(0))).toBe(100_000_000);
    expect(timeline.nextChange(0, 0.5, instant(0))).toBe(105_000_000);
    expect(timeline.nextChange(0, 0.5, instant(105_000_000))).toBe(175_000_000);
    expect(timeline.nextChange(0, 0.5, instant(175_000_000))).toBe(never);
  });

  it('refuses an end before the start, and a duty that is no share', () => {
    expect(() => new FaultTimeline([fault('certificate-expired', '*', 2, 1, {})])).toThrow(
      /ends before it starts/,
    );
    expect(
      () => new FaultTimeline([fault('certificate-expired', '*', 1, 2, { flap: { period: 10, duty: 3 } })]),
    ).toThrow(/duty/);
  });

  it('names every change and nothing else', () => {
    const faults = fc.record({
      start: fc.integer({ min: 0, max: 60 }),
      length: fc.integer({ min: 0, max: 80 }),
      rampUp: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      rampDown: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      flap: fc.option(
        fc.record({ period: fc.integer({ min: 1, max: 30 }), duty: fc.constantFrom(0.1, 0.5, 0.9, 1) }),
        { nil: undefined },
      ),
      yieldsAt: fc.constantFrom(0, 0.3, 0.99),
    });
    fc.assert(
      fc.property(faults, ({ start, length, rampUp, rampDown, flap, yieldsAt }) => {
        const one = {
          ...fault('certificate-expired', '*', 0, 0, {}),
          start: instant(start),
          end: instant(start + length),
        };
        const timeline = new FaultTimeline([
          {
            ...one,
            ...(rampUp === undefined ? {} : { rampUp }),
            ...(rampDown === undefined ? {} : { rampDown }),
            ...(flap === undefined ? {} : { flap }),
          },
        ]);
        for (let at = 0; at < 160; at++) {
          // The slow way: look at every instant.
          let next: number = never;
          for (let later = at + 1; later < 320 && next === never; later++)
            if (
              timeline.holds(0, yieldsAt, instant(later)) !== timeline.holds(0, yieldsAt, instant(later - 1))
            )
              next = later;
          expect([at, timeline.nextChange(0, yieldsAt, instant(at))]).toEqual([at, next]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
