// Blame balances: what is late or lost is charged to faults, or shown as unexplained, to the last microsecond.
import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds, type Duration } from '../../protocol/time.ts';
import { blame, unexplained } from '../../reports/blame.ts';
import { recipientOffline } from '../../reports/missing.ts';
import { sortOfNode } from '../../reports/reason-words.ts';
import { plantedEvidence, plantedFault, type PlantedFate } from '../support/evidence.ts';
import { workloadOf } from '../support/worlds.ts';
import { fc, property } from '../support/property.ts';

const faults = [plantedFault('first', 0, minutes(30)), plantedFault('second', 0, minutes(30))];
const workload = workloadOf({
  people: 2,
  messages: Array.from({ length: 8 }, (_, index) => ({ sender: 0, at: minutes(index) })),
});
const quick = (message: number): PlantedFate => ({
  message,
  person: 1,
  spans: [{ length: seconds(0.5) }],
});
const twin = { fates: workload.messages.map(({ id }) => quick(id)) };
/** The run: these fates, and the twin's for everything else. */
const runWith = (...fates: PlantedFate[]): { fates: PlantedFate[] } => ({
  fates: twin.fates.map((fate) => fates.find(({ message }) => message === fate.message) ?? fate),
});

describe('blame', () => {
  it('charges the excess over the twin to the fault behind the wait', () => {
    const spans = [
      { length: seconds(0.5) },
      { length: seconds(60), reason: 'backoff', holder: 0, cause: 1 },
    ] as const;
    const { lines, account, bit } = blame.compute(
      plantedEvidence(workload, faults, runWith({ message: 2, person: 1, spans }), twin),
    );
    expect(lines).toEqual([
      {
        fault: 'first',
        title: 'the first fault',
        reason: 'backoff',
        holder: 'phone',
        deliveries: 1,
        excessSeconds: 60,
        consequenceSeconds: 0,
        neverDelivered: 0,
      },
    ]);
    expect(account).toMatchObject({ late: 1, lost: 0, excessSeconds: 60, unexplainedShare: 0 });
    expect([...bit]).toEqual([['first', 1]]);
  });

  it('splits a wait with several faults behind it equally', () => {
    const spans = [{ length: seconds(100.5), reason: 'stored-for-recipient', holder: 2, cause: 3 }] as const;
    const { lines } = blame.compute(
      plantedEvidence(workload, faults, runWith({ message: 0, person: 1, spans }), twin),
    );
    expect(lines.map(({ fault, holder, excessSeconds }) => [fault, holder, excessSeconds])).toEqual([
      ['first', 'signal/chat', 50],
      ['second', 'signal/chat', 50],
    ]);
  });

  it('shows what followed after the fault as its consequence', () => {
    const spans = [
      { length: seconds(10), reason: 'backoff', cause: 1 },
      { length: seconds(3_600), reason: 'stored-for-recipient' },
    ] as const;
    const { lines, account } = blame.compute(
      plantedEvidence(workload, faults, runWith({ message: 0, person: 1, spans }), twin),
    );
    expect(lines[0]).toMatchObject({ fault: 'first', excessSeconds: 3_609.5, consequenceSeconds: 3_599.5 });
    expect(account.consequenceSeconds).toBeCloseTo(3_599.5, 6);
  });

  it('charges a lost delivery to the last fault on its way', () => {
    const lost = {
      message: 1,
      person: 1,
      lost: true,
      spans: [
        { length: seconds(10), reason: 'backoff', cause: 1 },
        { length: seconds(10), reason: 'queued', cause: 2 },
        { length: seconds(10), reason: 'stored-for-recipient' },
      ],
    } as const;
    const { lines, account, bit } = blame.compute(plantedEvidence(workload, faults, runWith(lost), twin));
    expect(lines.map(({ fault, deliveries, neverDelivered }) => [fault, deliveries, neverDelivered])).toEqual(
      [
        ['second', 1, 1],
        ['first', 1, 0],
      ],
    );
    expect(account).toMatchObject({ late: 0, lost: 1, unexplainedDeliveries: 0 });
    expect(bit.get('first')).toBe(1);
  });

  it('names what no fault explains, by where it waited longest', () => {
    const spans = [
      { length: seconds(1) },
      { length: seconds(20), reason: 'server-queue', holder: 3 },
    ] as const;
    const { lines, account } = blame.compute(
      plantedEvidence(workload, faults, runWith({ message: 0, person: 1, spans }), twin),
    );
    expect(lines[0]).toMatchObject({ fault: unexplained, reason: 'server-queue', holder: 'hs' });
    expect(account).toMatchObject({ unexplainedDeliveries: 1, unexplainedShare: 1 });
  });

  it('does not say that a fault bit where the fate is the same', () => {
    const same = { message: 0, person: 1, spans: [{ length: seconds(0.5), cause: 1 }] };
    const { bit, lines } = blame.compute(plantedEvidence(workload, faults, runWith(same), twin));
    expect(bit.size).toBe(0);
    expect(lines).toEqual([]);
  });

  it('says why something is missing with and without faults', () => {
    const lost = (message: number, person: number): PlantedFate => ({
      message,
      person,
      lost: true,
      spans: [{ length: hours(1), reason: 'no-route' }],
    });
    const offline = { 2: { offline: [{ start: minutes(10), end: hours(2) }] as never } };
    const three = workloadOf({ people: 3, messages: [{ sender: 0, at: minutes(1) }], devices: offline });
    const nothing = { fates: [lost(0, 1), lost(0, 2)] };
    const { account } = blame.compute(plantedEvidence(three, [], nothing, nothing));
    expect(account.missingInTwinToo).toEqual([
      { why: recipientOffline, deliveries: 1 },
      { why: 'without anybody to hand it to', deliveries: 1 },
    ]);
  });

  describe('of a message whose phone was not woken by another', () => {
    const quickly = (messages: readonly { readonly id: number }[]): PlantedFate[] =>
      messages.map(({ id }) => quick(id));
    // Nobody doubts these: no fault was on the way, and none is left when the second is sent.
    const waited = [{ length: seconds(5), reason: 'stored-for-recipient', holder: 3 }] as const;
    const over = [plantedFault('first', 0, seconds(1))];
    const kept = (lost: boolean): PlantedFate => ({
      message: 0,
      person: 1,
      lost,
      spans: [{ length: hours(1), reason: 'backoff', cause: 1 }],
    });
    const chargedWhen = (secondAt: Duration, first: PlantedFate): readonly string[] => {
      const two = workloadOf({
        people: 2,
        messages: [
          { sender: 0, at: seconds(0) },
          { sender: 0, at: secondAt },
        ],
      });
      const run = { fates: [first, { message: 1, person: 1, spans: waited }] };
      const { lines } = blame.compute(plantedEvidence(two, over, run, { fates: quickly(two.messages) }));
      return lines.filter(({ reason }) => reason === 'stored-for-recipient').map(({ fault }) => fault);
    };

    it.each([
      ['lost', true],
      ['late', false],
    ])('charges the fault that made the other one %s', (_how, lost) => {
      expect(chargedWhen(seconds(20), kept(lost))).toEqual(['first']);
    });

    it('does not, when the other came as in the twin, or long before', () => {
      expect(chargedWhen(seconds(20), quick(0))).toEqual([unexplained]);
      expect(chargedWhen(minutes(3), kept(true))).toEqual([unexplained]);
    });
  });

  it('charges a gap in a history to the node that had left it there when it was hostile', () => {
    const hostile = plantedFault('first', 0, seconds(30), {
      kind: 'byzantine',
      behaviour: 'equivocates',
    } as never);
    const chargedFor = (reason: 'catching-up' | 'computing'): readonly string[] => {
      const spans = [
        { length: seconds(0.3), reason, holder: 3 },
        { length: seconds(3), reason: 'stored-for-recipient', holder: 3 },
      ] as const;
      const run = runWith({ message: 1, person: 1, spans });
      const evidence = plantedEvidence(workload, [hostile], run, twin);
      const result = { ...evidence.run.result, faultContacts: new Map([['first', 1]]) };
      const met = { ...evidence, run: { ...evidence.run, result } };
      return blame.compute(met).lines.map(({ fault }) => fault);
    };
    expect(chargedFor('catching-up')).toEqual(['first']);
    expect(chargedFor('computing')).toEqual([unexplained]);
  });

  it.each([
    ['three minutes fast', 180_000, ['first', 'first', 'first', unexplained]],
    ['three minutes slow', -180_000, ['first', unexplained, unexplained, unexplained]],
  ])(
    'charges a clock that was %s as long as what it dated ahead lies in the future',
    (_how, skewMs, charged) => {
      const clock = plantedFault('first', 0, minutes(1.5), { kind: 'clock', skewMs } as never);
      const late = (message: number): PlantedFate => ({
        message,
        person: 1,
        spans: [{ length: seconds(20), reason: 'no-route' }],
      });
      // Sent at minutes 1, 3, 4 and 5; what was dated ahead at the end of the fault is of minute 4.5.
      const chargedFor = (message: number): readonly string[] =>
        blame
          .compute(plantedEvidence(workload, [clock], runWith(late(message)), twin))
          .lines.map(({ fault }) => fault);
      expect([1, 3, 4, 5].flatMap(chargedFor)).toEqual(charged);
    },
  );

  const span = fc.record({
    length: fc.integer({ min: 0, max: 400_000_000 }),
    reason: fc.constantFrom('backoff', 'queued', 'stored-for-recipient', 'in-flight'),
    holder: fc.nat(3),
    cause: fc.nat(3),
  });
  property([
    fc.array(fc.record({ spans: fc.array(span, { minLength: 1, maxLength: 6 }), lost: fc.boolean() }), {
      minLength: 8,
      maxLength: 8,
    }),
  ])('balances: lines add up to what is late and lost', (planted) => {
    const fates = planted.map((fate, message) => ({ ...fate, message, person: 1 }));
    const evidence = plantedEvidence(workload, faults, { fates }, twin);
    const { lines, account, bit } = blame.compute(evidence);
    const sum = (of: (line: (typeof lines)[number]) => number): number =>
      lines.reduce((total, line) => total + of(line), 0);

    const late = fates
      .filter(({ lost }) => !lost)
      .map(({ spans }) => spans.reduce((all, { length }) => all + length, 0));
    const excess = late.map((delay) => delay - seconds(0.5)).filter((each) => each > seconds(1));
    expect(account.late).toBe(excess.length);
    expect(account.lost).toBe(fates.filter(({ lost }) => lost).length);
    expect(account.excessSeconds).toBeCloseTo(excess.reduce((all, each) => all + each, 0) / 1e6, 4);
    expect(sum(({ excessSeconds }) => excessSeconds)).toBeCloseTo(account.excessSeconds, 4);
    expect(sum(({ neverDelivered }) => neverDelivered)).toBeCloseTo(account.lost, 6);
    expect(sum(({ consequenceSeconds }) => consequenceSeconds)).toBeCloseTo(account.consequenceSeconds, 4);
    for (const count of bit.values()) expect(count).toBeLessThanOrEqual(8);
  });
});

describe('the sort of a node', () => {
  it.each([
    ['phone/17', 'phone'],
    ['hs/matrix.org', 'hs'],
    ['signal/chat-12', 'signal/chat'],
    ['push/apns', 'push/apns'],
    ['relay', 'relay'],
  ])('%s is a %s', (name, sort) => {
    expect(sortOfNode(name)).toBe(sort);
  });
});
