// State resolution from nothing but a room's events: for states that come as lists of their events.
import { accept, reject, type Outcome } from '../outcome.ts';
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { StateMap } from './state-map.ts';
import { resolveState, type ResolutionContext } from './state-resolution.ts';
import { EventNumbers, noEvent } from './state-resolution/auth-graph.ts';

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

/** The resolved state. Refused when a set names what is no state event of the room, or two events for one key. */
export function resolveStateSets(input: StateSets): Outcome<StateMap> {
  const { rules, events, stateSets, explain } = input;
  const numbers = EventNumbers.of(events);
  const states = statesOf(stateSets, numbers);
  if (!states.ok) return states;
  const context: ResolutionContext = {
    rules,
    numbers,
    find: (id) => {
      const number = numbers.numberOf(id);
      return number === noEvent ? undefined : numbers.event(number);
    },
    isRejected: () => false,
    explain,
  };
  return accept(resolveState(states.value, context));
}

/** The sets as states that share what they have in common: a wide room is indexed once, whatever the number of sets. */
function statesOf(
  stateSets: readonly (readonly EventId[])[],
  numbers: EventNumbers,
): Outcome<readonly StateMap[]> {
  const setsWith = new Uint32Array(numbers.size);
  const sets: number[][] = [];
  for (const ids of stateSets) {
    const set: number[] = [];
    for (const id of ids) {
      const number = numbers.numberOf(id);
      if (number === noEvent || numbers.event(number).stateMapKey === undefined)
        return reject('room.no-state-event', `${id} is no state event of the room`);
      set.push(number);
      setsWith[number] = (setsWith[number] as number) + 1;
    }
    sets.push(set);
  }
  const entriesOf = (set: readonly number[], areCommon: boolean): ReadonlyMap<string, EventId> => {
    const entries = new Map<string, EventId>();
    for (const number of set) {
      if ((setsWith[number] === sets.length) !== areCommon) continue;
      const { stateMapKey, eventId } = numbers.event(number);
      if (stateMapKey !== undefined) entries.set(stateMapKey, eventId);
    }
    return entries;
  };
  const common = entriesOf(sets[0] ?? [], true);
  const states = StateMap.sharing(
    common,
    sets.map((set) => entriesOf(set, false)),
  );
  for (const [index, { size }] of states.entries()) {
    if (size !== sets[index]?.length)
      return reject('room.two-entries', `state set ${index} names two events for one type and state key`);
  }
  return accept(states);
}
