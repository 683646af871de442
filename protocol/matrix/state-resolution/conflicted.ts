// Unconflicted state map and conflicted state set. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { present } from '../../assert.ts';
import type { EventId } from '../ids.ts';
import { StateMap } from '../state-map.ts';

/** Keys on which all states agree, and for every other key the events that some state has for it. */
export interface SplitState {
  /** The event of a key that is not in conflict. A view: wide rooms are not copied. */
  readonly unconflicted: (key: string) => EventId | undefined;
  readonly conflicted: ReadonlyMap<string, readonly EventId[]>;
}

/** Splits states. A key that a state lacks is in conflict (unlike in version 1). */
export function splitConflicted(states: readonly StateMap[]): SplitState {
  const conflicted = new Map<string, readonly EventId[]>();
  for (const key of StateMap.keysInConflict(states)) conflicted.set(key, eventsFor(key, states));
  const first = present(states[0], 'a state to resolve');
  return {
    unconflicted: (key) => (conflicted.has(key) ? undefined : first.getKey(key)),
    conflicted,
  };
}

/** The different events that states have for a key. */
export function eventsFor(key: string, states: readonly StateMap[]): readonly EventId[] {
  const ids: EventId[] = [];
  for (const state of states) {
    const id = state.getKey(key);
    if (id !== undefined && !ids.includes(id)) ids.push(id);
  }
  return ids;
}
