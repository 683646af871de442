// Recovery, people cut off, convergence and backlog on worlds with a planted effect of known size.
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../sim/observation.ts';
import { hours, minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { backlog } from '../../../reports/metrics/backlog.ts';
import { convergence } from '../../../reports/metrics/convergence.ts';
import { cutOff } from '../../../reports/metrics/cut-off.ts';
import { recovery } from '../../../reports/metrics/recovery.ts';
import { plantedEvidence, plantedFault, type PlantedFate } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const instant = (duration: number): Instant => duration as Instant;

/** One message a minute from person 0 to person 1, for three hours. */
const count = 180;
const workload = {
  ...workloadOf({
    people: 2,
    messages: Array.from({ length: count }, (_, index) => ({ sender: 0, at: minutes(index) })),
    horizon: hours(30),
  }),
};
const threeHours = { ...workload, windows: { ...workload.windows, sendingEnd: instant(hours(3)) } };
const fault = plantedFault('first', minutes(30), minutes(60));

const delivered = (message: number, delay: number): PlantedFate => ({
  message,
  person: 1,
  spans: [{ length: delay, cause: delay > seconds(1) ? 1 : 0 }],
});
const healthy = { fates: Array.from({ length: count }, (_, message) => delivered(message, seconds(0.2))) };
/** Messages sent in [from, until) minutes come at `arrival`. */
const heldUntil = (from: number, until: number, arrival: number): { fates: PlantedFate[] } => ({
  fates: healthy.fates.map((fate) =>
    fate.message >= from && fate.message < until
      ? delivered(fate.message, arrival - minutes(fate.message))
      : fate,
  ),
});

describe('recovery', () => {
  const after = (from: number, until: number) =>
    recovery.compute(
      plantedEvidence(threeHours, [fault], heldUntil(from, until, minutes(until) + seconds(70)), healthy),
    );

  it('is when the last bad message has left the rolling five minutes', () => {
    // The message of minute 79 comes late. [79:00, 79:10) is its step; five minutes later it has left the window.
    expect(after(30, 80)).toEqual({ status: 'recovered', seconds: 24 * 60 + 10 });
  });

  it('takes no time when all was well before the fault ended', () => {
    expect(after(30, 40)).toEqual({ status: 'recovered', seconds: 0 });
  });

  it('is not reached when less than half an hour of sending is left', () => {
    expect(after(30, 160)).toEqual({ status: 'not-recovered', seconds: null });
  });

  it('is no question when the twin was never left, or nothing failed', () => {
    expect(recovery.compute(plantedEvidence(threeHours, [fault], healthy, healthy)).status).toBe(
      'never-left',
    );
    expect(recovery.compute(plantedEvidence(threeHours, [], healthy, healthy)).status).toBe('no-faults');
  });
});

describe('people cut off', () => {
  it('are so from when the twin had the message to the next that comes', () => {
    const run = heldUntil(30, 50, minutes(50));
    const { intervals, figures } = cutOff.compute(plantedEvidence(threeHours, [fault], run, healthy));
    expect(intervals).toEqual([{ person: 1, start: minutes(30) + seconds(1.2), end: minutes(50) }]);
    expect(figures).toMatchObject({ people: 1, overOneMinute: 1, overOneHour: 0 });
    expect(figures.personHours).toBeCloseTo((20 * 60 - 1.2) / 3_600, 9);
  });

  it('are so from a send that fails because of a fault to one that is accepted', () => {
    const message = 3 as never;
    const failed = (at: number): Observation => ({
      kind: 'attempt-failed',
      at: instant(at),
      message,
      failure: 'timed-out',
      cause: 1 as never,
    });
    const accepted: Observation = { kind: 'accepted', at: instant(minutes(40)), message };
    const silent = {
      fates: [],
      others: [failed(minutes(4)), failed(minutes(9)), accepted, failed(minutes(50))],
    };
    const { intervals } = cutOff.compute(plantedEvidence(threeHours, [fault], silent, { fates: [] }));
    expect(intervals).toEqual([
      { person: 0, start: minutes(4), end: minutes(40) },
      { person: 0, start: minutes(50), end: hours(30) },
    ]);
  });

  it('are nobody without faults', () => {
    expect(cutOff.compute(plantedEvidence(threeHours, [], healthy, healthy)).figures.people).toBe(0);
  });
});

describe('convergence', () => {
  const says = (at: number, node: number, state: string, object = 'room'): Observation => ({
    kind: 'replica',
    at: instant(at),
    node: node,
    object,
    aspects: { state, extremities: 'e' },
  });
  const after = (...others: Observation[]) =>
    convergence.compute(plantedEvidence(threeHours, [fault], { fates: [], others }, { fates: [] }));

  it('is reached when the last long disagreement ends', () => {
    const figures = after(
      says(seconds(1), 0, 'a'),
      says(seconds(1), 1, 'a'),
      says(minutes(35), 0, 'b'),
      says(minutes(75), 1, 'b'),
      // Ordinary propagation an hour later.
      says(minutes(120), 0, 'c'),
      says(minutes(120) + seconds(2), 1, 'c'),
    );
    expect(figures).toEqual({
      converged: true,
      seconds: 15 * 60,
      strictSeconds: 60 * 60 + 2,
      objects: 1,
      diverged: 1,
      longestSeconds: 40 * 60,
      // Fronts never differ here; states do.
      aspects: {
        state: {
          converged: true,
          seconds: 15 * 60,
          strictSeconds: 60 * 60 + 2,
          diverged: 1,
          longestSeconds: 40 * 60,
        },
        extremities: { converged: true, seconds: 0, strictSeconds: 0, diverged: 0, longestSeconds: 0 },
      },
      historyComplete: true,
      resets: 0,
      causes: [],
      details: [],
    });
  });

  it('is not reached while two replicas differ', () => {
    const figures = after(says(seconds(1), 0, 'a'), says(seconds(1), 1, 'b'));
    expect(figures).toMatchObject({ converged: false, seconds: null, diverged: 1 });
  });

  it('does not ask a replica that is gone', () => {
    const gone: Observation = {
      kind: 'replica-gone',
      at: instant(minutes(2)),
      node: 1,
      object: 'room',
    };
    expect(after(says(seconds(1), 0, 'a'), says(seconds(1), 1, 'b'), gone)).toMatchObject({
      converged: true,
      seconds: 0,
    });
  });

  it('is no question for a system without replicas', () => {
    expect(after()).toMatchObject({ converged: null, seconds: null, objects: 0 });
  });
});

describe('backlog', () => {
  it('peaks when everything waits and drains when it comes', () => {
    const run = heldUntil(30, 70, minutes(80));
    const figures = backlog.compute(plantedEvidence(threeHours, [fault], run, healthy));
    expect(figures).toEqual({
      peak: 40,
      peakAt: (minutes(69) + seconds(0.2)) / 1e6,
      drainSeconds: 20 * 60,
    });
  });

  it('never drains when something is lost for good beyond one in a hundred', () => {
    const run = {
      fates: healthy.fates.map((fate) => (fate.message < 5 ? { ...fate, lost: true } : fate)),
    };
    expect(backlog.compute(plantedEvidence(threeHours, [fault], run, healthy))).toMatchObject({
      peak: 5,
      drainSeconds: null,
    });
  });

  it('is none when run and twin are alike', () => {
    expect(backlog.compute(plantedEvidence(threeHours, [fault], healthy, healthy))).toEqual({
      peak: 0,
      peakAt: null,
      drainSeconds: null,
    });
  });
});
