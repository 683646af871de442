// Rooms cut to pieces: what is said of a piece is what holds of the whole, or that it is unknown.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { KnownState } from '../../../protocol/matrix/slice/known-state.ts';
import { anyHoles, contradictions, judgeCut } from '../../support/cut-rooms.ts';
import { anyRoom, type JudgedRoom } from '../../support/judged-rooms.ts';

/** The room from this event on, with the true state before every event whose predecessors are cut off. */
function suffix(room: JudgedRoom, from: number) {
  const events = room.events.slice(from);
  const held = new Set(events.map(({ eventId }) => eventId));
  const before = new Map<EventId, KnownState>();
  const named = new Set<EventId>();
  for (const { eventId, prevEvents } of events) {
    if (prevEvents.every((id) => held.has(id))) continue;
    const state = present(room.judgement.room.stateBefore(eventId), 'a state');
    before.set(eventId, KnownState.complete(state));
    for (const [, id] of state.entries()) if (!held.has(id)) named.add(id);
  }
  return { room, events, before, outliers: room.events.filter(({ eventId }) => named.has(eventId)) };
}

describe('a slice', () => {
  it('says of any piece what holds of the whole, or nothing', () => {
    fc.assert(
      fc.property(anyRoom(), anyHoles, fc.boolean(), (room, holes, withKeys) => {
        const cut = judgeCut({ room, events: holes(room.events), withKeys });
        expect(contradictions(cut, room)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('says of a room from the middle on, with states, what holds of the whole', () => {
    fc.assert(
      fc.property(
        anyRoom(),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        anyHoles,
        fc.boolean(),
        (room, share, holes, isHoley) => {
          const from = Math.floor(room.events.length * share);
          const slice = suffix(room, from);
          const cut = judgeCut(isHoley ? { ...slice, events: holes(slice.events) } : slice);
          expect(contradictions(cut, room)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
