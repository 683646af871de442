// Auth difference, conflicted state subgraph, full conflicted set.
// https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { present } from '../../assert.ts';
import type { EventId } from '../ids.ts';
import type { StateMap } from '../state-map.ts';
import { noEvent, type AuthGraph } from './auth-graph.ts';
import type { SplitState } from './conflicted.ts';
import type { NumberSet } from './number-set.ts';

/** Conflicted events, the auth difference of the states, and in version 2.1 the conflicted state subgraph. */
export function fullConflictedSet(
  states: readonly StateMap[],
  split: SplitState,
  graph: AuthGraph,
): NumberSet {
  const full = graph.newSet();
  for (const ids of split.conflicted.values()) for (const number of graph.numbersOf(ids)) full.add(number);
  const conflictedStateSet = [...full.members];
  const difference = authDifference(states, split, graph);
  for (const number of difference) full.add(number);
  const isSubgraphIn = graph.context.rules.stateResolution === 'v2.1';
  const subgraph = isSubgraphIn ? conflictedStateSubgraph(conflictedStateSet, graph) : [];
  for (const number of subgraph) full.add(number);
  const idsOf = (numbers: readonly number[]) => numbers.map((number) => graph.event(number).eventId);
  graph.context.explain?.({
    kind: 'full-conflicted-set',
    conflictedStateSet: idsOf(conflictedStateSet),
    authDifference: idsOf(difference),
    conflictedStateSubgraph: idsOf(subgraph),
  });
  return full;
}

/**
 * Events in some, but not every state's auth chain. The specification's chains leave out the state's own events;
 * deployed implementations count them in, and so does this unless told to follow the text (it matters in about one
 * merge in two hundred).
 *
 * What all states have in common is walked once: it and its ancestors are in every chain, and the walks of the single
 * states, which begin at conflicted events, end there.
 */
export function authDifference(
  states: readonly StateMap[],
  split: SplitState,
  graph: AuthGraph,
): readonly number[] {
  const countsOwnEvents = graph.context.rules.reading === 'deployed';
  const begin = (chain: NumberSet, id: EventId, known: NumberSet): void => {
    const number = graph.numberOf(id);
    if (number === noEvent) return;
    if (countsOwnEvents) addChain(number, chain, known, graph);
    else for (const auth of graph.authOf(number)) addChain(auth, chain, known, graph);
  };
  const nothing = graph.newSet();
  const common = graph.newSet();
  present(states[0], 'a state to resolve').forEach((key, id) => {
    if (!split.conflicted.has(key)) begin(common, id, nothing);
  });
  const chains = states.map((state) => {
    const chain = graph.newSet();
    for (const key of split.conflicted.keys()) {
      const id = state.getKey(key);
      if (id !== undefined) begin(chain, id, common);
    }
    return chain;
  });
  const inSome = graph.newSet();
  for (const { members } of chains) for (const number of members) inSome.add(number);
  return inSome.members.filter((number) => !chains.every((chain) => chain.has(number)));
}

/** Adds an event and its auth chain to a chain, but nothing that is known already. */
function addChain(start: number, chain: NumberSet, known: NumberSet, graph: AuthGraph): void {
  if (known.has(start) || !chain.add(start)) return;
  // What is added stands at the end of the members: they are the queue of the walk.
  const { members } = chain;
  for (let next = members.length - 1; next < members.length; next++) {
    const auth = graph.authOf(members[next] as number);
    for (let index = 0; index < auth.length; index++) {
      const number = auth[index] as number;
      if (!known.has(number)) chain.add(number);
    }
  }
}

/** Version 2.1: every event on a path of auth events from one conflicted event to another, both included. */
export function conflictedStateSubgraph(
  conflictedStateSet: readonly number[],
  graph: AuthGraph,
): readonly number[] {
  const subgraph = graph.newSet();
  for (const number of conflictedStateSet) subgraph.add(number);
  const visited = graph.newSet();
  // Depth first with an explicit stack: an event is in when one of its auth events is, which is known when it is left.
  for (const start of conflictedStateSet) {
    if (!visited.add(start)) continue;
    const path = [{ number: start, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const auth = graph.authOf(top.number);
      const child = auth[top.next++];
      if (child === undefined) {
        path.pop();
        if (auth.some((each) => subgraph.has(each))) subgraph.add(top.number);
      } else if (visited.add(child)) {
        path.push({ number: child, next: 0 });
      }
    }
  }
  return subgraph.members;
}
