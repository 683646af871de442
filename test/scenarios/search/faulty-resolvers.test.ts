// State resolution got wrong in two dozen ways, each unlike the others: the problems that `resolve --subject` asks tell every one from
// the real one. The way from the process to the case is in test/reports/subject.test.ts.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { resolveState } from '../../../protocol/matrix/state-resolution.ts';
import {
  problemDocument,
  problemOfDocument,
  type ProblemDocument,
} from '../../../scenarios/search/resolution/problem-document.ts';
import { openProblem, type ResolutionProblem } from '../../../scenarios/search/resolution/problem.ts';
import { problemsOfRooms } from '../../../scenarios/search/resolution/problems-of-rooms.ts';
import { faults, faultsOfVersion, resolveFaultily, type Fault } from '../../support/faulty-resolution.ts';

/** Every event that is cited stands before those that cite it, and the problem survives being written down. */
function expectWhole(problem: ResolutionProblem): void {
  const read = problemOfDocument(
    JSON.parse(JSON.stringify(problemDocument(problem))) as ProblemDocument,
    problem.rules,
  );
  if (!read.ok) throw new Error(read.detail);
  expect(read.value.events).toHaveLength(problem.events.length);
}

/** Which problem, in the order in which they are asked, tells each resolver from the real one. */
function firstDifferences(version: string, budget: number): ReadonlyMap<string, number | undefined> {
  const rules = present(specifiedRoomVersions.get(version), version);
  const algorithm = rules.stateResolution === 'v2' ? 'v2' : 'v2.1';
  const all: readonly [string, Fault][] = Object.entries({
    none: {},
    ...faults,
    ...faultsOfVersion[algorithm],
  });
  const first = new Map<string, number | undefined>(all.map(([name]) => [name, undefined]));
  let asked = 0;
  for (const problem of problemsOfRooms(rules, 1)) {
    if (asked++ >= budget) break;
    if (asked < 400) expectWhole(problem);
    const { states, context } = openProblem(problem);
    const right = resolveState(states, context);
    for (const [name, fault] of all)
      if (first.get(name) === undefined && !resolveFaultily(states, context, algorithm, fault).equals(right))
        first.set(name, asked);
  }
  return first;
}

describe('a resolver with a fault that the search was not told of', () => {
  it.each(['11', '12'])('is found in room version %s, and one without is not', (version) => {
    const first = firstDifferences(version, 2_500);
    const unfound = [...first].filter(([, problem]) => problem === undefined).map(([name]) => name);
    expect(first.size).toBeGreaterThan(20);
    expect(unfound).toEqual(['none']);
  });
});
