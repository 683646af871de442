// Which part of version 2.1 would have kept what version 2 lost. MSC4297 changes two things, and each cures a class of its
// own: the first checks begin with nothing, and the conflicted state subgraph joins the full conflicted set.
// https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/4297-state-resolution-v2_1.md
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { powerLevelsKey } from '../../../protocol/matrix/auth-state.ts';
import type { StateMap } from '../../../protocol/matrix/state-map.ts';
import { withUnconflicted, type ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';
import { AuthGraph, noEvent } from '../../../protocol/matrix/state-resolution/auth-graph.ts';
import { splitConflicted } from '../../../protocol/matrix/state-resolution/conflicted.ts';
import { fullConflictedSet } from '../../../protocol/matrix/state-resolution/full-conflicted-set.ts';
import {
  iterativeAuthChecks,
  PartialState,
} from '../../../protocol/matrix/state-resolution/iterative-auth-checks.ts';
import { mainlineOrdering } from '../../../protocol/matrix/state-resolution/mainline.ts';
import {
  isPowerEvent,
  reverseTopologicalPowerOrdering,
} from '../../../protocol/matrix/state-resolution/power-ordering.ts';

/** What would have kept an entry. */
export type Remedy = 'empty-start' | 'subgraph' | 'either' | 'both' | 'none';

interface Parts {
  readonly startsEmpty: boolean;
  readonly hasSubgraph: boolean;
}

/** Version 2 with one, both or neither of the changes that make version 2.1. */
export function resolveWithParts(
  states: readonly StateMap[],
  context: ResolutionContext,
  { startsEmpty, hasSubgraph }: Parts,
): StateMap {
  const rules: RoomVersionRules = { ...context.rules, stateResolution: hasSubgraph ? 'v2.1' : 'v2' };
  const graph = new AuthGraph({ ...context, rules, explain: undefined });
  const split = splitConflicted(states);
  const full = fullConflictedSet(states, split, graph);
  const power = reverseTopologicalPowerOrdering(
    full.members.filter((number) => isPowerEvent(graph.event(number), rules)),
    full,
    graph,
  );
  const state = new PartialState((key) => {
    const id = startsEmpty ? undefined : split.unconflicted(key);
    return id === undefined ? noEvent : graph.numberOf(id);
  });
  iterativeAuthChecks(power, state, graph, 'power');
  const ordered = new Set(power);
  const rest = full.members.filter((number) => !ordered.has(number));
  iterativeAuthChecks(mainlineOrdering(rest, state.get(powerLevelsKey), graph), state, graph, 'mainline');
  const [first] = states;
  if (first === undefined) throw new RangeError('no state to resolve');
  const resolved = withUnconflicted(first, split, state.resolved(), graph);
  graph.end();
  return resolved;
}

/** Which part of version 2.1 keeps for a key one of the entries that version 2 lost. */
export function remedyFor(
  states: readonly StateMap[],
  context: ResolutionContext,
  isCured: (resolved: StateMap) => boolean,
): Remedy {
  const with_ = (startsEmpty: boolean, hasSubgraph: boolean): boolean =>
    isCured(resolveWithParts(states, context, { startsEmpty, hasSubgraph }));
  const start = with_(true, false);
  const subgraph = with_(false, true);
  if (start && subgraph) return 'either';
  if (start) return 'empty-start';
  if (subgraph) return 'subgraph';
  return with_(true, true) ? 'both' : 'none';
}
