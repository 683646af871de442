// Homeservers in the cloud and on phones, end to end on the real simulator: the handover both ways, rooms on servers of both
// kinds, and what is merged when the Internet is back.
import { describe, expect, it } from 'vitest';
import { stateMapKey } from '../../../protocol/matrix/auth-state.ts';
import { homeserverView } from '../../../protocol/matrix/homeserver.ts';
import type { HomeserverView } from '../../../protocol/matrix/homeserver-context.ts';
import type { ConversationId, PersonId } from '../../../protocol/message.ts';
import { innerCores } from '../../../protocol/pinecone/p2p-node.ts';
import { present } from '../../../protocol/assert.ts';
import type { Task, TaskId } from '../../../protocol/task.ts';
import type { Watcher } from '../../../sim/watcher.ts';
import { applicationsOn } from '../../../protocol/several-applications.ts';
import { minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { Simulation, SimulationPlan } from '../../../sim/simulation.ts';
import { hybridMatrix } from '../../../sim/systems/hybrid-matrix.ts';
import type {
  Computer,
  Interval,
  Person,
  ScheduledChange,
  Workload,
} from '../../../sim/workload/workload.ts';
import type { ListedServer, World } from '../../../sim/world.ts';
import { componentId, keepingSink, planOf, workloadOf, type WorkloadOptions } from '../../support/worlds.ts';
import { awsWorld } from './aws-world.ts';

const at = (duration: Duration): Instant => duration as number as Instant;
const during = (from: number, to: number): Interval => ({ start: at(minutes(from)), end: at(minutes(to)) });
const always = during(0, 120);

/** Somebody on a street, whose phone may be without a network for a while. */
interface Resident {
  readonly x: number;
  readonly offline?: readonly Interval[];
  readonly open?: readonly Interval[];
}

const cut = [during(4, 30)];
/** Two who are cut off together, and two far away who are not. */
const islandAndOthers: readonly Resident[] = [
  { x: 0, offline: cut },
  { x: 20, offline: cut },
  { x: 9_000 },
  { x: 9_020 },
];

function street(
  residents: readonly Resident[],
  messages: WorkloadOptions['messages'],
  horizon = minutes(120),
): Workload {
  const devices = Object.fromEntries(
    residents.map(({ offline = [], open = [always] }, id) => [
      id,
      { offline, foreground: open, meshOpen: open },
    ]),
  );
  const workload = workloadOf({ people: residents.length, devices, messages, horizon });
  const people = workload.people.map((person, id): Person => {
    const place = { x: residents[id]?.x ?? 0, y: 0 };
    return { ...person, stays: person.stays.map((stay) => ({ ...stay, from: place, to: place })) };
  });
  return { ...workload, people };
}

/** Two servers: the first in the cloud's region, the second elsewhere. */
function world(): World {
  const listed = { users: 1, software: 'dendrite' } as const;
  const servers: ListedServer[] = [
    { ...listed, name: 'one.example', site: componentId('aws/us-east-1') },
    { ...listed, name: 'two.example', site: componentId('site') },
  ];
  return { ...awsWorld(), servers };
}

class Ran {
  readonly sink = keepingSink();
  readonly simulation: Simulation;

  constructor(
    workload: Workload,
    parameters: Readonly<Record<string, number>> = {},
    changes: Partial<SimulationPlan> = {},
  ) {
    const chosen = { radioShadowingDb: 0, radioLossWidth: 0.001, ...parameters };
    const plan = { world: world(), parameters: new Map(Object.entries(chosen)), ...changes };
    this.simulation = createSimulation(planOf(hybridMatrix, workload, plan), this.sink);
  }

  finish(): this {
    this.simulation.finish();
    return this;
  }

  facts<K extends Observation['kind']>(kind: K): readonly Extract<Observation, { kind: K }>[] {
    return this.sink.observations.filter(
      (each): each is Extract<Observation, { kind: K }> => each.kind === kind,
    );
  }

  /** Who reads a message in which minute, the first first. */
  readers(message: number): readonly (readonly [person: number, minute: number])[] {
    return this.facts('delivered')
      .filter((fact) => fact.message === message)
      .map((fact) => [fact.person, Math.floor(fact.at / minutes(1))] as const)
      .sort(([left], [right]) => left - right);
  }

  /** How often something has been met with or counted. */
  counted(name: string): number {
    const { situations, counters } = this.simulation.finish();
    return situations.get(name) ?? counters.get(name) ?? 0;
  }

  trusted(person: number): unknown {
    const { hybrid } = this.simulation.inspect(`phone/${person}`) as { hybrid: { trusted?: string } };
    return hybrid.trusted;
  }

  /** Every homeserver, by the name of its node. */
  servers(): ReadonlyMap<string, HomeserverView> {
    const found = new Map<string, HomeserverView>();
    for (const [node, cores] of this.simulation.cores())
      for (const core of cores.flatMap((each) => [each, ...applicationsOn(each)]).flatMap(innerCores)) {
        const view = homeserverView(core);
        if (view !== undefined) found.set(node, view);
      }
    return found;
  }

  /** The topic of the only room by node. */
  topics(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.servers()].map(([node, server]) => {
        const [room] = server.rooms();
        const id = room?.currentState().getKey(stateMapKey('m.room.topic', ''));
        return [node, id === undefined ? undefined : server.find(id)?.event.content['topic']];
      }),
    );
  }
}

const said = (...what: readonly (readonly [sender: number, minute: number])[]): WorkloadOptions['messages'] =>
  what.map(([sender, minute]) => ({ sender, at: minutes(minute) }));

describe('while the Internet is there', () => {
  const ran = new Ran(street(islandAndOthers, said([0, 2]))).finish();

  it('everybody reads what is said once, though it comes to two accounts of each', () => {
    expect(ran.readers(0)).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    expect(ran.counted('portfolio.shown-twice')).toBe(3);
  });

  it('nobody is told what they said themselves, from whichever account', () => {
    const both = new Ran(street(islandAndOthers, said([0, 2], [1, 10]))).finish();
    expect(both.facts('delivered').map(({ message, person }) => `${message} ${person}`)).toHaveLength(6);
    expect(both.counted('delivered-unexpected')).toBe(0);
  });

  it('who has the application closed is woken by the account in the cloud', () => {
    const absent = new Ran(street([{ x: 0 }, { x: 20, open: [] }], said([0, 2]))).finish();
    expect(absent.readers(0)).toEqual([[1, 2]]);
  });

  it('a person without an account in the cloud is on the phone only, as in P2P Matrix', () => {
    const phonesOnly = new Ran(street([{ x: 0 }, { x: 20, open: [] }], said([0, 2])), { cloudShare: 0 });
    expect(phonesOnly.finish().readers(0)).toEqual([]);
  });
});

describe('while an island has no network', () => {
  const ran = new Ran(street(islandAndOthers, said([0, 10], [2, 12], [0, 40])));
  ran.simulation.runUntil(at(minutes(20)));

  it('talk goes on inside it from phone to phone, and outside as ever', () => {
    expect(ran.readers(0)).toEqual([[1, 10]]);
    expect(ran.readers(1)).toEqual([[3, 12]]);
  });

  it('and what was said apart comes to everybody when the network is back', () => {
    ran.finish();
    expect(ran.readers(0).map(([person]) => person)).toEqual([1, 2, 3]);
    expect(ran.readers(1).map(([person]) => person)).toEqual([0, 1, 3]);
    const latest = Math.max(...ran.facts('delivered').map((fact) => (fact.message < 2 ? fact.at : 0)));
    expect(latest).toBeGreaterThan(minutes(30));
  });

  it('and the account in the cloud is written from again', () => {
    expect(ran.counted('portfolio.moved-to-next-application')).toBe(0);
    const [accepted] = ran.facts('accepted').filter(({ message }) => message === 2);
    // The phone's own server would have taken 20 ms; this one is a continent away.
    expect((accepted?.at ?? 0) - minutes(40)).toBeGreaterThan(seconds(0.04));
    expect(ran.readers(2).map(([person]) => person)).toEqual([1, 2, 3]);
  });

  it('without P2P the island is silent until then', () => {
    const cloudOnly = new Ran(street(islandAndOthers, said([0, 10])), { p2pShare: 0 }).finish();
    expect(cloudOnly.readers(0).every(([, minute]) => minute >= 30)).toBe(true);
    expect(cloudOnly.readers(0)).toHaveLength(3);
  });
});

describe('members with and without a homeserver on the phone', () => {
  it('are in the same rooms: those with one read in the island, the others when the network is back', () => {
    const residents = [0, 10, 20, 30, 40, 50].map((x): Resident => ({ x, offline: cut }));
    const messages = residents.map((_, sender) => ({ sender, at: minutes(10 + sender) }));
    const ran = new Ran(street(residents, messages), { p2pShare: 0.6 });
    ran.simulation.runUntil(at(minutes(1)));
    const has = residents.map((_, person) => ran.trusted(person) !== undefined);
    expect(new Set(has).size).toBe(2);
    ran.finish();
    for (const [sender] of residents.entries())
      for (const [person, minute] of ran.readers(sender))
        expect(minute < 30, `${sender} to ${person}`).toBe(has[sender] === true && has[person] === true);
    expect(ran.facts('delivered')).toHaveLength(30);
  });
});

describe('while the server in the cloud is silent', () => {
  const down = {
    id: 'region',
    title: 'The region is silent',
    kind: 'down',
    manner: 'black-hole',
    target: 'id=aws/us-east-1',
    start: at(minutes(4)),
    end: at(minutes(20)),
    source: 'invented',
  } as const;
  const apart = [0, 9_000, 18_000, 27_000].map((x): Resident => ({ x }));
  const ran = new Ran(
    street(apart, said([0, 5], [1, 5], [2, 5], [3, 5], [0, 10], [1, 10], [2, 10], [3, 10])),
    {},
    {
      faults: [down],
    },
  );
  ran.simulation.runUntil(at(minutes(19)));
  const own = apart.map((_, person) => ran.trusted(person) === 'own');

  it('its people write from their phones after their patience, over the other server', () => {
    expect(own.filter((isOwn) => isOwn)).toHaveLength(2);
    for (const [person, isOwn] of own.entries()) {
      const [first, second] = [person, person + 4].map((message) => {
        const accepted = ran.facts('accepted').find((fact) => fact.message === message);
        return (accepted?.at ?? Infinity) - minutes(message < 4 ? 5 : 10);
      });
      expect(first).toBeGreaterThan(seconds(isOwn ? 30 : 0));
      expect(first).toBeLessThan(seconds(isOwn ? 31 : 1));
      // Nobody waits a second time.
      expect(second).toBeLessThan(seconds(1));
      expect(ran.readers(person)).toHaveLength(3);
    }
  });

  it('and from the cloud again when it has taken what waited', () => {
    ran.simulation.runUntil(at(minutes(25)));
    expect(apart.map((_, person) => ran.trusted(person))).toEqual(apart.map(() => 'cloud'));
  });
});

describe('beyond writing', () => {
  const everything: readonly Task[] = [
    { kind: 'first-contact', to: 1 as PersonId },
    { kind: 'create-group', invites: [1 as PersonId] },
    { kind: 'join-group', host: 1 as PersonId },
    { kind: 'attachment', conversation: 0 as ConversationId, bytes: 50_000 },
    { kind: 'history', conversation: 0 as ConversationId },
    { kind: 'link-device' },
    { kind: 'log-in' },
  ];

  /** What came of tasks that person 0 sets out to do, one a minute: `done`, or the step that failed, in their order. */
  function fates(
    residents: readonly Resident[],
    wanted: readonly Task[],
    parameters: Readonly<Record<string, number>> = {},
  ): readonly string[] {
    const scheduled = wanted.map((task, id) => ({
      id: id as TaskId,
      person: 0 as PersonId,
      at: at(minutes(10 + id)),
      task,
      retryAfter: undefined,
    }));
    const tasks = { scheduled, deadline: minutes(10) };
    const ran = new Ran({ ...street(residents, [], minutes(20)), tasks }, parameters).finish();
    return scheduled.map(({ id }) => {
      const end = [...ran.facts('task-done'), ...ran.facts('task-failed')].find(({ task }) => task === id);
      return end?.kind === 'task-failed' ? end.step : (end?.kind ?? 'nothing');
    });
  }
  const done = (tasks: readonly Task[]): readonly string[] => tasks.map(() => 'task-done');

  it('everything is done with the account in the cloud, with anybody', () => {
    expect(fates([{ x: 0 }, { x: 9_000 }], everything)).toEqual(done(everything));
  });

  it('in an island from phone to phone, all but what needs an account in the cloud', () => {
    const ofDevices = ['log-in', 'log-in'];
    expect(fates(islandAndOthers, everything)).toEqual([...done(everything.slice(0, 5)), ...ofDevices]);
  });

  it('in an island not with somebody outside, nor at all without a homeserver on the phone', () => {
    const outside: readonly Task[] = [
      { kind: 'first-contact', to: 2 as PersonId },
      { kind: 'join-group', host: 2 as PersonId },
    ];
    expect(fates(islandAndOthers, outside)).toEqual(['invitation', 'join']);
    expect(fates(islandAndOthers, everything.slice(0, 3), { p2pShare: 0 })).toEqual(['room', 'room', 'join']);
  });

  it('who has no account in the cloud sets out to do nothing that is about one', () => {
    const next = [{ x: 0 }, { x: 20 }];
    expect(fates(next, everything, { cloudShare: 0 })).toEqual([
      ...done(everything.slice(0, 5)),
      'nothing',
      'nothing',
    ]);
  });

  it('a group is found in the directories that the own server reaches directly', () => {
    const street = [0, 20, 40, 60].map((x): Resident => ({ x, offline: cut }));
    const join = (host: number): Task => ({ kind: 'join-group', host: host as PersonId });
    expect(fates(street, [join(1), join(3)])).toEqual(['task-done', 'task-done']);
    expect(fates(street, [join(1), join(3)], { findsRoomsInDirectory: 1 })).toEqual([
      'task-done',
      'directory',
    ]);
    // Outside, servers in the cloud have links to each other and to phones.
    expect(fates([{ x: 0 }, { x: 9_000 }], [join(1)], { findsRoomsInDirectory: 1 })).toEqual(['task-done']);
  });
});

describe('computers', () => {
  it('show what comes to the account in the cloud, with their phones closed, and write from it', () => {
    const workload = street([{ x: 0 }, { x: 20, open: [] }], said([0, 10], [0, 40]), minutes(45));
    const computer: Computer = {
      clockSkewMs: 0,
      access: present(workload.people[1]?.stays[0], 'a stay').access,
      inUse: [during(35, 120)],
      asleep: [during(0, 35)],
    };
    // Nothing pushes to this phone: it has no network.
    const people = workload.people.map((person, id) =>
      id === 1 ? { ...person, computer, device: { ...person.device, offline: [during(0, 120)] } } : person,
    );
    const ran = new Ran({ ...workload, people }).finish();
    expect(ran.simulation.finish().nodes).toContain('computer/1');
    expect(ran.readers(0)).toEqual([[1, 35]]);
    expect(ran.readers(1)).toEqual([[1, 40]]);
    // It is a device of the account in the cloud: what the island's phones say among themselves is not for it.
    const { hybrid } = ran.simulation.inspect('computer/1') as { hybrid: { trusted?: string } };
    expect(hybrid.trusted).toBeUndefined();
  });
});

describe('read receipts', () => {
  const apart = [0, 9_000, 18_000, 27_000].map((x): Resident => ({ x }));
  /** Receipts that servers get from clients, by their node. */
  function receipts(readReceipts: number): ReadonlyMap<string, number> {
    const counts = new Map<number, number>();
    const watcher: Watcher = {
      took({ node, input }) {
        if (input.kind === 'request' && input.message.kind === 'matrix.send-receipt')
          counts.set(node, (counts.get(node) ?? 0) + 1);
      },
      running: () => undefined,
    };
    const workload = street(apart, said([0, 2], [1, 5]), minutes(10));
    const ran = new Ran(workload, { readReceipts }, { watcher }).finish();
    expect(ran.facts('delivered')).toHaveLength(6);
    const { nodes } = ran.simulation.finish();
    return new Map([...counts].map(([node, count]) => [nodes[node] ?? '', count]));
  }

  it('are sent with the account in the cloud, where they are on: one for each of those who read', () => {
    expect(receipts(0)).toEqual(new Map());
    const on = receipts(1);
    expect([...on.keys()].sort()).toEqual(['hs/one.example', 'hs/two.example']);
    expect([...on.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(6);
  });
});

describe('what is changed on both sides of a cut', () => {
  const topic = (by: number, minute: number, text: string): ScheduledChange => ({
    at: at(minutes(minute)),
    by: by as PersonId,
    conversation: 0 as never,
    change: { kind: 'topic', text },
  });
  const workload = street(islandAndOthers, said([0, 40]));
  const administration = { moderators: [0 as PersonId, 2 as PersonId], guests: 0 };
  const conversations = workload.conversations.map((each) => ({
    ...each,
    kind: 'room' as const,
    administration,
  }));
  const changes = [topic(0, 10, 'of the island'), topic(2, 12, 'of the others')];
  const ran = new Ran({ ...workload, conversations, changes });

  it('differs while they are apart, each side by its own account', () => {
    ran.simulation.runUntil(at(minutes(20)));
    expect(ran.topics()).toEqual({
      'hs/one.example': 'of the others',
      'hs/two.example': 'of the others',
      'phone/0': 'of the island',
      'phone/1': 'of the island',
      'phone/2': 'of the others',
      'phone/3': 'of the others',
    });
  });

  it('is one on all servers of both kinds afterwards, as state resolution has it', () => {
    const result = ran.simulation.finish();
    expect(new Set(Object.values(ran.topics())).size).toBe(1);
    const states = [...ran.servers().values()].flatMap((server) =>
      [...server.rooms()].map((room) => JSON.stringify(room.aspects())),
    );
    expect(states).toHaveLength(6);
    expect(new Set(states).size).toBe(1);
    expect(result.findings).toEqual([]);
  });
});

describe('a run', () => {
  it('is the same twice, and with every message through its bytes', () => {
    const workload = street(islandAndOthers, said([0, 2], [0, 10], [2, 12]));
    const [first, second, encoded] = [{}, {}, { encodeEverything: true }].map(
      (changes) => new Ran(workload, {}, changes).simulation.finish().digest,
    );
    expect(second).toBe(first);
    expect(encoded).toBe(first);
  });

  it('brings everything to everybody and nothing a second time', () => {
    const times = Array.from({ length: 20 }, (_, index) => [index % 4, 2 + 4 * index] as const);
    const ran = new Ran(street(islandAndOthers, said(...times))).finish();
    const pairs = ran.facts('delivered').map(({ message, person }) => `${message} ${person}`);
    expect(pairs).toHaveLength(60);
    expect(new Set(pairs).size).toBe(60);
  });
});
