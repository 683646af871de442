// What becomes of a problem: which properties it breaks, under the room version's own algorithm or another.
import type { EventId } from '../../../protocol/matrix/ids.ts';
import type { SpecifiedResolution } from '../../../protocol/matrix/room-version.ts';
import { sortedIdsOf } from '../../../protocol/matrix/state-ids.ts';
import { resolveState } from '../../../protocol/matrix/state-resolution.ts';
import { resolutionInvariant, type Violation } from './invariants.ts';
import { openProblem, type ResolutionProblem } from './problem.ts';

/** The problem under another algorithm; as it is for undefined. */
export function under(
  problem: ResolutionProblem,
  algorithm: SpecifiedResolution | undefined,
): ResolutionProblem {
  if (algorithm === undefined) return problem;
  return { ...problem, rules: { ...problem.rules, stateResolution: algorithm } };
}

/** How a problem breaks one invariant. */
export function violationsOf(invariant: string, problem: ResolutionProblem): readonly Violation[] {
  const open = openProblem(problem);
  const resolved = resolveState(open.states, open.context);
  return resolutionInvariant(invariant)?.violations(open, resolved) ?? [];
}

/** The ids of the resolved state, by code point. */
export function resolvedIds(problem: ResolutionProblem): readonly EventId[] {
  const { states, context } = openProblem(problem);
  return sortedIdsOf(resolveState(states, context));
}
