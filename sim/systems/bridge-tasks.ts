// Where people in a world with a bridge do what goes beyond writing.
import { bridge as constants } from '../../protocol/bridge/constants.ts';
import type { Provision } from '../../protocol/bridge/messages.ts';
import type { Address } from '../../protocol/core.ts';
import type { ClientTasksConfig } from '../../protocol/matrix/client-tasks.ts';
import { carriesNothing, type PersonId } from '../../protocol/message.ts';
import type { Task } from '../../protocol/task.ts';
import type { Roles } from './bridge-roles.ts';

/** Where somebody on Matrix does it: in a network by way of the bridge, or, undefined, at their homeserver. */
function networkBehind(task: Task, person: PersonId, roles: Roles): string | undefined {
  const homeOfContact = (other: PersonId | undefined): string | undefined =>
    other === undefined || roles.isBridged(other) ? undefined : roles.homeOf(other);
  switch (task.kind) {
    case 'first-contact':
      return homeOfContact(task.to);
    case 'create-group':
      return homeOfContact(task.invites.find((each) => !roles.isBridged(each)));
    case 'join-group':
      return homeOfContact(task.host);
    case 'attachment':
      return roles.networkOf(task.conversation);
    case 'link-device':
      return roles.homeOf(person);
    case 'log-in':
    case 'history':
      return undefined;
  }
}

/** Where somebody does it who is on the networks themselves. */
export function networkFor(task: Task, person: PersonId, roles: Roles): string | undefined {
  switch (task.kind) {
    case 'first-contact':
      return roles.homeOf(task.to);
    case 'join-group':
      return roles.homeOf(task.host);
    case 'attachment':
    case 'history':
      return roles.networkOf(task.conversation);
    case 'create-group':
    case 'link-device':
    case 'log-in':
      return roles.homeOf(person);
  }
}

/** What a bridged person's tasks need of the bridge. */
export function byBridge(
  person: PersonId,
  bridgeHost: Address,
  roles: Roles,
): NonNullable<ClientTasksConfig['elsewhere']> {
  return ({ id, task, name }, { userId, deviceId: device }) => {
    const network = networkBehind(task, person, roles);
    if (network === undefined) return undefined;
    const message: Provision = {
      kind: 'bridge.provision',
      user: userId,
      deviceId: device,
      network,
      task,
      id,
      name,
      carries: carriesNothing,
    };
    const to = bridgeHost;
    const timeout = constants.clientTimeout;
    return {
      instead: task.kind !== 'attachment',
      steps: [{ name: 'bridge', to, message, timeout, job: false }],
    };
  };
}
