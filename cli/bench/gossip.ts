// `netsplit bench gossip`: rumours flooded among nodes with eight neighbours each, through the contract of cores and host,
// with the digest off and on, beside a bare typed loop that floods the same graph without cores, host or digest.
import { assert } from '../../protocol/assert.ts';
import type { Address, Core } from '../../protocol/core.ts';
import { noCause } from '../../protocol/failure.ts';
import { carriesNothing, type Codec, type Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeHealth } from '../../sim/host/node-health.ts';
import type { CreateSurroundings } from '../../sim/host/surroundings.ts';
import type { InternetMedium, MediumHost, Port } from '../../sim/network/medium.ts';
import { createSimulationIn } from '../../sim/running-simulation.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import type { ComponentId } from '../../sim/world.ts';
import { BareHeap } from './bare-heap.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { milliseconds, Rounds } from './measure.ts';
import { planWithoutPeople } from './plan-without-people.ts';

const degree = 8;
/** Receptions per measurement: enough for the compiler to have settled. */
const receptions = 2_400_000;
/** Between two rumours, microseconds. */
const spacing = 10_000;

/** Who is told by whom: the same graph and the same delays for both contestants. */
interface Crowd {
  readonly nodes: number;
  /** Rumour `r` begins at node `r`, and round again where there are more rumours than nodes. */
  readonly rumours: number;
}

const crowdOf = (nodes: number): Crowd => ({ nodes, rumours: receptions / nodes / degree });
const neighbour = (node: number, index: number, nodes: number): number =>
  (node + (index + 1) * (index + 1) * 17) % nodes;
const delay = (from: number, to: number): number => 1_000 + ((from * 7_919 + to * 104_729) % 50_000);

interface Rumour extends Message {
  readonly kind: 'gossip.rumour';
  readonly id: number;
}

const codec: Codec = {
  encode: (message) => Uint8Array.of((message as Rumour).id >>> 8, (message as Rumour).id & 255),
  byteLength: () => 2,
  decode: ([high = 0, low = 0], carries): Rumour => ({
    kind: 'gossip.rumour',
    id: (high << 8) | low,
    carries,
  }),
};

/** Tells each rumour once to all its neighbours. */
function gossiper(node: number, { nodes, rumours }: Crowd): Core {
  const seen = new Uint8Array(rumours);
  const links = Array.from(
    { length: degree },
    (_, index) => `link:${neighbour(node, index, nodes)}` as Address,
  );
  return {
    step(_clock, input, out) {
      let message: Message;
      if (input.kind === 'message') ({ message } = input);
      else if (input.kind === 'timer')
        message = { kind: 'gossip.rumour', id: Number(input.timer), carries: carriesNothing } as Rumour;
      else {
        for (let rumour = node; rumour < rumours; rumour += nodes)
          out.setTimer(String(rumour), (rumour * spacing) as Instant);
        return;
      }
      const { id } = message as Rumour;
      if (seen[id] === 1) return;
      seen[id] = 1;
      for (const link of links) out.send(link, message);
    },
    inspect: () => null,
  };
}

function systemOf(crowd: Crowd): System {
  return {
    id: 'gossip',
    title: 'Gossip',
    description: 'rumours among neighbours',
    fidelity: 'C',
    codec,
    usesRadio: false,
    deploy(deployment) {
      const component = 'host/crowd' as ComponentId;
      deployment.addComponent({ id: component, kind: 'host', attributes: {}, needs: [] });
      for (let node = 0; node < crowd.nodes; node++)
        deployment.addNode({ name: `node/${node}`, component, parts: { main: () => gossiper(node, crowd) } });
    },
  };
}

const nothing = (): void => undefined;

/** Links with a delay, and nothing else. */
function linksOf(host: MediumHost, nodes: number, arrived: () => void): InternetMedium {
  const ports = Array.from({ length: nodes }, (_, node): Port => ({ node, part: 'main' }));
  const byLink = new Map(ports.map((port) => [`link:${port.node}` as Address, port]));
  const parcel = host.scheduler.register('parcel', (node, payload) => {
    const port = ports[node];
    arrived();
    if (port !== undefined) host.deliver(port, payload as Parameters<MediumHost['deliver']>[1], undefined);
  });
  return {
    addEndpoint: nothing,
    openWarmLinks: nothing,
    request: nothing,
    abandon: nothing,
    respond: nothing,
    refuse: nothing,
    isAwaited: () => false,
    connect: nothing,
    disconnect: nothing,
    nodeChanged: nothing,
    deviceNetworkChanged: nothing,
    send(from, link, message) {
      const to = byLink.get(link);
      if (to === undefined) return;
      const at = (host.scheduler.now + delay(from.node, to.node)) as Instant;
      host.scheduler.schedule(at, parcel, to.node, {
        kind: 'message',
        from: link,
        message: host.carry(message),
      });
    },
  };
}

/** Nothing ever breaks. */
const alwaysWell: NodeHealth = {
  isUp: () => true,
  isReachable: () => true,
  causeOf: () => noCause,
  canStart: () => true,
  workFactor: () => 1,
  diskAfterCrash: () => 'kept',
  mayRollBack: false,
  onChange: nothing,
};

/** Receptions per second through cores, effects, host, kernel and, unless it is off, digest. */
function throughTheContract(crowd: Crowd, plan: SimulationPlan): number {
  let received = 0;
  const surroundings: CreateSurroundings = ({ host }) => ({
    health: alwaysWell,
    internet: linksOf(host, crowd.nodes, () => received++),
    radio: undefined,
    settle: nothing,
    faultContacts: () => new Map(),
  });
  const simulation = createSimulationIn(surroundings, plan, { record: nothing });
  const last = (crowd.rumours * spacing + 10_000_000) as Instant;
  const time = milliseconds(() => {
    while (simulation.now < last && simulation.step());
  });
  return rate(crowd, received, time);
}

/** Receptions per second of a flood that reached everybody: each node heard each rumour from all who tell it. */
function rate({ nodes, rumours }: Crowd, received: number, time: number): number {
  assert(
    received === nodes * rumours * degree,
    `every rumour reaches all, yet there were ${received} receptions`,
  );
  return (received * 1_000) / time;
}

/** The same flood on typed arrays only. */
function bareLoop({ nodes, rumours }: Crowd): number {
  const heap = new BareHeap(nodes * degree * 64);
  const graph = new Int32Array(nodes * degree);
  for (let node = 0; node < nodes; node++)
    for (let index = 0; index < degree; index++) graph[node * degree + index] = neighbour(node, index, nodes);
  const seen = new Uint8Array(nodes * rumours);
  let received = 0;
  const time = milliseconds(() => {
    for (let rumour = 0; rumour < rumours; rumour++)
      heap.push(rumour * spacing, rumour * nodes + (rumour % nodes));
    while (heap.size > 0) {
      const now = heap.earliest;
      const { payload } = heap;
      heap.pop();
      if (seen[payload] === 1) continue;
      seen[payload] = 1;
      const node = payload % nodes;
      for (let index = 0; index < degree; index++) {
        const to = graph[node * degree + index] as number;
        heap.push(now + delay(node, to), payload - node + to);
        received++;
      }
    }
  });
  return rate({ nodes, rumours }, received, time);
}

function amongNodes(nodes: number, goal?: number): BenchPart {
  return {
    name: `${nodes} nodes`,
    run() {
      const crowd = crowdOf(nodes);
      const plan = planWithoutPeople(systemOf(crowd));
      const measured = new Rounds(5, {
        'bare typed loop': () => bareLoop(crowd),
        'receptions, digest off': () => throughTheContract(crowd, { ...plan, withoutDigest: true }),
        'receptions, digest on': () => throughTheContract(crowd, plan),
      });
      const row = (name: 'receptions, digest off' | 'receptions, digest on'): Row => {
        const { value, other } = measured.beside(name, 'bare typed loop');
        const comparison = { name: 'bare typed loop', value: other };
        return { name, value, unit: '/s', size: { series: name, value: nodes }, comparison };
      };
      const off = row('receptions, digest off');
      return [
        goal === undefined ? off : { ...off, goal: { of: 'ratio', bound: goal } },
        row('receptions, digest on'),
      ];
    },
  };
}

/** The bench. */
export const gossipBench: Bench = {
  name: 'gossip',
  description: 'Rumours among 100, 1,000 and 10,000 nodes through the contract of cores and host.',
  parts: [amongNodes(100), amongNodes(1_000, 0.35), amongNodes(10_000)],
};
