// The search of messaging systems: a drawn run is an ordinary scenario, a planted weakness is found and made small, a case
// replays, and what is broken in a case file is told with its place.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { replayScenarioCase } from '../../../reports/search/replay-case.ts';
import { readScenarioCase } from '../../../scenarios/cases/scenario-case.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import {
  compiledFrom,
  scenarioCaseText,
  scenarioOf,
} from '../../../scenarios/search/systems/scenario-of-recipe.ts';
import {
  playRecipe,
  runNumber,
  searchRuns,
  withoutExcuses,
} from '../../../scenarios/search/systems/search-runs.ts';
import { shrinkRecipe } from '../../../scenarios/search/systems/shrink-recipe.ts';
import { situationsOf } from '../../../scenarios/search/systems/situations.ts';
import { swarmRuns, variedRuns } from '../../../scenarios/search/systems/system-arbitraries.ts';
import { violationName, violationsIn } from '../../../scenarios/search/systems/system-invariants.ts';
import { mostInBursts, type SystemRecipe } from '../../../scenarios/search/systems/system-recipe.ts';
import { watchRun } from '../../../scenarios/search/systems/watched-run.ts';
import { systems } from '../../../sim/systems/registry.ts';

const system = (id: string) => present(systems.get(id), id);

/** Two strangers, and somebody who walks from one to the other long after: who wrote is out of reach by then. */
const walk: SystemRecipe = {
  seed: 3,
  people: 4,
  android: 0,
  clocks: 0,
  offline: 1,
  servers: 1,
  conversations: [{ kind: 0, members: [0, 2], moderators: 0, guests: 0 }],
  messages: [
    { at: 30, by: 0, in: 0, length: 0, resend: 0 },
    { at: 33, by: 1, in: 0, length: 1, resend: 1 },
  ],
  bursts: [],
  changes: [],
  away: [{ who: 3, from: 40, length: 20, pocket: 1 }],
  meetings: [
    { who: [0, 1], from: 0, length: 70 },
    { who: [1, 2], from: 90, length: 120 },
    { who: [1, 3], from: 0, length: 30 },
  ],
  faults: [],
  parameters: [],
  pace: 0,
};

const found = (recipe: SystemRecipe, id: string) =>
  violationsIn(watchRun(compiledFrom(scenarioOf(recipe, system(id))), recipe.seed), false).map(
    ({ invariant }) => invariant,
  );

describe('a drawn run', () => {
  it('is a scenario that everybody can run, whatever is drawn', () => {
    for (const id of ['matrix', 'bitchat', 'signal'])
      fc.assert(
        fc.property(swarmRuns({ usesRadio: system(id).usesRadio, maxPeople: 5 }), (recipe) => {
          const compiled = compiledFrom(scenarioOf(recipe, system(id)));
          const { messages } = compiled.workload('1');
          expect(messages.length).toBeGreaterThanOrEqual(recipe.messages.length + recipe.bursts.length);
          expect(messages.length).toBeLessThanOrEqual(recipe.messages.length + mostInBursts / recipe.people);
        }),
        { seed: 5, numRuns: 6 },
      );
  });

  it.each(['signal', 'whatsapp', 'email', 'matrix'])(
    'breaks only what stands there with the parameters drawn: %s',
    (id) => {
      const [every, all] = [200, 40];
      // At its least each, so that there are as few machines as can be; a fault for each of them and more.
      const parameters = Array.from({ length: every }, (_, which) => ({ which, value: 0 }));
      const faults = Array.from({ length: all }, (_, index) => ({
        ...{ target: 2 * index, other: 0, kind: 0, from: 10, length: 10, value: 0 },
      }));
      const scenario = scenarioOf({ ...walk, parameters, faults }, system(id));
      expect(compiledFrom(scenario).faults).toHaveLength(all);
    },
  );

  it('has crowds in public, friends, bursts and days now and then, where people meet; most have none of these', () => {
    const runs = fc.sample(swarmRuns({ usesRadio: true }), { seed: 2, numRuns: 120 });
    const inPublic = ({ people, conversations }: SystemRecipe): boolean =>
      people >= 10 && conversations.some(({ members }) => new Set(members).size === people);
    const areFriends = ({ conversations }: SystemRecipe): boolean =>
      ['0,1', '0,2', '1,2'].every((pair) =>
        conversations.some(({ kind, members }) => kind === 1 && members.join() === pair),
      );
    const kinds = [
      inPublic,
      areFriends,
      ({ bursts }: SystemRecipe) => bursts.length > 0,
      ({ pace }: SystemRecipe) => pace > 0,
    ];
    for (const is of kinds) {
      expect(runs.filter(is).length).toBeGreaterThan(5);
      expect(runs.filter(is).length).toBeLessThan(60);
    }
  });

  it('is the same for everybody', () => {
    expect(runNumber(7, 1, [], system('matrix'))).toEqual(runNumber(7, 1, [], system('matrix')));
    const batch = { seed: 4, first: 10, runs: 2, corpus: [], met: [], known: [] };
    expect(searchRuns(batch, system('firechat'))).toEqual(searchRuns(batch, system('firechat')));
  });
});

/** Over how many phones the farthest hear each other, and how many each has beside it. */
function shapeOf({ people, meetings }: SystemRecipe): { readonly across: number; readonly beside: number } {
  const near = Array.from({ length: people }, (_, person) => new Set([person]));
  for (const { who } of meetings)
    for (const one of who) for (const other of who) near[one % people]?.add(other % people);
  const farthestFrom = (start: number): number => {
    const hops = new Map([[start, 0]]);
    for (const [person, far] of hops)
      for (const next of near[person] ?? []) if (!hops.has(next)) hops.set(next, far + 1);
    return Math.max(...hops.values());
  };
  const beside = near.reduce((sum, each) => sum + each.size - 1, 0) / people;
  return { across: Math.max(...near.map((_, person) => farthestFrom(person))), beside };
}

describe('crowds', () => {
  it('may be long and dense at once', () => {
    const crowds = fc
      .sample(swarmRuns({ usesRadio: true }), { seed: 1, numRuns: 1_000 })
      .filter(({ people }) => people >= 10)
      .map(shapeOf);
    const share = (is: (shape: ReturnType<typeof shapeOf>) => boolean): number =>
      crowds.filter(is).length / crowds.length;
    expect(crowds.length).toBeGreaterThan(150);
    expect(share(({ across, beside }) => across >= 6 && beside >= 4)).toBeGreaterThan(0.05);
    expect(share(({ across, beside }) => across >= 6 && beside < 2)).toBeGreaterThan(0.05);
    expect(share(({ across }) => across === 1)).toBeGreaterThan(0.1);
  });

  const queue: SystemRecipe = {
    ...{ ...walk, people: 10, away: [], pace: 2 },
    meetings: Array.from({ length: 7 }, (_, at) => ({
      who: [at, at + 1, at + 2, at + 3],
      from: 0,
      length: 480,
    })),
  };

  it('are varied, too: longer, in public, as another run has them, at another pace', () => {
    const other = { ...walk, people: 4 };
    const varied = fc.sample(variedRuns([queue, other], { usesRadio: true }), { seed: 1, numRuns: 400 });
    const longer = varied.filter(
      ({ people, meetings }) =>
        people > 10 && meetings.length === people - 3 && meetings[0]?.who.length === 4,
    );
    expect(longer.length).toBeGreaterThan(20);
    for (const each of longer) expect(shapeOf(each).across).toBe(Math.ceil((each.people - 1) / 3));
    const inPublic = varied.filter(
      ({ people, conversations }) => people >= 10 && conversations[0]?.members.length === people,
    );
    expect(inPublic.length).toBeGreaterThan(20);
    // Those who talk, and how, of the one; who stands where of the other.
    expect(varied.filter(({ people, pace }) => people === 4 && pace === 2).length).toBeGreaterThan(5);
    expect(varied.every(({ people }) => people <= 30)).toBe(true);
  });

  it('are left alone where nobody meets', () => {
    const varied = fc.sample(variedRuns([queue]), { seed: 1, numRuns: 50 });
    expect(new Set(varied.map(({ people, meetings }) => `${people} ${meetings.length}`))).toEqual(
      new Set(['10 7']),
    );
  });

  it('are situations: how far away those are to whom somebody writes, and how dense they stand', () => {
    const conversations = [{ kind: 0, members: [0, 9], moderators: 0, guests: 0 }];
    const run = playRecipe({ ...queue, conversations, pace: 0 }, system('bitchat'));
    const written = situationsOf(run)
      .entries()
      .filter(([name]) => name.startsWith('written to'));
    expect(written).toEqual([['written to 3 phones away, 5-8 beside each', 2]]);
  });
});

describe('a phone that walks out of the author’s reach', () => {
  it('drops what it should carry in Bitchat, and keeps it when told to', () => {
    expect(found(walk, 'bitchat')).toContain('is-carried');
    const kept = { ...scenarioOf(walk, system('bitchat')), systems: { bitchat: { purgeOnStale: 0 } } };
    const run = watchRun(compiledFrom(kept), walk.seed);
    expect(violationsIn(run, false).map(({ invariant }) => invariant)).not.toContain('is-carried');
  });

  it('is made small: one message, two meetings, three people; and replays from its file', () => {
    const small = shrinkRecipe(walk, { runs: 60 }, (candidate) =>
      found(candidate, 'bitchat').includes('is-carried'),
    );
    expect([small.messages.length, small.meetings.length, small.people, small.away.length]).toEqual([
      1, 2, 3, 0,
    ]);
    const text = scenarioCaseText(scenarioOf(small, system('bitchat')), {
      seed: small.seed,
      expect: [{ violates: 'is-carried' }, { holds: 'hop-bound' }],
    });
    expect(replayScenarioCase(readScenarioCase(text, 'a.yaml')).map(({ isMet }) => isMet)).toEqual([
      true,
      true,
    ]);
    expect(compileScenario({ text, file: 'a.yaml' }).document.case?.seed).toBe(small.seed);
  });
});

describe('a crowd that is made small', () => {
  const crowd: SystemRecipe = {
    ...{ ...walk, people: 30, android: 2, clocks: 1, pace: 1, seed: 700 },
    messages: Array.from({ length: 60 }, (_, index) => ({
      at: 20 + index,
      by: index,
      in: 0,
      length: 0,
      resend: 0,
    })),
    meetings: Array.from({ length: 25 }, (_, at) => ({ who: [at, at + 1, at + 2], from: 0, length: 480 })),
    bursts: [{ at: 50, by: 0, in: 0, times: 300, gap: 1 }],
  };
  const isThere = ({ messages, meetings }: SystemRecipe): boolean =>
    messages.some(({ by }) => by === 41) && meetings.length > 0;

  it('has lost most within a few runs: each costs what is in it', () => {
    const small = shrinkRecipe(crowd, { runs: 8 }, isThere, 61);
    expect(small.messages).toEqual([{ at: 30, by: 41, in: 0, length: 0, resend: 0 }]);
    expect([small.bursts, small.away, small.pace]).toEqual([[], [], 0]);
    expect(small.people).toBeLessThan(20);
    expect(new Set(small.meetings.map(({ length }) => length))).toEqual(new Set([60]));
  });

  it('may need another seed when phones do other things by chance', () => {
    const shows = (run: SystemRecipe): boolean => isThere(run) && (run.pace === 1 || run.seed === 2);
    const small = shrinkRecipe(crowd, { runs: 20 }, shows, 61);
    expect([small.seed, small.pace, small.messages.length]).toEqual([2, 0, 1]);
  });

  it('keeps messages, and meets no longer than it has to, where that would be another thing', () => {
    const shows = ({ messages, meetings }: SystemRecipe): boolean =>
      messages.length === 60 && meetings.every(({ length }) => length > 60);
    const small = shrinkRecipe(crowd, { runs: 20 }, shows, 61);
    expect(small.messages).toHaveLength(60);
    expect(new Set(small.meetings.map(({ length }) => length))).toEqual(new Set([480]));
  });
});

describe('a name that tells of a fault', () => {
  const disk = { target: 856, other: 656, kind: 158, from: 60, length: 60, value: 2 };
  const slowWay = { target: 133, other: 690, kind: 971, from: 53, length: 116, value: 1 };
  const recipe: SystemRecipe = {
    ...{ ...walk, seed: 487, people: 6, away: [], meetings: [] },
    conversations: [{ kind: 0, moderators: 1, guests: 0, members: [0, 1, 2, 3, 4, 5] }],
    messages: [
      { at: 45, by: 621, in: 0, length: 0, resend: 0 },
      { at: 53, by: 284, in: 0, length: 0, resend: 0 },
    ],
    faults: [disk, slowWay],
  };
  const run = playRecipe(recipe, system('signal'));
  const [violation] = violationsIn(run, false);
  const sighting = {
    name: violationName(present(violation, 'one')),
    violation: present(violation, 'one'),
    run: 3,
    recipe,
  };

  it('does so only where it has a part in it', () => {
    expect(sighting.name).toBe('accepted-arrives with disk lost');
    const plain = withoutExcuses(sighting, run, system('signal'));
    expect([plain.name, plain.run, plain.recipe.faults]).toEqual(['accepted-arrives', 3, [slowWay]]);
    // With nothing left that breaks it, it stays what it is.
    const alone = { ...recipe, faults: [disk] };
    const kept = withoutExcuses(
      { ...sighting, recipe: alone },
      playRecipe(alone, system('signal')),
      system('signal'),
    );
    expect([kept.name, kept.recipe.faults]).toEqual([sighting.name, [disk]]);
  });
});

describe('a scenario case that is broken', () => {
  const text = scenarioCaseText(scenarioOf(walk, system('bitchat')), {
    seed: 1,
    expect: [{ violates: 'is-carried' }],
  });
  it.each([
    [
      'an invariant that does not exist',
      (good: string) => good.replace('is-carried', 'is-caried'),
      /a\.yaml:\d+.*"is-caried".*is-carried/,
    ],
    [
      'somebody who does not exist',
      (good: string) => good.replace('members: [ 0, 2 ]', 'members: [ 0, 9 ]'),
      /a\.yaml:\d+.*number below 4/,
    ],
    ['no case', (good: string) => good.replace(/^case:.*\n/m, ''), /expected a case/],
    [
      'a speaker who is no member',
      (good: string) => good.replace('by: 0', 'by: 1'),
      /expected a member of conversation 0/,
    ],
    [
      'a meeting that ends before it begins',
      (good: string) => good.replace('until: 700s', 'until: 0s'),
      /end after the start/,
    ],
  ])('%s', (_what, broken, message) => {
    const changed = broken(text);
    expect(changed).not.toBe(text);
    expect(() => readScenarioCase(changed, 'a.yaml')).toThrow(message);
  });
});
