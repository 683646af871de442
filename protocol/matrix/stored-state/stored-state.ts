// What a server has stored of a room's state, held against what follows from the events.
import { compareCodePoints } from '../../order.ts';
import type { EventId } from '../ids.ts';
import type { KnownState, Unknown } from '../slice/known-state.ts';
import { StateMap } from '../state-map.ts';

/** One state that a server stored: around an event, or where the room ends. */
export interface StoredState {
  /** Undefined for the state at the end. */
  readonly eventId: EventId | undefined;
  readonly where: 'before' | 'after' | 'end';
  readonly entries: StateMap;
}

/** A key for which a stored state has another event than it should. */
export interface DepartingKey {
  /** {@link stateMapKey}. */
  readonly key: string;
  /** Undefined: none. */
  readonly computed: EventId | undefined;
  readonly stored: EventId | undefined;
}

/** How a stored state compares with the right one. */
export interface Comparison {
  /** By code point of the key. */
  readonly departing: readonly DepartingKey[];
  /** Why some keys cannot be compared; undefined when all can. */
  readonly undecided: Unknown | undefined;
}

/** Compares key by key. Where it is unknown what the state should have, nothing departs. */
export function compareStored(stored: StateMap, right: KnownState): Comparison {
  const departing: DepartingKey[] = [];
  let isUndecided = !right.isComplete;
  for (const key of StateMap.keysInConflict([stored, right.entries])) {
    if (right.isOpen(key)) isUndecided = true;
    else departing.push({ key, computed: right.entries.getKey(key), stored: stored.getKey(key) });
  }
  departing.sort((left, other) => compareCodePoints(left.key, other.key));
  return { departing, undecided: isUndecided ? right.why : undefined };
}
