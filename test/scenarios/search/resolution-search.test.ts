// The search finds what is known to be wrong with state resolution from nothing but the rules, within a budget, and makes it
// small. A search that silently stopped searching fails here.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { violationsOf } from '../../../scenarios/search/resolution/outcome.ts';
import {
  problemOfDocument,
  type ProblemDocument,
} from '../../../scenarios/search/resolution/problem-document.ts';
import { searchRooms, type RoomFinding } from '../../../scenarios/search/resolution/search-rooms.ts';

const rulesOf = (version: string) => present(specifiedRoomVersions.get(version), version);

/** Searches batch by batch until something of this name is found; undefined when the budget is spent first. */
function firstFinding(version: string, name: string, budget: number): RoomFinding | undefined {
  for (let first = 0; first < budget; first += 20) {
    const batch = { seed: 1, first, rooms: 20, corpus: [], met: [], known: otherNames(name) };
    const found = searchRooms(batch, rulesOf(version)).findings.find((each) => each.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What else is found need not be shrunk here. */
function otherNames(name: string): readonly string[] {
  const causes = ['agreed-state', 'replaced-authority', 'later-event', 'order'];
  const remedies = ['', ' none', ' empty-start', ' subgraph', ' either', ' both'];
  const all = causes.flatMap((cause) =>
    remedies.flatMap((remedy) => ['', ' forged'].map((forged) => `no-reset-by-${cause}${remedy}${forged}`)),
  );
  return all.filter((each) => each !== name);
}

describe('the search of state resolution', () => {
  it.each([
    ['1', 'no-reset-by-replaced-authority'],
    ['11', 'no-reset-by-agreed-state empty-start'],
    ['11', 'no-reset-by-order subgraph'],
  ])('finds in room version %s: %s', (version, name) => {
    const found = present(firstFinding(version, name, 400), 'a finding within the budget');
    expect(found.problem.events.length).toBeLessThan(15);
    const problem = problemOfDocument(
      JSON.parse(JSON.stringify(found.problem)) as ProblemDocument,
      rulesOf(version),
    );
    if (!problem.ok) throw new Error(problem.detail);
    const [invariant = ''] = name.split(' ');
    expect(violationsOf(invariant, problem.value)).toContainEqual(found.violation);
    // What version 2.1 was made for.
    const cured = { ...problem.value, rules: { ...rulesOf(version), stateResolution: 'v2.1' as const } };
    expect(violationsOf(invariant, cured)).toEqual([]);
  });

  it('finds in version 12 no reset of the classes that version 2.1 ends, unless authority is forged', () => {
    const { met, resolutions } = searchRooms(
      { seed: 1, first: 0, rooms: 80, corpus: [], met: [], known: otherNames('') },
      rulesOf('12'),
    );
    const names = met.map(([name]) => name);
    expect(resolutions).toBeGreaterThan(500);
    expect(names).toContain('no-reset-by-later-event');
    expect(names).toContain('no-reset-by-order');
    expect(names).not.toContain('no-reset-by-agreed-state');
    expect(names).not.toContain('no-reset-by-replaced-authority');
  });

  it('is a function of its task', () => {
    const batch = { seed: 7, first: 100, rooms: 6, corpus: [], met: [], known: [] };
    expect(searchRooms(batch, rulesOf('10'))).toEqual(searchRooms(batch, rulesOf('10')));
  });
});
