// P2P Matrix from end to end on the real simulator: what goes from phone to phone, what the public node adds, and its limits.
import { describe, expect, it } from 'vitest';
import type { ConversationId, PersonId } from '../../../protocol/message.ts';
import type { Task, TaskId } from '../../../protocol/task.ts';
import { hours, minutes, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { p2pMatrix } from '../../../sim/systems/p2p-matrix.ts';
import type { Interval, Person, Stay, Workload } from '../../../sim/workload/workload.ts';
import { keepingSink, planOf, workloadOf, type WorkloadOptions } from '../../support/worlds.ts';
import { awsWorld } from './aws-world.ts';

const at = (duration: Duration): Instant => duration as number as Instant;
const open = (from: number, to: number): Interval => ({ start: at(minutes(from)), end: at(minutes(to)) });

/** Where somebody is along one street, from which minute on, and when the application is open. */
interface Walker {
  readonly way: readonly (readonly [minute: number, metres: number])[];
  readonly open?: readonly Interval[];
}

function town(walkers: readonly Walker[], options: Omit<WorkloadOptions, 'people' | 'devices'>): Workload {
  const horizon = options.horizon ?? hours(1);
  const devices = Object.fromEntries(
    walkers.map(({ open: meshOpen }, id) => [id, { meshOpen: meshOpen ?? [open(0, horizon / minutes(1))] }]),
  );
  const workload = workloadOf({ ...options, people: walkers.length, devices, horizon });
  const people = workload.people.map((person, id): Person => {
    const [home] = person.stays;
    const stays = (walkers[id]?.way ?? []).map(([minute, x]): Stay => ({
      ...home!,
      start: at(minutes(minute)),
      from: { x, y: 0 },
      to: { x, y: 0 },
    }));
    return { ...person, stays };
  });
  return { ...workload, people };
}

interface Ran {
  readonly result: SimulationResult;
  readonly facts: readonly Observation[];
  readers(message: number): readonly number[];
}

/** Without the public node unless told. */
function run(
  workload: Workload,
  parameters: Readonly<Record<string, number>> = {},
  changes: Partial<SimulationPlan> = {},
): Ran {
  const sink = keepingSink();
  const chosen = { staticPeers: 0, radioShadowingDb: 0, radioLossWidth: 0.001, ...parameters };
  const plan = planOf(p2pMatrix, workload, {
    world: awsWorld(),
    parameters: new Map(Object.entries(chosen)),
    ...changes,
  });
  const result = createSimulation(plan, sink).finish();
  return {
    result,
    facts: sink.observations,
    readers: (message) =>
      sink.observations
        .flatMap((each) => (each.kind === 'delivered' && each.message === message ? [each.person] : []))
        .sort((left, right) => left - right),
  };
}

const standing = (...metres: number[]): Walker[] => metres.map((x) => ({ way: [[0, x]] }));
const said = (minute: number): WorkloadOptions['messages'] => [{ sender: 0, at: minutes(minute) }];

describe('without the Internet', () => {
  it('a message goes along a street from phone to phone, to everybody in the room', () => {
    const ran = run(town(standing(0, 20, 40, 60, 80), { messages: said(5) }));
    expect(ran.readers(0)).toEqual([1, 2, 3, 4]);
    const far = ran.facts.find((fact) => fact.kind === 'delivered' && fact.person === 4);
    expect(far).toMatchObject({ kind: 'delivered' });
    if (far?.kind !== 'delivered') return;
    // The homeservers between pass frames on: the way has a flight for each link.
    expect(far.spans.filter(({ reason }) => reason === 'in-flight').length).toBeGreaterThanOrEqual(4);
  });

  it('nobody out of reach gets it, and the run says whom it waited for', () => {
    const ran = run(town(standing(0, 20, 5_000), { messages: said(5) }));
    expect(ran.readers(0)).toEqual([1]);
    const lost = ran.facts.filter((fact) => fact.kind === 'undelivered');
    expect(lost).toMatchObject([{ person: 2 }]);
  });

  it('islands catch up when somebody walks from one to the other', () => {
    const walkers: Walker[] = [
      ...standing(0, 20),
      { way: [[0, 5_000]] },
      {
        way: [
          [0, 5_020],
          [20, 40],
        ],
      },
    ];
    const ran = run(town(walkers, { messages: said(5), horizon: hours(2) }));
    expect(ran.readers(0)).toEqual([1, 3]);
    const late = ran.facts.find((fact) => fact.kind === 'delivered' && fact.person === 3);
    expect(late?.at).toBeGreaterThan(minutes(20));
    // A wake-up broadcast ends the back-off: nobody waits out the hour that it has grown to.
    expect(late?.at).toBeLessThan(minutes(22));
  });

  it('two people who never have it open at the same time never talk', () => {
    const walkers: Walker[] = [
      { way: [[0, 0]], open: [open(0, 30)] },
      { way: [[0, 20]], open: [open(40, 60)] },
    ];
    expect(run(town(walkers, { messages: said(5) })).readers(0)).toEqual([]);
  });
});

describe('over the public node', () => {
  const apart = standing(0, 9_000);

  it('people far apart talk', () => {
    const ran = run(town(apart, { messages: said(5) }), { staticPeers: 1 });
    expect(ran.readers(0)).toEqual([1]);
  });

  it('and still not those who are never there together', () => {
    const walkers: Walker[] = [
      { ...apart[0]!, open: [open(0, 30)] },
      { ...apart[1]!, open: [open(40, 60)] },
    ];
    expect(run(town(walkers, { messages: said(5) }), { staticPeers: 1 }).readers(0)).toEqual([]);
  });
});

describe('with a relay', () => {
  const relay = { staticPeers: 1, relays: 1 };
  const meetings: Walker[] = [
    { way: [[0, 0]], open: [open(0, 30)] },
    { way: [[0, 9_000]], open: [open(40, 60)] },
  ];

  it('who is absent collects later what was left there, once', () => {
    const ran = run(town(meetings, { messages: said(5) }), relay);
    expect(ran.readers(0)).toEqual([1]);
    const came = ran.facts.find((fact) => fact.kind === 'delivered');
    expect(came?.at).toBeGreaterThan(minutes(40));
    expect(came?.at).toBeLessThan(minutes(42));
    if (came?.kind !== 'delivered') return;
    expect(came.spans.map(({ reason }) => reason)).toContain('stored-for-recipient');
    expect(ran.facts.filter((fact) => fact.kind === 'duplicate')).toEqual([]);
  });

  it('who does not come to collect lacks it for that reason', () => {
    const [there] = meetings;
    const ran = run(town([there!, { way: [[0, 9_000]], open: [open(0, 1)] }], { messages: said(5) }), relay);
    expect(ran.readers(0)).toEqual([]);
    expect(new Set(ran.result.findings.map(({ cause }) => cause))).toEqual(new Set(['not-collected']));
  });

  it('which nobody can reach nobody is helped', () => {
    const offline = [open(0, 60)];
    const workload = town(meetings, { messages: said(5) });
    const people = workload.people.map((person) => ({ ...person, device: { ...person.device, offline } }));
    expect(run({ ...workload, people }, relay).readers(0)).toEqual([]);
  });

  it('is asked for nothing while nothing is there', () => {
    const ran = run(town(standing(0, 20), { messages: said(5) }), relay);
    expect(ran.readers(0)).toEqual([1]);
    expect(ran.facts.filter((fact) => fact.kind === 'duplicate')).toEqual([]);
  });
});

describe('beyond writing', () => {
  const away: Task = { kind: 'join-group', host: 3 as PersonId };
  /** What came of tasks that person 0 sets out to do in minute five: `done`, or the step that failed, in their order. */
  function fates(walkers: readonly Walker[], wanted: readonly Task[], usesDirectory = 0): readonly string[] {
    const workload = town(walkers, { messages: [] });
    const scheduled = wanted.map((task, id) => ({
      id: id as TaskId,
      person: 0 as PersonId,
      at: at(minutes(5 + id)),
      task,
      retryAfter: undefined,
    }));
    const tasks = { scheduled, deadline: minutes(10) };
    const ran = run({ ...workload, tasks }, { findsRoomsInDirectory: usesDirectory });
    return scheduled.map(({ id }) => {
      const own = ran.facts.flatMap((fact) => ('task' in fact && fact.task === id ? [fact] : []));
      const end = own.find(({ kind }) => kind === 'task-done' || kind === 'task-failed');
      return end?.kind === 'task-failed' ? end.step : (end?.kind ?? 'nothing');
    });
  }
  const nearby: readonly Task[] = [
    { kind: 'first-contact', to: 1 as PersonId },
    { kind: 'create-group', invites: [1 as PersonId] },
    { kind: 'join-group', host: 1 as PersonId },
    { kind: 'attachment', conversation: 0 as ConversationId, bytes: 50_000 },
    { kind: 'history', conversation: 0 as ConversationId },
  ];

  it('everything is done with a neighbour', () => {
    expect(fates(standing(0, 20), nearby)).toEqual(nearby.map(() => 'task-done'));
  });

  it('what needs somebody who is not there fails at the step that asks them', () => {
    const without = ['invitation', 'invitation', 'join', 'task-done', 'task-done'];
    expect(fates(standing(0, 5_000), nearby)).toEqual(without);
  });

  it('a group is entered over phones between, and found in the directory of the next phone only', () => {
    const street = standing(0, 20, 40, 60);
    const next: Task = { kind: 'join-group', host: 1 as PersonId };
    expect(fates(street, [next, away])).toEqual(['task-done', 'task-done']);
    expect(fates(street, [next, away], 1)).toEqual(['task-done', 'directory']);
  });
});

describe('a run', () => {
  const workload = town(standing(0, 20, 40), { messages: said(5), horizon: minutes(30) });

  it('is the same twice, with every message through its bytes, and with real signatures as to what came', () => {
    const digests = [{}, {}, { encodeEverything: true }].map(
      (changes) => run(workload, {}, changes).result.digest,
    );
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).toBe(digests[0]);
    expect(run(workload, { realSignatures: 1 }).readers(0)).toEqual([1, 2]);
  });
});
