// What becomes of a problem: which properties it breaks, under the room version's own algorithm or another.
import type { SpecifiedResolution } from '../../../protocol/matrix/room-version.ts';
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
