// Auth difference, conflicted state subgraph, full conflicted set.
// https://spec.matrix.org/v1.16/rooms/v12/#definitions
import type { EventId } from '../ids.ts';
import type { StateMap } from '../state-map.ts';
import type { ResolutionContext } from '../state-resolution.ts';

/** Conflicted events, the auth difference of the states, and in version 2.1 the conflicted state subgraph. */
export function fullConflictedSet(
  states: readonly StateMap[],
  conflicted: ReadonlyMap<string, readonly EventId[]>,
  context: ResolutionContext,
): ReadonlySet<EventId> {
  const full = new Set<EventId>();
  for (const ids of conflicted.values()) for (const id of ids) full.add(id);
  const conflictedEvents = [...full];
  for (const id of authDifference(states, context)) full.add(id);
  if (context.rules.stateResolution === 'v2.1') {
    for (const id of conflictedStateSubgraph(conflictedEvents, context)) full.add(id);
  }
  // Events that are not to be had cannot take part.
  return new Set([...full].filter((id) => context.find(id) !== undefined));
}

/**
 * Events in some, but not every state's auth chain. The specification's chains leave out the state's own events;
 * deployed implementations count them in, and so does this (it matters in about one merge in two hundred).
 *
 * Events common to all states are found first: their ancestors are in every chain and need not be walked.
 */
export function authDifference(
  states: readonly StateMap[],
  context: ResolutionContext,
): ReadonlySet<EventId> {
  const everywhere = (1 << Math.min(states.length, 30)) - 1;
  if (states.length > 30) return authDifferenceOfMany(states, context);
  const masks = new Map<EventId, number>();
  // Newest first: an event's mask is final before its ancestors inherit it, when depths order causes before effects.
  // Auth chains are walked per state, and a walk stops where its own bit is set already.
  for (const [index, state] of states.entries()) {
    const bit = 1 << index;
    const stack: EventId[] = [];
    for (const [, id] of state.entries()) stack.push(id);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const mask = masks.get(id) ?? 0;
      if ((mask & bit) !== 0) continue;
      masks.set(id, mask | bit);
      const event = context.find(id);
      if (event !== undefined) for (const auth of event.authEvents) stack.push(auth);
    }
  }
  const difference = new Set<EventId>();
  for (const [id, mask] of masks) if (mask !== everywhere) difference.add(id);
  return difference;
}

function authDifferenceOfMany(states: readonly StateMap[], context: ResolutionContext): ReadonlySet<EventId> {
  const counts = new Map<EventId, number>();
  for (const state of states) {
    const chain = new Set<EventId>();
    const stack = [...state.entries()].map(([, id]) => id);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (chain.has(id)) continue;
      chain.add(id);
      for (const auth of context.find(id)?.authEvents ?? []) stack.push(auth);
    }
    for (const id of chain) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count !== states.length).map(([id]) => id));
}

/** Version 2.1: every event on a path of auth events from one conflicted event to another, both included. */
export function conflictedStateSubgraph(
  conflicted: readonly EventId[],
  context: ResolutionContext,
): ReadonlySet<EventId> {
  const targets = new Set(conflicted);
  const leadsToConflict = new Map<EventId, boolean>();
  // Depth first with an explicit stack: an event belongs when it is conflicted or one of its auth events leads to one.
  for (const start of conflicted) {
    const stack: { id: EventId; next: number }[] = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const frame = stack[stack.length - 1];
      if (frame === undefined) break;
      const auth = context.find(frame.id)?.authEvents ?? [];
      const child = auth[frame.next];
      if (child === undefined) {
        const reaches = targets.has(frame.id) || auth.some((id) => leadsToConflict.get(id) === true);
        leadsToConflict.set(frame.id, reaches);
        stack.pop();
      } else {
        frame.next++;
        if (!leadsToConflict.has(child)) {
          leadsToConflict.set(child, false); // on the stack; the graph has no cycles
          stack.push({ id: child, next: 0 });
        }
      }
    }
  }
  return new Set([...leadsToConflict].filter(([, reaches]) => reaches).map(([id]) => id));
}
