// What the author of an experimental room version builds with. Handed to the module as an argument, so that it needs no
// import at run time and works with the netsplit that loads it. docs/matrix-rooms.md says how.
import { accept, reject } from '../outcome.ts';
import {
  createKey,
  joinRulesKey,
  memberKey,
  membershipOf,
  powerLevelsKey,
  stateMapKey,
} from './auth-state.ts';
import { deriveRoomVersion } from './experiment.ts';
import { isCreator, levelOfUser, powerLevelsOf, requiredPowerLevel, userPowerLevel } from './power-levels.ts';
import { specifiedRoomVersions, type RoomVersionRules, type SpecifiedResolution } from './room-version.ts';
import { StateMap } from './state-map.ts';
import { resolveState, withUnconflicted, type ResolutionContext } from './state-resolution.ts';
import { AuthGraph, noEvent } from './state-resolution/auth-graph.ts';
import { splitConflicted } from './state-resolution/conflicted.ts';
import {
  authDifference,
  conflictedStateSubgraph,
  fullConflictedSet,
} from './state-resolution/full-conflicted-set.ts';
import { iterativeAuthChecks, PartialState } from './state-resolution/iterative-auth-checks.ts';
import { mainlineOrdering } from './state-resolution/mainline.ts';
import { NumberSet } from './state-resolution/number-set.ts';
import { isPowerEvent, reverseTopologicalPowerOrdering } from './state-resolution/power-ordering.ts';

/** Resolves by an algorithm of the specification, whatever the room version's own. */
function resolveBy(
  algorithm: SpecifiedResolution,
  states: readonly StateMap[],
  context: ResolutionContext,
): StateMap {
  return resolveState(states, { ...context, rules: { ...context.rules, stateResolution: algorithm } });
}

/** A version of the specification. Throws a RangeError for an id that is none. */
function specified(version: string): RoomVersionRules {
  const rules = specifiedRoomVersions.get(version);
  if (rules === undefined)
    throw new RangeError(
      `"${version}" is no room version of the specification (${specifiedRoomVersions.ids().join(', ')})`,
    );
  return rules;
}

/** The parts. Names are those of the specification. */
export const experimentKit = {
  specified,
  derive: deriveRoomVersion,
  accept,
  reject,
  // States and authority.
  StateMap,
  stateMapKey,
  createKey,
  joinRulesKey,
  memberKey,
  powerLevelsKey,
  membershipOf,
  // Power levels.
  isCreator,
  levelOfUser,
  powerLevelsOf,
  requiredPowerLevel,
  userPowerLevel,
  // State resolution, whole and in parts.
  resolveBy,
  AuthGraph,
  NumberSet,
  PartialState,
  noEvent,
  splitConflicted,
  authDifference,
  conflictedStateSubgraph,
  fullConflictedSet,
  isPowerEvent,
  reverseTopologicalPowerOrdering,
  iterativeAuthChecks,
  mainlineOrdering,
  withUnconflicted,
} as const;

/** What a module's `roomVersions` function is given. */
export type ExperimentKit = typeof experimentKit;

/** What a room module exports as `roomVersions`. */
export type DefineRoomVersions = (kit: ExperimentKit) => RoomVersionRules | readonly RoomVersionRules[];
