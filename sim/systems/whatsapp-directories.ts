// What stands beside WhatsApp's queues: machines for accounts and for groups, media hosts, and the registration service.
import type { Address, CoreFactory } from '../../protocol/core.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { Duration } from '../../protocol/time.ts';
import { createDirectory } from '../../protocol/whatsapp/directory.ts';
import { createMediaStore, createRegistrationService } from '../../protocol/whatsapp/media-store.ts';
import type { AccountId } from '../../protocol/whatsapp/messages.ts';
import type { OtherServices } from '../../protocol/whatsapp/task-plans.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId } from '../world.ts';
import type { Deployment } from './system.ts';
import { internalZone, publicZone, type Site } from './whatsapp-sites.ts';

const registration = 'v.whatsapp.net' as Address;
const mediaName = ({ name }: Site): Address => `media-${name}.cdn.whatsapp.net` as Address;

/** A machine of the operator's own in one of its data centres; `service` says what it is for. */
export function addWhatsappHost(
  deployment: Deployment,
  name: string,
  { name: region, component }: Site,
  service?: string,
): ComponentId {
  const id = `host/whatsapp-${name}` as ComponentId;
  const attributes = { provider: 'meta', region, host: `whatsapp-${name}`, system: 'whatsapp' };
  deployment.addComponent({
    id,
    kind: 'host',
    attributes: service === undefined ? attributes : { ...attributes, service },
    needs: [{ on: component, strength: 'hard' }],
  });
  return id;
}

/** Where a person's devices find what is not the front end: the media host named to them is that of one data centre, by chance. */
export function othersOf(deployment: Deployment, sites: readonly Site[], person: PersonId): OtherServices {
  const site = sites[Math.floor(deployment.exogenous('whatsapp-media', person) * sites.length)] ?? sites[0];
  return { registration, media: site === undefined ? registration : mediaName(site) };
}

/** How the machines are set up. */
export interface DirectoriesOptions {
  readonly cost: Duration;
  readonly addressTtlSeconds: number;
  /** Companions of the accounts of the data centre at this place. */
  readonly companionsAt: (index: number) => ReadonlyMap<AccountId, number>;
}

/** Adds all of them, and returns the names by which front ends know those for accounts and groups. */
export function addDirectories(
  deployment: Deployment,
  sites: readonly Site[],
  { cost, addressTtlSeconds: ttlSeconds, companionsAt }: DirectoriesOptions,
): Readonly<Record<'accounts' | 'groups', readonly Address[]>> {
  const addNode = (service: string, site: Site, core: CoreFactory): NodeIndex =>
    deployment.addNode({
      name: `whatsapp/${service}-${site.name}`,
      component: addWhatsappHost(deployment, `${service}-${site.name}`, site, service),
      parts: { [service]: core },
      processors: 16,
    });
  const directory = (service: 'accounts' | 'groups') => (site: Site, index: number) => {
    const name = `${service}-${site.name}.whatsapp.internal` as Address;
    const companions = service === 'accounts' ? companionsAt(index) : new Map<AccountId, number>();
    const node = addNode(service, site, createDirectory({ companions, cost }));
    deployment.addEndpoint({ name, dnsZone: internalZone, ttlSeconds, targets: [{ node, part: service }] });
    return name;
  };
  const directories = { accounts: sites.map(directory('accounts')), groups: sites.map(directory('groups')) };
  for (const site of sites) {
    const node = addNode('media', site, createMediaStore);
    const targets = [{ node, part: 'media' }];
    deployment.addEndpoint({ name: mediaName(site), dnsZone: publicZone, ttlSeconds, targets });
  }
  const targets = sites.map((site) => ({
    node: addNode('registration', site, createRegistrationService),
    part: 'registration',
  }));
  deployment.addEndpoint({ name: registration, dnsZone: publicZone, ttlSeconds, targets });
  return directories;
}
