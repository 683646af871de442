// The resolution in which a small room shows a state reset, as a case for `replay` and `regress`.
import type { CaseDocument } from '../cases/case-schema.ts';
import { withNames } from '../search/resolution/named-events.ts';
import { resolutionInvariants, type Violation } from '../search/resolution/invariants.ts';
import { violationsOf } from '../search/resolution/outcome.ts';
import { problemOf, type ResolutionProblem } from '../search/resolution/problem.ts';
import { problemDocument } from '../search/resolution/problem-document.ts';
import { shrinkProblem } from '../search/resolution/shrink-problem.ts';
import type { RoomQuestion } from './room-question.ts';
import { judgedRoom, resetsOf } from './room-shows.ts';

/** The case of a reset in a room; undefined where the room shows something else, or no invariant names it. */
export function caseOfRoom(
  room: ResolutionProblem,
  question: RoomQuestion,
  command: string,
): CaseDocument | undefined {
  if (question.kind !== 'reset') return undefined;
  const problem = resolutionOf(room, question.key);
  if (problem === undefined) return undefined;
  const violations = (candidate: ResolutionProblem): readonly Violation[] =>
    resolutionInvariants.flatMap(({ id }) => violationsOf(id, candidate));
  const shown = violations(problem).find(({ key }) => key === question.key);
  if (shown === undefined) return undefined;
  const { invariant, remedy } = shown;
  const breaks = (candidate: ResolutionProblem): boolean =>
    violationsOf(invariant, candidate).some((each) => each.key === shown.key && each.remedy === remedy);
  const small = shrinkProblem(problem, breaks);
  const named = withNames(small);
  const best = breaks(named) ? named : small;
  return {
    netsplit_case: 1,
    title: `Room version ${room.rules.id} violates ${invariant}`,
    expect: [{ violates: invariant }],
    found: { command },
    why: violationsOf(invariant, best)[0]?.words,
    resolution: JSON.parse(JSON.stringify(problemDocument(best))) as CaseDocument['resolution'],
  };
}

/** The states whose resolution resets the key, with all that they rest on. */
function resolutionOf(room: ResolutionProblem, key: string | undefined): ResolutionProblem | undefined {
  if (room.stateSets.length > 0) return room;
  const judged = judgedRoom(room)?.room;
  const found = resetsOf(room).find(({ reset }) => reset.key === key);
  if (judged === undefined || found === undefined) return undefined;
  const before =
    found.eventId === undefined ? judged.forwardExtremities : (judged.get(found.eventId)?.prevEvents ?? []);
  const states = before.flatMap((id) => judged.stateAfter(id) ?? []);
  return problemOf(states, judged.resolutionContext, room.events);
}
