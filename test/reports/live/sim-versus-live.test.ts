// Two runs put side by side: what counts as agreement.
import { describe, expect, it } from 'vitest';
import { comparisonInWords } from '../../../reports/live/comparison-words.ts';
import {
  compareSides,
  quantileOf,
  shiftApart,
  stepsOfDelivery,
  type Side,
} from '../../../reports/live/sim-versus-live.ts';

const entry = (topic: string): string =>
  JSON.stringify(['m.room.topic', '', '@ann:ash', `{"topic":"${topic}"}`]);
const side = (delaysMs: readonly number[], topic = 'same'): Side => ({
  delaysMs: Float64Array.from(delaysMs),
  objects: new Map([['hs/ash', [{ object: '!room', entries: [entry(topic), 'x'] }]]]),
});
const terms = { stepMs: 2, oneByOne: true };
const many = (delay: (index: number) => number): readonly number[] =>
  Array.from({ length: 1_000 }, (_, index) => delay(index));

describe('a simulated and a live run', () => {
  it('agree when they are the same', () => {
    const same = side(many((index) => index));
    expect(compareSides(same, same, terms)).toMatchObject({
      deliveries: { expected: 1_000, both: 1_000, onlySimulated: 0, onlyLive: 0, neither: 0 },
      states: { compared: 1, equal: 1, differences: [] },
      latencyMs: { apart: 0, tolerance: stepsOfDelivery * 2 },
      verdict: { deliveries: true, states: true, latency: true, agree: true },
    });
  });

  it('do not when one delivers what the other does not', () => {
    const { deliveries, verdict } = compareSides(side([1, 2, NaN, NaN]), side([1, NaN, 3, NaN]), terms);
    expect(deliveries).toEqual({ expected: 4, both: 1, onlySimulated: 1, onlyLive: 1, neither: 1 });
    expect(verdict).toMatchObject({ deliveries: false, states: true, agree: false });
  });

  it('do not when a room ends in another state, and the entries are told', () => {
    const comparison = compareSides(side([1], 'one'), side([1], 'other'), terms);
    expect(comparison.states).toEqual({
      compared: 1,
      equal: 0,
      differences: [
        { node: 'hs/ash', object: '!room', onlySimulated: [entry('one')], onlyLive: [entry('other')] },
      ],
    });
    expect(comparison.verdict).toMatchObject({ states: false, agree: false });
    const lateMs = { p50: 1, p95: 2, p99: 3, most: 4 };
    const words = comparisonInWords({ processes: 4, preparedSeconds: 1, lateMs }, comparison);
    expect(words).toContain('final states: 0 of 1 copies equal: no');
    expect(words).toContain(`hs/ash !room: simulated ${entry('one')}; live ${entry('other')}`);
    expect(words.endsWith('They do not agree.')).toBe(true);
  });

  it('may differ in both where people race, but not in how long things take', () => {
    const slower = compareSides(
      side(
        many(() => 100),
        'one',
      ),
      side(
        many(() => 200),
        'other',
      ),
      {
        ...terms,
        oneByOne: false,
      },
    );
    expect(slower.verdict).toEqual({ deliveries: null, states: null, latency: false, agree: false });
  });

  it('may have a delay that is longer by as much as the steps of a delivery are late', () => {
    const uniform = many((index) => index);
    const later = (by: number): boolean =>
      compareSides(side(uniform), side(uniform.map((delay) => delay + by)), terms).verdict.latency;
    // The chance band of two thousand deliveries is less than a hundred ranks wide on either side.
    expect(later(stepsOfDelivery * 2)).toBe(true);
    expect(later(stepsOfDelivery * 2 + 120)).toBe(false);
  });
});

describe('the shift between two samples', () => {
  it('is how far one has to be moved, whichever is later', () => {
    expect(shiftApart([1, 2, 3], [11, 12, 13], 0)).toBe(10);
    expect(shiftApart([11, 12, 13], [1, 2, 3], 0)).toBe(10);
  });

  it('takes no notice of fewer than the band allows', () => {
    const usual = many(() => 10);
    const withTail = usual.map((delay, index) => (index < 40 ? delay + 5_000 : delay)).sort((a, b) => a - b);
    expect(shiftApart(usual, withTail, 0)).toBe(5_000);
    expect(shiftApart(usual, withTail, 0.05)).toBe(0);
  });
});

describe('a quantile', () => {
  it('is the least value that so many do not exceed', () => {
    expect([0.1, 0.5, 1].map((share) => quantileOf([1, 2, 3, 4], share))).toEqual([1, 2, 4]);
    expect(quantileOf([], 0.5)).toBe(0);
  });
});
