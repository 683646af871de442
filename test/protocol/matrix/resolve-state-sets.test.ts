// States that come as lists of their events resolve as the same states do in a room that holds them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { resolveStateSets } from '../../../protocol/matrix/resolve-state-sets.ts';
import { anyRoom, judgedRoom } from '../../support/judged-rooms.ts';
import { sampleRooms } from '../../support/matrix-vectors.ts';

/** A room of version 11, whose state never names a rejected event. */
const aRoom = judgedRoom(
  present(
    sampleRooms.find((file) => file.includes('-v11-')),
    'a sample room',
  ),
);

describe('state sets', () => {
  it('resolve to what the room resolves them to, in any order of sets, of ids, and with ids given twice', () => {
    fc.assert(
      fc.property(
        anyRoom(),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (room, picks, isReversed) => {
          const { rules, events, judgement } = room;
          const accepted = events.filter(
            ({ eventId }) => judgement.room.verdict(eventId)?.kind !== 'rejected',
          );
          const states = picks.map((pick) => {
            const { eventId } = present(accepted[pick % accepted.length], 'an accepted event');
            return present(judgement.room.stateAfter(eventId), 'its state');
          });
          const stateSets = states.map((state) => {
            const ids = [...state.entries()].map(([, id]) => id);
            return isReversed ? [...ids.reverse(), ...ids.slice(0, 2)] : ids;
          });
          const resolved = resolveStateSets({
            rules,
            events: isReversed ? [...events].reverse() : events,
            stateSets: isReversed ? stateSets.reverse() : stateSets,
          });
          if (!resolved.ok) throw new Error(resolved.detail);
          expect(resolved.value.sorted()).toEqual(judgement.room.resolve(states).sorted());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are refused when they name what the room does not hold, a message, or two events for one key', () => {
    const { rules, events } = aRoom;
    const refusal = (ids: readonly EventId[]) => {
      const resolved = resolveStateSets({ rules, events, stateSets: [ids] });
      return resolved.ok ? undefined : resolved.rule;
    };
    const message = present(
      events.find(({ stateKey }) => stateKey === undefined),
      'a message',
    );
    const powerLevels = events.filter(({ stateMapKey }) => stateMapKey === 'm.room.power_levels\0');
    expect(refusal(['$nothing' as EventId])).toBe('room.no-state-event');
    expect(refusal([message.eventId])).toBe('room.no-state-event');
    expect(powerLevels.length).toBeGreaterThan(1);
    expect(refusal(powerLevels.slice(0, 2).map(({ eventId }) => eventId))).toBe('room.two-entries');
    expect(refusal([])).toBeUndefined();
  });
});
