// States as servers tell them to each other: lists of event ids. Servers of a run that hold the same bodies share one list
// for each state, so that telling and understanding a state of thousands of entries costs no walk over it.
import { present } from '../assert.ts';
import { compareCodePoints } from '../order.ts';
import type { EventLookup } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';
import { StateMap } from './state-map.ts';

/** The ids of a state's events, by code point. */
export function sortedIdsOf(state: StateMap): readonly EventId[] {
  const ids: EventId[] = [];
  state.forEach((_key, id) => void ids.push(id));
  return ids.sort(compareCodePoints);
}

/** The state made of these events. */
export function stateOfEvents(events: readonly MatrixEvent[]): StateMap {
  return StateMap.of(
    events.map(({ stateMapKey, eventId }) => [present(stateMapKey, 'key of a state event'), eventId]),
  );
}

/** Everything that the events rest on, as far as it is known, by code point. */
export function authChainOf(ids: readonly EventId[], find: EventLookup): readonly EventId[] {
  const chain = new Set<EventId>();
  const stack = [...ids];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const authority of find(id)?.authEvents ?? []) {
      if (chain.has(authority)) continue;
      chain.add(authority);
      stack.push(authority);
    }
  }
  return [...chain].sort(compareCodePoints);
}

/**
 * Lists of ids and what they stand for, among rooms that hold every event in the body that was seen first: there an id says
 * type and state key, and what an event rests on. Rooms with other bodies must not use it.
 */
export class SharedStateIds {
  readonly #idsOf = new WeakMap<StateMap, readonly EventId[]>();
  readonly #stateOf = new WeakMap<readonly EventId[], StateMap>();
  readonly #chainOf = new WeakMap<readonly EventId[], readonly EventId[]>();

  ids(state: StateMap): readonly EventId[] {
    let ids = this.#idsOf.get(state);
    if (ids === undefined) {
      ids = sortedIdsOf(state);
      this.#idsOf.set(state, ids);
      this.#stateOf.set(ids, state);
    }
    return ids;
  }

  /** The state that a list of {@link ids} stands for; undefined for any other list. */
  state(ids: readonly EventId[]): StateMap | undefined {
    return this.#stateOf.get(ids);
  }

  /** Everything that the events of such a list rest on; `walk` works it out for the first who asks. */
  authChain(ids: readonly EventId[], walk: () => readonly EventId[]): readonly EventId[] {
    let chain = this.#chainOf.get(ids);
    if (chain === undefined) this.#chainOf.set(ids, (chain = walk()));
    return chain;
  }
}

/** Events that many rooms hold from the beginning: of a list only the others need be looked for. */
export class CommonEvents {
  readonly #has: (id: EventId) => boolean;
  readonly #others = new WeakMap<readonly EventId[], readonly EventId[]>();

  constructor(has: (id: EventId) => boolean) {
    this.#has = has;
  }

  /** The events of the list that are not among them. */
  othersIn(ids: readonly EventId[]): readonly EventId[] {
    let others = this.#others.get(ids);
    if (others === undefined) this.#others.set(ids, (others = ids.filter((id) => !this.#has(id))));
    return others;
  }
}
