// WhatsApp: one operator on its own data centres, backbone and names; phones and linked computers all over the world.
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address } from '../../protocol/core.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import { taskKinds } from '../../protocol/task.ts';
import { epoch, inSeconds, milliseconds, type Duration } from '../../protocol/time.ts';
import { android, client, companion, ios, service } from '../../protocol/whatsapp/constants.ts';
import { connectionTag, createDevice } from '../../protocol/whatsapp/device.ts';
import { createFrontEnd } from '../../protocol/whatsapp/front-end.ts';
import { whatsappCodec, type AccountId } from '../../protocol/whatsapp/messages.ts';
import { createQueueMachine, type DeviceRecord } from '../../protocol/whatsapp/queue-machine.ts';
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import type { NodeIndex } from '../observation.ts';
import { isOpenAtStart } from './phones.ts';
import { addPushServices } from './push-services.ts';
import { readCache, readQueue } from './queue-parameters.ts';
import type { Deployment, System } from './system.ts';
import { addDirectories, addWhatsappHost, othersOf } from './whatsapp-directories.ts';
import { addMetaSites, internalZone, publicZone, type Site } from './whatsapp-sites.ts';

const chatName = 'g.whatsapp.net' as Address;
const part = 'whatsapp';
const computerDevice = 1;

/** A person's account: a number made of the row. */
export const accountOf = (person: PersonId): AccountId => `49${String(1_500_000_000 + person)}` as AccountId;
const personOf = (account: AccountId): number => Number(account.slice(2)) - 1_500_000_000;

interface Parameters {
  readonly frontEndsPerSite: number;
  readonly sendCost: Duration;
  readonly loginCost: Duration;
  readonly queueCost: Duration;
  readonly queue: QueueSpec;
  readonly cache: CacheSpec;
  readonly addressTtlSeconds: number;
  readonly sendsReceipts: boolean;
}

function readParameters(deployment: Deployment): Parameters {
  const read = (
    name: string,
    value: number,
    unit: string,
    range: readonly [number, number],
    meaning: string,
  ): number => deployment.parameter({ name, value, unit, range, meaning });
  return {
    frontEndsPerSite: Math.max(
      1,
      Math.round(read('frontEndsPerSite', 2, 'machines', [1, 20], 'front ends in each data centre')),
    ),
    // The sample of people stands for a much larger public and its fleet for a much larger one.
    sendCost: milliseconds(
      read('sendCostMs', 5, 'ms', [0.5, 50], 'processor time of a front end for one stanza of a device'),
    ),
    loginCost: milliseconds(
      read(
        'loginCostMs',
        5,
        'ms',
        [0.5, 50],
        'processor time of a front end for one connection that logs in',
      ),
    ),
    queueCost: milliseconds(
      read('queueCostMs', 1, 'ms', [0.1, 10], 'processor time of a queue machine for taking or handing out'),
    ),
    queue: readQueue(deployment, 'frontEnd', 'a front end'),
    cache: readCache(deployment, 'frontEnd', 'a front end', 1),
    addressTtlSeconds: read(
      'addressTtlSeconds',
      300,
      's',
      [60, 600],
      'time to live of the service’s address records; Cloudflare saw those of Facebook run out within ten minutes',
    ),
    sendsReceipts:
      read('receipts', 1, '0 or 1', [0, 1], '1: devices tell senders what has come (two ticks)') >= 0.5,
  };
}

function accountsAt(
  { workload }: Deployment,
  index: number,
  sites: number,
): ReadonlyMap<AccountId, readonly DeviceRecord[]> {
  const accounts = new Map<AccountId, readonly DeviceRecord[]>();
  for (const { id, device, computer } of workload.people) {
    if (id % sites !== index) continue;
    const phone: DeviceRecord = { device: 0, platform: device.platform, pushToken: `phone/${id}` };
    const linked: DeviceRecord = { device: computerDevice, platform: 'companion', pushToken: '' };
    accounts.set(accountOf(id), computer === undefined ? [phone] : [phone, linked]);
  }
  return accounts;
}

/** Queue machines, one in each data centre, and front ends. */
function addService(deployment: Deployment, sites: readonly Site[], parameters: Parameters): void {
  const machines = sites.map((site, index): Address => {
    const name = `queues-${site.name}.whatsapp.internal` as Address;
    const node = deployment.addNode({
      name: `whatsapp/queues-${site.name}`,
      component: addWhatsappHost(deployment, `queues-${site.name}`, site),
      parts: {
        queues: createQueueMachine({
          accounts: accountsAt(deployment, index, sites.length),
          cost: parameters.queueCost,
        }),
      },
      processors: 16,
    });
    deployment.addEndpoint({
      name,
      dnsZone: internalZone,
      ttlSeconds: parameters.addressTtlSeconds,
      targets: [{ node, part: 'queues' }],
    });
    return name;
  });
  const directories = addDirectories(deployment, sites, {
    cost: parameters.queueCost,
    addressTtlSeconds: parameters.addressTtlSeconds,
    companionsAt: (index) =>
      new Map(
        [...accountsAt(deployment, index, sites.length)].map(([account, devices]) => [
          account,
          devices.length - 1,
        ]),
      ),
  });
  const targets: { node: NodeIndex; part: string }[] = [];
  for (const site of sites) {
    for (let number = 1; number <= parameters.frontEndsPerSite; number++) {
      const name = `${site.name}-${number}`;
      const core = createFrontEnd({
        machines,
        directories,
        machineOf: (account) => personOf(account) % machines.length,
        costs: { send: parameters.sendCost, login: parameters.loginCost },
      });
      const node = deployment.addNode({
        name: `whatsapp/${name}`,
        component: addWhatsappHost(deployment, name, site),
        parts: { 'front-end': core },
        processors: 2,
        queue: parameters.queue,
        cache: parameters.cache,
      });
      targets.push({ node, part: 'front-end' });
    }
  }
  const ttlSeconds = parameters.addressTtlSeconds;
  deployment.addEndpoint({ name: chatName, dnsZone: publicZone, ttlSeconds, targets });
}

function addDevices(deployment: Deployment, sites: readonly Site[], { sendsReceipts }: Parameters): void {
  const { workload } = deployment;
  const members = workload.conversations.map((conversation) => conversation.members.map(accountOf));
  const connect = { part, to: chatName, tag: connectionTag, options: client.connection };
  for (const person of workload.people) {
    const { id, computer } = person;
    const account = accountOf(id);
    const recipients = (conversation: ConversationId): readonly AccountId[] =>
      (members[conversation] ?? []).filter((member) => member !== account);
    const add = (name: string, device: 'phone' | 'computer', connectedAtStart: boolean): void => {
      const isPhone = device === 'phone';
      const core = createDevice({
        person: id,
        account,
        device: isPhone ? 0 : computerDevice,
        service: chatName,
        others: othersOf(deployment, sites, id),
        accountOf,
        policy: isPhone ? { android, ios }[person.device.platform] : companion,
        random: deployment.random(name),
        connectedAtStart,
        sendsReceipts: sendsReceipts && isPhone,
        recipients,
      });
      const node = deployment.addNode({ name, person: id, device, parts: { [part]: core }, userPart: part });
      if (connectedAtStart) deployment.addWarmLink({ client: node, ...connect });
    };
    add(`phone/${id}`, 'phone', isOpenAtStart(person));
    if (computer !== undefined) add(`computer/${id}`, 'computer', computer.inUse[0]?.start === epoch);
  }
}

function listAssumptions(deployment: Deployment, sites: readonly Site[]): void {
  const assume = (
    name: string,
    value: string | number,
    unit: string,
    meaning: string,
    source?: string,
  ): void =>
    deployment.assume({
      path: `systems.whatsapp.${name}`,
      value,
      unit,
      meaning,
      ...(source === undefined ? {} : { source }),
    });
  assume(
    'sites',
    sites.map(({ name }) => name).join(', '),
    '',
    'data centres that serve it: front ends in each, and the queues of an equal share of the accounts; not published',
  );
  assume(
    'queueLifeSeconds',
    inSeconds(service.queueLife),
    's',
    'undelivered messages are deleted after this',
    'WhatsApp’s published policy, 30 days',
  );
  assume(
    'reconnectStepSeconds',
    inSeconds(client.reconnectStep),
    's',
    'reconnection waits so long for each failure before, without cap or jitter; official clients’ timers are not published',
    'tulir/whatsmeow client.go, a third-party client',
  );
  assume(
    'nameServers',
    4,
    '',
    'authoritative name servers, of which one is enough',
    'public DNS, whatsapp.net',
  );
}

/** WhatsApp on Meta's own infrastructure. */
export const whatsapp: System = {
  id: 'whatsapp',
  title: 'WhatsApp',
  description:
    'One operator on its own data centres, backbone and name servers: phones and linked computers hold a connection to a ' +
    'front end; each device has an offline queue that keeps messages for 30 days; repetitions have the same id and are ' +
    'shown once; receipts travel as messages do. Name servers that lose the data centres withdraw themselves. The service ' +
    'is closed: the path of a message and its retention are as published or as an interoperable client shows, everything ' +
    'inside is assumed by analogy. Beside the queues stand machines for accounts and keys, for groups, for media and for ' +
    'registration in each data centre. Left out: cryptography, calls, backups of chats at Apple and Google, unlinking of ' +
    'computers whose phone is unused for two weeks.',
  fidelity: 'C',
  tasks: taskKinds,
  codec: composeCodecs({ whatsapp: whatsappCodec, push: pushCodec }),
  usesRadio: false,
  deploy(deployment) {
    const parameters = readParameters(deployment);
    const sites = addMetaSites(deployment);
    addPushServices(deployment);
    addService(deployment, sites, parameters);
    addDevices(deployment, sites, parameters);
    listAssumptions(deployment, sites);
  },
};
