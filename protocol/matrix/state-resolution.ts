// State resolution: from several states of a room to one. https://spec.matrix.org/v1.16/rooms/v12/#state-resolution
import type { EventLookup } from './auth-state.ts';
import { powerLevelsKey } from './auth-state.ts';
import type { EventId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { StateMap } from './state-map.ts';
import { AuthGraph, noEvent, type EventNumbers } from './state-resolution/auth-graph.ts';
import { splitConflicted, type SplitState } from './state-resolution/conflicted.ts';
import type { ResolutionStep } from './state-resolution/explanation.ts';
import { fullConflictedSet } from './state-resolution/full-conflicted-set.ts';
import { iterativeAuthChecks, PartialState } from './state-resolution/iterative-auth-checks.ts';
import { mainlineOrdering } from './state-resolution/mainline.ts';
import { isPowerEvent, reverseTopologicalPowerOrdering } from './state-resolution/power-ordering.ts';
import { resolveV1 } from './state-resolution/v1.ts';

/** Where resolution finds what it needs. */
export interface ResolutionContext {
  readonly rules: RoomVersionRules;
  readonly find: EventLookup;
  /** Rejected events carry no authority. */
  readonly isRejected: (eventId: EventId) => boolean;
  /** Events that {@link find} finds, numbered by an earlier resolution; left out, each resolution numbers its own. */
  readonly numbers?: EventNumbers | undefined;
  /** Told every step. Costs time. */
  readonly explain?: ((step: ResolutionStep) => void) | undefined;
}

/** The resolved state of these states, by the room version's algorithm. */
export function resolveState(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const distinct = states.length === 2 && states[0] !== states[1] ? states : [...new Set(states)];
  const [only] = distinct;
  if (only === undefined) return StateMap.empty;
  if (distinct.length === 1) return only;
  const { stateResolution } = context.rules;
  if (typeof stateResolution !== 'string') return stateResolution.resolve(distinct, context);
  return stateResolution === 'v1' ? resolveV1(distinct, context) : resolveV2(distinct, context);
}

/** Versions 2 and 2.1: the five steps of the specification. */
function resolveV2(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const split = splitConflicted(states);
  if (context.explain !== undefined)
    for (const [key, candidates] of split.conflicted) context.explain({ kind: 'conflict', key, candidates });
  if (split.conflicted.size === 0) return states[0] ?? StateMap.empty;
  const graph = new AuthGraph(context);
  const full = fullConflictedSet(states, split, graph);

  // 1. Select the power events of the full conflicted set, and order them with their auth chains within it.
  const powerEvents = full.members.filter((number) => isPowerEvent(graph.event(number), context.rules));
  const orderedPowerEvents = reverseTopologicalPowerOrdering(powerEvents, full, graph);

  // 2. Apply the iterative auth checks to them: from the unconflicted state, or in version 2.1 from nothing.
  const state = new PartialState(startOf(split, graph));
  iterativeAuthChecks(orderedPowerEvents, state, graph, 'power');

  // 3. Order what is left by the mainline of the resolved power levels.
  const ordered = graph.newSet();
  for (const number of orderedPowerEvents) ordered.add(number);
  const remaining = full.members.filter((number) => !ordered.has(number));
  const orderedRemaining = mainlineOrdering(remaining, state.get(powerLevelsKey), graph);

  // 4. Apply the iterative auth checks to it.
  iterativeAuthChecks(orderedRemaining, state, graph, 'mainline');

  // 5. What was not in conflict stands.
  const resolved = withUnconflicted(states[0] ?? StateMap.empty, split, state.resolved(), graph);
  graph.end();
  return resolved;
}

function startOf({ unconflicted }: SplitState, graph: AuthGraph): (key: string) => number {
  if (graph.context.rules.stateResolution === 'v2.1') return () => noEvent;
  return (key) => {
    const id = unconflicted(key);
    return id === undefined ? noEvent : graph.numberOf(id);
  };
}

/**
 * One of the states, which all agree on what is not in conflict, with the resolved entries in place of its own where
 * they disagree. An event of the auth difference may add a key that no state had.
 */
export function withUnconflicted(
  state: StateMap,
  { conflicted, unconflicted }: SplitState,
  resolved: ReadonlyMap<string, number>,
  graph: AuthGraph,
): StateMap {
  const changes = new Map<string, EventId | undefined>();
  for (const key of conflicted.keys()) changes.set(key, undefined);
  for (const [key, number] of resolved) {
    if (unconflicted(key) === undefined) changes.set(key, graph.event(number).eventId);
  }
  return state.with(changes);
}
