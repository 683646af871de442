// Unconflicted state map and conflicted state set. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import type { EventId } from '../ids.ts';
import type { StateMap } from '../state-map.ts';

/** Keys on which all states agree, and for every other key the events that some state has for it. */
export interface SplitState {
  readonly unconflicted: ReadonlyMap<string, EventId>;
  readonly conflicted: ReadonlyMap<string, readonly EventId[]>;
}

/** Splits states. A key that a state lacks is in conflict (unlike in version 1). */
export function splitConflicted(states: readonly StateMap[]): SplitState {
  const candidates = new Map<string, Set<EventId>>();
  const presence = new Map<string, number>();
  for (const state of states) {
    for (const [key, id] of state.entries()) {
      const known = candidates.get(key);
      if (known === undefined) candidates.set(key, new Set([id]));
      else known.add(id);
      presence.set(key, (presence.get(key) ?? 0) + 1);
    }
  }
  const unconflicted = new Map<string, EventId>();
  const conflicted = new Map<string, readonly EventId[]>();
  for (const [key, ids] of candidates) {
    const [only] = ids;
    if (ids.size === 1 && only !== undefined && presence.get(key) === states.length)
      unconflicted.set(key, only);
    else conflicted.set(key, [...ids]);
  }
  return { unconflicted, conflicted };
}
