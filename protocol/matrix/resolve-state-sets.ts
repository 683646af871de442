// State resolution from nothing but a room's events: for states that come as lists of their events.
import { accept, reject, type Outcome } from '../outcome.ts';
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { StateMap } from './state-map.ts';
import { resolveState, type ResolutionContext } from './state-resolution.ts';
import { EventNumbers, noEvent } from './state-resolution/auth-graph.ts';
import type { NumberSet } from './state-resolution/number-set.ts';

/** What to resolve. */
export interface StateSets {
  readonly rules: RoomVersionRules;
  /** All that the states and their auth chains name, in any order. */
  readonly events: readonly MatrixEvent[];
  /** Each a state: ids of state events, one for each (type, state key). */
  readonly stateSets: readonly (readonly EventId[])[];
  /** As in {@link ResolutionContext}. */
  readonly explain?: ResolutionContext['explain'];
}

/** States ready to be resolved, and where their resolution finds what it needs. */
export interface IndexedStateSets {
  readonly states: readonly StateMap[];
  readonly context: ResolutionContext;
}

/** The resolved state. Refused as by {@link indexStateSets}. */
export function resolveStateSets(input: StateSets): Outcome<StateMap> {
  const indexed = indexStateSets(input);
  return indexed.ok ? accept(resolveState(indexed.value.states, indexed.value.context)) : indexed;
}

/** Indexes events and states. Refused when a set names what is no state event of the room, or two events for one key. */
export function indexStateSets({ rules, events, stateSets, explain }: StateSets): Outcome<IndexedStateSets> {
  const numbers = EventNumbers.of(events);
  const states = statesOf(stateSets, numbers);
  if (!states.ok) return states;
  const find = (id: EventId): MatrixEvent | undefined => {
    const number = numbers.numberOf(id);
    return number === noEvent ? undefined : numbers.event(number);
  };
  return accept({
    states: states.value,
    context: { rules, numbers, find, isRejected: () => false, explain },
  });
}

/** The sets as states that share what they have in common: a wide room is indexed once, whatever the number of sets. */
function statesOf(
  stateSets: readonly (readonly EventId[])[],
  numbers: EventNumbers,
): Outcome<readonly StateMap[]> {
  const setsWith = new Uint32Array(numbers.size);
  const sets: NumberSet[] = [];
  for (const ids of stateSets) {
    const set = numbers.takeSet();
    for (const id of ids) {
      const number = numbers.numberOf(id);
      if (number === noEvent || numbers.event(number).stateMapKey === undefined)
        return reject('room.no-state-event', `${id} is no state event of the room`);
      if (set.add(number)) setsWith[number] = (setsWith[number] as number) + 1;
    }
    sets.push(set);
  }
  const entriesOf = ({ members }: NumberSet, areCommon: boolean): ReadonlyMap<string, EventId> => {
    const entries = new Map<string, EventId>();
    for (const number of members) {
      if ((setsWith[number] === sets.length) !== areCommon) continue;
      const { stateMapKey, eventId } = numbers.event(number);
      if (stateMapKey !== undefined) entries.set(stateMapKey, eventId);
    }
    return entries;
  };
  const common = entriesOf(sets[0] ?? numbers.takeSet(), true);
  const states = StateMap.sharing(
    common,
    sets.map((set) => entriesOf(set, false)),
  );
  for (const [index, { size }] of states.entries()) {
    if (size !== sets[index]?.size)
      return reject('room.two-entries', `state set ${index} names two events for one type and state key`);
  }
  return accept(states);
}
