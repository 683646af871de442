// FireChat-like from end to end on the real simulator: what floods, what is carried, what the service adds, and how each
// of them fails.
import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { firechat } from '../../../sim/systems/firechat.ts';
import type { Interval, Person, Stay, Workload } from '../../../sim/workload/workload.ts';
import { keepingSink, planOf, workloadOf, type WorkloadOptions } from '../../support/worlds.ts';
import { awsWorld } from './aws-world.ts';

const at = (duration: Duration): Instant => duration as number as Instant;
const open = (from: number, to: number): Interval => ({ start: at(minutes(from)), end: at(minutes(to)) });

/** Where somebody is: from minute to minute at a place in metres along one street; jumps are rides. */
type Way = readonly (readonly [minute: number, metres: number])[];

interface TownOptions extends Omit<WorkloadOptions, 'people' | 'devices'> {
  readonly ways: readonly Way[];
  readonly closed?: readonly number[];
  readonly offline?: readonly number[];
}

function town({ ways, closed = [], offline = [], ...options }: TownOptions): Workload {
  const horizon = options.horizon ?? hours(2);
  const minutesInAll = horizon / minutes(1);
  const devices = Object.fromEntries(
    ways.map((_, id) => [
      id,
      {
        meshOpen: closed.includes(id) ? [] : [open(0, minutesInAll)],
        offline: offline.includes(id) ? [open(0, minutesInAll)] : [],
      },
    ]),
  );
  const workload = workloadOf({ ...options, people: ways.length, devices, horizon });
  const people = workload.people.map((person, id): Person => {
    const [home] = person.stays;
    const stays = (ways[id] ?? []).map(([minute, x]): Stay => ({
      ...home!,
      start: at(minutes(minute)),
      from: { x, y: 0 },
      to: { x, y: 0 },
    }));
    return { ...person, stays };
  });
  return { ...workload, people };
}

const nearby: readonly (readonly [string, number])[] = [
  ['usesInternet', 0],
  ['radioShadowingDb', 0],
  ['radioLossWidth', 0.001],
];

function run(
  workload: Workload,
  parameters: Readonly<Record<string, number>> = {},
  changes: Partial<SimulationPlan> = {},
): {
  result: SimulationResult;
  facts: readonly Observation[];
  readers: (message: number) => readonly number[];
} {
  const sink = keepingSink();
  const plan = planOf(firechat, workload, {
    parameters: new Map([...nearby, ...Object.entries(parameters)]),
    ...changes,
  });
  const result = createSimulation(plan, sink).finish();
  const readers = (message: number): readonly number[] =>
    sink.observations
      .flatMap((each) => (each.kind === 'delivered' && each.message === message ? [each.person] : []))
      .sort((left, right) => left - right);
  return { result, facts: sink.observations, readers };
}

const row = (count: number, apart = 20): Way[] => Array.from({ length: count }, (_, id) => [[0, id * apart]]);
const others = (count: number): number[] => Array.from({ length: count - 1 }, (_, id) => id + 1);
const roomOf = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

describe('a room', () => {
  it('reaches everybody along a street of fifteen, where seven hops would not', () => {
    const workload = town({ ways: row(15), messages: [{ sender: 0, at: minutes(5) }] });
    const { readers, facts } = run(workload);
    expect(readers(0)).toEqual(others(15));
    for (const fact of facts)
      if (fact.kind === 'delivered')
        expect(fact.spans.filter(({ reason }) => reason === 'in-flight')).toHaveLength(fact.person);
  });

  it('reaches as many as a limit on hops lets it', () => {
    const workload = town({ ways: row(12), messages: [{ sender: 0, at: minutes(5) }] });
    expect(run(workload, { hopLimit: 6 }).readers(0)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('is told to those who come later, as far back as the history goes', () => {
    const messages = Array.from({ length: 5 }, (_, each) => ({ sender: 0, at: seconds(60 + each) }));
    const ways: Way[] = [
      [[0, 0]],
      [[0, 10]],
      [
        [0, 900],
        [30, 0],
      ].map(([when, where]) => [when!, where!] as const),
    ];
    const missed = (history: number): readonly number[] => {
      const { readers } = run(town({ ways, messages }), { history });
      return messages.flatMap((_, id) => (readers(id).includes(2) ? [] : [id]));
    };
    expect(missed(100)).toEqual([]);
    expect(missed(2)).toEqual([0, 1, 2]);
    expect(missed(0)).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not reach whom nobody comes near, nor whose application is closed', () => {
    const ways: Way[] = [...row(3), [[0, 5_000]]];
    const workload = town({ ways, closed: [1], messages: [{ sender: 0, at: minutes(5) }] });
    expect(run(workload).readers(0)).toEqual([]);
  });
});

describe('a private message', () => {
  /** 0 and 1 live far apart; 2 goes from one to the other after half an hour. */
  const travel: Way[] = [
    [[0, 0]],
    [[0, 3_000]],
    [
      [0, 10],
      [30, 3_000],
    ],
  ];
  const friends = [[0, 1]];
  const one = [{ sender: 0, at: minutes(5) }];

  it('is carried by whoever comes by', () => {
    const { readers, facts } = run(town({ ways: travel, conversations: friends, messages: one }));
    expect(readers(0)).toEqual([1]);
    const [delivered] = facts.filter((fact) => fact.kind === 'delivered');
    expect(delivered?.at).toBeGreaterThan(minutes(30));
    expect(delivered?.spans.some(({ reason }) => reason === 'no-route')).toBe(true);
  });

  it('is lost where nobody carries for others, or not for long enough', () => {
    expect(
      run(town({ ways: travel, conversations: friends, messages: one }), { carried: 0 }).readers(0),
    ).toEqual([]);
    const late: Way[] = [
      travel[0]!,
      travel[1]!,
      [
        [0, 10],
        [100, 3_000],
      ].map(([when, where]) => [when!, where!] as const),
    ];
    const workload = town({ ways: late, conversations: friends, messages: one });
    expect(run(workload, { carriedHours: 1 }).readers(0)).toEqual([]);
    expect(run(workload, { carriedHours: 2 }).readers(0)).toEqual([1]);
  });

  it('gives way to newer ones where a carrier has no more room', () => {
    const messages = Array.from({ length: 6 }, (_, each) => ({ sender: 0, at: seconds(60 + each) }));
    const { readers } = run(town({ ways: travel, conversations: friends, messages }), { carried: 4 });
    expect(messages.map((_, id) => readers(id).length)).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('is confirmed only where receipts are on, and then its copies go', () => {
    const there: Way[] = row(3, 10);
    const workload = town({ ways: there, conversations: [[0, 2]], messages: one });
    const accepted = (receipts: number): number =>
      run(workload, { receipts }).facts.filter(({ kind }) => kind === 'accepted').length;
    expect([accepted(0), accepted(1)]).toEqual([0, 1]);
  });
});

describe('the service', () => {
  const apart: Way[] = [[[0, 0]], [[0, 9_000]], [[0, 9_010]]];
  const messages = [
    { sender: 0, conversation: 0, at: minutes(5) },
    { sender: 0, conversation: 1, at: minutes(6) },
  ];
  const conversations = [roomOf(3), [0, 2]];
  const online = (offline: readonly number[], changes: Partial<SimulationPlan> = {}) =>
    run(
      town({ ways: apart, conversations, messages, offline }),
      { usesInternet: 1 },
      { world: awsWorld(), ...changes },
    );

  it('connects those who are far apart, and says that it has what they wrote', () => {
    const { readers, facts } = online([]);
    expect([readers(0), readers(1)]).toEqual([[1, 2], [2]]);
    expect(facts.filter(({ kind }) => kind === 'accepted')).toHaveLength(2);
  });

  it('reaches a phone without Internet through its neighbour', () => {
    const { readers } = online([2]);
    expect([readers(0), readers(1)]).toEqual([[1, 2], []]);
  });

  it('is of no use to somebody who is neither online nor near', () => {
    expect(online([0]).readers(0)).toEqual([]);
  });

  it('leaves only neighbours to everybody when its region fails, and catches up afterwards', () => {
    const down = {
      id: 'region',
      title: 'The region is down',
      kind: 'down',
      manner: 'black-hole',
      target: 'id=aws/us-east-1',
      start: at(minutes(4)),
      end: at(minutes(40)),
      source: 'invented',
    } as const;
    const { facts } = online([], { faults: [down] });
    const delivered = facts.filter((fact) => fact.kind === 'delivered');
    expect(delivered.map(({ person }) => person).sort()).toEqual([1, 2, 2]);
    expect(Math.min(...delivered.map((fact) => fact.at))).toBeGreaterThan(minutes(40));
  });
});

it('repeats itself, by reference and through its codec', () => {
  const workload = town({ ways: row(6), messages: [{ sender: 0, at: minutes(5) }] });
  const { digest } = run(workload).result;
  expect(run(workload).result.digest).toBe(digest);
  expect(run(workload, {}, { encodeEverything: true }).result.digest).toBe(digest);
});
