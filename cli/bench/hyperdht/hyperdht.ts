// `netsplit bench hyperdht`: real hyperdht nodes in virtual time, and whether people find each other when a fifth crashes.
import type { Bench, BenchPart, Row } from '../bench.ts';
import { Meter, type Cost } from '../meter.ts';
import { crashFifth, type DhtCrash } from './dht-crash.ts';

const minutes = 12;

interface Measured extends Cost {
  readonly crash: DhtCrash;
}

function measured(options: Omit<Parameters<typeof crashFifth>[0], 'seed' | 'piece'>): Measured {
  const cost: Cost = { milliseconds: 0, there: 0 };
  const meter = new Meter();
  const crash = crashFifth({ ...options, seed: '1', piece: (work) => meter.add(cost, work) });
  return { ...cost, crash };
}

function costRows(nodes: number, { milliseconds, there, crash }: Measured, goal?: number): readonly Row[] {
  return [
    { name: `${nodes} nodes, ${minutes} minutes: processor time`, value: milliseconds, unit: 'ms' },
    {
      name: 'the same on the machine of the goals',
      value: there,
      unit: 'ms',
      ...(goal === undefined ? {} : { goal: { of: 'value', bound: goal } }),
    },
    { name: 'events', value: (crash.result.events * 1_000) / milliseconds, unit: '/s' },
    { name: 'events on the machine of the goals', value: (crash.result.events * 1_000) / there, unit: '/s' },
  ];
}

/** Pairs of people who look for each other: half of them before, half after the crash. */
const pairs = 20;

/** Nodes that have long been there and know others, and people among them. */
function crashPart(nodes: number, isLong: boolean): BenchPart {
  return {
    name: `crash-${nodes}`,
    isLong,
    run() {
      const run = measured({ nodes, pairs });
      const { early, late, up, wellConnected } = run.crash;
      return [
        ...costRows(nodes, run),
        { name: 'nodes that are left', value: up, unit: '×' },
        { name: 'of which know 20 others or more', value: wellConnected, unit: '×' },
        { name: `of ${early.pairs} pairs that met before, are in touch after`, value: early.met, unit: '×' },
        { name: `of ${late.pairs} pairs that come after, find each other`, value: late.met, unit: '×' },
      ];
    },
  };
}

/**
 * As near as can be to a program of a few hundred lines that ran the library on sockets in memory, without faults, blame or
 * record: nodes that know the bootstrap nodes alone, and hardly anybody else. `goal`: what that took, milliseconds.
 */
function barePart(nodes: number, goal: number, isLong: boolean): BenchPart {
  return {
    name: `from-nothing-${nodes}`,
    isLong,
    run: () => costRows(nodes, measured({ nodes, pairs: 2, knowOthers: false }), goal),
  };
}

export const hyperdhtBench: Bench = {
  name: 'hyperdht',
  description: 'the published hyperdht and hyperswarm in virtual time',
  parts: [
    crashPart(100, false),
    crashPart(1_000, true),
    barePart(200, 2_300, false),
    barePart(1_000, 18_400, true),
  ],
};
