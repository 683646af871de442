// The weaknesses that are known of meshes, each played as a run that a search may draw: large, long and busy enough to be met, and
// named by what it breaks. What a search draws of them by itself is in docs/soak.md.
import { expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { seconds } from '../../../protocol/time.ts';
import { compiledFrom, scenarioOf } from '../../../scenarios/search/systems/scenario-of-recipe.ts';
import { playRecipe } from '../../../scenarios/search/systems/search-runs.ts';
import { violationName, violationsIn } from '../../../scenarios/search/systems/system-invariants.ts';
import type {
  RecipeConversation,
  RecipeMeeting,
  RecipeMessage,
  SystemRecipe,
} from '../../../scenarios/search/systems/system-recipe.ts';
import { watchRun, type WatchedRun } from '../../../scenarios/search/systems/watched-run.ts';
import { systems } from '../../../sim/systems/registry.ts';

const group = (...members: readonly number[]): RecipeConversation => ({
  ...{ kind: 0, members, moderators: 0, guests: 0 },
});
const direct = (one: number, other: number): RecipeConversation => ({ ...group(one, other), kind: 1 });
const said = (at: number, where = 0): RecipeMessage => ({ at, by: 0, in: where, length: 0, resend: 0 });
const beside = (who: readonly number[], from: number): RecipeMeeting => ({ who, from, length: 120 });
/** Everybody hears the next few, all the time. */
const queue = (people: number, size: number): readonly RecipeMeeting[] =>
  Array.from({ length: people - size + 1 }, (_, first) => ({
    who: Array.from({ length: size }, (_each, index) => first + index),
    from: 0,
    length: 480,
  }));
const burst = (times: number) => [{ at: 20, by: 0, in: 0, times, gap: 2 }];
/** Between two rounds of gossip, which are every thirty seconds, and in the same instant. */
const between = Array.from({ length: 20 }, (_, index) => said(61 + 6 * index));
const inRounds = between.map(({ at }) => said(at - 1));
/** From the author to a carrier, and from the carrier to the recipient. */
const carried = [beside([0, 1], 0), beside([1, 2], 150)];

const nothing: SystemRecipe = {
  ...{ seed: 1, people: 2, android: 0, clocks: 0, offline: 1, servers: 1, pace: 0 },
  ...{ conversations: [], messages: [], bursts: [], changes: [], away: [], meetings: [], faults: [] },
  parameters: [],
};

function played(id: string, recipe: Partial<SystemRecipe>): WatchedRun {
  return playRecipe({ ...nothing, ...recipe }, present(systems.get(id), id));
}

const named = (run: WatchedRun): readonly string[] => violationsIn(run, false).map(violationName);

it.each<readonly [string, string, Partial<SystemRecipe>, readonly string[]]>([
  [
    'five hops at most where phones hear six others',
    'bitchat',
    {
      ...{ seed: 2, people: 24, meetings: queue(24, 4), conversations: [group(0, 21)] },
      messages: [said(65), said(75)],
    },
    ['reaches-connected group, late, out of hops'],
  ],
  [
    'Android phones pass on by a coin once few hops are left and more than ten phones are known',
    'bitchat',
    {
      ...{ seed: 2, people: 14, android: 1, meetings: queue(14, 2), conversations: [direct(0, 5)] },
      messages: between,
    },
    ['reaches-connected private, never, not passed on by android', 'is-carried private, by others'],
  ],
  [
    'what overtakes the last message of a handshake is lost to an Android phone',
    'bitchat',
    {
      ...{ seed: 2, people: 14, android: 1, meetings: queue(14, 2), conversations: [direct(0, 6)] },
      messages: between,
    },
    [
      'reaches-connected private, never, was not shown',
      'reaches-connected private, never, not passed on by android',
      'is-carried private, by others',
    ],
  ],
  [
    'iPhones do so without a coin',
    'bitchat',
    {
      ...{ people: 14, meetings: queue(14, 2), conversations: [direct(0, 5)] },
      messages: between,
    },
    [],
  ],
  [
    'a flood ends at a phone that has asked its neighbour just then: what comes as an answer is not passed on',
    'bitchat',
    { people: 9, meetings: queue(9, 2), conversations: [group(0, 7)], messages: inRounds },
    ['reaches-connected group, late, came as an answer first'],
  ],
  [
    'a shelf of two hundred group messages',
    'bitchat',
    { meetings: [beside([0, 1], 200)], conversations: [group(0, 1)], bursts: burst(300) },
    ['is-carried group, author meets recipient, busy'],
  ],
  [
    'group messages are kept for six hours, and nobody is told',
    'bitchat',
    { pace: 2, meetings: [beside([0, 1], 150)], conversations: [group(0, 1)], messages: [said(20)] },
    ['handed-over group'],
  ],
  [
    'five envelopes of one friend for each courier',
    'bitchat',
    {
      ...{ people: 3, meetings: carried, conversations: [direct(0, 2), direct(0, 1), direct(1, 2)] },
      messages: Array.from({ length: 12 }, (_, index) => said(40 + index)),
    },
    ['is-carried private, by others, a courier was full'],
  ],
  [
    'a hundred letters of others',
    'firechat',
    { people: 3, meetings: carried, conversations: [direct(0, 2)], bursts: burst(150) },
    ['is-carried private, by others, busy'],
  ],
  [
    'a hundred posts for neighbours who come later',
    'firechat',
    { meetings: [beside([0, 1], 150)], conversations: [group(0, 1)], bursts: burst(150) },
    ['is-carried group, author meets recipient, busy'],
  ],
  [
    'letters are kept for a day, and nobody is told',
    'firechat',
    { pace: 3, meetings: [beside([0, 1], 200)], conversations: [direct(0, 1)], messages: [said(20)] },
    ['handed-over private'],
  ],
  [
    'a homeserver on a phone gives up after seventeen failures',
    'p2p-matrix',
    {
      ...{ pace: 3, conversations: [group(0, 1)], messages: [said(20), said(200)] },
      meetings: [{ ...beside([0, 1], 0), length: 60 }, beside([0, 1], 500)],
    },
    ['handed-over group, given up'],
  ],
])('%s (%s)', (_what, id, recipe, expected) => {
  expect(named(played(id, recipe))).toEqual(expected);
});

// By what happened: the clocks of a city in which nobody is are nobody's. Cities are faults' targets in the order of their names.
it.each([
  ['amsterdam', 0, ''],
  ['berlin', 1, ', wrong clocks'],
])(
  'clocks of %s that are wrong while somebody writes are named where somebody has them',
  (city, target, name) => {
    const run = played('firechat', {
      ...{ meetings: [beside([0, 1], 250)], conversations: [group(0, 1)], bursts: burst(150) },
      faults: [{ target: 2 * target + 1, other: 0, kind: 2, from: 12, length: 200, value: 2 }],
    });
    expect(run.plan.faults).toMatchObject([{ kind: 'clock', target: `id=city/${city}` }]);
    expect(named(run)).toEqual([`is-carried group, author meets recipient, busy${name}`]);
  },
);

// What would have to overflow is the set of a thousand packets seen: the second copy has to come after hundreds of others.
it('two thousand messages around a ring of six are passed on once', () => {
  const ring = [0, 1, 2, 3, 4, 5].map((each) => ({ who: [each, (each + 1) % 6], from: 0, length: 480 }));
  const run = played('bitchat', {
    ...{ people: 6, meetings: ring, conversations: [group(0, 1, 2, 3, 4, 5)] },
    bursts: [{ at: 30, by: 0, in: 0, times: 2_000, gap: 1 }],
  });
  expect(run.workload.messages).toHaveLength(2_000);
  expect(named(run)).toEqual([]);
});

it.each<readonly [string, Partial<SystemRecipe>, number, string]>([
  [
    'an outbox of a hundred messages for each friend',
    { meetings: [beside([0, 1], 200)], conversations: [direct(0, 1)], bursts: burst(130) },
    30,
    'not-given-up private, within a day, busy',
  ],
  [
    'an outbox of a day',
    {
      pace: 3,
      meetings: [beside([0, 1], 200)],
      conversations: [direct(0, 1)],
      messages: [said(20), said(150)],
    },
    1,
    'not-given-up private, after a day',
  ],
])('%s (bitchat): what it has no room for is shown as failed', (_what, recipe, failed, name) => {
  const run = played('bitchat', recipe);
  const { fates } = run;
  expect(named(run)).toEqual([name]);
  expect([...fates.values()].filter(({ wasShownAsFailed }) => wasShownAsFailed)).toHaveLength(failed);
  const lost = [...fates.values()].filter(
    ({ wasShownAsFailed, deliveredAt }) => !wasShownAsFailed && deliveredAt.size === 0,
  );
  expect(lost).toEqual([]);
});

// A run may set fewer hops than the protocol has: who is further away than those was never promised anything.
it.each([1, 2, 7])('a flood that is given %i hops breaks no promise on a chain of three links', (hops) => {
  const recipe = {
    people: 4,
    meetings: queue(4, 2),
    conversations: [group(0, 1, 2, 3)],
    messages: [said(65)],
  };
  const scenario = scenarioOf({ ...nothing, ...recipe }, present(systems.get('bitchat'), 'bitchat'));
  const run = watchRun(compiledFrom({ ...scenario, systems: { bitchat: { realSignatures: 0, hops } } }), 1);
  const [fate] = run.fates.values();
  const soon = [...(fate?.deliveredAt.values() ?? [])].filter((at) => at < seconds(660));
  expect(soon).toHaveLength(Math.min(hops, 3));
  expect(named(run)).toEqual([]);
});

it('a datagram that a fault doubles on every link does not go round', () => {
  const recipe = { people: 3, meetings: queue(3, 2), conversations: [group(2, 0)], messages: [said(30)] };
  const scenario = scenarioOf({ ...nothing, ...recipe }, present(systems.get('p2p-matrix'), 'p2p-matrix'));
  const twice = {
    ...{ id: 'twice', title: 'Frames come twice', kind: 'duplication', target: 'id=city/berlin' },
    ...{ probability: 1, start: '130s', end: '900s', source: 'a test' },
  };
  const run = watchRun(compiledFrom({ ...scenario, faults: [twice] }), 1);
  expect(run.links.loops.length).toBeGreaterThan(0);
  expect(named(run)).not.toContain('no-circles');
});
