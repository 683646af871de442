// States of a room as servers had them at any time, to be merged by somebody who hears of all of them at once: what a room
// with gaps may come to, many times over for one room played.
import type { StateMap } from '../../../protocol/matrix/state-map.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';
import type { RoomWorld } from '../rooms/room-world.ts';

const mostStates = 8;
/** A room with few states has little to merge. */
const groupsPerState = 20;

/** So many groups of three to eight different states, fewer in a small room; the same for the same room. */
export function* furtherMerges(world: RoomWorld, groups: number): Generator<readonly StateMap[]> {
  const states = everyState(world);
  if (states.length < 3) return;
  const random = createRandomStream(
    `further merges of ${states.length} states of ${world.events.length} events`,
  );
  const most = Math.min(groups, groupsPerState * states.length);
  for (let group = 0; group < most; group++) {
    const size = Math.min(states.length, random.integer(3, mostStates));
    const chosen = new Set<StateMap>();
    while (chosen.size < size) chosen.add(states[random.integer(0, states.length - 1)] as StateMap);
    yield [...chosen];
  }
}

/** The states after every event, at every server; each once. */
function everyState({ servers }: RoomWorld): readonly StateMap[] {
  const states = new Map<string, StateMap>();
  for (const { room } of servers)
    for (const { eventId } of room.events()) {
      const state = room.stateAfter(eventId);
      if (state !== undefined) states.set(state.digest, state);
    }
  return [...states.values()];
}
