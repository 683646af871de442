// Signal's names, stores, and the services beside the chat service, as nodes of a world.
import type { Address, CoreFactory } from '../../protocol/core.ts';
import { createAccountCache } from '../../protocol/signal/account-cache.ts';
import { createAnsweringService } from '../../protocol/signal/answering-service.ts';
import type { ChatConfig } from '../../protocol/signal/chat-context.ts';
import { createMessageCache } from '../../protocol/signal/message-cache.ts';
import { createObjectStore } from '../../protocol/signal/object-store.ts';
import { createPubSub } from '../../protocol/signal/pub-sub.ts';
import { createRateLimits } from '../../protocol/signal/rate-limits.ts';
import { createReplica } from '../../protocol/signal/replica.ts';
import { createPairedPubSub } from '../../protocol/signal/paired-pub-sub.ts';
import { createStorageService } from '../../protocol/signal/storage-service.ts';
import { createTableStore } from '../../protocol/signal/table-store.ts';
import type { OtherServices } from '../../protocol/signal/task-plans.ts';
import type { Component, ComponentId } from '../world.ts';
import type { WarmAccounts } from './signal-accounts.ts';
import type { Hosting, OtherSite, Site } from './signal-hosting.ts';
import type { SignalParameters } from './signal-parameters.ts';
import type { Deployment, EndpointSpec } from './system.ts';

const publicZone = 'dns/signal.org' as ComponentId;
const certificate = 'cert/chat.signal.org' as ComponentId;

/** Names of services that phones ask beside the chat service. */
export const others: OtherServices = {
  storage: 'storage.signal.org' as Address,
  objects: 'cdn.signal.org' as Address,
  contacts: 'cdsi.signal.org' as Address,
  pins: 'svr2.signal.org' as Address,
};

const registration = 'registration.signal.internal' as Address;

/** Where phones find the chat service of a site. */
export const chatName = ({ suffix }: Site): Address => `chat${suffix}.signal.org` as Address;

/** A site's names, which only its own machines resolve. */
export const internalZone = ({ suffix }: Site): ComponentId => `dns/signal.internal${suffix}` as ComponentId;

/** Where a site's chat instances find what they depend on. */
export function backendsOf({ suffix, tables }: Site): ChatConfig['backends'] {
  return {
    queues: `messages${suffix}.redis.signal.internal` as Address,
    'pub-sub': `pubsub${suffix}.redis.signal.internal` as Address,
    'rate-limits': `limits${suffix}.redis.signal.internal` as Address,
    'account-cache': `accounts${suffix}.redis.signal.internal` as Address,
    tables: tables.name,
    registration,
  };
}

/** Seconds that resolvers keep an address. DynamoDB publishes 5 s, other AWS names 60 s. */
export const ttlSeconds = { regional: 5, other: 60 } as const;

export function needs(...components: readonly ComponentId[]): Component['needs'] {
  return components.map((on) => ({ on, strength: 'hard' }));
}

/** A machine or managed service of Signal's own. */
export function addHost(
  deployment: Deployment,
  { provider, region }: Pick<Site, 'provider' | 'region'>,
  name: string,
  dependencies: Component['needs'],
  zone?: string,
): ComponentId {
  const id = `host/signal-${name}` as ComponentId;
  const place = { provider, region, ...(zone === undefined ? {} : { zone }) };
  const attributes = { ...place, host: `signal-${name}`, system: 'signal' };
  deployment.addComponent({ id, kind: 'host', attributes, needs: dependencies });
  return id;
}

/** What all sites share of public names, and what each has to itself. */
export function addNames(deployment: Deployment, { sites }: Hosting): void {
  const zone = (id: ComponentId, name: string, dependencies: Component['needs']): void =>
    deployment.addComponent({
      id,
      kind: 'dns-zone',
      attributes: { name, system: 'signal' },
      needs: dependencies,
    });
  zone(publicZone, 'signal.org', []);
  for (const site of sites) {
    zone(internalZone(site), 'signal.internal', needs(site.ground));
    if (!site.ownLoadBalancer) continue;
    deployment.addComponent({
      id: site.loadBalancer,
      kind: 'load-balancer',
      attributes: { provider: site.provider, region: site.region, system: 'signal' },
      needs: needs(site.ground),
    });
  }
  deployment.addComponent({
    id: certificate,
    kind: 'certificate',
    attributes: { name: 'chat.signal.org', system: 'signal' },
    needs: [],
  });
}

/** The public name under which a site's chat instances serve phones. */
export function addChatEndpoint(deployment: Deployment, site: Site, targets: EndpointSpec['targets']): void {
  deployment.addEndpoint({
    name: chatName(site),
    dnsZone: publicZone,
    ttlSeconds: ttlSeconds.other,
    certificate,
    loadBalancer: site.loadBalancer,
    targets,
  });
}

/** Redis clusters are replicated over a site's zones and fall with it; so does the table store. */
export function addStores(
  deployment: Deployment,
  parameters: SignalParameters,
  people: WarmAccounts,
  sites: readonly Site[],
): void {
  for (const site of sites) {
    const backends = backendsOf(site);
    const peer = sites.find((each) => each !== site);
    const peers = peer === undefined ? undefined : backendsOf(peer);
    const replicated = (core: CoreFactory, of: 'queues' | 'tables'): CoreFactory =>
      peers === undefined ? core : createReplica({ store: core, peer: peers[of], waits: of === 'queues' });
    const add = (
      part: string,
      core: CoreFactory,
      dependency: ComponentId,
      endpoint: Omit<EndpointSpec, 'targets'>,
    ): void => {
      const name = `${part}${site.suffix}`;
      const component = addHost(deployment, site, name, needs(dependency));
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
      dnsZone: internalZone(site),
      ttlSeconds: ttlSeconds.other,
    });
    const pubSub = peers === undefined ? createPubSub : createPairedPubSub(peers['pub-sub']);
    add('redis-messages', replicated(createMessageCache, 'queues'), site.ground, internal(backends.queues));
    add('redis-pubsub', pubSub, site.ground, internal(backends['pub-sub']));
    add('redis-limits', createRateLimits, site.ground, internal(backends['rate-limits']));
    add(
      'redis-accounts',
      createAccountCache(people.cached),
      site.ground,
      internal(backends['account-cache']),
    );
    const { component, name, managed } = site.tables;
    const tables = replicated(createTableStore(people.records), 'tables');
    add('tables', tables, component, {
      name,
      dnsZone: managed ? (`dns/${name}` as ComponentId) : internalZone(site),
      ttlSeconds: managed ? ttlSeconds.regional : ttlSeconds.other,
      needs: [component],
      connectionLifetime: parameters.tableConnectionLifetime,
    });
  }
}

/** Storage service, object stores, enclaves and registration service: each on its own ground, all with one operator. */
export function addOtherServices(deployment: Deployment, hosting: Hosting): void {
  const add = (
    part: string,
    { component, provider, place }: OtherSite,
    name: Address,
    core: CoreFactory,
  ): void => {
    if (!deployment.world.components.has(component)) {
      const ground = `provider/${provider}` as ComponentId;
      if (!deployment.world.components.has(ground))
        deployment.addComponent({ id: ground, kind: 'provider', attributes: { provider }, needs: [] });
      const attributes = { provider, service: component.split('/')[1] ?? '' };
      deployment.addComponent({
        id: component,
        kind: 'service',
        attributes,
        needs: needs(ground),
        ...(place === undefined ? {} : { location: place }),
      });
    }
    const node = deployment.addNode({
      name: `signal/${part}`,
      component: addHost(
        deployment,
        { provider, region: component.split('/')[1] ?? '' },
        part,
        needs(component),
      ),
      parts: { [part]: core },
      processors: 16,
    });
    deployment.addEndpoint({
      name,
      dnsZone: publicZone,
      ttlSeconds: ttlSeconds.other,
      targets: [{ node, part }],
    });
  };
  add('storage', hosting.storage, others.storage, createStorageService);
  add('objects', hosting.objects, others.objects, createObjectStore);
  add('cdsi', hosting.enclaves, others.contacts, createAnsweringService);
  add('svr2', hosting.enclaves, others.pins, createAnsweringService);
  add('registration', hosting.registration, registration, createAnsweringService);
}
