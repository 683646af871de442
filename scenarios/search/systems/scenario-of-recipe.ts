// A recipe as an ordinary scenario: complete in itself, and the same for everybody who runs it.
import { Document, isMap, isSeq, visit } from 'yaml';
import type { System } from '../../../sim/systems/system.ts';
import { compileScenario, type CompiledScenario } from '../../compile.ts';
import type { CaseSection } from '../../case-section.ts';
import { SampleDeployments } from '../../sample-deployments.ts';
import { hittable, writtenFaults } from './fault-choices.ts';
import { settableParameters, writtenParameters } from './parameter-choices.ts';
import {
  androidShares,
  burstGaps,
  changeKinds,
  clockErrors,
  conversationKinds,
  mostInBursts,
  paces,
  pick,
  talkTicks,
  textLengths,
  tickSeconds,
  type RecipeChange,
  type RecipeConversation,
  type SystemRecipe,
} from './system-recipe.ts';

/** A scenario as a value that becomes YAML. */
export type ScenarioValue = Readonly<Record<string, unknown>>;

/** Seconds of the ticks at which things begin. */
const tickOf = ({ pace }: SystemRecipe): number => pick(paces, pace);

/** How long a run goes on once everybody has stopped talking and everything works: for the longest retry that should matter. */
function horizonHours(recipe: SystemRecipe, { usesRadio }: System): number {
  return usesRadio ? (1.5 * tickOf(recipe)) / tickSeconds : 7;
}

/** The scenario of a recipe. */
export function scenarioOf(recipe: SystemRecipe, system: System): ScenarioValue {
  return withFaults(recipe, system, withParameters(recipe, system, bareScenario(recipe, system)));
}

function withParameters(recipe: SystemRecipe, system: System, scenario: ScenarioValue): ScenarioValue {
  if (recipe.parameters.length === 0) return scenario;
  const settable = settableParameters(system, sampleOf(compiledFrom(scenario)).assumptions(system));
  const parameters = { ...writtenParameters(recipe.parameters, settable), ...always(recipe, system) };
  return { ...scenario, systems: { [system.id]: parameters } };
}

/** What can break is what stands there with these parameters: some of them say how many machines there are. */
function withFaults(recipe: SystemRecipe, system: System, scenario: ScenarioValue): ScenarioValue {
  if (recipe.faults.length === 0) return scenario;
  const compiled = compiledFrom(scenario);
  const inWorld = new Set<string>(compiled.world.components.keys());
  const targets = hittable(system, inWorld, sampleOf(compiled).components(system));
  const faults = writtenFaults(recipe.faults, targets, system, tickOf(recipe));
  return faults.length === 0 ? scenario : { ...scenario, faults };
}

function sampleOf({ world, systems, sampleWorkload }: CompiledScenario): SampleDeployments {
  return new SampleDeployments(world, (id) => systems.get(id) ?? new Map(), sampleWorkload);
}

/** Compiles it as if it had been read from a file. */
export function compiledFrom(scenario: ScenarioValue): CompiledScenario {
  return compileScenario({ text: JSON.stringify(scenario), file: 'a drawn scenario' });
}

/** Whole keys and signatures cost most of a run and decide nothing that the search looks at: tokens of the same length. */
const basics: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  bitchat: { realSignatures: 0 },
};

/** What keeps a system off the Internet. */
const offlineParameters: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'p2p-matrix': { staticPeers: 0 },
  firechat: { usesInternet: 0 },
};

/** Days on the Internet are days of keep-alives, of which a run has not so many: slow runs go without. */
function always({ offline, pace }: SystemRecipe, { id }: System): Readonly<Record<string, number>> {
  return { ...basics[id], ...(offline === 1 || pace > 0 ? offlineParameters[id] : {}) };
}

function bareScenario(recipe: SystemRecipe, system: System): ScenarioValue {
  const { people, clocks, android, servers } = recipe;
  const conversations = recipe.conversations.map((each) => writtenConversation(each, people));
  const seconds = (ticks: number): string => `${ticks * tickOf(recipe)}s`;
  return {
    netsplit: 1,
    name: 'found-by-search',
    title: `A case of ${system.title}`,
    description: 'Drawn by netsplit search and made small. It reproduces nothing that happened.',
    epoch: '2026-01-05T10:00Z',
    windows: {
      warmUp: '1m',
      sending: seconds(talkTicks),
      horizon: `${horizonHours(recipe, system)}h`,
      shortHorizon: 'a search: what is to come after so long comes never',
    },
    people: {
      count: people,
      cities: [{ name: 'berlin', share: 1 }],
      androidShare: pick(androidShares, android),
      clockSkewSigmaMs: pick(clockErrors, clocks),
    },
    ...(system.usesRadio ? { movement: { model: 'meetings', meetings: writtenMeetings(recipe) } } : {}),
    ...(system.id === 'matrix' ? { world: { servers: writtenServers(servers) } } : {}),
    script: {
      conversations,
      messages: [
        ...recipe.messages.map((message) => ({
          at: seconds(message.at),
          ...speakerOf(message, conversations),
          ...(message.length === 0 ? {} : { characters: pick(textLengths, message.length) }),
          ...(message.resend === 0 ? {} : { resendAfter: '10m' }),
        })),
        ...writtenBursts(recipe, conversations),
      ],
      ...listed('changes', writtenChanges(recipe.changes, conversations, seconds)),
      ...listed(
        'away',
        recipe.away.map(({ who, from, length, pocket }) => ({
          who: who % people,
          phone: pocket === 1 ? 'in-pocket' : 'off',
          from: seconds(from),
          until: seconds(from + Math.max(1, length)),
        })),
      ),
    },
    systems: { [system.id]: always(recipe, system) },
  };
}

function listed(name: string, list: readonly unknown[]): Readonly<Record<string, readonly unknown[]>> {
  return list.length === 0 ? {} : { [name]: list };
}

interface WrittenConversation {
  readonly kind: string;
  readonly members: readonly number[];
  readonly moderators?: readonly number[];
  readonly guests?: number;
}

function writtenConversation(
  { kind, members: drawn, moderators, guests }: RecipeConversation,
  people: number,
): WrittenConversation {
  const distinct = [...new Set(drawn.map((member) => member % people))];
  const [first = 0] = distinct;
  const members = distinct.length > 1 ? distinct : [first, (first + 1) % people];
  switch (pick(conversationKinds, kind)) {
    case 'direct':
      return { kind: 'direct', members: members.slice(0, 2) };
    case 'group':
      return { kind: 'group', members };
    case 'room':
      if (moderators === 0) return { kind: 'room', members };
      return { kind: 'room', members, moderators: members.slice(0, moderators), guests };
  }
}

function speakerOf(
  { by, in: where }: { readonly by: number; readonly in: number },
  conversations: readonly WrittenConversation[],
): { readonly by: number; readonly in: number } {
  const conversation = where % conversations.length;
  return { by: pick(conversations[conversation]?.members ?? [0], by), in: conversation };
}

/** Bursts end when people stop talking, and share what a run may cost. */
function writtenBursts(
  recipe: SystemRecipe,
  conversations: readonly WrittenConversation[],
): readonly unknown[] {
  const { bursts, people } = recipe;
  const most = Math.floor(mostInBursts / (people * Math.max(1, bursts.length)));
  const tickMs = tickOf(recipe) * 1_000;
  return bursts.map((burst) => {
    const gapMs = (pick(burstGaps, burst.gap) * tickOf(recipe)) / tickSeconds;
    const room = Math.ceil(((talkTicks - burst.at) * tickMs) / gapMs);
    return {
      at: `${burst.at * tickOf(recipe)}s`,
      ...speakerOf(burst, conversations),
      times: Math.max(1, Math.min(burst.times, most, room)),
      every: `${gapMs}ms`,
    };
  });
}

/** What is asked of conversations that nobody looks after is left out. */
function writtenChanges(
  changes: readonly RecipeChange[],
  conversations: readonly WrittenConversation[],
  seconds: (ticks: number) => string,
): readonly unknown[] {
  return changes.flatMap(({ at, by, in: where, kind, whom }) => {
    const conversation = where % conversations.length;
    const { moderators = [], members = [], guests = 0 } = conversations[conversation] ?? {};
    if (moderators.length === 0) return [];
    const change = writtenChange(pick(changeKinds, kind), whom, members, guests);
    if (change === undefined) return [];
    const isGuests = change['kind'] === 'guest-speaks';
    return [{ at: seconds(at), by: pick(isGuests ? members : moderators, by), in: conversation, change }];
  });
}

function writtenChange(
  kind: (typeof changeKinds)[number],
  whom: number,
  members: readonly number[],
  guests: number,
): Readonly<Record<string, unknown>> | undefined {
  const guest = guests === 0 ? undefined : whom % guests;
  const isOf = (fate: string): ReturnType<typeof writtenChange> =>
    guest === undefined ? undefined : { kind: 'guest', guest, fate };
  switch (kind) {
    case 'topic':
      return { kind: 'topic', text: `Topic ${whom}` };
    case 'guest-ban':
      return isOf('ban');
    case 'guest-remove':
      return isOf('remove');
    case 'guest-invite':
      return isOf('invite');
    case 'guest-speaks':
      return guest === undefined ? undefined : { kind: 'guest-speaks', guest, text: 'A guest speaks.' };
    case 'invite-only':
      return { kind: 'entry', rule: 'invite' };
    case 'public':
      return { kind: 'entry', rule: 'public' };
    case 'moderator':
      return { kind: 'moderator', person: pick(members, whom), is: true };
    case 'no-moderator':
      return { kind: 'moderator', person: pick(members, whom), is: false };
  }
}

function writtenMeetings(recipe: SystemRecipe): readonly unknown[] {
  return recipe.meetings.flatMap(({ who, from, length }) => {
    const between = [...new Set(who.map((person) => person % recipe.people))];
    const start = from * tickOf(recipe);
    const until = start + Math.max(1, length) * tickSeconds;
    return between.length < 2 ? [] : [{ between, from: `${start}s`, until: `${until}s` }];
  });
}

const sites = ['hetzner/falkenstein', 'ovh/gravelines', 'aws/us-east-1', 'mythic-beasts/cambridge'];

/** Every third one is a Dendrite. */
function writtenServers(count: number): readonly unknown[] {
  return Array.from({ length: Math.max(1, count) }, (_, index) => ({
    name: `server${index + 1}.example`,
    site: pick(sites, index),
    users: 10,
    software: index % 3 === 2 ? 'dendrite' : 'synapse',
  }));
}

/** The text of a case: the scenario with what is expected of it. */
export function scenarioCaseText(scenario: ScenarioValue, section: CaseSection): string {
  const { netsplit, name, title, description, ...rest } = scenario;
  const value = { netsplit, name, title, description, case: section, ...rest };
  const yaml = new Document(value, { aliasDuplicateObjects: false });
  yaml.commentBefore =
    ' A case of netsplit: an ordinary scenario, complete in itself. `npx netsplit replay <this file>` shows what is wrong,\n' +
    ` \`npx netsplit run <this file> --seed ${section.seed}\` runs it with its twin.`;
  visit(yaml, {
    // The innermost lists and objects stand on one line each.
    Node(_key, node) {
      if ((isMap(node) || isSeq(node)) && JSON.stringify(node.toJSON()).length < 90) node.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 110, flowCollectionPadding: true });
}
