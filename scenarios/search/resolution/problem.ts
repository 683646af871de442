// A state-resolution problem by itself: some states of a room, the events that they and their authority consist of, and
// which of these were rejected on receipt.
import { Ancestry } from '../../../protocol/matrix/ancestry.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';
import type { ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';
import { EventNumbers } from '../../../protocol/matrix/state-resolution/auth-graph.ts';

/** What a resolution is asked. */
export interface ResolutionProblem {
  readonly rules: RoomVersionRules;
  /** Causes first. */
  readonly events: readonly MatrixEvent[];
  /** Each a state: ids of its events. */
  readonly stateSets: readonly (readonly EventId[])[];
  /** Events that carry no authority. */
  readonly rejected: ReadonlySet<EventId>;
  /** Of part of a room: events that others cite and that nobody has. They stay missing whatever is left out. */
  readonly missing?: ReadonlySet<EventId>;
}

/** A problem ready to be resolved. */
export interface OpenProblem {
  readonly states: readonly StateMap[];
  readonly context: ResolutionContext;
  readonly ancestry: Ancestry;
}

/** Indexes a problem. Ids that it has no event for are left out of its states. */
export function openProblem({ rules, events, stateSets, rejected }: ResolutionProblem): OpenProblem {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const states = stateSets.map((ids) =>
    StateMap.of(
      ids.flatMap((id): (readonly [string, EventId])[] => {
        const key = byId.get(id)?.stateMapKey;
        return key === undefined ? [] : [[key, id]];
      }),
    ),
  );
  return {
    states,
    context: {
      rules,
      find: (id) => byId.get(id),
      isRejected: (id) => rejected.has(id),
      numbers: EventNumbers.of(events),
    },
    ancestry: new Ancestry(events),
  };
}

/** The problem that a resolution in a room is, with all that the room's events say of each other's order. */
export function problemOf(
  states: readonly StateMap[],
  { rules, isRejected }: ResolutionContext,
  everything: readonly MatrixEvent[],
): ResolutionProblem {
  // Not as the server finds them that resolves: it may lack what came before an event, and the problem must be whole.
  const byId = new Map(everything.map((event) => [event.eventId, event]));
  const needed = new Set<EventId>();
  const stack: EventId[] = states.flatMap((state) => [...state.entries()].map(([, id]) => id));
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const event = byId.get(id);
    if (event !== undefined) stack.push(...event.authEvents, ...event.prevEvents);
  }
  const events = everything.filter(({ eventId }) => needed.has(eventId));
  return {
    rules,
    events,
    stateSets: states.map((state) => [...state.entries()].map(([, id]) => id)),
    rejected: new Set(events.map(({ eventId }) => eventId).filter(isRejected)),
  };
}
