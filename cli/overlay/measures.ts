// What is measured of a Pinecone network: when it agrees, when every way is found, how long ways are, what it costs.
import { compareNumbers } from '../../protocol/order.ts';
import { inSeconds, milliseconds, minutes, seconds, type Instant } from '../../protocol/time.ts';
import { hopsFrom } from '../../sim/overlay/graph.ts';
import { createRandomStream } from '../../sim/random/streams.ts';
import { ringProblems, treeProblems } from './oracles.ts';
import type { PineconeNetwork, Probe } from './pinecone-network.ts';

/** Two nodes, from and to. */
export type Pair = readonly [from: number, to: number];

/** How long until everybody agrees and finds everybody; undefined: not within the time that was given. */
export interface Convergence {
  readonly treeSeconds: number | undefined;
  readonly ringSeconds: number | undefined;
  /** All pairs that were tried in one round were served, if not at once then when tried again, but for what the hop limit forbids. */
  readonly routingSeconds: number | undefined;
  /** Until tree and ring were as they should be. */
  readonly controlBytesPerNode: number;
  /** What was still wrong with tree and ring at the end. */
  readonly problems: readonly string[];
  /** The first datagrams after that. */
  readonly firstRound: Routing;
}

/** How datagrams fared. */
export interface Routing {
  readonly pairs: number;
  readonly delivered: number;
  /** By the first datagram; the others needed another. */
  readonly deliveredAtOnce: number;
  /** Links gone over by the fewest possible, over the pairs that were served. */
  readonly stretchMedian: number;
  readonly stretchP95: number;
  readonly stretchMean: number;
  readonly mostHops: number;
}

const look = milliseconds(250);
/** Longer than anything that has to run out; a network that has not agreed by then will not. */
const patience = minutes(4);
/** Two bootstraps: a way of theirs is older by then or gone. */
const betweenRounds = seconds(10);
const mostRounds = 24;
/** 143 links were the longest way through a thousand nodes that was seen: 4 s at the most. */
const arrivesWithin = seconds(5);
/** A session that has not heard yet sends again after one, three and seven seconds (RFC 9002 §6.2). */
const mostTries = 3;

/** Looks until tree and ring are as they should be, then tries the pairs until all are served. */
export function converge(network: PineconeNetwork, pairs: readonly Pair[], since: Instant): Convergence {
  const before = network.bytesSent().control;
  const sinceThen = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : inSeconds(at - since);
  let treeAt: number | undefined;
  let ringAt: number | undefined;
  const end = network.network.now + patience;
  while (network.network.now < end && ringAt === undefined) {
    network.network.run(look);
    const isTree = treeProblems(network).length === 0;
    treeAt = isTree ? (treeAt ?? network.network.now) : undefined;
    if (isTree && ringProblems(network).length === 0) ringAt = network.network.now;
  }
  const controlBytesPerNode = (network.bytesSent().control - before) / network.graph.size;
  const problems = [...treeProblems(network), ...ringProblems(network)].slice(0, 10);
  const first = tryPairs(network, pairs);
  let routedAt = first.isComplete ? first.began : undefined;
  for (let round = 1; routedAt === undefined && ringAt !== undefined && round < mostRounds; round++) {
    network.network.run(betweenRounds);
    const next = tryPairs(network, pairs);
    if (next.isComplete) routedAt = next.began;
  }
  return {
    treeSeconds: sinceThen(treeAt),
    ringSeconds: sinceThen(ringAt),
    routingSeconds: sinceThen(routedAt),
    controlBytesPerNode,
    problems,
    firstRound: routing(network, first),
  };
}

/** All pairs of the islands where they are few, else so many drawn at random. */
export function choosePairs(network: PineconeNetwork, most: number, seed: number): readonly Pair[] {
  const { size } = network.graph;
  if (size * (size - 1) <= most)
    return network.keys.flatMap((_, from) =>
      network.keys.flatMap((_key, to): Pair[] => (to === from ? [] : [[from, to]])),
    );
  const random = createRandomStream(`${seed}/pairs`);
  const pairs: Pair[] = [];
  while (pairs.length < most) {
    const from = random.integer(0, size - 1);
    const to = random.integer(0, size - 1);
    if (from !== to) pairs.push([from, to]);
  }
  return pairs;
}

/** One round of datagrams. */
export interface Round {
  readonly began: Instant;
  /** The last one of each pair. */
  readonly probes: readonly Probe[];
  readonly deliveredAtOnce: number;
  /** Nothing was lost to the end but by the hop limit. */
  readonly isComplete: boolean;
}

/**
 * Sends a datagram over each pair whose nodes are linked at all, and again what does not come. Single datagrams are lost
 * though nothing is wrong: a way that bootstraps no longer renew runs out first at the end it leads to, so that what is on
 * it in its last tenths of a second meets nobody who knows it (router/state_snek.go, valid).
 */
export function tryPairs(network: PineconeNetwork, pairs: readonly Pair[]): Round {
  const began = network.network.now;
  const islandOf = new Map(
    network.islands().flatMap((island) => island.map((node) => [node, island] as const)),
  );
  let missing = pairs.filter(([from, to]) => islandOf.get(from)?.includes(to) === true);
  const arrived: Probe[] = [];
  let deliveredAtOnce: number | undefined;
  for (let attempt = 1; ; attempt++) {
    const { came, lost, isTooFar } = sendOnce(network, missing);
    arrived.push(...came);
    deliveredAtOnce ??= came.length;
    if (isTooFar || attempt === mostTries)
      return { began, probes: [...arrived, ...lost], deliveredAtOnce, isComplete: isTooFar };
    missing = lost.map(({ from, to }) => [from, to]);
  }
}

interface Sent {
  readonly came: readonly Probe[];
  readonly lost: readonly Probe[];
  /** What is lost, if anything, is lost by the hop limit. */
  readonly isTooFar: boolean;
}

/** One datagram over each pair, a few at a time so that no queue decides. */
function sendOnce(network: PineconeNetwork, pairs: readonly Pair[]): Sent {
  const tooFar = (): number => network.situations.get('pinecone.dropped-hop-limit') ?? 0;
  const before = tooFar();
  const probes: Probe[] = [];
  for (const [from, to] of pairs) {
    probes.push(network.probe(from, to));
    if (probes.length % 50 === 0) network.network.run(milliseconds(20));
  }
  network.network.run(arrivesWithin);
  const came = probes.filter(({ arrivedAt }) => arrivedAt !== undefined);
  const lost = probes.filter(({ arrivedAt }) => arrivedAt === undefined);
  return { came, lost, isTooFar: lost.length === tooFar() - before };
}

/** What a round came to, beside the fewest links possible. */
export function routing(network: PineconeNetwork, { probes, deliveredAtOnce }: Round): Routing {
  const neighbours = network.keys.map((_, node) => network.network.neighbours(node));
  const shortest = new Map<number, readonly number[]>();
  const arrived = probes.filter(({ arrivedAt }) => arrivedAt !== undefined);
  const stretches = arrived
    .map(({ from, to, hops }) => {
      const ways = shortest.get(from) ?? hopsFrom(from, network.graph.size, neighbours);
      shortest.set(from, ways);
      return hops / (ways[to] ?? Infinity);
    })
    .sort(compareNumbers);
  const quantile = (share: number): number => stretches[Math.floor(share * (stretches.length - 1))] ?? NaN;
  return {
    pairs: probes.length,
    delivered: arrived.length,
    deliveredAtOnce,
    stretchMedian: quantile(0.5),
    stretchP95: quantile(0.95),
    stretchMean: stretches.reduce((sum, each) => sum + each, 0) / stretches.length,
    mostHops: arrived.reduce((most, { hops }) => Math.max(most, hops), 0),
  };
}

/** Bytes that a node sends in a second when nothing happens, by kind of frame. */
export function restingTraffic(network: PineconeNetwork): Readonly<Record<string, number>> {
  const span = minutes(1);
  const before = network.bytesSent().byKind;
  network.network.run(span);
  const perSecond = network.graph.size * inSeconds(span);
  return Object.fromEntries(
    [...network.bytesSent().byKind]
      .filter(([kind]) => kind !== 'pinecone.traffic')
      .map(([kind, bytes]) => [
        kind.slice('pinecone.'.length),
        (bytes - (before.get(kind) ?? 0)) / perSecond,
      ]),
  );
}
