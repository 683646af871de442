// `netsplit bench transport`: a million requests over the simulated Internet, beside as many events of the bare kernel;
// the same among ever more machines that nobody talks to.
import type { Address, Core } from '../../protocol/core.ts';
import { jsonCodec } from '../../protocol/codec.ts';
import { carriesNothing, type Message } from '../../protocol/message.ts';
import { seconds, type Instant } from '../../protocol/time.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import { Trace } from '../../sim/kernel/trace.ts';
import type { Deployment, System } from '../../sim/systems/system.ts';
import type { ComponentId } from '../../sim/world.ts';
import { delays } from './bare-heap.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { milliseconds } from './measure.ts';
import { planWithoutPeople } from './plan-without-people.ts';

const requests = 1_000_000;
const pairs = 100;
const ask: Message = { kind: 'bench.ask', carries: carriesNothing };
const answer: Message = { kind: 'bench.answer', carries: carriesNothing };
const codec = () => jsonCodec({ overheadBytes: () => 4, isMessage: () => true });

/** Asks again as soon as it has an answer. */
function asker(server: Address): Core {
  let left = requests / pairs;
  return {
    step(_clock, input, out) {
      if (input.kind === 'start' || input.kind === 'response')
        if (left-- > 0) out.request(server, 'ask', ask, { timeout: seconds(30) });
    },
    inspect: () => null,
  };
}

const answerer: Core = {
  step(_clock, input, out) {
    if (input.kind === 'request') out.respond(input.id, answer);
  },
  inspect: () => null,
};

function addMachine(deployment: Deployment, name: string, region: string, core: () => Core): void {
  const component = `host/${name}` as ComponentId;
  const dnsZone = `dns/${name}` as ComponentId;
  const certificate = `cert/${name}` as ComponentId;
  const needs = [{ on: region as ComponentId, strength: 'hard' as const }];
  deployment.addComponent({ id: component, kind: 'host', attributes: { host: name }, needs });
  deployment.addComponent({ id: dnsZone, kind: 'dns-zone', attributes: { name }, needs: [] });
  deployment.addComponent({ id: certificate, kind: 'certificate', attributes: { name }, needs: [] });
  const node = deployment.addNode({ name, component, parts: { main: core } });
  deployment.addEndpoint({
    name: name as Address,
    dnsZone,
    certificate,
    ttlSeconds: 300,
    targets: [{ node, part: 'main' }],
  });
}

/** Pairs of machines on two continents, and machines that do nothing. */
function pairsAmong(idle: number): System {
  return {
    id: 'bench',
    title: 'Bench',
    description: 'requests over one path',
    codec: codec(),
    fidelity: 'C',
    usesRadio: false,
    deploy(deployment) {
      for (let pair = 0; pair < pairs; pair++) {
        addMachine(deployment, `server-${pair}.example`, 'aws/eu-central-1', () => answerer);
        const server = `server-${pair}.example` as Address;
        addMachine(deployment, `client-${pair}.example`, 'aws/us-east-1', () => asker(server));
      }
      for (let index = 0; index < idle; index++)
        addMachine(deployment, `idle-${index}.example`, 'aws/us-west-2', () => answerer);
    },
  };
}

/** Events per second of the kernel alone, with the digest of what it does. */
function kernelRate(events: number): number {
  const kernel = new Kernel({
    horizon: Number.MAX_SAFE_INTEGER as Instant,
    limits: { events: Infinity, eventsPerInstant: Infinity },
    trace: new Trace(codec(), 65_536),
  });
  const delay = delays();
  const kind = kernel.register('hold', (node, payload) => {
    kernel.schedule((kernel.now + delay()) as Instant, kind, node, payload);
  });
  for (let index = 0; index < 2 * pairs; index++) kernel.schedule(delay() as Instant, kind, index);
  const step = (count: number): void => {
    for (let index = 0; index < count; index++) kernel.step();
  };
  step(events / 10);
  return (events * 1_000) / milliseconds(() => step(events));
}

function amongIdle(idle: number): BenchPart {
  return {
    name: `${idle} idle machines`,
    run() {
      const plan = planWithoutPeople(pairsAmong(idle));
      const kernelBefore = kernelRate(3 * requests);
      let simulation: ReturnType<typeof createSimulation> | undefined;
      const setUp = milliseconds(() => {
        simulation = createSimulation(plan, { record: () => undefined });
      });
      let events = 0;
      const running = milliseconds(() => (events = simulation?.finish().events ?? 0));
      const kernel = (kernelBefore + kernelRate(3 * requests)) / 2;
      const rate = (events * 1_000) / running;
      const rows: Row[] = [
        {
          name: 'events of a million requests',
          value: rate,
          unit: '/s',
          size: { series: 'events', value: idle + 2 * pairs },
          comparison: { name: 'events of the kernel alone, digest on', value: kernel },
        },
        {
          name: 'requests and their answers',
          value: (requests * 1_000) / running,
          unit: '/s',
          size: { series: 'requests', value: idle + 2 * pairs },
        },
        { name: 'events a request', value: events / requests, unit: '×' },
        {
          name: 'set-up',
          value: setUp,
          unit: 'ms',
          size: { series: 'set-up', value: idle + 2 * pairs },
        },
      ];
      return rows;
    },
  };
}

/** The bench. */
export const transportBench: Bench = {
  name: 'transport',
  description: 'A million requests over the simulated Internet, among machines that nobody talks to.',
  parts: [0, 2_000, 20_000].map(amongIdle),
};
