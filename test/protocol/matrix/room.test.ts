// One room at one server: arrival order, memo, gaps, and rooms presented in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { readEvent } from '../../../protocol/matrix/event-format.ts';
import { contentHash } from '../../../protocol/matrix/hashes.ts';
import { judgeRoom } from '../../../protocol/matrix/judge-room.ts';
import { RoomMemo } from '../../../protocol/matrix/room-memo.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { Room } from '../../../protocol/matrix/room.ts';
import {
  anyRoom,
  inCausalOrder,
  judgedRoom,
  priorities,
  receiveAll,
  tellRoom,
} from '../../support/judged-rooms.ts';
import {
  creator,
  joinRule,
  member,
  rulesOf,
  sketchRoom,
  type EventSketch,
} from '../../support/auth-cases.ts';
import { sampleRooms } from '../../support/matrix-vectors.ts';

const runs = { numRuns: 30 };

describe('a room', () => {
  it('comes to the same verdicts and states whatever the order of arrival', () => {
    fc.assert(
      fc.property(anyRoom(), priorities, ({ rules, roomId, events }, order) => {
        const inFileOrder = receiveAll(events, { rules, roomId });
        const otherwise = receiveAll(inCausalOrder(events, order), { rules, roomId });
        const lasting = { withSoftFailure: false };
        expect(tellRoom(otherwise, events, lasting)).toEqual(tellRoom(inFileOrder, events, lasting));
      }),
      runs,
    );
  });

  it('ends with equal extremities and states at servers that saw no soft failure', () => {
    fc.assert(
      fc.property(anyRoom(), priorities, ({ rules, roomId, events }, order) => {
        const rooms = [events, inCausalOrder(events, order)].map((each) =>
          receiveAll(each, { rules, roomId }),
        );
        fc.pre(
          events.every(({ eventId }) => rooms.every((room) => room.verdict(eventId)?.kind !== 'soft-failed')),
        );
        const [one, other] = rooms.map((room) => [room.extremitiesDigest, room.currentState.digest]);
        expect(one).toEqual(other);
      }),
      { numRuns: 30 },
    );
  });

  it('says the same with a shared memo, and without', () => {
    fc.assert(
      fc.property(anyRoom(), fc.array(priorities, { minLength: 2, maxLength: 3 }), (sample, orders) => {
        const { rules, roomId, events } = sample;
        const memo = new RoomMemo();
        for (const order of orders) {
          const arrival = inCausalOrder(events, order);
          const remembering = receiveAll(arrival, { rules, roomId, memo });
          const working = receiveAll(arrival, { rules, roomId, memo: 'off' });
          const everything = { withSoftFailure: true };
          expect(tellRoom(remembering, events, everything)).toEqual(tellRoom(working, events, everything));
          expect(remembering.forwardExtremities).toEqual(working.forwardExtremities);
          expect(remembering.currentState.sha256()).toBe(working.currentState.sha256());
        }
      }),
      runs,
    );
  });

  it('is not misled by a memo when one server cannot verify what another accepts', () => {
    fc.assert(
      fc.property(anyRoom(), fc.nat(10_000), ({ rules, roomId, events }, pick) => {
        const refused = present(events[pick % events.length], 'an event');
        const memo = new RoomMemo();
        const receive = (options: { memo: RoomMemo | 'off'; blind: boolean }): Room => {
          const room = new Room({ rules, roomId, memo: options.memo });
          for (const event of events) {
            if (options.blind && event === refused)
              room.receiveRefused(event, { ok: false, rule: 'signature.invalid', detail: '' }, 'signature');
            else room.receive(event);
          }
          return room;
        };
        for (const blind of [false, true, false]) {
          const remembering = receive({ memo, blind });
          const working = receive({ memo: 'off', blind });
          const everything = { withSoftFailure: true };
          expect(tellRoom(remembering, events, everything)).toEqual(tellRoom(working, events, everything));
        }
      }),
      runs,
    );
  });

  it('is not misled by a memo when two servers hold different bodies under one id', () => {
    // In versions 1 and 2 the id says nothing of the body.
    fc.assert(
      fc.property(anyRoom('v1'), fc.nat(10_000), ({ rules, roomId, events }, pick) => {
        const isLevels = ({ type }: { type: string }): boolean => type === 'm.room.power_levels';
        const candidates = events.filter(isLevels);
        const changed = present(candidates[pick % candidates.length], 'power levels');
        const read = readEvent({ ...changed.pdu, content: { users: {}, users_default: 1 } }, rules);
        if (!read.ok) throw new Error(read.detail);
        const forged = read.value;
        expect(forged.eventId).toBe(changed.eventId);
        const others = events.map((event) => (event === changed ? forged : event));
        const memo = new RoomMemo();
        for (const arrival of [events, others, events]) {
          const remembering = receiveAll(arrival, { rules, roomId, memo });
          const working = receiveAll(arrival, { rules, roomId, memo: 'off' });
          const everything = { withSoftFailure: true };
          expect(tellRoom(remembering, events, everything)).toEqual(tellRoom(working, events, everything));
        }
      }),
      runs,
    );
  });

  it('gives servers that agree one and the same state object through a memo', () => {
    const { rules, roomId, events } = judgedRoom(present(sampleRooms[12], 'a sample room'));
    const memo = new RoomMemo();
    const [one, other] = [1, 2].map(() => receiveAll(events, { rules, roomId, memo }));
    for (const { eventId } of events) expect(one?.stateAfter(eventId)).toBe(other?.stateAfter(eventId));
  });

  it('takes a state from elsewhere across a gap, and counts the gap as a backward extremity', () => {
    const { rules, roomId, events } = judgedRoom(present(sampleRooms[20], 'a sample room'));
    const whole = receiveAll(events, { rules, roomId });
    const tip = present(whole.get(present(whole.forwardExtremities[0], 'an extremity')), 'an event');
    const room = new Room({ rules, roomId });
    const beforeTip = present(whole.stateBefore(tip.eventId), 'state before');
    const fetch = (ids: readonly (typeof tip.eventId)[]): void => {
      for (const id of ids) {
        const event = present(whole.get(id), 'an event of the room');
        fetch(room.missingAuthEvents(event));
        room.addOutlier(event);
      }
    };
    fetch([...beforeTip.entries()].map(([, id]) => id));
    fetch(room.missingAuthEvents(tip));
    expect(room.missingPrevEvents(tip)).toEqual(tip.prevEvents);
    expect(room.receiveWithStates(tip, [whole.idsOf(beforeTip)]).kind).toBe('accepted');
    expect(room.backwardExtremities).toEqual([...tip.prevEvents].sort());
    expect(room.forwardExtremities).toEqual([tip.eventId]);
    expect(room.currentState.sha256()).toBe(whole.stateAfter(tip.eventId)?.sha256());
  });

  it('keeps a front when what a softly failed event rests on comes after it', () => {
    const alice = '@alice:one';
    const at = (when: number, what: EventSketch, prev: string, ...auth: readonly string[]): EventSketch => ({
      ...what,
      at: when,
      prev: [prev],
      auth: ['create', ...auth],
    });
    const events = sketchRoom('11', {
      creator: at(1, member(creator, 'join'), 'create'),
      open: at(2, joinRule('public'), 'creator', 'creator'),
      alice: at(3, member(alice, 'join'), 'open', 'open'),
      ban: at(4, member(alice, 'ban', creator), 'alice', 'creator', 'alice'),
      between: at(5, {}, 'ban', 'creator'),
      late: at(6, { sender: alice }, 'between', 'alice'),
    });
    const event = (name: string) => present(events.get(name), name);
    const room = new Room({ rules: rulesOf('11'), roomId: event('late').roomId });
    for (const name of ['create', 'creator', 'open', 'alice', 'ban']) room.receive(event(name));
    const outdated = room.idsOf(present(room.stateAfter(event('alice').eventId), 'a state'));
    expect(room.receiveWithStates(event('late'), [outdated]).kind).toBe('soft-failed');
    expect(room.receive(event('between')).kind).toBe('accepted');
    expect(room.forwardExtremities).toEqual([event('between').eventId]);
  });
});

describe('a room as a file', () => {
  it('is judged alike in any order of its events', () => {
    fc.assert(
      fc.property(
        anyRoom().chain((room) =>
          fc.tuple(
            fc.constant(room),
            fc.shuffledSubarray([...room.vector.events], { minLength: room.events.length }),
          ),
        ),
        ([{ rules, roomId, judgement }, shuffled]) => {
          const again = judgeRoom({ rules, roomId, pdus: shuffled.map(({ pdu }) => pdu) });
          if (!again.ok) throw new Error(again.detail);
          const tell = ({
            event,
            accepted,
            stage,
            rule,
            stateBefore,
            stateAfter,
          }: (typeof judgement.events)[0]) =>
            `${event.eventId} ${accepted} ${stage} ${accepted ? '' : rule} ${stateBefore.sha256()} ${stateAfter.sha256()}`;
          expect(again.value.events.map(tell).sort()).toEqual(judgement.events.map(tell).sort());
          expect(again.value.forwardExtremities).toEqual(judgement.forwardExtremities);
          expect(again.value.resolvedState.sha256()).toBe(judgement.resolvedState.sha256());
        },
      ),
      runs,
    );
  });

  const { rules, roomId, vector } = judgedRoom(present(sampleRooms[30], 'a sample room'));
  const pdus = vector.events.map(({ pdu }) => pdu);

  it.each<[string, string, readonly JsonObject[]]>([
    ['a missing event', 'room.missing-event', pdus.slice(1)],
    ['a value that is no event', 'format.field', [...pdus, { type: 1 }]],
    ['nesting without end', 'canonical-json.nesting', [...pdus, nested(5_000)]],
    ['a fraction', 'canonical-json.number', [...pdus, { ...pdus[0], depth: 1.5 }]],
  ])('with %s is refused in a word', (_what, rule, broken) => {
    expect(judgeRoom({ rules, roomId, pdus: broken })).toMatchObject({ ok: false, rule });
  });

  it('with a cycle, or with two bodies under one id, is refused in a word', () => {
    const old = judgedRoom(present(sampleRooms[0], 'a sample room of version 1'));
    const [create, second, ...rest] = old.vector.events.map(({ pdu }) => pdu);
    const looped = { ...create, prev_events: [[second?.['event_id'] ?? '', {}]] };
    const judge = (broken: readonly JsonObject[]) =>
      judgeRoom({ rules: old.rules, roomId: old.roomId, pdus: broken });
    expect(judge([looped, second ?? {}, ...rest])).toMatchObject({ ok: false, rule: 'room.cycle' });
    expect(judge([create ?? {}, second ?? {}, { ...second, depth: 7 }])).toMatchObject({
      rule: 'room.two-bodies',
    });
  });

  it('keeps an event over the limits as a refused one, and events of another room likewise', () => {
    const v11 = present(specifiedRoomVersions.get('11'), 'version 11');
    const last = present(pdus.at(-1), 'the last event');
    const judge = (extra: JsonObject) => {
      const outcome = judgeRoom({ rules: v11, roomId, pdus: [...pdus, extra] });
      return outcome.ok ? outcome.value.events.at(-1) : undefined;
    };
    const long = judge(hashed({ ...last, content: { body: 'x'.repeat(70_000) }, depth: 900 }));
    expect(long).toMatchObject({ accepted: false, stage: 'format', rule: 'format.size' });
    expect(long?.stateBefore).toBe(long?.stateAfter);
    const foreign = judge(hashed({ ...last, room_id: '!elsewhere:hs1' }));
    expect(foreign).toMatchObject({ accepted: false, stage: 'format', rule: 'room.other-room' });
  });

  it('judges an event whose content is not what was hashed as the redacted event that it then is', () => {
    const changed = pdus.map((pdu) =>
      pdu['type'] === 'm.room.message' ? { ...pdu, content: { body: 'not what was said' } } : pdu,
    );
    const outcome = judgeRoom({ rules, roomId, pdus: changed });
    if (!outcome.ok) throw new Error(outcome.detail);
    const messages = outcome.value.events.filter(({ event }) => event.type === 'm.room.message');
    expect(messages.length).toBeGreaterThan(0);
    for (const { event, redacted } of messages) expect([redacted, event.content]).toEqual([true, {}]);
    expect(outcome.value.events.map(({ accepted }) => accepted)).toEqual(
      vector.events.map(({ expect: { accepted } }) => accepted),
    );
  });
});

/** The PDU with the content hash that belongs to it. */
function hashed(pdu: JsonObject): JsonObject {
  return { ...pdu, hashes: { sha256: contentHash(pdu) } };
}

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let level = 0; level < depth; level++) value = { deeper: value };
  return value;
}
