// State resolution: from several states of a room to one. https://spec.matrix.org/v1.16/rooms/v12/#state-resolution
import type { EventLookup } from './auth-state.ts';
import type { EventId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { StateMap } from './state-map.ts';
import { splitConflicted } from './state-resolution/conflicted.ts';
import { fullConflictedSet } from './state-resolution/full-conflicted-set.ts';
import { iterativeAuthChecks } from './state-resolution/iterative-auth-checks.ts';
import { mainlineOrdering } from './state-resolution/mainline.ts';
import { isPowerEvent, reverseTopologicalPowerOrdering } from './state-resolution/power-ordering.ts';
import { resolveV1 } from './state-resolution/v1.ts';

/** Where resolution finds what it needs. */
export interface ResolutionContext {
  readonly rules: RoomVersionRules;
  readonly find: EventLookup;
  /** Rejected events carry no authority. */
  readonly isRejected: (eventId: EventId) => boolean;
}

/** The resolved state of these states, by the room version's algorithm. */
export function resolveState(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const distinct = states.filter(
    (state, index) => states.findIndex((other) => other.equals(state)) === index,
  );
  const [only] = distinct;
  if (only === undefined) return StateMap.empty;
  if (distinct.length === 1) return only;
  return context.rules.stateResolution === 'v1' ? resolveV1(distinct, context) : resolveV2(distinct, context);
}

/** Versions 2 and 2.1: the five steps of the specification. */
function resolveV2(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const { unconflicted, conflicted } = splitConflicted(states);
  if (conflicted.size === 0) return StateMap.of(unconflicted);
  const full = fullConflictedSet(states, conflicted, context);

  // 1. Select the power events of the full conflicted set, and order them with their auth chains within it.
  const powerEvents = [...full].filter((id) => isPowerEvent(context.find(id)));
  const orderedPowerEvents = reverseTopologicalPowerOrdering(powerEvents, full, context);

  // 2. Apply the iterative auth checks to them: from the unconflicted state, or in version 2.1 from nothing.
  const start = context.rules.stateResolution === 'v2.1' ? new Map<string, EventId>() : new Map(unconflicted);
  const afterPower = iterativeAuthChecks(orderedPowerEvents, start, context);

  // 3. Order what is left by the mainline of the resolved power levels.
  const ordered = new Set(orderedPowerEvents);
  const remaining = [...full].filter((id) => !ordered.has(id));
  const orderedRemaining = mainlineOrdering(remaining, afterPower, context);

  // 4. Apply the iterative auth checks to it.
  const resolved = iterativeAuthChecks(orderedRemaining, afterPower, context);

  // 5. What was not in conflict stands.
  for (const [key, id] of unconflicted) resolved.set(key, id);
  return StateMap.of(resolved);
}
