// The account of blame: it balances, whatever copies do, and forgets what it no longer needs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../../protocol/message.ts';
import { seconds, type Instant } from '../../protocol/time.ts';
import { MessageLedger } from '../../sim/blame.ts';
import { CauseTable } from '../../sim/causes.ts';
import type { NetworkReason, Observation } from '../../sim/observation.ts';
import { keepingSink, workloadOf } from '../support/worlds.ts';

const at = (value: number): Instant => value as Instant;
const message = 0 as UserMessageId;
const person = (value: number): PersonId => value as PersonId;

/** People 0..count-1 on nodes of their own, and as many servers after them. */
function ledgerOf(
  people: number,
  devicesRelay = false,
  deviceHosts: ReadonlySet<number> = new Set(),
): { ledger: MessageLedger; observations: Observation[] } {
  const sink = keepingSink();
  const workload = workloadOf({
    people,
    messages: Array.from({ length: 50 }, (_, index) => ({ sender: 0, at: seconds(index) })),
  });
  const ledger = new MessageLedger({
    workload,
    sink,
    nodeCount: people * 2,
    deviceOf: (each) => each,
    devicesRelay,
    deviceHosts,
  });
  return { ledger, observations: sink.observations };
}

function spansOf(observations: readonly Observation[]): Extract<Observation, { kind: 'delivered' }>['spans'] {
  for (const each of observations.toReversed())
    if (each.kind === 'delivered' || each.kind === 'undelivered') return each.spans;
  return [];
}

const inFlight = (until: number): { until: Instant; reason: NetworkReason; cause: CauseToken } => ({
  until: at(until),
  reason: 'in-flight',
  cause: noCause,
});

type Act =
  | {
      readonly do: 'copy';
      readonly from: number;
      readonly to: number;
      readonly legs: readonly number[];
      /** It is for another node, or part of something; whoever sent it had it from another one, too. */
      readonly passing: boolean;
      readonly passedOn: boolean;
    }
  | {
      readonly do: 'hold';
      readonly node: number;
      readonly cause: number;
      readonly reason: 'stored-for-recipient' | 'undecryptable' | 'awaiting-answer' | 'backoff' | 'dropped';
    }
  | { readonly do: 'down'; readonly node: number; readonly cause: number }
  | { readonly do: 'up'; readonly node: number }
  | { readonly do: 'cut'; readonly node: number; readonly cause: number }
  | { readonly do: 'through'; readonly node: number }
  | { readonly do: 'deliver'; readonly person: number };

const node = fc.nat(7);
const cause = fc.nat(3);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('copy' as const),
      from: node,
      to: node,
      legs: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      passing: fc.boolean(),
      passedOn: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      node,
      cause,
      reason: fc.constantFrom(
        'stored-for-recipient' as const,
        'undecryptable' as const,
        'awaiting-answer' as const,
        'backoff' as const,
        'dropped' as const,
      ),
    }),
  },
  fc.record({ do: fc.constant('down' as const), node, cause }),
  fc.record({ do: fc.constant('up' as const), node }),
  fc.record({ do: fc.constant('cut' as const), node, cause }),
  fc.record({ do: fc.constant('through' as const), node }),
  fc.record({ do: fc.constant('deliver' as const), person: fc.integer({ min: 1, max: 3 }) }),
);

describe('an account', () => {
  it('charges a wait for an answer to what cut the other device off, where no server stands between the two', () => {
    const causeOf = (devicesRelay: boolean): readonly number[] => {
      const { ledger, observations } = ledgerOf(2, devicesRelay);
      ledger.sent(message, 0, at(10));
      ledger.hold([message], 0, at(10), 'awaiting-answer', noCause);
      ledger.cutOff(1, at(20), 2 as CauseToken);
      ledger.hold([message], 0, at(30), 'backoff', noCause);
      ledger.throughAgain(1, at(40));
      ledger.arrived(message, 1, at(60), { from: 0, sentAt: at(50), legs: [inFlight(60)] });
      ledger.delivered(message, person(1), 1, at(60));
      return spansOf(observations).map((span) => span.cause);
    };
    expect(causeOf(true)).toEqual([0, 2, 2, 0, 0]);
    expect(causeOf(false)).toEqual([0, 0, 0]);
  });

  it('charges a wait for somebody to come by to what cut off its holder, or whoever got the copy at last', () => {
    const { ledger, observations } = ledgerOf(3, true);
    ledger.sent(message, 0, at(0));
    ledger.hold([message], 0, at(0), 'no-route', noCause);
    ledger.cutOff(0, at(10), 5 as CauseToken);
    ledger.throughAgain(0, at(20));
    // Overlaps the holder's own, and somebody else's trouble is no matter.
    ledger.cutOff(2, at(15), 6 as CauseToken);
    ledger.cutOff(1, at(30), 7 as CauseToken);
    ledger.throughAgain(2, at(25));
    ledger.arrived(message, 2, at(50), { from: 0, sentAt: at(40), legs: [inFlight(50)] });
    ledger.delivered(message, person(2), 2, at(50));
    expect(spansOf(observations).map(({ start, cause }) => [start, cause])).toEqual([
      [0, 0],
      [10, 5],
      [20, 6],
      [25, 0],
      [40, 0],
    ]);
  });

  it('charges the wait for a machine with devices on it to what put that off, as far as it was off', () => {
    const span = (start: number, end: number, cause: number): object => ({
      ...{ start, end, holder: 2, reason: 'stored-for-recipient', cause: cause as CauseToken },
    });
    for (const deviceHosts of [new Set([3]), new Set<number>()]) {
      const { ledger, observations } = ledgerOf(2, false, deviceHosts);
      ledger.sent(message, 0, at(0));
      ledger.arrived(message, 2, at(0), { from: 0, sentAt: at(0), legs: [] });
      ledger.hold([message], 2, at(0), 'stored-for-recipient', noCause);
      ledger.nodeDown(3, at(10), 5 as CauseToken);
      ledger.nodeUp(3, at(30));
      ledger.arrived(message, 3, at(40), { from: 2, sentAt: at(40), legs: [] });
      ledger.arrived(message, 1, at(40), { from: 3, sentAt: at(40), legs: [] });
      ledger.delivered(message, person(1), 1, at(40));
      const expected = deviceHosts.has(3)
        ? [span(0, 10, 0), span(10, 30, 5), span(30, 40, 0)]
        : [span(0, 40, 0)];
      expect(spansOf(observations)).toEqual(expected);
    }
  });

  it('partitions the delay of every delivery and of everything missing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), act), { maxLength: 80 }), (acts) => {
        const { ledger, observations } = ledgerOf(4);
        ledger.sent(message, 0, at(10));
        const holders = new Set([0]);
        let now = 10;
        for (const [wait, what] of acts) {
          now += wait;
          if (what.do === 'copy') {
            const sentAt = now;
            for (const leg of what.legs) now += leg;
            let edge = sentAt;
            const legs = what.legs.map((leg, index) => {
              edge += leg;
              const reason: NetworkReason = index % 2 === 0 ? 'in-flight' : 'retransmitting';
              return { until: at(edge), reason, cause: (leg % 3) as CauseToken };
            });
            const transit = { from: what.from, sentAt: at(sentAt), legs };
            ledger.arrived(message, what.to, at(now), transit, what.passedOn);
            if (what.passing) ledger.notKept([message], what.to, at(now));
            else if (holders.has(what.from)) holders.add(what.to);
          } else if (what.do === 'hold')
            ledger.hold([message], what.node, at(now), what.reason, what.cause as CauseToken);
          else if (what.do === 'down') ledger.nodeDown(what.node, at(now), what.cause as CauseToken);
          else if (what.do === 'up') ledger.nodeUp(what.node, at(now));
          else if (what.do === 'cut') ledger.cutOff(what.node, at(now), what.cause as CauseToken);
          else if (what.do === 'through') ledger.throughAgain(what.node, at(now));
          else if (holders.has(what.person))
            ledger.delivered(message, person(what.person), what.person, at(now));
        }
        ledger.finish(at(now + 7));
        const ends = observations.filter((each) => each.kind === 'delivered' || each.kind === 'undelivered');
        expect(new Set(ends.map((each) => each.person))).toEqual(new Set([1, 2, 3]));
        for (const { spans, at: end } of ends) {
          let edge = 10;
          for (const span of spans) {
            expect(span.start).toBe(edge);
            expect(span.end).toBeGreaterThan(span.start);
            edge = span.end;
          }
          expect(edge).toBe(end);
        }
      }),
      { numRuns: 300 },
    );
  });

  describe('of what a node passes on', () => {
    const come = (
      ledger: MessageLedger,
      [node, from, sentAt]: readonly [number, number, number],
      { passing = false, passedOn = false } = {},
    ): void => {
      const legs = [inFlight(sentAt + 10)];
      ledger.arrived(message, node, at(sentAt + 10), { from, sentAt: at(sentAt), legs }, passedOn);
      if (passing) ledger.notKept([message], node, at(sentAt + 10));
    };

    it('follows the copy that came through, not the one that was lost behind the same node', () => {
      const { ledger, observations } = ledgerOf(3);
      const router = 5;
      ledger.sent(message, 0, at(0));
      ledger.hold([message], 0, at(0), 'awaiting-answer', noCause);
      come(ledger, [router, 0, 0], { passing: true });
      ledger.hold([message], 0, at(50), 'backoff', 5 as CauseToken);
      come(ledger, [router, 0, 500], { passing: true });
      // It waits a little behind others.
      come(ledger, [1, router, 515], { passedOn: true });
      ledger.delivered(message, person(1), 1, at(525));
      expect(spansOf(observations)).toEqual([
        { start: 0, end: 50, holder: 0, reason: 'awaiting-answer', cause: noCause },
        { start: 50, end: 500, holder: 0, reason: 'backoff', cause: 5 },
        { start: 500, end: 510, holder: 0, reason: 'in-flight', cause: noCause },
        { start: 510, end: 515, holder: router, reason: 'queued', cause: noCause },
        { start: 515, end: 525, holder: router, reason: 'in-flight', cause: noCause },
      ]);
    });

    it('keeps that apart from the node’s own copy', () => {
      const { ledger, observations } = ledgerOf(3);
      ledger.sent(message, 0, at(0));
      // By way of person 1's phone to person 2's, which is not there; then its own; then again on to the other.
      come(ledger, [1, 0, 0], { passing: true });
      ledger.finish(at(5));
      expect(spansOf(observations)).toMatchObject([{ holder: 0, start: 0, end: 5 }]);
      come(ledger, [1, 0, 100]);
      ledger.hold([message], 1, at(115), 'stored-for-recipient', 7 as CauseToken);
      ledger.delivered(message, person(1), 1, at(120));
      expect(spansOf(observations).map(({ start, holder, reason }) => [start, holder, reason])).toEqual([
        [0, 0, 'queued'],
        [100, 0, 'in-flight'],
        [110, 1, 'queued'],
        [115, 1, 'stored-for-recipient'],
      ]);
      come(ledger, [1, 0, 200], { passing: true });
      come(ledger, [2, 1, 215], { passedOn: true });
      ledger.delivered(message, person(2), 2, at(225));
      expect(spansOf(observations).map(({ start, holder, reason }) => [start, holder, reason])).toEqual([
        [0, 0, 'queued'],
        [200, 0, 'in-flight'],
        [210, 1, 'queued'],
        [215, 1, 'in-flight'],
      ]);
    });

    it('counts what brought the rest, where the first part is not the whole', () => {
      const { ledger, observations } = ledgerOf(2);
      ledger.sent(message, 0, at(0));
      come(ledger, [1, 0, 0], { passing: true });
      come(ledger, [1, 0, 300]);
      ledger.delivered(message, person(1), 1, at(310));
      expect(spansOf(observations).map(({ start, holder }) => [start, holder])).toEqual([
        [0, 0],
        [300, 0],
      ]);
    });

    it('charges the attempt that was dropped, and the wait after it, to what made a node drop it', () => {
      const { ledger, observations } = ledgerOf(3);
      const [router, fault] = [5, 6 as CauseToken];
      ledger.sent(message, 0, at(0));
      ledger.hold([message], 0, at(0), 'awaiting-answer', noCause);
      come(ledger, [router, 0, 0], { passing: true });
      ledger.hold([message], router, at(10), 'dropped', fault);
      ledger.hold([message], 0, at(50), 'backoff', noCause);
      ledger.hold([message], 0, at(80), 'awaiting-answer', noCause);
      ledger.hold([message], 0, at(130), 'backoff', noCause);
      come(ledger, [router, 0, 200], { passing: true });
      come(ledger, [1, router, 210], { passedOn: true });
      ledger.delivered(message, person(1), 1, at(220));
      expect(spansOf(observations).map(({ start, reason, cause }) => [start, reason, cause])).toEqual([
        [0, 'awaiting-answer', fault],
        [50, 'backoff', fault],
        [80, 'awaiting-answer', noCause],
        [130, 'backoff', noCause],
        [200, 'in-flight', noCause],
        [210, 'in-flight', noCause],
      ]);
    });

    it('forgets copies that led nowhere', () => {
      const { ledger } = ledgerOf(3);
      ledger.sent(message, 0, at(0));
      let capacity = 0;
      for (let attempt = 0; attempt < 1_000; attempt++) {
        come(ledger, [5, 0, attempt * seconds(10)], { passing: true });
        come(ledger, [4, 5, attempt * seconds(10) + 20], { passing: true, passedOn: true });
        if (attempt === 20) ({ capacity } = ledger);
      }
      expect(ledger.capacity).toBe(capacity);
    });
  });

  it('tells what waited where, and why', () => {
    const { ledger, observations } = ledgerOf(3);
    const [fault, server] = [5 as CauseToken, 4];
    ledger.sent(message, 0, at(100));
    ledger.hold([message], 0, at(110), 'backoff', fault);
    ledger.arrived(message, server, at(150), { from: 0, sentAt: at(130), legs: [inFlight(150)] });
    ledger.hold([message], server, at(155), 'stored-for-recipient', noCause);
    ledger.cutOff(1, at(160), fault);
    ledger.throughAgain(1, at(170));
    ledger.arrived(message, 1, at(200), { from: server, sentAt: at(190), legs: [inFlight(200)] });
    ledger.delivered(message, person(1), 1, at(200));
    expect(spansOf(observations)).toEqual([
      { start: 100, end: 110, holder: 0, reason: 'queued', cause: noCause },
      { start: 110, end: 130, holder: 0, reason: 'backoff', cause: fault },
      { start: 130, end: 150, holder: 0, reason: 'in-flight', cause: noCause },
      { start: 150, end: 155, holder: server, reason: 'queued', cause: noCause },
      { start: 155, end: 160, holder: server, reason: 'stored-for-recipient', cause: noCause },
      // The server cannot know why nobody fetches; the recipient's host does.
      { start: 160, end: 170, holder: server, reason: 'stored-for-recipient', cause: fault },
      { start: 170, end: 190, holder: server, reason: 'stored-for-recipient', cause: noCause },
      { start: 190, end: 200, holder: server, reason: 'in-flight', cause: noCause },
    ]);
  });

  it.each(['delivered', 'lost'])(
    'charges what nobody could be told of to that, but for the time in which its recipient could not have had it: %s',
    (fate) => {
      const { ledger, observations } = ledgerOf(3);
      const [failure, cut] = [5 as CauseToken, 6 as CauseToken];
      const [chat, store, another] = [3, 4, 5];
      ledger.sent(message, 0, at(0));
      ledger.arrived(message, chat, at(10), { from: 0, sentAt: at(0), legs: [inFlight(10)] });
      ledger.arrived(message, store, at(20), { from: chat, sentAt: at(10), legs: [inFlight(20)] });
      ledger.hold([message], store, at(20), 'stored-for-recipient', noCause);
      ledger.hold([message], chat, at(30), 'stored-for-recipient', failure);
      ledger.cutOff(1, at(50), cut);
      ledger.throughAgain(1, at(70));
      ledger.cutOff(2, at(20), 7 as CauseToken);
      if (fate === 'delivered') {
        ledger.arrived(message, another, at(95), { from: store, sentAt: at(90), legs: [inFlight(95)] });
        ledger.arrived(message, 1, at(100), { from: another, sentAt: at(95), legs: [inFlight(100)] });
        ledger.delivered(message, person(1), 1, at(100));
      } else ledger.finish(at(90));
      const ofPerson = observations.find((each) => 'person' in each && each.person === person(1));
      const { spans } = ofPerson as Extract<Observation, { kind: 'delivered' }>;
      const caused = spans.filter((span) => span.cause !== noCause);
      expect(caused).toEqual([
        { start: 30, end: 50, holder: chat, reason: 'stored-for-recipient', cause: failure },
        { start: 50, end: 70, holder: chat, reason: 'stored-for-recipient', cause: cut },
        { start: 70, end: 90, holder: chat, reason: 'stored-for-recipient', cause: failure },
      ]);
    },
  );

  it('charges the wait for a key to what held the message back on its straight way', () => {
    const { ledger, observations } = ledgerOf(4);
    const [fault, home, other, third] = [5 as CauseToken, 4, 5, 6];
    const come = (node: number, from: number, sentAt: number): void =>
      ledger.arrived(message, node, at(sentAt + 10), {
        from,
        sentAt: at(sentAt),
        legs: [inFlight(sentAt + 10)],
      });
    ledger.sent(message, 0, at(100));
    come(home, 0, 100);
    come(other, home, 110);
    // The server at home cannot get through to the third one, which has the message from the other.
    ledger.hold([message], home, at(115), 'backoff', fault);
    come(third, other, 120);
    come(1, third, 130);
    ledger.hold([message], 1, at(140), 'undecryptable', noCause);
    ledger.hold([message], home, at(180), 'queued', noCause);
    ledger.delivered(message, person(1), 1, at(200));
    // The key was on its way for a while after that, which is the fault's, too.
    expect(spansOf(observations).at(-1)).toEqual({
      start: 140,
      end: 200,
      holder: 1,
      reason: 'undecryptable',
      cause: fault,
    });
  });

  it('charges a key that comes late to what kept its sender from making it', () => {
    const { ledger, observations } = ledgerOf(4);
    const fault = 5 as CauseToken;
    ledger.sent(message, 0, at(100));
    ledger.hold([message], 0, at(110), 'awaiting-answer', fault);
    ledger.hold([message], 0, at(110), 'awaiting-answer', noCause);
    ledger.arrived(message, 4, at(130), { from: 0, sentAt: at(120), legs: [inFlight(130)] });
    ledger.arrived(message, 1, at(150), { from: 4, sentAt: at(140), legs: [inFlight(150)] });
    ledger.hold([message], 1, at(150), 'undecryptable', noCause);
    ledger.delivered(message, person(1), 1, at(900));
    expect(spansOf(observations).at(-1)).toEqual({
      start: 150,
      end: 900,
      holder: 1,
      reason: 'undecryptable',
      cause: fault,
    });
  });

  it('takes no copy from who has none: asking for a message does not hand it over', () => {
    const { ledger, observations } = ledgerOf(3);
    ledger.sent(message, 0, at(0));
    ledger.arrived(message, 5, at(10), { from: 4, sentAt: at(5), legs: [inFlight(10)] });
    ledger.finish(at(20));
    expect(spansOf(observations)).toEqual([
      { start: 0, end: 20, holder: 0, reason: 'queued', cause: noCause },
    ]);
  });

  it('counts a second delivery as a duplicate, also when all copies are forgotten', () => {
    const { ledger, observations } = ledgerOf(2);
    ledger.sent(message, 0, at(0));
    ledger.arrived(message, 1, at(10), { from: 0, sentAt: at(5), legs: [inFlight(10)] });
    expect(ledger.delivered(message, person(1), 1, at(11))).toBe(true);
    expect(ledger.delivered(message, person(1), 1, at(12))).toBe(true);
    expect(ledger.delivered(message, person(0), 0, at(13))).toBe(false);
    expect(observations.map(({ kind }) => kind)).toEqual(['sent', 'delivered', 'duplicate']);
  });

  it('stops a run whose cores do not say what their messages carry', () => {
    const { ledger } = ledgerOf(2);
    ledger.sent(message, 0, at(0));
    expect(() => ledger.delivered(message, person(1), 1, at(5))).toThrow('nothing that carried it');
  });

  it('reuses the memory of what everybody has', () => {
    const { ledger } = ledgerOf(30);
    let capacity = 0;
    for (let row = 0; row < 50; row++) {
      const id = row as UserMessageId;
      const sent = row * 1_000;
      ledger.sent(id, 0, at(sent));
      for (let to = 1; to < 30; to++) {
        ledger.hold([id], to - 1, at(sent + to), 'radio-jitter', noCause);
        ledger.arrived(id, to, at(sent + to), {
          from: to - 1,
          sentAt: at(sent + to - 1),
          legs: [inFlight(sent + to)],
        });
      }
      for (let each = 1; each < 30; each++) ledger.delivered(id, person(each), each, at(sent + 40));
      if (row === 0) ({ capacity } = ledger);
    }
    expect(ledger.capacity).toBe(capacity);
  });
});

describe('cause tokens', () => {
  it('are sets: order and repetition make no difference', () => {
    const causes = new CauseTable();
    const [a, b] = [causes.intern(['a']), causes.intern(['b'])];
    expect(causes.intern([])).toBe(noCause);
    expect(causes.union(a, b)).toBe(causes.intern(['b', 'a', 'b']));
    expect(causes.union(b, a)).toBe(causes.union(a, b));
    expect(causes.union(a, noCause)).toBe(a);
    expect(causes.faults(causes.union(causes.union(a, b), a))).toEqual(['a', 'b']);
    expect(causes.sets()).toEqual([[], ['a'], ['b'], ['a', 'b']]);
  });
});
