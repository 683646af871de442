// Networks of nodes: one root, a tree, a whole line of keys, a way from everybody to everybody; and again after changes.
import { describe, expect, it } from 'vitest';
import { choosePairs, converge, tryPairs } from '../../../cli/overlay/measures.ts';
import { ringProblems, treeProblems } from '../../../cli/overlay/oracles.ts';
import { PineconeNetwork, type PineconeNetworkOptions } from '../../../cli/overlay/pinecone-network.ts';
import { hopLimits } from '../../../protocol/pinecone/constants.ts';
import { realSignatures } from '../../../protocol/signatures.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { grid, line, randomGraph, type Graph } from '../../../sim/overlay/graph.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';
import { fc, property } from '../../support/property.ts';

function started(options: PineconeNetworkOptions): PineconeNetwork {
  const network = new PineconeNetwork(options);
  network.start();
  return network;
}

/** Time to agree: rows of another root live 10 s, and keys find their neighbours step by step, every 5 s. */
const settling = minutes(2);

/** What is wrong: the tree, the line of keys, and every pair that a datagram does not get across. */
function problems(network: PineconeNetwork): readonly string[] {
  const probes = network
    .islands()
    .flatMap((island) =>
      island.flatMap((from) => island.filter((to) => to !== from).map((to) => network.probe(from, to))),
    );
  network.network.run(seconds(5));
  const lost = probes
    .filter(({ arrivedAt }) => arrivedAt === undefined)
    .map(({ from, to }) => `nothing comes from ${from} to ${to}`);
  return [...treeProblems(network), ...ringProblems(network), ...lost];
}

function settled(options: PineconeNetworkOptions): PineconeNetwork {
  const network = started(options);
  network.network.run(settling);
  expect(problems(network)).toEqual([]);
  return network;
}

const aRandomGraph = (size: number, seed: number): Graph =>
  randomGraph(size, 3, createRandomStream(`${seed}`));

describe('a network', () => {
  it.each([line(12), grid(5, 4), aRandomGraph(24, 1)])(
    'of $name converges and routes every pair',
    (graph) => {
      settled({ graph, seed: 1 });
    },
  );

  property([fc.integer({ min: 2, max: 16 }), fc.nat(1_000)], { numRuns: 15 })(
    'of any connected graph converges and routes every pair',
    (size, seed) => {
      settled({ graph: aRandomGraph(size, seed), seed });
    },
  );

  it('with real signatures, every message through its bytes, comes to the same', () => {
    const graph = aRandomGraph(8, 2);
    const [plain, encoded] = [false, true].map((encodesEverything) =>
      settled({ graph, seed: 2, signatures: realSignatures(), encodesEverything }),
    );
    expect(encoded!.digest()).toBe(plain!.digest());
  });

  it('twice is the same', () => {
    const [first, second] = [0, 1].map(() => settled({ graph: grid(4, 3), seed: 3 }).digest());
    expect(second).toBe(first);
  });

  it('answers along the tree, in as many hops as the tree has', () => {
    const network = settled({ graph: grid(4, 4), seed: 4 });
    const there = network.probe(0, 15);
    network.network.run(seconds(1));
    const back = network.probe(15, 0);
    network.network.run(seconds(1));
    const [from, to] = [network.view(15)!.coordinates, network.view(0)!.coordinates];
    let common = 0;
    while (common < from.length && from[common] === to[common]) common++;
    expect(there.arrivedAt).toBeDefined();
    // Shortcuts to neighbours on other branches may spare some.
    expect(back.hops).toBeLessThanOrEqual(from.length + to.length - 2 * common);
  });

  it('drops traffic after nine links where hops are limited, and delivers what comes over nine', () => {
    const network = started({ graph: line(12), seed: 5, limitsHops: true });
    network.network.run(settling);
    const probes = Array.from({ length: 12 }, (_, to) => network.probe(0, to)).slice(1);
    network.network.run(seconds(5));
    expect(probes.map(({ arrivedAt }) => arrivedAt !== undefined)).toEqual(
      probes.map(({ to }) => to < hopLimits.traffic),
    );
    expect(network.situations.get('pinecone.dropped-hop-limit')).toBe(2);
  });
});

// What a large network adds: ways change without anything having changed, as each bootstrap finds its own.
describe('many nodes', () => {
  const sizes = process.env['MODE'] === 'soak' ? [300, 1_000] : [300];
  it.each(sizes)('%i are found by key, not each by the first datagram, and each by a later one', (size) => {
    const graph = randomGraph(size, 4, createRandomStream('1/graph'));
    const network = started({ graph, seed: 1 });
    const pairs = choosePairs(network, 2_000, 1);
    expect(converge(network, pairs, 0 as Instant).routingSeconds).toBeDefined();
    const { probes, deliveredAtOnce, isComplete } = tryPairs(network, pairs);
    expect(probes).toHaveLength(pairs.length);
    expect(isComplete).toBe(true);
    // The last of a way that nobody renews: it is gone where it leads to, and still there where it comes from.
    expect(deliveredAtOnce).toBeLessThan(pairs.length);
    expect(deliveredAtOnce).toBeGreaterThan(0.98 * pairs.length);
  });
});

describe('changes', () => {
  property([fc.integer({ min: 4, max: 14 }), fc.nat(1_000)], { numRuns: 10 })(
    'a root that goes leaves a network that agrees on the next, and one that comes back is root again',
    (size, seed) => {
      const network = settled({ graph: aRandomGraph(size, seed), seed });
      const root = network.highest();
      network.network.stop(root);
      network.network.run(settling);
      expect(problems(network)).toEqual([]);
      network.rejoin(root);
      network.network.run(settling);
      expect(problems(network)).toEqual([]);
    },
  );

  it('islands have a root each, and one together when they meet', () => {
    const graph = grid(4, 4);
    const network = settled({ graph, seed: 6 });
    const between = graph.edges.filter(([left, right]) => left < 8 !== right < 8);
    for (const [left, right] of between) network.network.cut(left, right);
    network.network.run(settling);
    expect(network.islands().map(({ length }) => length)).toEqual([8, 8]);
    expect(problems(network)).toEqual([]);
    for (const [left, right] of between) network.network.join(left, right);
    network.network.run(settling);
    expect(network.islands()).toHaveLength(1);
    expect(problems(network)).toEqual([]);
  });

  it('a highest key that comes and goes all the time keeps nobody from agreeing afterwards', () => {
    const network = settled({ graph: aRandomGraph(12, 7), seed: 7 });
    const root = network.highest();
    for (let round = 0; round < 8; round++) {
      network.network.stop(root);
      network.network.run(seconds(1.5));
      network.rejoin(root);
      network.network.run(seconds(3));
    }
    network.network.run(settling);
    expect(problems(network)).toEqual([]);
  });

  it('a link that swallows everything is found out by keep-alives within five seconds', () => {
    const traits = { type: 'multicast', keepsAlive: true } as const;
    const network = settled({ graph: grid(3, 3), seed: 8, traits });
    for (const other of network.network.neighbours(4)) network.network.silence(4, other);
    const before = network.view(4)!.peers.length;
    // The last that was heard is at most three seconds old.
    network.network.run(seconds(1.9));
    expect(network.view(4)!.peers.length).toBe(before);
    network.network.run(seconds(3.2));
    expect(network.view(4)!.peers).toEqual([]);
    expect(network.situations.get('pinecone.peer-stopped-silent')).toBeGreaterThan(0);
    network.network.run(settling);
    expect(problems(network)).toEqual([]);
  });
});
