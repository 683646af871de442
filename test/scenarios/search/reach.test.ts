// Every situation that a search should meet can be met: one that cannot would make a failure of every long search.
import { expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { playRecipe, runNumber } from '../../../scenarios/search/systems/search-runs.ts';
import { shouldBeMet, situationsOf } from '../../../scenarios/search/systems/situations.ts';
import { invariantsOf, systemInvariants } from '../../../scenarios/search/systems/system-invariants.ts';
import type { SystemRecipe } from '../../../scenarios/search/systems/system-recipe.ts';
import { ownSystems, systems } from '../../../sim/systems/registry.ts';

/** Cheap runs of seed 1, as they are drawn without guidance, that meet everything; after a change of the generators others may. */
const runs: Readonly<Record<string, readonly number[]>> = {
  signal: [0, 1, 2, 3, 12],
  'matrix-closed': [0, 1, 3, 5],
  email: [0, 1, 2, 3],
  'p2p-matrix': [6, 19],
  'bitchat-nostr': [0, 25],
  'hybrid-matrix': [7, 25],
  bitchat: [0, 8, 11, 16, 17],
  firechat: [0, 1, 3, 8, 14, 28],
};
const ofTheOthers = { radio: [0, 8], internet: [0, 1, 2, 3] };

/** A name of a mail domain that does not exist for a while comes a bit seldom in drawn runs: all of them, for the others. */
const withoutNames: SystemRecipe = {
  ...{ seed: 1, people: 6, android: 0, clocks: 0, offline: 1, servers: 1, pace: 0 },
  conversations: [{ kind: 0, members: [0, 1, 2, 3, 4, 5], moderators: 0, guests: 0 }],
  messages: [60, 80, 100].map((at, by) => ({ at, by, in: 0, length: 0, resend: 0 })),
  faults: Array.from({ length: 60 }, (_, index) => ({
    ...{ target: 2 * index + 1, other: 0, kind: 0, from: 50, length: 100, value: 1 },
  })),
  bursts: [],
  changes: [],
  away: [],
  meetings: [],
  parameters: [],
};

// Matrix: drawn-matrix-worlds.test.ts.
it.each([...ownSystems.keys()].filter((id) => id !== 'matrix'))('%s', (id) => {
  const system = present(systems.get(id), id);
  const drawn = runs[id] ?? (system.usesRadio ? ofTheOthers.radio : ofTheOthers.internet);
  const recipes = [
    ...drawn.map((number) => runNumber(number, 1, [], system)),
    ...(id === 'email' ? [withoutNames] : []),
  ];
  const met = recipes.flatMap((recipe) => situationsOf(playRecipe(recipe, system)).entries());
  const never = shouldBeMet(system).filter((name) => !met.some(([situation]) => situation.startsWith(name)));
  expect(never).toEqual([]);
});

it.each([...ownSystems.keys()])(
  'a report on %s lists what is asked of rooms where there is a homeserver',
  (id) => {
    const system = present(systems.get(id), id);
    const listed = invariantsOf(system).map((each) => each.id);
    const { result } = playRecipe(runNumber(0, 1, [], system), system);
    const hasServer = id === 'p2p-matrix' || result?.nodes.some((name) => name.startsWith('hs/')) === true;
    expect(listed.includes('no-state-reset')).toBe(hasServer);
    expect(systemInvariants.map((each) => each.id)).toEqual(expect.arrayContaining(listed));
  },
);
