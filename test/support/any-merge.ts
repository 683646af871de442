// States of one room to resolve: after any of its events, so that they may be far apart.
import fc from 'fast-check';
import { present } from '../../protocol/assert.ts';
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import type { ResolutionContext } from '../../protocol/matrix/state-resolution.ts';
import { anyRoom, type JudgedRoom } from './judged-rooms.ts';

export interface Merge {
  readonly room: JudgedRoom;
  readonly states: readonly StateMap[];
}

export function contextOf({ rules, judgement }: JudgedRoom): ResolutionContext {
  const { room } = judgement;
  return {
    rules,
    find: (id) => room.get(id),
    isRejected: (id) => room.verdict(id)?.kind === 'rejected',
  };
}

/** A room and the states after two to five of its events. */
export function anyMerge(...algorithms: RoomVersionRules['stateResolution'][]): fc.Arbitrary<Merge> {
  return fc
    .tuple(anyRoom(...algorithms), fc.array(fc.nat(10_000), { minLength: 2, maxLength: 5 }))
    .map(([room, picks]) => {
      const judgements = room.judgement.events;
      const states = picks.map((pick) => present(judgements[pick % judgements.length], 'event').stateAfter);
      return { room, states, [fc.toStringMethod]: () => `${room.name} after events ${picks.join(' ')}` };
    });
}
