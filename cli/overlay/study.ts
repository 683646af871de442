// One study of a Pinecone network from start to end: it converges, is used, rests, is disturbed, and converges again.
import { minutes, seconds, type Duration } from '../../protocol/time.ts';
import type { Graph } from '../../sim/overlay/graph.ts';
import { createRandomStream } from '../../sim/random/streams.ts';
import {
  choosePairs,
  converge,
  restingTraffic,
  routing,
  tryPairs,
  type Convergence,
  type Pair,
  type Routing,
} from './measures.ts';
import { PineconeNetwork } from './pinecone-network.ts';

/** What happens to the network once it has converged. */
export const disturbances = ['none', 'root-leaves', 'root-churns', 'halves'] as const;

export type Disturbance = (typeof disturbances)[number];

/** How a study is done. */
export interface StudyOptions {
  readonly graph: Graph;
  readonly seed: number;
  readonly limitsHops: boolean;
  readonly delayMs: readonly [number, number];
  /** Most pairs of nodes that are tried. */
  readonly pairs: number;
  readonly disturbance: Disturbance;
}

/** The whole of it. */
export interface Study {
  readonly graph: string;
  readonly nodes: number;
  readonly links: number;
  readonly seed: number;
  readonly limitsHops: boolean;
  /** Of the deepest node in the tree. */
  readonly depth: number;
  readonly convergence: Convergence;
  /** First datagrams find their way by key, answers along the tree. */
  readonly datagrams: Routing;
  readonly answers: Routing;
  readonly restingBytesPerSecond: Readonly<Record<string, number>>;
  readonly disturbance: Disturbance;
  readonly recovery: Convergence | undefined;
  /** Why frames were dropped and links closed, and how often. */
  readonly situations: Readonly<Record<string, number>>;
  readonly events: number;
}

/** Runs a study; `onPhase` hears what is being done. */
export function study(options: StudyOptions, onPhase: (phase: string) => void = () => undefined): Study {
  const { graph, seed, limitsHops, delayMs, disturbance } = options;
  const network = new PineconeNetwork({ graph, seed, limitsHops, delayMs });
  const began = network.network.now;
  onPhase('converging');
  network.start();
  const pairs = choosePairs(network, options.pairs, seed);
  const convergence = converge(network, pairs, began);
  onPhase('resting');
  const restingBytesPerSecond = restingTraffic(network);
  onPhase('routing');
  const datagrams = tryPairs(network, pairs);
  const answers = tryPairs(
    network,
    pairs.map(([from, to]) => [to, from]),
  );
  const depth = Math.max(...network.keys.map((_, node) => network.view(node)?.coordinates.length ?? 0));
  const undisturbed = {
    graph: graph.name,
    nodes: graph.size,
    links: graph.edges.length,
    seed,
    limitsHops,
    depth,
    convergence,
    datagrams: routing(network, datagrams),
    answers: routing(network, answers),
    restingBytesPerSecond,
  };
  onPhase(disturbance);
  const recovery = disturb(network, disturbance, pairs, seed);
  const situations = Object.fromEntries([...network.situations].sort());
  return { ...undisturbed, disturbance, recovery, situations, events: network.network.events };
}

/** Disturbs the network and looks how long it takes to agree again, from the last change on. */
function disturb(
  network: PineconeNetwork,
  disturbance: Disturbance,
  pairs: readonly Pair[],
  seed: number,
): Convergence | undefined {
  switch (disturbance) {
    case 'none':
      return undefined;
    case 'halves':
      heal(network);
      break;
    case 'root-leaves':
      network.network.stop(network.highest());
      break;
    case 'root-churns':
      churn(network, seed);
      break;
  }
  return converge(network, pairs, network.network.now);
}

/** The halves are apart for two minutes. */
function heal(network: PineconeNetwork): void {
  const isFirst = (node: number): boolean => node < network.graph.size / 2;
  const between = network.graph.edges.filter(([left, right]) => isFirst(left) !== isFirst(right));
  for (const [left, right] of between) network.network.cut(left, right);
  network.network.run(minutes(2));
  for (const [left, right] of between) network.network.join(left, right);
}

/** The node with the highest key goes and comes ten times, 2 to 10 s apart. */
function churn(network: PineconeNetwork, seed: number): void {
  const random = createRandomStream(`${seed}/churn`);
  const root = network.highest();
  for (let round = 0; round < 20; round++) {
    network.network.run((seconds(2) + random.integer(0, 8_000_000)) as Duration);
    if (network.network.isUp(root)) network.network.stop(root);
    else network.rejoin(root);
  }
}
