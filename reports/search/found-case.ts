// A finding as a case file: what it breaks, what the other algorithms make of it, how it was found.
import { algorithmName, specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { present } from '../../protocol/assert.ts';
import { caseText } from '../../scenarios/cases/case-file.ts';
import type { CaseDocument, CaseExpectation } from '../../scenarios/cases/case-schema.ts';
import { under, violationsOf } from '../../scenarios/search/resolution/outcome.ts';
import { problemOfDocument } from '../../scenarios/search/resolution/problem-document.ts';
import { scenarioCaseText } from '../../scenarios/search/systems/scenario-of-recipe.ts';
import type { RoomFinding } from '../../scenarios/search/resolution/search-rooms.ts';
import type { Finding } from './search-target.ts';

/** How a search was started, so that it can be started again. */
export interface FoundBy {
  readonly command: string;
  /** Seconds of the search until it was found. */
  readonly seconds: number;
}

/** The text of a finding's case. */
export function textOfFinding(found: Finding, by: FoundBy): string {
  if (found.kind === 'resolution') return caseText(caseOfFinding(found.finding, by));
  const { scenario, seed, violation, run } = found.finding;
  return scenarioCaseText(scenario, {
    seed,
    expect: [{ violates: found.name }],
    found: { command: by.command, run, seconds: inTenths(by.seconds) },
    why: violation.words,
  });
}

const inTenths = (seconds: number): number => Math.round(seconds * 10) / 10;

/** The case of a finding about state resolution. */
export function caseOfFinding(
  { violation, problem, room }: RoomFinding,
  { command, seconds }: FoundBy,
): CaseDocument {
  const rules = present(specifiedRoomVersions.get(problem.room_version), 'a room version');
  const read = problemOfDocument(problem, rules);
  if (!read.ok) throw new Error(`a case that was just made cannot be read: ${read.detail}`);
  const { invariant, words } = violation;
  const others = (['v2', 'v2.1'] as const).filter((each) => each !== algorithmName(rules));
  const elsewhere = others.map((algorithm): CaseExpectation =>
    violationsOf(invariant, under(read.value, algorithm)).length > 0
      ? { violates: invariant, algorithm }
      : { holds: invariant, algorithm },
  );
  return {
    netsplit_case: 1,
    title: `Room version ${problem.room_version} (state resolution ${algorithmName(rules)}) violates ${invariant}`,
    expect: [{ violates: invariant }, ...(rules.stateResolution === 'v1' ? [] : elsewhere)],
    found: { command, room, seconds: inTenths(seconds) },
    why: words,
    resolution: JSON.parse(JSON.stringify(problem)) as CaseDocument['resolution'],
  };
}
