// A bench of the core/host contract: rumours flooded through 1,000 nodes with eight neighbours each, against a bare
// typed loop that floods the same graph without cores, hosts or digest. Run it with
//   npx tsx test/support/gossip.ts
import type { Address, Core, Input } from '../../protocol/core.ts';
import { carriesNothing, type Codec, type Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { CreateSurroundings } from '../../sim/host/surroundings.ts';
import type { InternetMedium, MediumHost, Port } from '../../sim/network/medium.ts';
import { createSimulationIn } from '../../sim/running-simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import { FakeHealth } from './fake-surroundings.ts';
import { componentId, planOf, workloadOf } from './worlds.ts';

const nodes = 1_000;
const degree = 8;
const rumours = 300;
const delayOf = (from: number, to: number): number => 1_000 + ((from * 7_919 + to * 104_729) % 50_000);
const neighboursOf = (node: number): number[] =>
  Array.from({ length: degree }, (_, index) => (node + (index + 1) * (index + 1) * 17) % nodes);

type Rumour = Message & { readonly id: number };
const codec: Codec<Rumour> = {
  encode: ({ id }) => Uint8Array.of(id >>> 8, id & 255),
  byteLength: () => 2,
  decode: (bytes, carries) => ({ kind: 'rumour', id: ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0), carries }),
};

/** Tells each rumour once to all its neighbours. */
function gossip(node: number): Core {
  const seen = new Uint8Array(rumours);
  const links = neighboursOf(node).map((neighbour) => `link:${neighbour}` as Address);
  return {
    step(_clock, input: Input, out) {
      if (input.kind === 'start' && node < rumours) out.setTimer('begin', (node * 10_000) as Instant);
      let message: Message | undefined;
      if (input.kind === 'timer') message = { kind: 'rumour', id: node, carries: carriesNothing } as Message;
      else if (input.kind === 'message') ({ message } = input);
      if (message === undefined) return;
      const { id } = message as Rumour;
      if (seen[id] === 1) return;
      seen[id] = 1;
      for (const link of links) out.send(link, message);
    },
    inspect: () => null,
  };
}

let deliveries = 0;

/** Links with a delay, and nothing else. */
function meshOf(host: MediumHost): InternetMedium {
  const ports = Array.from({ length: nodes }, (_, node): Port => ({ node, part: 'main' }));
  const addresses = new Map(ports.map((port) => [`link:${port.node}` as Address, port]));
  const parcel = host.scheduler.register('parcel', (node, payload) => {
    deliveries++;
    host.deliver(ports[node]!, payload as Input, undefined);
  });
  const none = (): void => undefined;
  return {
    addEndpoint: none,
    openWarmLinks: none,
    request: none,
    abandon: none,
    respond: none,
    refuse: none,
    isAwaited: () => false,
    connect: none,
    disconnect: none,
    nodeChanged: none,
    deviceNetworkChanged: none,
    send(from, link, message) {
      const to = addresses.get(link)!;
      const at = (host.scheduler.now + delayOf(from.node, to.node)) as Instant;
      host.scheduler.schedule(at, parcel, to.node, {
        kind: 'message',
        from: link,
        message: host.carry(message),
      });
    },
  };
}

const system: System = {
  id: 'gossip',
  title: 'Gossip',
  description: 'A bench.',
  fidelity: 'C',
  codec,
  usesRadio: false,
  deploy(deployment) {
    for (let node = 0; node < nodes; node++)
      deployment.addNode({
        name: `node/${node}`,
        component: componentId('host/one'),
        parts: { main: () => gossip(node) },
      });
  },
};

function throughTheContract(): number {
  const createSurroundings: CreateSurroundings = ({ host }) => ({
    health: new FakeHealth(),
    internet: meshOf(host),
    radio: undefined,
    settle: () => undefined,
    faultContacts: () => new Map(),
  });
  const plan = planOf(system, workloadOf({ people: 1, messages: [] }));
  const simulation = createSimulationIn(createSurroundings, plan, { record: () => undefined });
  deliveries = 0;
  const start = process.hrtime.bigint();
  while (simulation.step());
  return (deliveries / Number(process.hrtime.bigint() - start)) * 1_000;
}

/** The same flood on typed arrays only. */
function bareLoop(): number {
  const capacity = 1 << 20;
  const times = new Float64Array(capacity);
  const payloads = new Int32Array(capacity);
  let size = 0;
  const push = (at: number, payload: number): void => {
    let position = size++;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (times[parent]! <= at) break;
      times[position] = times[parent]!;
      payloads[position] = payloads[parent]!;
      position = parent;
    }
    times[position] = at;
    payloads[position] = payload;
  };
  const pop = (): void => {
    const at = times[--size]!;
    const payload = payloads[size]!;
    let position = 0;
    for (let child = 1; child < size; child = 2 * position + 1) {
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= at) break;
      times[position] = times[child]!;
      payloads[position] = payloads[child]!;
      position = child;
    }
    times[position] = at;
    payloads[position] = payload;
  };
  const graph = Int32Array.from(Array.from({ length: nodes }, (_, node) => neighboursOf(node)).flat());
  const seen = new Uint8Array(nodes * rumours);
  let received = 0;
  const start = process.hrtime.bigint();
  for (let node = 0; node < rumours; node++) push(node * 10_000, node * 1_024 + node);
  while (size > 0) {
    const now = times[0]!;
    const payload = payloads[0]!;
    pop();
    received++;
    const node = payload % 1_024;
    const rumour = (payload - node) / 1_024;
    if (seen[node * rumours + rumour] === 1) continue;
    seen[node * rumours + rumour] = 1;
    for (let index = 0; index < degree; index++) {
      const to = graph[node * degree + index]!;
      push(now + delayOf(node, to), rumour * 1_024 + to);
    }
  }
  return (received / Number(process.hrtime.bigint() - start)) * 1_000;
}

const median = (run: () => number): number => [1, 2, 3].map(run).toSorted((left, right) => left - right)[1]!;
const bare = median(bareLoop);
const contract = median(throughTheContract);
console.log(`bare typed loop ${bare.toFixed(2)}, through cores and host with digest ${contract.toFixed(2)}`);
console.log(`million deliveries per second; ratio ${(contract / bare).toFixed(2)}`);
