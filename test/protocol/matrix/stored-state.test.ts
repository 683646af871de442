// What servers have stored of a room's state, held against what follows from its events.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { stateMapKey } from '../../../protocol/matrix/auth-state.ts';
import { resetInWords, stateResetsOf } from '../../../protocol/matrix/room-resets.ts';
import { Room } from '../../../protocol/matrix/room.ts';
import { judgeSlice, type SliceToJudge } from '../../../protocol/matrix/slice/judge-slice.ts';
import {
  compareWithStored,
  type StoredStateReport,
} from '../../../protocol/matrix/stored-state/compare-with-stored.ts';
import { judgedBy } from '../../../protocol/matrix/stored-state/other-algorithms.ts';
import type { StoredState } from '../../../protocol/matrix/stored-state/stored-state.ts';
import { rulesOf } from '../../support/auth-cases.ts';
import { anyRoom, judgedRoom, type JudgedRoom } from '../../support/judged-rooms.ts';
import { sampleRooms as allRooms } from '../../support/matrix-vectors.ts';
import { overtaken, problemA, problemB, revocation, type SketchedSlice } from '../../support/reset-rooms.ts';

/** Every third room: one or two of each version. */
const sampleRooms = allRooms.filter((_, index) => index % 3 === 0);

function whole({ rules, roomId, events }: JudgedRoom): SliceToJudge {
  return { rules, roomId, events, outliers: [], given: { before: new Map(), after: new Map() } };
}

/** The states after all events, as a server has them that follows these rules. */
function storedBy(slice: SliceToJudge, rules = slice.rules): StoredState[] {
  const verdicts = present(judgedBy(slice, rules), 'a judgement');
  return verdicts.events.map(({ event, stateAfter }) => ({
    eventId: event.eventId,
    where: 'after',
    entries: stateAfter.entries,
  }));
}

function compared(slice: SliceToJudge, stored: readonly StoredState[]): StoredStateReport {
  const report = compareWithStored(slice, stored);
  if (!report.ok) throw new Error(report.detail);
  return report.value;
}

describe('stored state', () => {
  it('that is right departs nowhere', () => {
    for (const file of sampleRooms) {
      const slice = whole(judgedRoom(file));
      const { departure, compared: count, undecided } = compared(slice, storedBy(slice));
      expect({ departure, undecided, count }).toEqual({
        departure: undefined,
        undecided: [],
        count: slice.events.length,
      });
    }
  });

  it('with one row altered, dropped or added is named exactly', () => {
    const alteration = fc.constantFrom('altered', 'dropped', 'added');
    fc.assert(
      fc.property(anyRoom(), fc.nat(), fc.nat(), alteration, (room, whichState, whichRow, kind) => {
        const slice = whole(room);
        const stored = storedBy(slice);
        const index = whichState % stored.length;
        const state = present(stored[index], 'a stored state');
        const rows = [...state.entries.entries()];
        fc.pre(rows.length > 0);
        const [row] = present(rows[whichRow % rows.length], 'a row');
        const key = kind === 'added' ? stateMapKey('org.example.added', '') : row;
        const id = kind === 'dropped' ? undefined : ('$nowhere' as EventId);
        stored[index] = { ...state, entries: state.entries.with([[key, id]]) };
        const { departure } = compared(slice, stored);
        expect(departure).toMatchObject({
          at: { eventId: state.eventId },
          keys: [{ key, stored: id, computed: state.entries.getKey(key) }],
        });
        // A row that is dropped may be one that an older algorithm would have lost: then that is said.
        expect(kind === 'dropped' ? ['none', 'algorithm'] : ['none']).toContain(departure?.class);
        expect(departure?.class === 'algorithm').toBe((departure?.reproducedBy.length ?? 0) > 0);
      }),
      { numRuns: 15 },
    );
  });

  it('of a server with another algorithm is told by the algorithm', () => {
    let told = 0;
    for (const file of sampleRooms) {
      const slice = whole(judgedRoom(file));
      const other = slice.rules.stateResolution === 'v2' ? 'v2.1' : 'v2';
      const stored = storedBy(slice, { ...slice.rules, stateResolution: other });
      const { departure } = compared(slice, stored);
      const right = storedBy(slice);
      const first = right.findIndex(({ entries }, index) => stored[index]?.entries.equals(entries) !== true);
      expect(departure?.at.eventId).toBe(right[first]?.eventId);
      if (departure === undefined) continue;
      told++;
      expect(departure.reproducedBy).toContain(other);
      // What an older algorithm resets and version 2.1 does not is a state reset of the room.
      const isOld = slice.rules.stateResolution !== 'v2.1';
      expect(isOld ? ['algorithm', 'state-reset'] : ['algorithm']).toContain(departure.class);
    }
    expect(told).toBeGreaterThan(3);
  });

  it('without an event that the server never had is told by the gap', () => {
    let told = 0;
    for (const file of sampleRooms) {
      const room = judgedRoom(file);
      const slice = whole(room);
      const verdicts = judgeSlice(slice);
      if (!verdicts.ok) throw new Error(verdicts.detail);
      const states = new Map(verdicts.value.events.map((each) => [each.event.eventId, each]));
      for (const { event, stateBefore, stateAfter } of verdicts.value.events) {
        // A merge of which the server had only one side.
        const [kept, ...lost] = event.prevEvents;
        const side = kept === undefined ? undefined : states.get(kept)?.stateAfter;
        if (lost.length === 0 || side === undefined || side.equals(stateBefore)) continue;
        const set = stateAfter.equals(stateBefore) ? [] : [[event.stateMapKey ?? '', event.eventId] as const];
        const stored = storedBy(slice).filter(({ eventId }) => eventId === kept || eventId === event.eventId);
        const altered = stored.map((each) =>
          each.eventId === event.eventId ? { ...each, entries: side.entries.with(set) } : each,
        );
        const { departure } = compared(slice, altered);
        if (departure === undefined) continue;
        expect(['gap', 'algorithm', 'state-reset']).toContain(departure.class);
        if (departure.class === 'gap') told++;
        break;
      }
    }
    expect(told).toBeGreaterThan(3);
  });
});

const nameOf = ({ events }: SketchedSlice, id: string | undefined): string | undefined =>
  [...events].find(([, { eventId }]) => eventId === id)?.[0];

/** What the report says of resets, by the names of events. */
function resetsIn(room: SketchedSlice): readonly object[] {
  const { resets, verdicts } = compared(room.slice, storedBy(room.slice));
  expect(
    verdicts.events.map(({ event, verdict }) => `${nameOf(room, event.eventId) ?? ''} ${verdict}`),
  ).not.toContain('merge unknown');
  return resets.map(({ eventId, key, resolved, lost }) => ({
    before: nameOf(room, eventId),
    key,
    to: nameOf(room, resolved),
    lost: lost.map((id) => nameOf(room, id)),
  }));
}

it('just behind a missing event is told by the gap', () => {
  const room = problemB('11');
  const stored = storedBy(room.slice);
  const index = stored.findIndex(({ eventId }) => nameOf(room, eventId) === 'late');
  const state = present(stored[index], 'the event behind the gap');
  const newest = present(room.events.get('again'), 'again').eventId;
  stored[index] = { ...state, entries: state.entries.set('m.room.power_levels', '', newest) };
  expect(compared(room.slice, stored).departure).toMatchObject({
    at: { eventId: present(room.events.get('late'), 'late').eventId },
    class: 'gap',
    gaps: ['$gone'],
  });
});

describe('a state reset', () => {
  it.each([
    ['A', problemA, 'm.room.join_rules\0', 'reopened'],
    ['B', problemB, 'm.room.power_levels\0', 'again'],
  ] as const)(
    'is told in problem %s of MSC4297 under version 2, and there is none under 2.1',
    (_name, make, key, lost) => {
      const old = make('11');
      expect(resetsIn(old)).toContainEqual(expect.objectContaining({ before: 'merge', key, lost: [lost] }));
      const { slice } = old;
      expect(
        resetsIn({ ...old, slice: { ...slice, rules: { ...slice.rules, stateResolution: 'v2.1' } } }),
      ).not.toContainEqual(expect.objectContaining({ key }));
    },
  );

  it('says which entry it took, from what to what, and why', () => {
    const room = problemA('11');
    const { resets } = compared(room.slice, []);
    const reset = present(
      resets.find(({ key }) => key === 'm.room.join_rules\0'),
      'a reset of the join rules',
    );
    const senderOf = (id: EventId) => [...room.events.values()].find(({ eventId }) => eventId === id)?.sender;
    expect(resetInWords(reset, senderOf)).toBe(
      'm.room.join_rules "" goes before $merge from $reopened of @alice:one, which was refused by sender.not-joined, ' +
        'to nothing; nothing revoked it',
    );
  });

  it.each(['11', '12'])(
    'happens in version %s, too, where an older entry of somebody with less power is ordered last',
    (version) => {
      const events = overtaken(version);
      const { roomId } = present(events.get('merge'), 'merge');
      const room = new Room({ rules: rulesOf(version), roomId });
      for (const event of events.values()) expect(room.receive(event).kind).toBe('accepted');
      expect([...stateResetsOf(room)]).toEqual([
        {
          eventId: '$merge',
          reset: {
            key: 'm.room.join_rules\0',
            resolved: '$closed',
            lost: ['$reopened'],
            refusals: [undefined],
          },
        },
      ]);
      expect(room.currentState.get('m.room.join_rules', '')).toBe('$closed');
    },
  );

  it('is none where the loss was asked for', () => {
    const room = revocation('11');
    const { verdicts } = compared(room.slice, []);
    const merge = verdicts.events.find(({ event }) => nameOf(room, event.eventId) === 'merge');
    // The name goes back, since its author had lost the right to give it.
    expect(nameOf(room, merge?.stateBefore.entries.get('m.room.name', ''))).toBe('first');
    expect(resetsIn(room)).toEqual([]);
  });

  it('explains a server that has kept what the algorithm lost', () => {
    const room = problemB('11');
    const stored = storedBy(room.slice);
    const index = stored.findIndex(({ eventId }) => nameOf(room, eventId) === 'merge');
    const state = present(stored[index], 'the merge');
    const again = present(room.events.get('again'), 'again').eventId;
    stored[index] = { ...state, entries: state.entries.set('m.room.power_levels', '', again) };
    expect(compared(room.slice, stored).departure).toMatchObject({
      class: 'state-reset',
      keys: [{ key: 'm.room.power_levels\0', stored: again }],
      resets: [{ key: 'm.room.power_levels\0', lost: [again] }],
    });
  });
});
