// What the servers of a room would make of each other's fronts before they have spoken.
import type { EventId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import type { StateMap } from '../../../protocol/matrix/state-map.ts';
import type { ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';
import type { RoomWorld } from '../rooms/room-world.ts';

const mostStates = 8;
const mostGroups = 12;

/** States of the servers' fronts, as somebody may have to merge them who hears from several at once. */
export function frontGroups(world: RoomWorld): readonly (readonly StateMap[])[] {
  const fronts = new Map<string, StateMap>();
  for (const { room } of world.servers)
    for (const id of room.forwardExtremities) {
      const state = room.stateAfter(id);
      if (state !== undefined) fronts.set(state.digest, state);
    }
  const states = [...fronts.values()].slice(0, mostStates);
  const groups: StateMap[][] = [];
  for (let bits = 1; bits < 1 << states.length && groups.length < mostGroups; bits++) {
    const group = states.filter((_state, index) => (bits & (1 << index)) !== 0);
    if (group.length > 1) groups.push(group);
  }
  if (states.length > 2) groups.push(states);
  return groups;
}

/** Where such a resolution finds its events. Without authority is what every server must have rejected. */
export function openFronts(world: RoomWorld, rules: RoomVersionRules): ResolutionContext {
  return {
    rules,
    find: world.find,
    // What some rejected by the state before it is theirs to judge.
    isRejected: (id: EventId) =>
      world.servers.some(({ room }) => {
        const verdict = room.verdict(id);
        return verdict?.kind === 'rejected' && verdict.stage !== 'state_before';
      }),
  };
}
