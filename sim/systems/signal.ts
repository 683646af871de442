// Signal: one service in one cloud region, phones all over the world.
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address, CoreFactory } from '../../protocol/core.ts';
import type { ConversationId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import { createAccountCache } from '../../protocol/signal/account-cache.ts';
import { createAutoscaler, type FleetMember } from '../../protocol/signal/autoscaler.ts';
import { createChatService } from '../../protocol/signal/chat-service.ts';
import type { ChatConfig } from '../../protocol/signal/chat-context.ts';
import { signalCodec } from '../../protocol/signal/codec.ts';
import {
  android,
  androidWithoutPush,
  desktop,
  ios,
  type PlatformPolicy,
} from '../../protocol/signal/constants.ts';
import { webSocketOptions, webSocketTag } from '../../protocol/signal/device-connection.ts';
import { createDevice } from '../../protocol/signal/device.ts';
import { createMessageCache } from '../../protocol/signal/message-cache.ts';
import { createPersister } from '../../protocol/signal/persister.ts';
import { createPubSub } from '../../protocol/signal/pub-sub.ts';
import { createRateLimits } from '../../protocol/signal/rate-limits.ts';
import { createTableStore } from '../../protocol/signal/table-store.ts';
import { epoch, seconds, type Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { Person } from '../workload/workload.ts';
import type { Component, ComponentId } from '../world.ts';
import {
  accountOf,
  accountsByConversation,
  computerDevice,
  drawStrangers,
  lastConnectionHours,
  nodeName,
  warmAccounts,
  type WarmAccounts,
} from './signal-accounts.ts';
import { addPushServices } from './push-services.ts';
import { readParameters, type SignalParameters } from './signal-parameters.ts';
import type { Deployment, EndpointSpec, System } from './system.ts';

const region = 'aws/us-east-1';
const zones = ['a', 'b', 'c'] as const;
const publicZone = 'dns/signal.org' as ComponentId;
const internalZone = 'dns/signal.internal' as ComponentId;
const certificate = 'cert/chat.signal.org' as ComponentId;
const loadBalancer = `${region}/nlb` as ComponentId;

const names = {
  chat: 'chat.signal.org',
  queues: 'messages.redis.signal.internal',
  'pub-sub': 'pubsub.redis.signal.internal',
  'rate-limits': 'limits.redis.signal.internal',
  'account-cache': 'accounts.redis.signal.internal',
  tables: 'dynamodb.us-east-1.amazonaws.com',
} as const;

const backends: ChatConfig['backends'] = {
  queues: names.queues as Address,
  'pub-sub': names['pub-sub'] as Address,
  'rate-limits': names['rate-limits'] as Address,
  'account-cache': names['account-cache'] as Address,
  tables: names.tables as Address,
};

/** Seconds that resolvers keep an address. DynamoDB publishes 5 s, other AWS names 60 s. */
const ttlSeconds = { regional: 5, other: 60 } as const;

const dayMs = 86_400_000;

/** The hours (UTC) in which the Americas and Europe are both awake. Assumed, like the fleet's plan as a whole. */
const isBusyHour = (hour: number): boolean => hour < 4 || hour >= 11;

function needs(...components: readonly string[]): Component['needs'] {
  return components.map((on) => ({ on: on as ComponentId, strength: 'hard' }));
}

/** A machine or managed service of Signal's own. */
function addHost(
  deployment: Deployment,
  name: string,
  dependencies: Component['needs'],
  zone?: string,
): ComponentId {
  const id = `host/signal-${name}` as ComponentId;
  const place = { provider: 'aws', region: 'us-east-1', ...(zone === undefined ? {} : { zone }) };
  const attributes = { ...place, host: `signal-${name}`, system: 'signal' };
  deployment.addComponent({ id, kind: 'host', attributes, needs: dependencies });
  return id;
}

function addNames(deployment: Deployment): void {
  const zone = (id: ComponentId, name: string, dependencies: Component['needs']): void =>
    deployment.addComponent({
      id,
      kind: 'dns-zone',
      attributes: { name, system: 'signal' },
      needs: dependencies,
    });
  zone(publicZone, 'signal.org', []);
  zone(internalZone, 'signal.internal', needs(region));
  deployment.addComponent({
    id: certificate,
    kind: 'certificate',
    attributes: { name: names.chat, system: 'signal' },
    needs: [],
  });
}

/** Redis clusters are replicated over the zones and fall with the region; so does DynamoDB's regional endpoint. */
function addStores(deployment: Deployment, parameters: SignalParameters, people: WarmAccounts): void {
  const addStore = (
    name: string,
    core: CoreFactory,
    dependency: string,
    endpoint: Omit<EndpointSpec, 'targets'>,
  ): void => {
    const component = addHost(deployment, name, needs(dependency));
    const part = name;
    const node = deployment.addNode({
      name: `signal/${name}`,
      component,
      parts: { [part]: core },
      processors: 16,
    });
    deployment.addEndpoint({ ...endpoint, targets: [{ node, part }] });
  };
  const internal = (name: Address): Omit<EndpointSpec, 'targets'> => ({
    name,
    dnsZone: internalZone,
    ttlSeconds: ttlSeconds.other,
  });
  addStore('redis-messages', createMessageCache, region, internal(backends.queues));
  addStore('redis-pubsub', createPubSub, region, internal(backends['pub-sub']));
  addStore('redis-limits', createRateLimits, region, internal(backends['rate-limits']));
  addStore('redis-accounts', createAccountCache(people.cached), region, internal(backends['account-cache']));
  addStore('tables', createTableStore(people.records), `${region}/dynamodb`, {
    name: backends.tables,
    dnsZone: `dns/${names.tables}` as ComponentId,
    ttlSeconds: ttlSeconds.regional,
    needs: [`${region}/dynamodb` as ComponentId],
    connectionLifetime: parameters.tableConnectionLifetime,
  });
}

/** A machine that can only be launched while the region's control plane works; running ones do not notice. */
function addInstance(deployment: Deployment, name: string, index: number): ComponentId {
  const zone = zones[index % zones.length] ?? 'a';
  const launching = [`${region}/ec2-launch`, `${region}/ec2-network`].map((on) => ({
    on: on as ComponentId,
    strength: 'start-up' as const,
  }));
  return addHost(deployment, name, [...needs(`${region}/${zone}`), ...launching], zone);
}

function addPersister(deployment: Deployment, parameters: SignalParameters): void {
  const { queues, tables } = backends;
  const config = { queues, tables, pubSub: backends['pub-sub'], persistDelay: parameters.persistDelay };
  const component = addInstance(deployment, 'persister-1', 0);
  deployment.addNode({
    name: 'signal/persister-1',
    component,
    parts: { persister: createPersister(config) },
  });
}

/** The fleet of chat instances behind the load balancer, and what keeps it. */
function addChat(deployment: Deployment, parameters: SignalParameters): void {
  const { busyInstances, quietInstances, spareInstances } = parameters;
  const plan = Array.from({ length: 24 }, (_, hour) => (isBusyHour(hour) ? busyInstances : quietInstances));
  const atStart = plan[Math.floor((deployment.world.epochWallMs % dayMs) / 3_600_000)] ?? busyInstances;
  const fleet = Math.max(busyInstances, quietInstances) + spareInstances;
  const members: FleetMember[] = [];
  const targets: { node: NodeIndex; part: string }[] = [];
  for (let number = 1; number <= fleet; number++) {
    const name = `signal/chat-${number}`;
    const random = deployment.random(name);
    const costs = { send: parameters.sendCost, login: parameters.loginCost };
    const runsAtStart = number <= atStart;
    const node = deployment.addNode({
      name,
      component: addInstance(deployment, `chat-${number}`, number - 1),
      parts: { chat: createChatService({ random, backends, costs }) },
      processors: parameters.processorsPerInstance,
      queue: parameters.queue,
      cache: parameters.cache,
      startsStopped: !runsAtStart,
    });
    const health = `chat-${number}.health.signal.internal` as Address;
    const target = { node, part: 'chat' };
    const endpoint = { dnsZone: internalZone, ttlSeconds: ttlSeconds.other, loadBalancer };
    deployment.addEndpoint({ ...endpoint, name: health, targets: [target] });
    members.push({ node: name, health, runsAtStart });
    targets.push(target);
  }
  deployment.addEndpoint({
    name: names.chat as Address,
    dnsZone: publicZone,
    ttlSeconds: ttlSeconds.other,
    certificate,
    loadBalancer,
    targets,
  });
  addAutoscaler(deployment, parameters, members, plan);
}

function addAutoscaler(
  deployment: Deployment,
  { replaceAfter, gracePeriod }: SignalParameters,
  members: readonly FleetMember[],
  plan: readonly number[],
): void {
  // A target group's defaults: a check each 10 s for TCP, out of service after two failures
  // (docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html).
  const healthCheck = { every: seconds(10), giveUpAfter: seconds(20), pingBytes: 66 };
  const core = createAutoscaler({ members, plan, healthCheck, replaceAfter, gracePeriod });
  const component = addHost(deployment, 'autoscaler', needs(region));
  deployment.addNode({ name: 'signal/autoscaler', component, parts: { autoscaler: core } });
}

/** Whether the phone is online, and its application open or never closed, when the run begins. */
function isConnectedAtStart({ device }: Person, policy: PlatformPolicy): boolean {
  const covers = ({ start, end }: { start: Instant; end: Instant }): boolean => start <= epoch && epoch < end;
  return (policy === androidWithoutPush || device.foreground.some(covers)) && !device.offline.some(covers);
}

function policyOf(deployment: Deployment, { id, device }: Person, withoutPushShare: number): PlatformPolicy {
  if (device.platform === 'ios') return ios;
  return deployment.exogenous('signal', 'without-push', id) < withoutPushShare ? androidWithoutPush : android;
}

function addPhones(deployment: Deployment, { strangerShare, withoutPushShare }: SignalParameters): void {
  const { workload } = deployment;
  const members = accountsByConversation(workload);
  const strangers = drawStrangers(deployment, strangerShare);
  const to = names.chat as Address;
  for (const person of workload.people) {
    const account = accountOf(person.id);
    const name = nodeName(person.id);
    const policy = policyOf(deployment, person, withoutPushShare);
    const connectedAtStart = isConnectedAtStart(person, policy);
    const core = createDevice({
      person: person.id,
      account,
      device: 1,
      service: to,
      policy,
      random: deployment.random(name),
      connectedAtStart,
      recipients: (conversation: ConversationId) =>
        (members[conversation] ?? []).filter((member) => member !== account),
      strangers: strangers.get(person.id) ?? new Set(),
    });
    const part = 'signal';
    const client = deployment.addNode({ name, person: person.id, parts: { [part]: core }, userPart: part });
    if (connectedAtStart) {
      deployment.addWarmLink({ client, part, to, tag: webSocketTag, options: webSocketOptions });
    }
  }
}

/** Linked computers: they read along while somebody uses them. */
function addComputers(deployment: Deployment): void {
  const to = names.chat as Address;
  for (const { id, computer } of deployment.workload.people) {
    if (computer === undefined) continue;
    const name = `computer/${id}`;
    const connectedAtStart = computer.inUse[0]?.start === epoch;
    const core = createDevice({
      person: id,
      account: accountOf(id),
      device: computerDevice,
      service: to,
      policy: desktop,
      random: deployment.random(name),
      connectedAtStart,
      recipients: () => [],
      strangers: new Set(),
    });
    const part = 'signal';
    const parts = { [part]: core };
    const client = deployment.addNode({ name, person: id, device: 'computer', parts, userPart: part });
    if (connectedAtStart)
      deployment.addWarmLink({ client, part, to, tag: webSocketTag, options: webSocketOptions });
  }
}

/** Signal on AWS us-east-1. */
export const signal: System = {
  id: 'signal',
  title: 'Signal',
  description:
    'One operator and one region: phones with persisted send queues talk to a fleet of chat instances behind a network ' +
    'load balancer; message queues in Redis, accounts and older messages in DynamoDB, wake-up by Apple and Google. ' +
    "Message path, delivery state machine, time-outs and back-offs follow Signal's published source. Its production " +
    'topology is not published: region, load balancer, fleet size and machine costs are assumptions. Left out: ' +
    'cryptography, receipts, attachments, calls, group changes, registration, linking devices, copies of what people send for their own other devices.',
  fidelity: 'B',
  codec: composeCodecs({ signal: signalCodec, push: pushCodec }),
  usesRadio: false,
  deploy(deployment) {
    const parameters = readParameters(deployment);
    addNames(deployment);
    addPushServices(deployment);
    addStores(deployment, parameters, warmAccounts(deployment, parameters.uncachedShare));
    addPersister(deployment, parameters);
    addChat(deployment, parameters);
    addPhones(deployment, parameters);
    addComputers(deployment);
    listAssumptions(deployment);
  },
};

function listAssumptions(deployment: Deployment): void {
  const assume = (name: string, value: string | number, unit: string, meaning: string): void =>
    deployment.assume({ path: `systems.signal.${name}`, value, unit, meaning });
  assume('region', 'us-east-1', '', 'AWS region of everything; the production region is not published');
  assume(
    'loadBalancer',
    loadBalancer,
    '',
    'in front of the chat instances; production uses AWS Global Accelerator',
  );
  deployment.assume({
    path: 'systems.signal.tableNameTtlSeconds',
    value: ttlSeconds.regional,
    unit: 's',
    meaning: "time to live of DynamoDB's address records",
    source: 'public DNS, dynamodb.us-east-1.amazonaws.com',
  });
  deployment.assume({
    path: 'systems.signal.otherNamesTtlSeconds',
    value: ttlSeconds.other,
    unit: 's',
    meaning: 'time to live of all other address records; load balancers have 60 s',
    range: [5, 300],
  });
  assume(
    'lastConnectionHours',
    lastConnectionHours,
    'h',
    'everybody was last connected at most so long before the run',
  );
}
