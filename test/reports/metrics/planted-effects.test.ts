// Recovery, people cut off, convergence and backlog on worlds with a planted effect of known size.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../sim/systems/system.ts';
import type { Observation } from '../../../sim/observation.ts';
import { hours, minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { backlog } from '../../../reports/metrics/backlog.ts';
import { convergence } from '../../../reports/metrics/convergence.ts';
import { cutOff, cutOffFigures } from '../../../reports/metrics/cut-off.ts';
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

  it('are so again after every failure that no success lies behind', () => {
    const late = new Set([30, 31, 33]);
    const run = {
      fates: healthy.fates.map((fate) =>
        late.has(fate.message) ? delivered(fate.message, seconds(90)) : fate,
      ),
    };
    const { intervals, figures } = cutOff.compute(plantedEvidence(threeHours, [fault], run, healthy));
    const from = (minute: number): number => minutes(minute) + seconds(1.2);
    expect(intervals).toEqual([
      // 30 is still missed when 31 fails as well; it comes at 31:30. 32 is as ever, so that 33 is missed by itself.
      { person: 1, start: from(30), end: minutes(31) + seconds(30) },
      { person: 1, start: from(33), end: minutes(34) + seconds(0.2) },
    ]);
    expect(figures).toMatchObject({
      people: 1,
      overOneMinute: 1,
      medianSeconds: 88.8 + 59,
      longestSeconds: 88.8 + 59,
    });
  });

  it('are counted by all the time for which each was cut off', () => {
    const person = (id: number, ...lengths: number[]) =>
      lengths.map((length) => ({ person: id as never, start: 0, end: length }));
    expect(
      cutOffFigures([
        ...person(0, minutes(1)),
        ...person(1, hours(0.5), hours(0.5) + 1),
        ...person(2, minutes(2)),
        ...person(3, seconds(6)),
      ]),
    ).toEqual({
      people: 4,
      overOneMinute: 2,
      overOneHour: 1,
      medianSeconds: 60,
      longestSeconds: 3_600.000001,
      personHours: (60 + 3_600.000001 + 120 + 6) / 3_600,
    });
    expect(cutOffFigures([])).toMatchObject({
      people: 0,
      medianSeconds: null,
      longestSeconds: null,
      personHours: 0,
    });
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

  it('counts disagreements of more than ordinary propagation, by object', () => {
    const figures = after(
      ...[0, 1].map((node) => says(seconds(1), node, 'a')),
      ...[0, 1].map((node) => says(seconds(1), node, 'a', 'other')),
      ...[0, 1].map((node) => says(seconds(1), node, 'a', 'third')),
      says(minutes(35), 0, 'b'),
      says(minutes(40), 1, 'b'),
      says(minutes(45), 0, 'c'),
      says(minutes(50), 1, 'c'),
      says(minutes(61), 0, 'b', 'other'),
      says(minutes(70), 1, 'b', 'other'),
    );
    expect(figures).toMatchObject({
      converged: true,
      objects: 3,
      diverged: 2,
      seconds: 600,
      longestSeconds: 540,
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

  it('has what the system found beside it: whose history has holes, which entries were reset, and why', () => {
    const others = [0, 1].map((node) => says(seconds(1), node, 'a'));
    const evidence = plantedEvidence(threeHours, [fault], { fates: [], others }, { fates: [] });
    const found = (object: string, aspect: string, cause: string, detail?: string): Finding => ({
      ...{ object, aspect, cause, node: 'hs/a' },
      ...(detail === undefined ? {} : { detail }),
    });
    const withFindings = (...findings: Finding[]) =>
      convergence.compute({
        ...evidence,
        run: { ...evidence.run, result: { ...evidence.run.result, findings } },
      });
    expect(withFindings(found('room', 'state', 'gap'))).toMatchObject({
      historyComplete: true,
      resets: 0,
      details: [],
    });
    expect(
      withFindings(
        found('room', 'history', 'gap'),
        found('other', 'history', 'gap'),
        found('other', 'history', 'gap'),
        found('room', 'state-reset', 'old-event', 'the topic'),
      ),
    ).toMatchObject({
      historyComplete: false,
      resets: 1,
      causes: [
        { aspect: 'history', cause: 'gap', replicas: 3, objects: 2 },
        { aspect: 'state-reset', cause: 'old-event', replicas: 1, objects: 1 },
      ],
      details: [{ object: 'room', aspect: 'state-reset', node: 'hs/a', detail: 'the topic' }],
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

  it('counts what the run had first as one less, and nothing at or after the horizon', () => {
    const early = {
      fates: healthy.fates.map((fate) => (fate.message < 50 ? delivered(fate.message, 1) : fate)),
    };
    expect(backlog.compute(plantedEvidence(threeHours, [fault], early, healthy)).peak).toBe(0);
    const last = count - 1;
    const atHorizon = {
      fates: healthy.fates.map((fate) =>
        fate.message === last ? delivered(last, hours(30) - minutes(last)) : fate,
      ),
    };
    expect(backlog.compute(plantedEvidence(threeHours, [fault], atHorizon, healthy))).toMatchObject({
      peak: 1,
      drainSeconds: (minutes(last) + seconds(0.2) - minutes(60)) / 1e6,
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
