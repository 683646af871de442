// Every resolution that a room's servers make, seen as it is made: the room version's own algorithm, with a witness.
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import type { StateMap } from '../../../protocol/matrix/state-map.ts';
import { resolveState, type ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';

/** Told the states, what the algorithm made of them, and the context under the version's own rules. */
export type ResolutionWitness = (
  states: readonly StateMap[],
  resolved: StateMap,
  context: ResolutionContext,
) => void;

/** The same room version, whose resolutions are told. */
export function withWitness(rules: RoomVersionRules, witness: ResolutionWitness): RoomVersionRules {
  const name = typeof rules.stateResolution === 'string' ? rules.stateResolution : rules.stateResolution.name;
  return {
    ...rules,
    stateResolution: {
      name,
      resolve: (states, context) => {
        const specified: ResolutionContext = { ...context, rules };
        const resolved = resolveState(states, specified);
        witness(states, resolved, specified);
        return resolved;
      },
    },
  };
}
