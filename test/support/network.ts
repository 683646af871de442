// A small world on a fake host of nodes: the transport by itself, with everything that it hands over on record.
import type { Address, ConnectOptions, Input, RequestOptions } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message, PersonId, UserMessageId } from '../../protocol/message.ts';
import { minutes, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import { CauseTable } from '../../sim/causes.ts';
import type { Action } from '../../sim/faults/action.ts';
import type { Fault } from '../../sim/faults/fault.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { Perturbation } from '../../sim/network/path.ts';
import { createInternet, type CreatedInternet } from '../../sim/network/create-internet.ts';
import type { MediumHost, Port, Transit } from '../../sim/network/medium.ts';
import type { NetworkReason } from '../../sim/observation.ts';
import { createAddressedDraw, type AddressedDraw, type AddressPart } from '../../sim/random/addressed.ts';
import type { EndpointSpec, NodeSpec } from '../../sim/systems/system.ts';
import type { Person, Workload } from '../../sim/workload/workload.ts';
import type { AccessProfile, Component, ComponentId, Location, World } from '../../sim/world.ts';

export const id = (text: string): ComponentId => text as ComponentId;
export const address = (text: string): Address => text as Address;
export const at = (secondsFromEpoch: number): Instant => seconds(secondsFromEpoch) as number as Instant;

/** A message of a stated size. */
export interface Note extends Message {
  readonly kind: 'test.note';
  readonly text: string;
  readonly bytes: number;
}

/** Notes carry somebody's words, so that their way is told. */
const words: readonly UserMessageId[] = [0 as UserMessageId];

export function note(text: string, bytes = 100): Note {
  return { kind: 'test.note', carries: words, text, bytes };
}

/** What one core was handed. */
export interface Handed {
  readonly at: Instant;
  readonly node: string;
  readonly input: Input;
  readonly transit: Transit | undefined;
}

export const virginia: Location = {
  latitude: 38.9,
  longitude: -77.4,
  country: 'US',
  anchorRegion: 'us-east-1',
};
export const frankfurt: Location = {
  latitude: 50.1,
  longitude: 8.7,
  country: 'DE',
  anchorRegion: 'eu-central-1',
};
export const berlin: Location = {
  latitude: 52.5,
  longitude: 13.4,
  country: 'DE',
  anchorRegion: 'eu-central-1',
};

/** A home line whose delay is the same at all times, so that tests can compute instants. */
export const line: AccessProfile = {
  isp: id('isp/DE/one'),
  medianRttMs: 10,
  sigma: 0,
  lossProbability: 0,
  upBitsPerSecond: 1_000_000_000,
  downBitsPerSecond: 1_000_000_000,
};

export function component(
  name: string,
  kind: Component['kind'],
  attributes: Readonly<Record<string, string>> = {},
  needs: readonly (string | readonly [string, 'hard' | 'soft' | 'start-up'])[] = [],
  location?: Location,
): Component {
  return {
    id: id(name),
    kind,
    attributes,
    needs: needs.map((need) =>
      typeof need === 'string'
        ? { on: id(need), strength: 'hard' as const }
        : { on: id(need[0]), strength: need[1] },
    ),
    ...(location === undefined ? {} : { location }),
  };
}

/** Two servers in Virginia behind a load balancer, one in Frankfurt, people in Berlin behind two providers. */
export const components: readonly Component[] = [
  component('provider/aws', 'provider', { provider: 'aws' }),
  component('aws/us-east-1', 'region', { provider: 'aws', region: 'us-east-1' }, ['provider/aws'], virginia),
  component('aws/us-east-1/a', 'zone', { provider: 'aws', region: 'us-east-1', zone: 'a' }, [
    'aws/us-east-1',
  ]),
  component(
    'aws/us-east-1/ec2-launch',
    'service',
    { provider: 'aws', region: 'us-east-1', service: 'ec2-launch' },
    ['aws/us-east-1'],
  ),
  component('aws/us-east-1/nlb', 'service', { provider: 'aws', region: 'us-east-1', service: 'nlb' }, [
    'aws/us-east-1',
  ]),
  component('aws/eu-central-1', 'region', { provider: 'aws', region: 'eu-central-1' }, [], frankfurt),
  component('country/DE', 'country', { country: 'DE' }),
  component('isp/DE/one', 'isp', { country: 'DE', isp: 'one' }, ['country/DE']),
  component('isp/DE/two', 'isp', { country: 'DE', isp: 'two' }, ['country/DE']),
  component('city/Berlin', 'city', { country: 'DE', city: 'Berlin' }, [], berlin),
  component('dns/chat.example', 'dns-zone', { name: 'chat.example' }),
  component('dns/eu.example', 'dns-zone', { name: 'eu.example' }),
  component('cert/chat', 'certificate', { name: 'chat.example' }),
  component('lb/chat', 'load-balancer', { system: 'test' }, ['aws/us-east-1/nlb']),
  component('host/chat-1', 'host', { host: 'chat-1' }, [
    'aws/us-east-1/a',
    ['aws/us-east-1/ec2-launch', 'start-up'],
  ]),
  component('host/chat-2', 'host', { host: 'chat-2' }, [
    'aws/us-east-1/a',
    ['aws/us-east-1/ec2-launch', 'start-up'],
  ]),
  component('host/eu-1', 'host', { host: 'eu-1' }, ['aws/eu-central-1']),
];

const nodes: readonly NodeSpec[] = [
  { name: 'phone/0', person: 0 as PersonId, parts: {}, userPart: 'app' },
  { name: 'phone/1', person: 1 as PersonId, parts: {}, userPart: 'app' },
  { name: 'chat-1', component: id('host/chat-1'), parts: {} },
  { name: 'chat-2', component: id('host/chat-2'), parts: {} },
  { name: 'eu-1', component: id('host/eu-1'), parts: {} },
];

export const phone: Port = { node: 0, part: 'app' };
export const otherPhone: Port = { node: 1, part: 'app' };
export const euServer: Port = { node: 4, part: 'server' };

export const chatEndpoint: EndpointSpec = {
  name: address('chat.example'),
  dnsZone: id('dns/chat.example'),
  ttlSeconds: 60,
  certificate: id('cert/chat'),
  loadBalancer: id('lb/chat'),
  targets: [
    { node: 2, part: 'server' },
    { node: 3, part: 'server' },
  ],
};

export const euEndpoint: EndpointSpec = {
  name: address('eu.example'),
  dnsZone: id('dns/eu.example'),
  ttlSeconds: 60,
  targets: [{ node: 4, part: 'server' }],
};

const roundTrips = new Map([
  [
    'us-east-1',
    new Map([
      ['us-east-1', { p50: 5.5, p90: 5.5 }],
      ['eu-central-1', { p50: 93, p90: 93 }],
    ]),
  ],
  [
    'eu-central-1',
    new Map([
      ['eu-central-1', { p50: 4, p90: 4 }],
      ['us-east-1', { p50: 93, p90: 93 }],
    ]),
  ],
]);

export interface TestNetworkOptions {
  readonly faults?: readonly Fault[];
  /** What operators do; they have to be told to operate. */
  readonly actions?: readonly Action[];
  /** Components beside the usual ones, or (by the same id) instead of them. */
  readonly components?: readonly Component[];
  readonly endpoints?: readonly EndpointSpec[];
  readonly access?: AccessProfile;
  readonly seed?: string;
  /** Draws that are given instead of drawn: undefined for others. */
  readonly chance?: (address: readonly AddressPart[]) => number | undefined;
  readonly perturb?: Perturbation;
  readonly stepKeepAlives?: boolean;
  readonly roundTrips?: World['regionRoundTrips'];
  /** What a server's core does with what it is handed. */
  readonly server?: (network: TestNetwork, port: Port, input: Input) => void;
  /** Every machine is kept busy by strangers because of this fault. */
  readonly pressed?: Fault;
  /** What an application does with what it is handed. */
  readonly client?: (network: TestNetwork, port: Port, input: Input) => void;
}

/** The transport on its own. */
export interface TestNetwork extends CreatedInternet {
  readonly kernel: Kernel;
  readonly causes: CauseTable;
  readonly handed: Handed[];
  readonly bytes: { sent: number };
  /** Nodes of which the transport said that faults hinder them, and which. */
  readonly hindered: { readonly node: number; readonly cause: CauseToken }[];
  readonly up: boolean[];
  access: (AccessProfile | undefined)[];
  runUntil(seconds: number): void;
  /** What this node was handed, by kind of input. */
  inputs<Kind extends Input['kind']>(
    node: string,
    kind: Kind,
  ): (Handed & { input: Extract<Input, { kind: Kind }> })[];
  /** Does something at an instant. */
  plan(secondsFromEpoch: number, action: () => void): void;
}

export const tenSeconds: RequestOptions = { timeout: seconds(10) };
export const pinged: ConnectOptions = {
  timeout: seconds(30),
  keepAlive: { every: seconds(30), giveUpAfter: seconds(20), pingBytes: 10 },
};

function people(count: number): Workload['people'] {
  return Array.from(
    { length: count },
    () => ({ city: { component: id('city/Berlin'), location: berlin } }) as unknown as Person,
  );
}

/** Servers answer requests with their name at once unless told otherwise. */
export function createTestNetwork(options: TestNetworkOptions = {}): TestNetwork {
  const kernel = new Kernel({
    horizon: minutes(60 * 24 * 30) as number as Instant,
    limits: { events: 50_000_000, eventsPerInstant: 1_000_000 },
  });
  const handed: Handed[] = [];
  const bytes = { sent: 0 };
  const hindered: { readonly node: number; readonly cause: CauseToken }[] = [];
  const up = nodes.map(() => true);
  const access: (AccessProfile | undefined)[] = nodes.map(() => options.access ?? line);
  const drawn = createAddressedDraw(options.seed ?? 'test');
  const draw: AddressedDraw = (...parts) => {
    if (parts[0] === '') throw new Error('a draw without a name is everybody’s');
    return options.chance?.(parts) ?? drawn(...parts);
  };
  const server =
    options.server ??
    ((network, port, input) => {
      if (input.kind === 'request')
        network.internet.respond(port, input.id, note(nodes[port.node]?.name ?? ''));
    });
  const causes = new CauseTable();
  const host: MediumHost = {
    scheduler: kernel,
    deliver(port, input, transit) {
      if (up[port.node] !== true) return;
      const name = nodes[port.node]?.name ?? '';
      if (transit !== undefined) checkTransit(transit, kernel.now);
      handed.push({ at: kernel.now, node: name, input, transit });
      if (port.part === 'server') server(network, port, input);
      else options.client?.(network, port, input);
    },
    isUp: (node) => up[node] === true,
    pressedBy: () => (options.pressed === undefined ? noCause : causes.intern([options.pressed.id])),
    nodeName: (node) => nodes[node]?.name ?? '',
    byteLength: (message) => (message as Note).bytes,
    carry: (message) => message,
    causeInHand: noCause,
    draw,
    hindered: (node, cause) => hindered.push({ node, cause }),
    countScanning: () => undefined,
    countBytes: (medium, count) => {
      if (medium !== 'internet') throw new Error(`the Internet counts bytes of ${medium}`);
      bytes.sent += count;
    },
  };
  const world = {
    components: new Map([...components, ...(options.components ?? [])].map((one) => [one.id, one])),
    regionRoundTrips: options.roundTrips ?? roundTrips,
  } as unknown as World;
  const created = createInternet({
    host,
    world,
    workload: { people: people(2) } as unknown as Workload,
    faults: options.faults ?? [],
    actions: options.actions,
    nodes,
    causes,
    perturb: options.perturb,
    stepKeepAlives: options.stepKeepAlives,
    accessOf: (node) => (node < 2 ? access[node] : undefined),
  });
  const act = kernel.register('test', (_node, payload) => (payload as () => void)());
  const network: TestNetwork = {
    ...created,
    kernel,
    causes,
    handed,
    bytes,
    hindered,
    up,
    access,
    runUntil(limit) {
      const end = at(limit);
      while ((kernel.next ?? Infinity) <= end && kernel.step() === 'event');
    },
    inputs: (node, kind) => handed.filter((one) => one.node === node && one.input.kind === kind) as never,
    plan(secondsFromEpoch, action) {
      kernel.schedule(at(secondsFromEpoch), act, -1, action);
    },
  };
  // Machines follow their health, as the host of nodes makes them do.
  created.health.onChange((changed) => {
    for (const [index, spec] of nodes.entries()) {
      if (spec.component !== changed) continue;
      const isUp = created.health.isUp(changed);
      if (isUp === up[index]) continue;
      up[index] = isUp;
      created.internet.nodeChanged(index, isUp, created.health.causeOf(changed));
    }
  });
  for (const endpoint of options.endpoints ?? [chatEndpoint, euEndpoint])
    created.internet.addEndpoint(endpoint);
  return network;
}

/** Why a message may still be under way, as far as the transport says it. */
const reasons = new Set<NetworkReason>(['in-flight', 'connection-set-up', 'retransmitting', 'link-queue']);

/** Legs partition [sentAt, arrival), and each has a reason. */
function checkTransit(transit: Transit, now: Instant): void {
  let from = transit.sentAt;
  for (const { until, reason } of transit.legs) {
    if (!reasons.has(reason)) throw new Error(`a leg without a reason: ${reason}`);
    if (until < from) throw new Error(`a leg ends at ${until}, before it begins at ${from}`);
    from = until;
  }
  if (from !== now) throw new Error(`legs end at ${from}, the message arrives at ${now}`);
}

/** A fault from `start` to `end` seconds. */
export function fault<Kind extends Fault['kind']>(
  kind: Kind,
  target: string,
  start: number,
  end: number,
  rest: Omit<
    Extract<Fault, { kind: Kind }>,
    'kind' | 'target' | 'start' | 'end' | 'id' | 'title' | 'source'
  > & {
    readonly id?: string;
  },
): Fault {
  return {
    id: kind,
    title: kind,
    source: 'test',
    ...rest,
    kind,
    target,
    start: at(start),
    end: at(end),
  } as unknown as Fault;
}

export const inMs = (duration: number): number => duration / 1_000;
export type { Duration };
