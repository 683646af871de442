// Auth difference, conflicted state subgraph, full conflicted set.
// https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { present } from '../../assert.ts';
import type { StateMap } from '../state-map.ts';
import type { AuthGraph } from './auth-graph.ts';
import type { SplitState } from './conflicted.ts';

/** Conflicted events, the auth difference of the states, and in version 2.1 the conflicted state subgraph. */
export function fullConflictedSet(
  states: readonly StateMap[],
  split: SplitState,
  graph: AuthGraph,
): ReadonlySet<number> {
  const full = new Set<number>();
  for (const ids of split.conflicted.values()) for (const number of graph.numbersOf(ids)) full.add(number);
  const conflictedStateSet = [...full];
  const difference = authDifference(states, split, graph);
  for (const number of difference) full.add(number);
  const isSubgraphIn = graph.context.rules.stateResolution === 'v2.1';
  const subgraph = isSubgraphIn ? conflictedStateSubgraph(conflictedStateSet, graph) : new Set<number>();
  for (const number of subgraph) full.add(number);
  const idsOf = (numbers: Iterable<number>) => [...numbers].map((number) => graph.event(number).eventId);
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
): ReadonlySet<number> {
  const countsOwnEvents = graph.context.reading !== 'text';
  const begin = (walk: ChainWalk, number: number): void => {
    if (countsOwnEvents) walk.enter(number);
    else for (const auth of graph.authOf(number)) walk.enter(auth);
  };
  const common = new ChainWalk(graph, new Set());
  present(states[0], 'a state to resolve').forEach((key, id) => {
    if (!split.conflicted.has(key)) for (const number of graph.numbersOf([id])) begin(common, number);
  });
  const chainsWith = new Map<number, number>();
  for (const state of states) {
    const walk = new ChainWalk(graph, common.chain);
    for (const key of split.conflicted.keys()) {
      const id = state.getKey(key);
      if (id !== undefined) for (const number of graph.numbersOf([id])) begin(walk, number);
    }
    for (const number of walk.chain) chainsWith.set(number, (chainsWith.get(number) ?? 0) + 1);
  }
  const difference = new Set<number>();
  for (const [number, count] of chainsWith) if (count < states.length) difference.add(number);
  return difference;
}

/** A walk down auth events that enters each event once, and none of those that are known already. */
class ChainWalk {
  readonly chain = new Set<number>();
  readonly #graph: AuthGraph;
  readonly #known: ReadonlySet<number>;

  constructor(graph: AuthGraph, known: ReadonlySet<number>) {
    this.#graph = graph;
    this.#known = known;
  }

  /** Adds an event and its auth chain. */
  enter(start: number): void {
    const { chain } = this;
    if (chain.has(start) || this.#known.has(start)) return;
    chain.add(start);
    const stack = [start];
    for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
      for (const auth of this.#graph.authOf(number)) {
        if (chain.has(auth) || this.#known.has(auth)) continue;
        chain.add(auth);
        stack.push(auth);
      }
    }
  }
}

/** Version 2.1: every event on a path of auth events from one conflicted event to another, both included. */
export function conflictedStateSubgraph(
  conflictedStateSet: readonly number[],
  graph: AuthGraph,
): ReadonlySet<number> {
  const subgraph = new Set(conflictedStateSet);
  const visited = new Set<number>();
  // Depth first with an explicit stack: an event is in when one of its auth events is, which is known when it is left.
  for (const start of conflictedStateSet) {
    if (visited.has(start)) continue;
    visited.add(start);
    const path = [{ number: start, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const auth = graph.authOf(top.number);
      const child = auth[top.next++];
      if (child === undefined) {
        path.pop();
        if (auth.some((each) => subgraph.has(each))) subgraph.add(top.number);
      } else if (!visited.has(child)) {
        visited.add(child);
        path.push({ number: child, next: 0 });
      }
    }
  }
  return subgraph;
}
