// Fates: the rows of expected deliveries, and what the fold keeps of observations.
import { describe, expect, it } from 'vitest';
import type { CauseToken } from '../../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../../protocol/message.ts';
import { minutes, seconds, type Instant } from '../../protocol/time.ts';
import { ExpectedDeliveries } from '../../reports/expected-deliveries.ts';
import { FatesFold } from '../../reports/fates-fold.ts';
import { spanReasons, spansOf, transferablesOf } from '../../reports/fates.ts';
import type { Observation } from '../../sim/observation.ts';
import { simulated } from '../support/evidence.ts';
import { workloadOf } from '../support/worlds.ts';
import { fc, property } from '../support/property.ts';

const people = 6;
const conversation = fc.uniqueArray(fc.integer({ min: 0, max: people - 1 }), {
  minLength: 2,
  maxLength: people,
});

describe('expected deliveries', () => {
  property([
    fc.array(conversation, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(3), fc.nat(people - 1), fc.nat(59)), { maxLength: 12 }),
  ])('are every member but the sender, found by message and person', (conversations, sends) => {
    const messages = sends.map(([where, who, minute]) => {
      const members = conversations[where % conversations.length]!;
      return {
        sender: members[who % members.length]!,
        conversation: where % conversations.length,
        at: minutes(minute),
      };
    });
    const workload = workloadOf({ people, conversations, messages });
    const expected = new ExpectedDeliveries(workload);
    const naive = workload.messages.flatMap((message) =>
      workload.conversations[message.conversation]!.members.filter((member) => member !== message.sender)
        .toSorted((left, right) => left - right)
        .map((person) => ({ message: message.id, person })),
    );
    expect(expected.count).toBe(naive.length);
    for (const [row, { message, person }] of naive.entries()) {
      expect(expected.rowOf(message, person)).toBe(row);
      expect([expected.messages[row], expected.recipients[row]]).toEqual([message, person]);
    }
    for (const { id, sender } of workload.messages) expect(expected.rowOf(id, sender)).toBe(-1);
  });

  it('are measured from messages of the sending window only', () => {
    const base = workloadOf({
      people: 3,
      messages: [1, 5, 9].map((minute) => ({ sender: 0, at: minutes(minute) })),
    });
    const workload = {
      ...base,
      windows: { ...base.windows, sendingStart: 120_000_000 as Instant, sendingEnd: 540_000_000 as Instant },
    };
    const expected = new ExpectedDeliveries(workload);
    expect(expected.measuredMessages).toEqual({ start: 1, end: 2 });
    expect(expected.measured).toEqual({ start: 2, end: 4 });
  });
});

describe('the fold', () => {
  const workload = workloadOf({ people: 2, messages: [{ sender: 0, at: seconds(10) }] });
  const expected = new ExpectedDeliveries(workload);

  it('gives every reason back', () => {
    const spans = spanReasons.map((reason, index) => ({
      length: 100_000,
      reason,
      holder: index,
      cause: index,
    }));
    const { fates } = simulated(workload, expected, { fates: [{ message: 0, person: 1, spans }] });
    const kept = spansOf(fates, 0, seconds(10));
    expect(kept.map(({ reason, holder, cause }) => ({ reason, holder, cause }))).toEqual(
      spans.map(({ reason, holder, cause }) => ({ reason, holder, cause })),
    );
    expect(kept.map(({ start, end }) => end - start)).toEqual(spans.map(({ length }) => length));
    expect(kept[0]?.start).toBe(seconds(10));
  });

  it('keeps no spans of what cannot have been late, and those of what a fault touched', () => {
    const fateOf = (length: number, cause: number): number => {
      const planted = { fates: [{ message: 0, person: 1, spans: [{ length, cause }] }] };
      return spansOf(simulated(workload, expected, planted).fates, 0, seconds(10)).length;
    };
    expect([fateOf(seconds(1), 0), fateOf(seconds(1) + 1, 0), fateOf(seconds(1), 1)]).toEqual([0, 1, 1]);
  });

  it('notes a person in trouble once, until they get through again', () => {
    const fold = new FatesFold(workload, expected);
    const message = 0 as UserMessageId;
    const failed = (at: number, cause: number): Observation => ({
      kind: 'attempt-failed',
      at: seconds(at) as number as Instant,
      message,
      failure: 'timed-out',
      cause: cause as CauseToken,
    });
    const at = seconds(15) as number as Instant;
    for (const observation of [
      failed(11, 0),
      failed(12, 1),
      failed(13, 1),
      { kind: 'accepted', at, message } as const,
      failed(16, 1),
      { kind: 'delivered', at, message, person: 1 as PersonId, spans: [] } as const,
      failed(18, 0),
    ])
      fold.record(observation);
    const fates = fold.finish();
    expect([...fates.troubleAt]).toEqual([seconds(12), seconds(16)]);
    expect([...fates.troublePerson]).toEqual([0, 0]);
    expect(fates.counts.attemptsFailed).toBe(5);
  });

  it('passes between threads without a copy and without a loss', () => {
    const { fates } = simulated(workload, expected, {
      fates: [{ message: 0, person: 1, spans: [{ length: seconds(5), cause: 1 }] }],
    });
    const before = spansOf(fates, 0, seconds(10));
    const there = structuredClone(fates, { transfer: transferablesOf(fates) });
    expect(spansOf(there, 0, seconds(10))).toEqual(before);
    expect(fates.deliveredAt.length).toBe(0);
  });
});
