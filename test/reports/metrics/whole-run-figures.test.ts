// Figures of whole runs on a world small enough to count by hand: three people, two conversations, six messages.
import { describe, expect, it } from 'vitest';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { availability } from '../../../reports/metrics/availability.ts';
import { blastRadius, mostAtOnce } from '../../../reports/metrics/blast-radius.ts';
import { divergence } from '../../../reports/metrics/divergence.ts';
import { energy } from '../../../reports/metrics/energy.ts';
import { onlineThroughout } from '../../../reports/metrics/connected.ts';
import { order } from '../../../reports/metrics/order.ts';
import { refusals } from '../../../reports/metrics/refusals.ts';
import { serverLoad } from '../../../reports/metrics/server-load.ts';
import { traffic } from '../../../reports/metrics/traffic.ts';
import { undecryptable } from '../../../reports/metrics/undecryptable.ts';
import { faultsAsTheyWere, lastHeal, type Evidence } from '../../../reports/metrics/metric.ts';
import { overTime } from '../../../reports/metrics/over-time.ts';
import type { Series } from '../../../reports/record-system.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { NodeLoad, Refusal, SimulationResult } from '../../../sim/simulation.ts';
import {
  plantedEvidence,
  plantedFault,
  type PlantedFate,
  type PlantedSimulation,
} from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const instant = (duration: number): Instant => duration as Instant;
const at = (minute: number): Instant => instant(minutes(minute));

/** Person 2 lives in another country; conversation 0 is everybody's, 1 is that of persons 0 and 1. */
const made = workloadOf({
  people: 3,
  conversations: [
    [0, 1, 2],
    [0, 1],
  ],
  messages: [
    { sender: 0, conversation: 0, at: minutes(1) },
    { sender: 0, conversation: 0, at: minutes(2) },
    { sender: 1, conversation: 1, at: minutes(3) },
    { sender: 0, conversation: 1, at: minutes(4) },
    // Nobody can say whether this one came within a minute: half a minute is left.
    { sender: 1, conversation: 1, at: minutes(119.5) },
  ],
});
const workload = {
  ...made,
  people: made.people.map((person) => (person.id === 2 ? { ...person, country: 'CH' } : person)),
  windows: { ...made.windows, sendingEnd: made.windows.horizon },
};
const fault = plantedFault('first', minutes(1), minutes(30));

const fate = (message: number, person: number, delay: number, cause = 0): PlantedFate => ({
  message,
  person,
  spans: [{ length: delay, cause }],
});
const lost = (message: number, person: number): PlantedFate => ({
  message,
  person,
  spans: [{ length: workload.windows.horizon - workload.messages[message]!.at, cause: 1 }],
  lost: true,
});
const healthy: readonly PlantedFate[] = [
  fate(0, 1, seconds(1)),
  fate(0, 2, seconds(1)),
  fate(1, 1, seconds(1)),
  fate(1, 2, seconds(1)),
  fate(2, 0, seconds(1)),
  fate(3, 1, seconds(1)),
  fate(4, 0, seconds(1)),
];
/** These fates instead of the healthy ones. */
const instead = (...changed: readonly PlantedFate[]): readonly PlantedFate[] =>
  healthy.map(
    (each) =>
      changed.find(({ message, person }) => message === each.message && person === each.person) ?? each,
  );

function evidenceOf(run: PlantedSimulation, twin: PlantedSimulation = { fates: healthy }): Evidence {
  return plantedEvidence(workload, [fault], run, twin);
}

/** The same evidence, of which the run's simulation says so, too. */
function withResults(
  evidence: Evidence,
  run: Partial<SimulationResult>,
  twin: Partial<SimulationResult> = {},
): Evidence {
  return {
    ...evidence,
    run: { ...evidence.run, result: { ...evidence.run.result, ...run } },
    twin: { ...evidence.twin, result: { ...evidence.twin.result, ...twin } },
  };
}

describe('availability by person', () => {
  it('counts an exchange for its sender and for its recipient, when it came within a minute', () => {
    // Person 0 has six exchanges of which one came late and one never; person 1 five and one; person 2 two and one.
    const run = { fates: instead(fate(0, 1, seconds(61), 1), lost(1, 2)) };
    expect(availability.compute(evidenceOf(run))).toEqual({
      run: { people: 3, median: 4 / 6, p10: 0.5, worst: 0.5, below99: 3, below90: 3, below50: 0 },
      twin: { people: 3, median: 1, p10: 1, worst: 1, below99: 0, below90: 0, below50: 0 },
    });
  });

  it('counts a minute to the microsecond as within it, and nobody who had no exchange', () => {
    const quiet = workloadOf({
      people: 3,
      conversations: [[0, 1]],
      messages: [{ sender: 0, at: minutes(1) }],
    });
    const inTime = plantedEvidence(quiet, [], { fates: [fate(0, 1, minutes(1))] }, { fates: [] });
    expect(availability.compute(inTime).run).toMatchObject({ people: 2, worst: 1, below50: 0 });
    const late = plantedEvidence(quiet, [], { fates: [fate(0, 1, minutes(1) + 1)] }, { fates: [] });
    expect(availability.compute(late).run).toMatchObject({ people: 2, worst: 0, below50: 2 });
  });

  it('has no figures of nobody', () => {
    const nobody = plantedEvidence(workloadOf({ people: 2, messages: [] }), [], { fates: [] }, { fates: [] });
    expect(availability.compute(nobody).run).toMatchObject({
      people: 0,
      median: null,
      p10: null,
      worst: null,
    });
  });
});

describe('blast radius', () => {
  it('is whom and what a late or lost delivery touches, of those who had any', () => {
    expect(blastRadius.compute(evidenceOf({ fates: instead(lost(0, 2)) }))).toMatchObject({
      people: 2 / 3,
      conversations: 1 / 2,
      countries: 1 / 2,
      deliveries: 1 / 7,
    });
    expect(blastRadius.compute(evidenceOf({ fates: instead(fate(3, 1, seconds(2) + 1, 1)) }))).toMatchObject({
      people: 2 / 3,
      conversations: 1 / 2,
      countries: 1 / 2,
      deliveries: 1 / 7,
    });
  });

  it('is nothing where nothing is later than by a second, or was never to come', () => {
    const none = { people: 0, conversations: 0, countries: 0, deliveries: 0 };
    const second = { fates: instead(fate(3, 1, seconds(2), 1)) };
    expect(blastRadius.compute(evidenceOf(second))).toMatchObject(none);
    expect(
      blastRadius.compute(evidenceOf({ fates: instead(lost(0, 2)) }, { fates: instead(lost(0, 2)) })),
    ).toMatchObject(none);
  });

  it.each([
    [[], 0],
    [[[0, 10]], 1],
    [
      [
        [0, 10],
        [10, 20],
      ],
      1,
    ],
    [
      [
        [0, 11],
        [10, 20],
      ],
      2,
    ],
    [
      [
        [0, 30],
        [5, 6],
        [7, 9],
        [8, 10],
      ],
      3,
    ],
    [[[5, 5]], 0],
  ])('has at most so many cut off at once: %j', (spans, most) => {
    const intervals = spans.map(([start = 0, end = 0], person) => ({ person: person as never, start, end }));
    expect(mostAtOnce(intervals)).toBe(most);
  });
});

describe('divergence windows', () => {
  const says = (minute: number, node: number, state: string, object = 'room'): Observation => ({
    kind: 'replica',
    at: at(minute),
    node,
    object,
    aspects: { state },
  });

  it('are longer than a minute; what is open ends at the horizon', () => {
    const others = [
      says(0, 0, 'a'),
      says(0, 1, 'a'),
      says(10, 0, 'b'),
      says(11, 1, 'b'),
      says(20, 0, 'c'),
      says(23, 1, 'c'),
      says(0, 0, 'a', 'other'),
      says(0, 1, 'a', 'other'),
      says(60, 1, 'b', 'other'),
      says(0, 0, 'a', 'apart for seconds'),
      says(0, 1, 'a', 'apart for seconds'),
      says(30, 0, 'b', 'apart for seconds'),
      says(30.5, 1, 'b', 'apart for seconds'),
    ];
    const figures = { windows: 2, objects: 2, medianSeconds: 3 * 60, objectHours: (3 + 60) / 60 };
    expect(divergence.compute(evidenceOf({ fates: healthy, others }))).toEqual({
      ...figures,
      aspects: { state: figures },
    });
  });

  it('are none where all agree', () => {
    const none = { windows: 0, objects: 0, medianSeconds: null, objectHours: 0 };
    const others = [says(0, 0, 'a'), says(0, 1, 'a')];
    expect(divergence.compute(evidenceOf({ fates: healthy, others }))).toMatchObject(none);
  });
});

describe('order', () => {
  it('is broken by what comes after a later message of the same conversation, to the same person', () => {
    // 0 comes to person 1 after 1 has; that 3, of another conversation, was there before is no matter.
    const run = { fates: instead(fate(0, 1, minutes(9), 1)) };
    expect(order.compute(evidenceOf(run))).toMatchObject({
      run: { outOfOrder: 1, outOfOrderShare: 1 / 7, duplicates: 0 },
      twin: { outOfOrder: 0, outOfOrderShare: 0 },
    });
    // Between the people of one conversation there is no order.
    expect(
      order.compute(evidenceOf({ fates: instead(fate(0, 1, minutes(1) - seconds(1))) })).run.outOfOrder,
    ).toBe(0);
  });

  it('is not broken by what comes at the same instant or never', () => {
    const together = { fates: instead(fate(0, 1, minutes(1) + seconds(1)), lost(0, 2)) };
    expect(order.compute(evidenceOf(together)).run).toMatchObject({ outOfOrder: 0, outOfOrderShare: 0 });
  });

  it('is told as a share of what came, for each person by each conversation', () => {
    // Person 1 has 0 after 1, and person 2 as well; nobody gets 4.
    const run = {
      fates: [
        ...instead(fate(0, 1, minutes(9)), fate(0, 2, minutes(9))).filter(({ message }) => message !== 4),
      ],
    };
    expect(order.compute(evidenceOf(run)).run).toMatchObject({ outOfOrder: 2, outOfOrderShare: 2 / 6 });
    const other = { fates: instead(fate(2, 0, minutes(116.8))) };
    expect(order.compute(evidenceOf(other)).run.outOfOrder).toBe(1);
    // The last of its conversation for this person: what others have of it is no matter.
    expect(order.compute(evidenceOf({ fates: instead(fate(1, 2, minutes(9))) })).run.outOfOrder).toBe(0);
  });

  it('counts copies of what was there already', () => {
    const copy = { kind: 'duplicate', at: at(5), message: 0, person: 1 } as unknown as Observation;
    const { run, twin } = order.compute(evidenceOf({ fates: healthy, others: [copy, copy] }));
    expect([run.duplicates, twin.duplicates]).toEqual([2, 0]);
  });
});

describe('traffic and its energy', () => {
  const sent = (internetBytes: number, radioBytes: number, air: number, scan = 0): Observation =>
    ({
      kind: 'traffic',
      at: at(7),
      internetBytes,
      radioBytes,
      radioAirMicroseconds: air,
      radioScanMicroseconds: scan,
    }) as unknown as Observation;

  it('are sums over the run, per delivery that came', () => {
    const others = [sent(500_000, 0, 0), sent(500_000, 400, 3_000_000, 40_000_000)];
    const evidence = evidenceOf({ fates: instead(lost(0, 1), lost(0, 2)), others });
    expect(traffic.compute(evidence)).toEqual({
      run: { internet: 1_000_000, radio: 400, airSeconds: 3, scanSeconds: 40, perDelivery: 1_000_400 / 5 },
      twin: { internet: 0, radio: 0, airSeconds: 0, scanSeconds: 0, perDelivery: 0 },
    });
    const { run } = energy.compute(evidence);
    // 0.1 W at either end for three seconds, and for forty of listening; 1.96 µJ for each of a million bytes.
    expect(run.radioJoules).toBeCloseTo(4.6, 12);
    expect(run.scanJoules).toBeCloseTo(4, 12);
    expect(run.internetJoules).toBeCloseTo(1.96, 12);
    expect(run.perDeliveryJoules).toBeCloseTo(6.56 / 5, 12);
  });

  it('are nobody’s where nothing came', () => {
    const evidence = evidenceOf({ fates: [], others: [sent(10, 0, 0)] });
    expect(traffic.compute(evidence).run.perDelivery).toBeNull();
    expect(energy.compute(evidence).run.perDeliveryJoules).toBeNull();
  });
});

describe('server load', () => {
  const load = (node: string, busy: number, busiest: number, inputs: number, processors = 1): NodeLoad => ({
    node,
    processors,
    busy: seconds(busy),
    busiestMinute: seconds(busiest),
    inputs,
  });

  it('sums work and inputs, and names the busiest minute by the time its processors have', () => {
    const evidence = withResults(evidenceOf({ fates: healthy }), {
      load: [load('hs/b', 50, 36, 30, 2), load('hs/a', 100, 30, 40), load('hs/c', 1, 30, 0)],
    });
    expect(serverLoad.compute(evidence)).toEqual({
      run: { servers: 3, busySeconds: 151, inputsPerDelivery: 10, busiest: 'hs/a', busiestMinute: 0.5 },
      twin: { servers: 0, busySeconds: 0, inputsPerDelivery: 0, busiest: null, busiestMinute: null },
    });
  });

  it('is also told of each architecture of several, push services apart', () => {
    const evidence = withResults(evidenceOf({ fates: healthy }), {
      load: [
        load('signal/chat-1', 10, 6, 7),
        load('signal/chat-2', 20, 12, 7),
        load('push/apns', 99, 60, 99),
        load('hs/a', 5, 3, 1),
      ],
    });
    expect(serverLoad.compute(evidence).run.services).toEqual([
      { service: 'signal', busySeconds: 30, inputs: 14, busiestMinute: 0.2 },
      { service: 'hs', busySeconds: 5, inputs: 1, busiestMinute: 0.05 },
    ]);
  });
});

describe('what was not taken', () => {
  const refusal = (node: string, times: number, rule = 'auth-events.missing'): Refusal => ({
    node,
    from: 'hs/x',
    fate: 'rejected',
    rule,
    times,
  });

  it('stands beside the twin, in order of fate, sender, rule and server', () => {
    const evidence = withResults(
      evidenceOf({ fates: healthy }),
      { refusals: [refusal('hs/b', 4), refusal('hs/a', 2)] },
      { refusals: [refusal('hs/b', 1), refusal('hs/b', 3, 'access-list')] },
    );
    expect(refusals.compute(evidence)).toEqual([
      { ...refusal('hs/b', 0, 'access-list'), twinTimes: 3 },
      { ...refusal('hs/a', 2), twinTimes: 0 },
      { ...refusal('hs/b', 4), twinTimes: 1 },
    ]);
    expect(refusals.compute(evidenceOf({ fates: healthy }))).toEqual([]);
  });
});

describe('unable to decrypt', () => {
  const waiting = (message: number, person: number, wait: number, after = 0): PlantedFate => ({
    message,
    person,
    spans: [
      { length: seconds(2) },
      { length: wait, reason: 'undecryptable', cause: 1 },
      ...(after === 0 ? [] : [{ length: after, cause: 1 }]),
    ],
  });

  it('lasts until the key is there', () => {
    const run = {
      fates: instead(waiting(0, 1, minutes(5)), waiting(0, 2, minutes(1)), waiting(1, 1, minutes(3), 1)),
    };
    expect(undecryptable.compute(evidenceOf(run))).toEqual({
      deliveries: 3,
      never: 0,
      medianSeconds: 180,
      longestSeconds: 300,
      twin: { deliveries: 0, never: 0, medianSeconds: null, longestSeconds: null },
    });
  });

  it('has no length where the key never came', () => {
    const open = { ...waiting(0, 1, workload.windows.horizon - minutes(1) - seconds(2)), lost: true };
    const run = { fates: instead(open, waiting(0, 2, minutes(1)), waiting(1, 1, minutes(3))) };
    expect(undecryptable.compute(evidenceOf(run))).toMatchObject({
      deliveries: 3,
      never: 1,
      medianSeconds: 180,
      longestSeconds: null,
    });
  });
});

describe('curves', () => {
  // Buckets are as long as the reference says: the window here is two hours.
  const bucketOf = (curves: Series, minute: number): number =>
    Math.floor((minute * 60 - curves.start) / curves.bucketSeconds);
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

  it('count by instant of sending what came within a minute, to the microsecond, and ever', () => {
    const run = { fates: instead(fate(1, 1, minutes(1)), fate(1, 2, minutes(1) + 1), lost(2, 0)) };
    const curves = overTime.compute(evidenceOf(run));
    expect([sum(curves.expected), sum(curves.ever), sum(curves.withinOneMinute)]).toEqual([7, 6, 5]);
    expect([sum(curves.twinEver), sum(curves.twinWithinOneMinute)]).toEqual([7, 7]);
    const last = bucketOf(curves, 119.5);
    expect([curves.expected[last], curves.ever[last]]).toEqual([1, 1]);
  });

  it('tell at the end of each bucket what was under way and what lay unread', () => {
    const unread = (message: number, person: number, wait: number, isLost = false): PlantedFate => ({
      ...{ message, person, lost: isLost },
      spans: [{ length: seconds(2) }, { length: wait, reason: 'undecryptable', cause: 1 }],
    });
    const forEver = workload.windows.horizon - minutes(3) - seconds(2);
    const run = { fates: instead(unread(1, 1, minutes(40)), unread(2, 0, forEver, true)) };
    const curves = overTime.compute(evidenceOf(run));
    for (const [minute, count] of [
      [30, 2],
      [41, 2],
      [60, 1],
      [115, 1],
    ] as const) {
      expect(curves.undecryptable[bucketOf(curves, minute)]).toBe(count);
      expect(curves.outstanding[bucketOf(curves, minute)]).toBe(count);
      expect(curves.twinOutstanding[bucketOf(curves, minute)]).toBe(0);
    }
    expect(curves.undecryptable.at(-1)).toBe(1);
    expect(sum(curves.twinUndecryptable)).toBe(0);
  });
});

describe('faults as they were', () => {
  it('end when an action ended them, else when the scenario says', () => {
    const second = plantedFault('second', minutes(5), minutes(90));
    const { result } = evidenceOf({ fates: healthy }).run;
    const ended = faultsAsTheyWere([fault, second], {
      ...result,
      endedByAction: new Map([['second', at(20)]]),
    });
    expect(ended.map(({ id, end }) => [id, end])).toEqual([
      ['first', minutes(30)],
      ['second', minutes(20)],
    ]);
    expect(lastHeal(ended)).toBe(minutes(30));
    expect(lastHeal([])).toBeUndefined();
  });
});

describe('deliveries among people who had a network', () => {
  it('are those of which neither end was without one until the deadline', () => {
    const offline = (from: number, to: number) => [{ start: at(from), end: at(to) }];
    const people = workload.people.map((person) => ({
      ...person,
      device: {
        ...person.device,
        offline: person.id === 0 ? offline(4.5, 6) : person.id === 2 ? offline(1, 1.5) : [],
      },
    }));
    const { expected } = evidenceOf({ fates: healthy });
    const online = onlineThroughout({ ...workload, people }, expected, minutes(1));
    // 0 to 1 and 2; 1 to 1 and 2; 2 to 0; 3 to 1; 4 to 0. Person 2 has none until a minute and a half; person 0 from four and a half.
    expect([0, 1, 2, 3, 4, 5, 6].map(online)).toEqual([true, false, true, true, true, false, true]);
    // Asked in any order.
    expect([6, 5, 0, 5].map(online)).toEqual([true, false, true, false]);
  });
});
