// Another implementation of state resolution held against this one: problems drawn at random until the two disagree, and
// the first disagreement made small by asking the subject again and again.
import { compareCodePoints } from '../../../protocol/order.ts';
import { algorithmName, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import type { CaseDocument } from '../../../scenarios/cases/case-schema.ts';
import { withNames } from '../../../scenarios/search/resolution/named-events.ts';
import { resolvedIds } from '../../../scenarios/search/resolution/outcome.ts';
import type { ResolutionProblem } from '../../../scenarios/search/resolution/problem.ts';
import { problemDocument } from '../../../scenarios/search/resolution/problem-document.ts';
import { problemsOfRooms } from '../../../scenarios/search/resolution/problems-of-rooms.ts';
import { shrinkingOf } from '../../../scenarios/search/resolution/shrink-problem.ts';
import { SubjectProcess, type SubjectCommand } from './subject-process.ts';

/** What is wrong with an answer. */
export interface Disagreement {
  readonly kind: 'another state' | 'no answer' | 'crash' | 'hang';
  readonly words: string;
}

/** How the two compare. */
export interface SubjectReport {
  readonly problems: number;
  /** The first disagreement, shrunk; undefined when there was none. */
  readonly found:
    | {
        readonly disagreement: Disagreement;
        readonly problem: ResolutionProblem;
        readonly eventsBefore: number;
      }
    | undefined;
  readonly stopped: boolean;
}

/** What is asked and for how long. */
export interface SubjectOptions extends SubjectCommand {
  readonly rules: RoomVersionRules;
  readonly seed: number;
  readonly problems: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (asked: number) => void;
}

/** Of a subject that hangs each question costs the time-out. */
const mostQuestions = { 'another state': 2_000, 'no answer': 500, crash: 200, hang: 12 } as const;

/** Compares until the first disagreement, the number of problems, or the signal. */
export async function compareSubject(options: SubjectOptions): Promise<SubjectReport> {
  const subject = new SubjectProcess(options);
  let problems = 0;
  try {
    for (const problem of problemsOfRooms(options.rules, options.seed)) {
      if (problems >= options.problems || options.signal.aborted) break;
      problems++;
      const disagreement = await disagreementOn(problem, subject, problems);
      if (problems % 100 === 0) options.onProgress?.(problems);
      if (disagreement === undefined) continue;
      const small = await shrunk(problem, disagreement, subject);
      return { problems, found: { ...small, eventsBefore: problem.events.length }, stopped: false };
    }
    return { problems, found: undefined, stopped: options.signal.aborted };
  } finally {
    subject.stop();
  }
}

/** How the subject's answer differs from ours. */
async function disagreementOn(
  problem: ResolutionProblem,
  subject: SubjectProcess,
  id: number,
): Promise<Disagreement | undefined> {
  const { room_version, events, states, rejected = [] } = problemDocument(problem);
  const algorithm = algorithmName(problem.rules);
  const asked = { id, room_version, algorithm, events, state_sets: states, rejected };
  const answer = await subject.ask(asked);
  if (answer.kind !== 'answer') return { kind: answer.kind, words: answer.words };
  const read = answerOf(answer.line, id);
  if (typeof read === 'string') return { kind: 'no answer', words: read };
  const ours = resolvedIds(problem);
  if (ours.join() === read.join()) return undefined;
  const only = (left: readonly string[], right: readonly string[]): string =>
    left.filter((each) => !right.includes(each)).join(' ') || 'nothing';
  return {
    kind: 'another state',
    words: `only netsplit has ${only(ours, read)}; only the subject has ${only(read, ours)}`,
  };
}

/** The ids of an answer, by code point; what is wrong with it where it is none. */
function answerOf(line: string, id: number): readonly string[] | string {
  const shown = line.slice(0, 200);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `expected one JSON document in a line, found ${shown}`;
  }
  if (typeof value !== 'object' || value === null || !('id' in value) || value.id !== id)
    return `expected an answer with "id": ${id}, found ${shown}`;
  const state = 'resolved_state' in value ? value.resolved_state : undefined;
  if (!Array.isArray(state) || !state.every((each) => typeof each === 'string'))
    return `expected "resolved_state", a list of event ids, found ${shown}`;
  return [...new Set(state)].sort(compareCodePoints);
}

async function shrunk(
  problem: ResolutionProblem,
  first: Disagreement,
  subject: SubjectProcess,
): Promise<{ readonly problem: ResolutionProblem; readonly disagreement: Disagreement }> {
  let disagreement = first;
  let questions = 0;
  const shows = async (candidate: ResolutionProblem): Promise<boolean> => {
    if (questions++ >= mostQuestions[first.kind]) return false;
    const now = await disagreementOn(candidate, subject, questions);
    if (now?.kind !== first.kind) return false;
    disagreement = now;
    return true;
  };
  const shrinking = shrinkingOf(problem);
  let step = shrinking.next();
  while (step.done !== true) step = shrinking.next(await shows(step.value));
  const named = withNames(step.value);
  return { problem: (await shows(named)) ? named : step.value, disagreement };
}

/** The case of a disagreement: what this netsplit makes of it. */
export function caseOfDisagreement(
  { problem, disagreement }: NonNullable<SubjectReport['found']>,
  command: string,
): CaseDocument {
  return {
    netsplit_case: 1,
    title: `A subject disagrees in room version ${problem.rules.id}: ${disagreement.kind}`,
    expect: [{ resolves_to: [...resolvedIds(problem)] }],
    found: { command },
    why: disagreement.words,
    resolution: JSON.parse(JSON.stringify(problemDocument(problem))) as CaseDocument['resolution'],
  };
}
