// `netsplit bench hyperdht`: real hyperdht nodes in virtual time, and whether people find each other when a fifth crashes.
import type { Bench, BenchPart } from '../bench.ts';
import { crashFifth } from './dht-crash.ts';

/** Pairs of people who look for each other: half of them before, half after the crash. */
const pairs = 20;

function crashPart(nodes: number, isLong: boolean): BenchPart {
  return {
    name: `crash-${nodes}`,
    isLong,
    run() {
      const start = performance.now();
      const { result, early, late, up, wellConnected } = crashFifth({ nodes, pairs, seed: '1' });
      const taken = performance.now() - start;
      const minutes = 12;
      return [
        { name: `${nodes} nodes, ${minutes} minutes, a fifth crashes`, value: taken, unit: 'ms' },
        { name: 'events', value: (result.events * 1_000) / taken, unit: '/s' },
        { name: 'nodes that are left', value: up, unit: '×' },
        { name: 'of which know 20 others or more', value: wellConnected, unit: '×' },
        { name: `of ${early.pairs} pairs that met before, are in touch after`, value: early.met, unit: '×' },
        { name: `of ${late.pairs} pairs that come after, find each other`, value: late.met, unit: '×' },
      ];
    },
  };
}

export const hyperdhtBench: Bench = {
  name: 'hyperdht',
  description: 'the published hyperdht and hyperswarm in virtual time',
  parts: [crashPart(100, false), crashPart(1_000, true)],
};
