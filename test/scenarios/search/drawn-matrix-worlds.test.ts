// The drawn Matrix worlds reach what is rare in them: a generator that stops drawing it would search without finding.
import { expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { playRecipe, runNumber } from '../../../scenarios/search/systems/search-runs.ts';
import { shouldBeMet, situationsOf } from '../../../scenarios/search/systems/situations.ts';
import { systems } from '../../../sim/systems/registry.ts';

const matrix = present(systems.get('matrix'), 'matrix');

// Cheap runs of seed 1 as they are drawn, without guidance. After a change of the generators or of federation others may be the
// ones; if none among the first hundred is, the search has lost the situation.
it.each([
  ['message not delivered to somebody', 32],
  ['rejected: ', 47],
  ['soft-failed: ', 50],
  ['situation matrix.federation.backfill', 69],
])('"%s" is met in run %d', (situation, run) => {
  expect(shouldBeMet(matrix)).toContain(situation);
  const met = situationsOf(playRecipe(runNumber(run, 1, [], matrix), matrix)).entries();
  expect(met.map(([name]) => name)).toContainEqual(expect.stringMatching(new RegExp(`^${situation}`)));
});
