// Mail: independent providers that hand messages to each other, Proton among them on its own infrastructure.
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address } from '../../protocol/core.ts';
import type { PersonId } from '../../protocol/message.ts';
import { present } from '../../protocol/assert.ts';
import { pushCodec } from '../../protocol/push.ts';
import { android, client, ios } from '../../protocol/smtp/constants.ts';
import { createMailClient, imapTag } from '../../protocol/smtp/mail-client.ts';
import type { MailExchanger } from '../../protocol/smtp/mail-queue.ts';
import { createMailServer, type MailUser } from '../../protocol/smtp/mail-server.ts';
import { mailTasks } from '../../protocol/smtp/tasks.ts';
import { smtpCodec, type Domain, type MailAddress } from '../../protocol/smtp/messages.ts';
import { milliseconds, type Duration } from '../../protocol/time.ts';
import { weightedIndex } from '../random/distributions.ts';
import type { Component, ComponentId, Location } from '../world.ts';
import { isOpenAtStart } from './phones.ts';
import { addPushServices } from './push-services.ts';
import type { Deployment, System } from './system.ts';

/** One provider: its hosts, by preference; the first has the mailboxes. */
interface Provider {
  readonly domain: Domain;
  readonly hosts: readonly { readonly name: string; readonly site: ComponentId }[];
}

interface Parameters {
  readonly providers: number;
  readonly protonShare: number;
  readonly secondHostShare: number;
  readonly costs: { readonly mail: Duration; readonly login: Duration };
}

const addressTtlSeconds = 3_600;
const proton = 'proton.me' as Domain;

/** "We own and control our hardware": Switzerland, Germany and Norway (proton.me/blog/infrastructure-upgrades). Cities, and which two take mail, assumed. */
const protonSites: readonly { readonly id: string; readonly location: Location }[] = [
  {
    id: 'proton/geneva',
    location: { latitude: 46.2, longitude: 6.15, country: 'CH', anchorRegion: 'eu-central-2' },
  },
  {
    id: 'proton/frankfurt',
    location: { latitude: 50.11, longitude: 8.68, country: 'DE', anchorRegion: 'eu-central-1' },
  },
];

function readParameters(deployment: Deployment): Parameters {
  const read = (
    name: string,
    value: number,
    unit: string,
    range: readonly [number, number],
    meaning: string,
  ): number => deployment.parameter({ name, value, unit, range, meaning });
  return {
    providers: Math.max(
      1,
      Math.round(read('providers', 12, 'providers', [1, 200], 'mail providers beside Proton')),
    ),
    protonShare: read('protonShare', 0.1, 'of people', [0, 1], 'people whose mail is at Proton'),
    secondHostShare: read(
      'secondHostShare',
      0.3,
      'of providers',
      [0, 1],
      'providers with a second host for incoming mail at another site; Proton has one',
    ),
    costs: {
      mail: milliseconds(read('mailCostMs', 20, 'ms', [1, 500], 'processor time of a server for one mail')),
      login: milliseconds(
        read(
          'loginCostMs',
          5,
          'ms',
          [0.5, 100],
          'processor time of a server for an application that connects',
        ),
      ),
    },
  };
}

function addProtonSites(deployment: Deployment): void {
  const provider = 'provider/proton' as ComponentId;
  const attributes = { provider: 'proton', system: 'email' };
  deployment.addComponent({ id: provider, kind: 'provider', attributes, needs: [] });
  for (const { id, location } of protonSites) {
    const needs: Component['needs'] = [provider, `country/${location.country}` as ComponentId].map((on) => ({
      on,
      strength: 'hard',
    }));
    const region = id.slice(id.indexOf('/') + 1);
    deployment.addComponent({
      id: id as ComponentId,
      kind: 'region',
      attributes: { ...attributes, region },
      needs,
      location,
    });
  }
}

function planProviders(
  deployment: Deployment,
  { providers, secondHostShare }: Parameters,
): readonly Provider[] {
  const { hosting } = deployment.world;
  const weights = hosting.map(({ share }) => share);
  const siteOf = (...address: (string | number)[]): ComponentId =>
    present(hosting[weightedIndex(deployment.exogenous(...address), weights)], 'hosting site').site;
  const independent = Array.from({ length: providers }, (_, index): Provider => {
    const domain = `mail-${String(index + 1).padStart(2, '0')}.example` as Domain;
    const first = { name: `mx1.${domain}`, site: siteOf('mail-site', index) };
    if (deployment.exogenous('mail-second', index) >= secondHostShare) return { domain, hosts: [first] };
    return { domain, hosts: [first, { name: `mx2.${domain}`, site: siteOf('mail-second-site', index) }] };
  });
  const [geneva, frankfurt] = protonSites.map(({ id }) => id as ComponentId);
  return [
    {
      domain: proton,
      // The names of proton.me's public MX records.
      hosts: [
        { name: 'mail.protonmail.ch', site: present(geneva, 'site') },
        { name: 'mailsec.protonmail.ch', site: present(frankfurt, 'site') },
      ],
    },
    ...independent,
  ];
}

/** Everybody's provider: equal chances among the independent ones. */
function providerOf(deployment: Deployment, person: PersonId, count: number, protonShare: number): number {
  if (deployment.exogenous('mail-proton', person) < protonShare) return 0;
  return 1 + Math.min(count - 2, Math.floor(deployment.exogenous('mail-provider', person) * (count - 1)));
}

function addProvider(
  deployment: Deployment,
  { domain, hosts }: Provider,
  users: ReadonlyMap<MailAddress, MailUser>,
  exchangersOf: (domain: Domain) => readonly MailExchanger[],
  costs: Parameters['costs'],
): void {
  const zone = `dns/${domain}` as ComponentId;
  const certificate = `cert/${domain}` as ComponentId;
  const attributes = { name: domain, system: 'email' };
  deployment.addComponent({ id: zone, kind: 'dns-zone', attributes, needs: [] });
  deployment.addComponent({ id: certificate, kind: 'certificate', attributes, needs: [] });
  for (const [index, { name, site }] of hosts.entries()) {
    const { provider = '', region = '' } = deployment.world.components.get(site)?.attributes ?? {};
    const component = `host/${name}` as ComponentId;
    deployment.addComponent({
      id: component,
      kind: 'host',
      attributes: { provider, region, host: name, domain, system: 'email' },
      needs: [{ on: site, strength: 'hard' }],
    });
    const part = 'mail';
    const core = createMailServer({
      domain,
      users: index === 0 ? users : undefined,
      costs,
      random: deployment.random(name),
      // A backup host hands on to hosts that are preferred to itself (RFC 5321 §5.1).
      exchangersOf: (to) =>
        to === domain ? exchangersOf(to).filter(({ preference }) => preference < index) : exchangersOf(to),
    });
    const node = deployment.addNode({
      name: `mail/${name}`,
      component,
      parts: { [part]: core },
      processors: 4,
    });
    const names = index === 0 ? [name, `submission.${domain}`, `imap.${domain}`] : [name];
    for (const each of names)
      deployment.addEndpoint({
        name: each as Address,
        dnsZone: zone,
        ttlSeconds: addressTtlSeconds,
        certificate,
        targets: [{ node, part }],
      });
  }
}

function addPhones(
  deployment: Deployment,
  addressOf: (person: PersonId) => MailAddress,
  domains: readonly Domain[],
): void {
  const { workload } = deployment;
  const part = 'mail';
  const members = workload.conversations.map((conversation) => conversation.members.map(addressOf));
  for (const person of workload.people) {
    const { id, device } = person;
    const address = addressOf(id);
    const domain = present(domains[id], `domain of person ${id}`);
    const imap = `imap.${domain}` as Address;
    const connectedAtStart = isOpenAtStart(person);
    const core = createMailClient({
      person: id,
      address,
      submission: `submission.${domain}` as Address,
      imap,
      policy: { android, ios }[device.platform],
      random: deployment.random(`phone/${id}`),
      addressOf,
      connectedAtStart,
      recipients: (conversation) => (members[conversation] ?? []).filter((each) => each !== address),
    });
    const parts = { [part]: core };
    const node = deployment.addNode({ name: `phone/${id}`, person: id, parts, userPart: part });
    if (connectedAtStart)
      deployment.addWarmLink({ client: node, part, to: imap, tag: imapTag, options: client.connection });
  }
}

/** E-mail as people have it on their phones. */
export const email: System = {
  id: 'email',
  title: 'E-mail',
  description:
    'The oldest federation: independent providers on published hosting shares, and Proton on its own sites, hand mail to ' +
    'each other by MX preference, with Postfix’s retry schedule and five days of patience; what cannot be delivered comes ' +
    'back. A message to people is a mail to their addresses. Phones hand in by submission, read by IMAP and are woken by ' +
    'push. Queues, schedule and returns follow RFC 5321 and Postfix; Proton’s own interior is not published and is that of ' +
    'any provider here. A domain’s MX records fail with its zone. Left out: spam filtering, greylisting, DANE and DKIM ' +
    'checks, warnings of delay, mailing lists, reading on a computer.',
  fidelity: 'B',
  tasks: mailTasks,
  withoutTask: {
    'create-group': 'a mail names its recipients; nobody keeps a group',
    'join-group': 'mailing lists are not modelled',
  },
  codec: composeCodecs({ smtp: smtpCodec, push: pushCodec }),
  usesRadio: false,
  deploy(deployment) {
    const parameters = readParameters(deployment);
    addPushServices(deployment);
    addProtonSites(deployment);
    const providers = planProviders(deployment, parameters);
    const { people } = deployment.workload;
    const domains = people.map(
      ({ id }) =>
        present(providers[providerOf(deployment, id, providers.length, parameters.protonShare)], 'provider')
          .domain,
    );
    const addressOf = (person: PersonId): MailAddress =>
      `person${person}@${domains[person] ?? ''}` as MailAddress;
    const exchangers = new Map(
      providers.map(({ domain, hosts }) => [
        domain,
        hosts.map(({ name }, preference): MailExchanger => ({ host: name as Address, preference })),
      ]),
    );
    for (const provider of providers) {
      const users = new Map<MailAddress, MailUser>();
      for (const { id, device } of people)
        if (domains[id] === provider.domain)
          users.set(addressOf(id), { platform: device.platform, pushToken: `phone/${id}` });
      addProvider(deployment, provider, users, (domain) => exchangers.get(domain) ?? [], parameters.costs);
    }
    addPhones(deployment, addressOf, domains);
    deployment.assume({
      path: 'systems.email.addressTtlSeconds',
      value: addressTtlSeconds,
      unit: 's',
      meaning: 'time to live of mail servers’ address and MX records',
      range: [300, 86_400],
    });
  },
};
