// A canary: weaknesses that a search is known to find must be found within this budget, or it has silently stopped searching.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { reachCounts, searchInWords, searchReport } from '../../../reports/search/search-words.ts';
import { freshSearch } from '../../../reports/search/search-state.ts';
import { replayScenarioCase } from '../../../reports/search/replay-case.ts';
import { runSearch } from '../../../reports/search/search-runner.ts';
import { readScenarioCase } from '../../../scenarios/cases/scenario-case.ts';
import { searchRuns, shrinkSighting } from '../../../scenarios/search/systems/search-runs.ts';
import { runsForReach, shouldBeMet } from '../../../scenarios/search/systems/situations.ts';
import { systems } from '../../../sim/systems/registry.ts';

const system = present(systems.get('bitchat'), 'bitchat');

it('three runs of Bitchat find what it loses, and it is made small (state resolution: resolution-search.test.ts)', () => {
  const batch = { seed: 2, first: 0, runs: 3, corpus: [], met: [], known: [] };
  const { sightings, fresh } = searchRuns(batch, system);
  expect(sightings.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['not-given-up private, within a day', 'is-carried group, by others']),
  );
  expect(fresh.length).toBeGreaterThan(1);
  const sighting = present(
    sightings.find(({ name }) => name === 'not-given-up private, within a day'),
    'a message that is refused',
  );
  const small = shrinkSighting(sighting, system);
  expect(small.name).toBe(sighting.name);
  expect(small.entries).toBeLessThanOrEqual(4);
});

it('one that is stopped while it makes its findings small keeps them as they were drawn, and replays them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-canary-'));
  // Asked once before the round; then Ctrl-C has come.
  let asked = 0;
  const signal = {
    get aborted() {
      return ++asked > 1;
    },
  } as AbortSignal;
  try {
    const options = { folder, budget: { rooms: 1 }, workers: 0, signal, command: 'netsplit search bitchat' };
    const { rooms, found } = await runSearch(freshSearch('bitchat', '', 2), options);
    expect([rooms, Object.keys(found)]).toEqual([
      1,
      expect.arrayContaining(['not-given-up private, within a day']),
    ]);
    const kept = present(found['not-given-up private, within a day'], 'a finding');
    expect([kept.tries, kept.times]).toEqual([0, 1]);
    const file = join(folder, kept.file);
    const replayed = replayScenarioCase(readScenarioCase(readFileSync(file, 'utf8'), file));
    expect(replayed.map(({ isMet }) => isMet)).toEqual([true]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a search that was never in a situation fails once it was long enough, and says in which', () => {
  const search = { ...freshSearch('bitchat', '', 1), situations: { 'message delivered': 3 } };
  const short = searchReport({ ...search, rooms: runsForReach - 1 });
  const long = searchReport({ ...search, rooms: runsForReach });
  expect([reachCounts(short), reachCounts(long)]).toEqual([false, true]);
  expect(long.unreached).toEqual(shouldBeMet(system).filter((name) => name !== 'message delivered'));
  expect(searchInWords(long, 'folder')).toContain('never met: hops 7');
});

it('what held is told of the system that was searched', () => {
  const held = (target: string): readonly string[] => searchReport(freshSearch(target, '', 1)).held;
  expect(held('signal')).not.toContain('hop-bound');
  expect(held('signal')).not.toContain('no-state-reset');
  expect(held('bitchat')).toContain('hop-bound');
  expect(held('p2p-matrix')).toEqual(expect.arrayContaining(['one-root', 'no-state-reset', 'hop-bound']));
});
