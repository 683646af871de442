// What is said before the sending window and after it counts nowhere, and what lies on a boundary counts once.
import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { availability } from '../../../reports/metrics/availability.ts';
import { blastRadius } from '../../../reports/metrics/blast-radius.ts';
import { byClass } from '../../../reports/metrics/by-class.ts';
import { cutOff } from '../../../reports/metrics/cut-off.ts';
import { delivery } from '../../../reports/metrics/delivery.ts';
import { latency, latencyEdgesMs } from '../../../reports/metrics/latency.ts';
import { order } from '../../../reports/metrics/order.ts';
import { overTime } from '../../../reports/metrics/over-time.ts';
import { recovery } from '../../../reports/metrics/recovery.ts';
import { undecryptable } from '../../../reports/metrics/undecryptable.ts';
import type { Evidence } from '../../../reports/metrics/metric.ts';
import { plantedEvidence, plantedFault, type PlantedFate } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const fault = plantedFault('first', minutes(12), minutes(20));

/** Two messages before the window, four in it, three after it; everybody hears all of them. */
const times = [1, 9, 10, 15, 25, 39, 40, 41, 50];
const inWindow = [2, 3, 4, 5];
const made = workloadOf({
  people: 3,
  messages: times.map((minute) => ({ sender: 0, at: minutes(minute) })),
  horizon: hours(3),
});
const workload = {
  ...made,
  windows: {
    ...made.windows,
    sendingStart: minutes(10) as number as Instant,
    sendingEnd: minutes(40) as number as Instant,
  },
};

const fate = (message: number, person: number, length: number, lost = false): PlantedFate => ({
  message,
  person,
  lost,
  spans: [{ length, cause: lost || length > seconds(1) ? 1 : 0, reason: 'undecryptable' }],
});
const lostAt = (message: number): number => hours(3) - minutes(times[message] ?? 0);

/** One person of the window waits ten minutes, so that what is said after it comes first; `outside` says how the others fare. */
function evidenceWith(outside: (message: number, person: number) => PlantedFate): Evidence {
  const fates = (late: boolean) =>
    times.flatMap((_, message) =>
      [1, 2].map((person) =>
        !inWindow.includes(message)
          ? outside(message, person)
          : fate(message, person, late && message === 5 && person === 2 ? minutes(10) : seconds(1)),
      ),
    );
  const well = times.flatMap((_, message) => [1, 2].map((person) => fate(message, person, seconds(1))));
  return plantedEvidence(workload, [fault], { fates: fates(true) }, { fates: well });
}

describe('what is said outside of the sending window', () => {
  const figuresOf = (evidence: Evidence): unknown => {
    const ofTheWindow = { availability, byClass, delivery, latency, order, recovery, undecryptable };
    const { cutOffAtOnce: _ofTheWholeRun, ...touched } = blastRadius.compute(evidence);
    // Other curves, of what is under way and unread, are of the whole run.
    const { expected, withinOneMinute, ever } = overTime.compute(evidence);
    const figures = Object.values(ofTheWindow).map((metric) => metric.compute(evidence));
    return { figures, touched, curves: { expected, withinOneMinute, ever } };
  };
  const well = evidenceWith((message, person) => fate(message, person, seconds(0.5)));
  const badly = evidenceWith((message, person) => fate(message, person, lostAt(message), true));

  it('changes no figure of what was said in it', () => {
    expect(figuresOf(badly)).toEqual(figuresOf(well));
  });

  it('leaves eight deliveries, of which one is late', () => {
    expect(delivery.compute(badly).run).toMatchObject({
      sent: 4,
      expected: 8,
      delivered: 8,
      within: { '10s': 7 / 8, '1m': 7 / 8, '1h': 1 },
    });
    const { run, curve, deliveredOnly } = latency.compute(badly);
    expect(run).toEqual({ p50: 1_000, p90: 600_000, p99: 600_000, beyondHorizon: [] });
    expect(deliveredOnly).toEqual(run);
    expect(curve.expected).toBe(8);
    expect(curve.edgesMs).toEqual(latencyEdgesMs);
    expect(curve.delivered.at(-1)).toBe(8);
    // One exactly as long as a step belongs to it.
    expect(curve.delivered[curve.edgesMs.indexOf(1_000)]).toBe(7);
    expect(availability.compute(badly).run).toMatchObject({ people: 3, worst: 3 / 4 });
    // Waits within the first second are not kept.
    expect(undecryptable.compute(badly)).toMatchObject({ deliveries: 1, never: 0, longestSeconds: 600 });
  });

  it('is no later message that came first', () => {
    expect(order.compute(well).run).toMatchObject({ outOfOrder: 0 });
  });
});

describe('a limit of time', () => {
  const single = workloadOf({
    people: 2,
    messages: [0, 1].map((minute) => ({ sender: 0, at: minutes(minute) })),
    horizon: minutes(2),
  });
  const after = (...lengths: readonly number[]) => ({
    fates: lengths.map((length, message) => ({ message, person: 1, spans: [{ length }] })),
  });

  it('counts what takes exactly as long, and what has exactly so long until the horizon', () => {
    const evidence = plantedEvidence(
      { ...single, windows: { ...single.windows, sendingEnd: minutes(2) as number as Instant } },
      [],
      after(seconds(10), minutes(1)),
      after(seconds(1), seconds(1)),
    );
    expect(delivery.compute(evidence).run.within).toEqual({ '10s': 1 / 2, '1m': 1, '1h': null });
  });
});

describe('delays', () => {
  const three = workloadOf({ people: 2, messages: [0, 1, 2].map((at) => ({ sender: 0, at: minutes(at) })) });
  const come = (...lengths: readonly (number | undefined)[]) => ({
    fates: lengths.map((length, message) => ({
      message,
      person: 1,
      lost: length === undefined,
      spans: [{ length: length ?? three.windows.horizon - minutes(message) }],
    })),
  });
  const well = come(seconds(1), seconds(1), seconds(1));

  it('of what came alone leave out what never did, and nothing else', () => {
    const some = latency.compute(plantedEvidence(three, [], come(seconds(1), undefined, seconds(3)), well));
    expect(some.run).toEqual({ p50: 3_000, p90: null, p99: null, beyondHorizon: ['p90', 'p99'] });
    expect(some.deliveredOnly).toEqual({ p50: 1_000, p90: 3_000, p99: 3_000, beyondHorizon: [] });
    const all = latency.compute(plantedEvidence(three, [], come(seconds(1), seconds(2), seconds(3)), well));
    expect(all.deliveredOnly).toEqual(all.run);
    expect(all.run.p99).toBe(3_000);
  });
});

describe('order', () => {
  it('is that of one conversation, for each person', () => {
    const apart = workloadOf({
      people: 3,
      conversations: [
        [0, 1],
        [0, 2],
        [1, 2],
        [0, 2],
      ],
      messages: [
        { sender: 0, conversation: 0, at: minutes(1) },
        { sender: 2, conversation: 3, at: minutes(2) },
        { sender: 1, conversation: 2, at: minutes(3) },
      ],
    });
    const run = {
      fates: [
        { message: 0, person: 1, spans: [{ length: minutes(20) }] },
        { message: 1, person: 0, spans: [{ length: seconds(1) }] },
        { message: 2, person: 2, spans: [{ length: seconds(1) }] },
      ],
    };
    expect(order.compute(plantedEvidence(apart, [], run, run)).run).toMatchObject({ outOfOrder: 0 });
  });
});

describe('recovery', () => {
  const busy = workloadOf({
    people: 2,
    messages: Array.from({ length: 240 }, (_, index) => ({ sender: 0, at: seconds(5 * index) })),
    horizon: hours(2),
  });
  const fates = (length: number) => ({
    fates: busy.messages.map(({ id }) => ({ message: id, person: 1, spans: [{ length }] })),
  });
  const within = { ...busy, windows: { ...busy.windows, sendingEnd: minutes(20) as number as Instant } };
  const of = (length: number) =>
    recovery.compute(plantedEvidence(within, [fault], fates(length), fates(seconds(1))));

  it('counts every message of a step, and a minute as in time', () => {
    expect(of(seconds(1))).toEqual({ status: 'never-left', seconds: 0 });
    expect(of(minutes(1))).toEqual({ status: 'never-left', seconds: 0 });
    expect(of(minutes(1) + 1)).toEqual({ status: 'not-recovered', seconds: null });
  });
});

describe('somebody cut off', () => {
  const three = workloadOf({
    people: 2,
    messages: [1, 5, 9].map((at) => ({ sender: 0, at: minutes(at) })),
    horizon: hours(1),
  });
  const fates = (...lengths: readonly (number | undefined)[]) => ({
    fates: lengths.map((length, message) => ({
      message,
      person: 1,
      lost: length === undefined,
      spans: [{ length: length ?? hours(1) - three.messages[message]!.at, cause: 1 }],
    })),
  });
  const well = fates(seconds(1), seconds(1), seconds(1));
  const of = (...lengths: readonly (number | undefined)[]) =>
    cutOff
      .compute(plantedEvidence(three, [fault], fates(...lengths), well))
      .intervals.filter(({ person }) => person === 1)
      .map(({ start, end }) => [start, end]);

  it('is so by what never comes, from when it was due, to the next that comes', () => {
    expect(of(undefined, seconds(1), seconds(1))).toEqual([
      [minutes(1) + seconds(2), minutes(5) + seconds(1)],
    ]);
    expect(of(seconds(1), seconds(1), undefined)).toEqual([[minutes(9) + seconds(2), hours(1)]]);
  });

  it('is so anew by what fails at the instant at which something came', () => {
    const [first, second] = [minutes(1) + seconds(2), minutes(5) + seconds(2)];
    // The first message comes when the second one was due.
    expect(of(second - minutes(1), undefined, seconds(1))).toEqual([
      [first, second],
      [second, minutes(9) + seconds(1)],
    ]);
  });
});
