// Signal's phones and linked computers, all over the world.
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import {
  android,
  androidWithoutPush,
  desktop,
  ios,
  type PlatformPolicy,
} from '../../protocol/signal/constants.ts';
import { webSocketOptions, webSocketTag } from '../../protocol/signal/device-connection.ts';
import { createDevice, type DeviceConfig } from '../../protocol/signal/device.ts';
import { epoch, type Instant } from '../../protocol/time.ts';
import { greatCircleMetres } from '../infrastructure/great-circle.ts';
import type { Person } from '../workload/workload.ts';
import {
  accountOf,
  accountsByConversation,
  computerDevice,
  drawStrangers,
  nodeName,
} from './signal-accounts.ts';
import type { Site } from './signal-hosting.ts';
import type { SignalParameters } from './signal-parameters.ts';
import { chatName, others } from './signal-stores.ts';
import type { Deployment } from './system.ts';

/** Whether the phone is online, and its application open or never closed, when the run begins. */
function isConnectedAtStart({ device }: Person, policy: PlatformPolicy): boolean {
  const covers = ({ start, end }: { start: Instant; end: Instant }): boolean => start <= epoch && epoch < end;
  return (policy === androidWithoutPush || device.foreground.some(covers)) && !device.offline.some(covers);
}

function policyOf(deployment: Deployment, { id, device }: Person, withoutPushShare: number): PlatformPolicy {
  if (device.platform === 'ios') return ios;
  return deployment.exogenous('signal', 'without-push', id) < withoutPushShare ? androidWithoutPush : android;
}

/** Names of the sites' chat services, that of the site nearest to the person first. */
function routeOf(deployment: Deployment, { city }: Person, sites: readonly Site[]): readonly Address[] {
  const distanceTo = ({ ground }: Site): number => {
    const { location } = present(deployment.world.components.get(ground), `component ${ground}`);
    return greatCircleMetres(city.location, present(location, `location of ${ground}`));
  };
  return [...sites].sort((left, right) => distanceTo(left) - distanceTo(right)).map(chatName);
}

function commonConfig(
  deployment: Deployment,
  person: Person,
  sites: readonly Site[],
): Pick<DeviceConfig, 'person' | 'account' | 'service' | 'sites' | 'others' | 'accountOf'> {
  const route = routeOf(deployment, person, sites);
  return {
    person: person.id,
    account: accountOf(person.id),
    service: present(route[0], 'a site'),
    sites: route,
    others,
    accountOf: (other: PersonId) => accountOf(other),
  };
}

export function addPhones(
  deployment: Deployment,
  { strangerShare, withoutPushShare }: SignalParameters,
  sites: readonly Site[],
): void {
  const { workload } = deployment;
  const members = accountsByConversation(workload);
  const strangers = drawStrangers(deployment, strangerShare);
  for (const person of workload.people) {
    const name = nodeName(person.id);
    const policy = policyOf(deployment, person, withoutPushShare);
    const connectedAtStart = isConnectedAtStart(person, policy);
    const common = commonConfig(deployment, person, sites);
    const core = createDevice({
      ...common,
      device: 1,
      policy,
      random: deployment.random(name),
      connectedAtStart,
      recipients: (conversation: ConversationId) =>
        (members[conversation] ?? []).filter((member) => member !== common.account),
      strangers: strangers.get(person.id) ?? new Set(),
    });
    const part = 'signal';
    const client = deployment.addNode({ name, person: person.id, parts: { [part]: core }, userPart: part });
    if (!connectedAtStart) continue;
    const to = common.service;
    deployment.addWarmLink({ client, part, to, tag: webSocketTag, options: webSocketOptions });
  }
}

/** Linked computers: they read along while somebody uses them. */
export function addComputers(deployment: Deployment, sites: readonly Site[]): void {
  for (const person of deployment.workload.people) {
    const { id, computer } = person;
    if (computer === undefined) continue;
    const name = `computer/${id}`;
    const connectedAtStart = computer.inUse[0]?.start === epoch;
    const common = commonConfig(deployment, person, sites);
    const core = createDevice({
      ...common,
      device: computerDevice,
      policy: desktop,
      random: deployment.random(name),
      connectedAtStart,
      recipients: () => [],
      strangers: new Set(),
    });
    const part = 'signal';
    const parts = { [part]: core };
    const client = deployment.addNode({ name, person: id, device: 'computer', parts, userPart: part });
    if (!connectedAtStart) continue;
    const to = common.service;
    deployment.addWarmLink({ client, part, to, tag: webSocketTag, options: webSocketOptions });
  }
}
