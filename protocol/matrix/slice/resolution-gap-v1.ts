// What may be missing without a say in a state resolution of version 1: all but the candidates and their authority.
import { StateMap } from '../state-map.ts';
import { eventsFor } from '../state-resolution/conflicted.ts';
import { missingFromChain } from './gaps.ts';
import type { SliceResolution } from './slice-graph.ts';
import type { Unknown } from './known-state.ts';

/** The first gap that could change the resolved state; undefined when there is none. */
export function gapOfResolutionV1(
  states: readonly StateMap[],
  { graph }: SliceResolution,
): Unknown | undefined {
  for (const key of StateMap.keysInConflict(states)) {
    const ids = eventsFor(key, states);
    if (ids.length < 2) continue;
    for (const id of ids) {
      const candidate = graph.find(id);
      if (candidate === undefined) return missingFromChain(id);
      for (const authKey of candidate.authKeys)
        for (const authority of eventsFor(authKey, states))
          if (graph.find(authority) === undefined) return missingFromChain(authority);
    }
  }
  return undefined;
}
