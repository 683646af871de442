// Delivery and delay against slow, obvious recomputations; what never came counts as infinite.
import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { byClass } from '../../../reports/metrics/by-class.ts';
import { delivery } from '../../../reports/metrics/delivery.ts';
import { latency, percentile } from '../../../reports/metrics/latency.ts';
import { overTime } from '../../../reports/metrics/over-time.ts';
import { plantedEvidence } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';
import { fc, property } from '../../support/property.ts';

const delay = fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: hours(1.5) }));

describe('delivery and delay', () => {
  property([
    fc.array(delay, { minLength: 1, maxLength: 40 }),
    fc.array(delay, { minLength: 40, maxLength: 40 }),
  ])('equal what counting one by one gives', (ours, twins) => {
    const workload = workloadOf({
      people: 2,
      messages: ours.map((_, index) => ({ sender: index % 2, at: minutes(index) })),
      horizon: hours(3),
    });
    const fatesOf = (delays: readonly (number | undefined)[]) => ({
      fates: ours.map((_, message) => ({
        message,
        person: (message + 1) % 2,
        lost: delays[message] === undefined,
        spans: [{ length: delays[message] ?? seconds(30) }],
      })),
    });
    const evidence = plantedEvidence(workload, [], fatesOf(ours), fatesOf(twins));
    const { run } = delivery.compute(evidence);
    const share = (limit: number): number =>
      ours.filter((each) => each !== undefined && each <= limit).length / ours.length;
    expect(run.expected).toBe(ours.length);
    expect(run.ratio).toBe(share(Infinity));
    expect(run.within).toEqual({
      '10s': share(seconds(10)),
      '1m': share(minutes(1)),
      '1h': share(hours(1)),
    });

    const ascending = ours.map((each) => each ?? Infinity).toSorted((left, right) => left - right);
    const { run: figures, curve } = latency.compute(evidence);
    for (const [name, at] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p99', 0.99],
    ] as const) {
      const value = ascending[Math.ceil(Number((at * ascending.length).toFixed(6))) - 1]!;
      expect(figures[name]).toBe(value === Infinity ? null : value / 1_000);
      expect(figures.beyondHorizon.includes(name)).toBe(value === Infinity);
    }
    for (const [index, edge] of curve.edgesMs.entries())
      expect(curve.delivered[index]).toBe(ascending.filter((each) => each <= edge * 1_000).length);

    const series = overTime.compute(evidence);
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    expect(total(series.expected)).toBe(run.expected);
    expect(total(series.ever)).toBe(run.delivered);
    expect(total(series.withinOneMinute)).toBe(Math.round((run.within['1m'] ?? 0) * run.expected));
    expect(series.outstanding.at(-1)).toBe(run.expected - run.delivered);
    expect(Math.min(...series.outstanding)).toBeGreaterThanOrEqual(0);
  });

  it('counts within d only what was sent at least d before the horizon', () => {
    const workload = workloadOf({
      people: 2,
      messages: [minutes(1), minutes(50)].map((at) => ({ sender: 0, at })),
      horizon: hours(1),
    });
    const simulation = {
      fates: [
        { message: 0, person: 1, spans: [{ length: seconds(1) }] },
        { message: 1, person: 1, lost: true, spans: [{ length: seconds(1) }] },
      ],
    };
    const { run } = delivery.compute(plantedEvidence(workload, [], simulation, simulation));
    expect(run).toMatchObject({ ratio: 0.5, within: { '1m': 0.5, '1h': null } });
  });

  it('leaves out of `whenConnected` who had no network in the first minute', () => {
    const offline = { 1: { offline: [{ start: minutes(10), end: minutes(20) }] as never } };
    const sends = [minutes(9) - seconds(1), minutes(9) + seconds(1), minutes(19), minutes(20)];
    const workload = workloadOf({
      people: 2,
      messages: sends.map((at) => ({ sender: 0, at: at as never })),
      devices: offline,
    });
    const simulation = {
      fates: sends.map((_, message) => ({ message, person: 1, spans: [{ length: seconds(1) }] })),
    };
    const { whenConnected } = delivery.compute(plantedEvidence(workload, [], simulation, simulation));
    expect(whenConnected.expected).toBe(2);
  });

  it('has no percentile of nothing, and the nearest rank of something', () => {
    expect(percentile(new Float64Array(), 0.5)).toBeUndefined();
    const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0.01, 0.07, 0.5, 0.99, 1].map((at) => percentile(hundred, at))).toEqual([1, 7, 50, 99, 100]);
  });

  it('gives the same figures by class as overall', () => {
    const workload = workloadOf({
      people: 3,
      conversations: [
        [0, 1],
        [0, 1, 2],
      ],
      messages: [0, 1, 1].map((conversation, index) => ({ sender: 0, conversation, at: minutes(index) })),
    });
    const simulation = {
      fates: [
        { message: 0, person: 1, spans: [{ length: seconds(1) }] },
        { message: 1, person: 1, spans: [{ length: seconds(1) }] },
        { message: 1, person: 2, spans: [{ length: minutes(2) }] },
        { message: 2, person: 1, lost: true, spans: [{ length: seconds(1) }] },
        { message: 2, person: 2, lost: true, spans: [{ length: seconds(1) }] },
      ],
    };
    const rows = byClass.compute(plantedEvidence(workload, [], simulation, simulation));
    const kinds = rows.filter(({ dimension }) => dimension === 'conversation');
    expect(kinds.map(({ name, expected, withinOneMinute }) => [name, expected, withinOneMinute])).toEqual([
      ['group', 4, 0.25],
      ['direct', 1, 1],
    ]);
    for (const dimension of ['distance', 'conversation', 'country'])
      expect(
        rows.filter((row) => row.dimension === dimension).reduce((sum, row) => sum + row.expected, 0),
      ).toBe(5);
  });
});
