// WhatsApp's cores on a test network: two data centres with a queue machine and a front end each, and three people, of
// whom 0 and 2 are on Android and 1 on iOS; 2 has a computer as well.
import type { Address } from '../../../protocol/core.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { createPushService, pushServices } from '../../../protocol/push.ts';
import { microseconds } from '../../../protocol/time.ts';
import { android, companion, ios } from '../../../protocol/whatsapp/constants.ts';
import { createDevice } from '../../../protocol/whatsapp/device.ts';
import { createDirectory } from '../../../protocol/whatsapp/directory.ts';
import { createFrontEnd } from '../../../protocol/whatsapp/front-end.ts';
import { createMediaStore, createRegistrationService } from '../../../protocol/whatsapp/media-store.ts';
import type { AccountId } from '../../../protocol/whatsapp/messages.ts';
import { createQueueMachine, type DeviceRecord } from '../../../protocol/whatsapp/queue-machine.ts';
import { MiniNetwork } from '../signal/mini-network.ts';
import { testStream } from '../signal/signal-world.ts';

export const frontEnd = 'g.whatsapp.net' as Address;
export const machines = ['queues-0', 'queues-1'] as Address[];
export const directories = {
  accounts: ['accounts-0', 'accounts-1'] as Address[],
  groups: ['groups-0', 'groups-1'] as Address[],
};
export const others = { registration: 'registration' as Address, media: 'media' as Address };
export const phone = (person: number): string => `phone/${person}`;
const accountOf = (person: number): AccountId => `49${person}` as AccountId;
const machineOf = (account: AccountId): number => Number(account.slice(2)) % 2;

/** Conversation 0: 0 and 1. Conversation 1: everybody. */
const members = [
  [0, 1],
  [0, 1, 2],
];

export function whatsappWorld(): MiniNetwork {
  const network = new MiniNetwork();
  const cost = microseconds(1);
  const record = (person: number): readonly DeviceRecord[] => [
    { device: 0, platform: person === 1 ? 'ios' : 'android', pushToken: phone(person) },
    ...(person === 2 ? [{ device: 1, platform: 'companion', pushToken: '' } as const] : []),
  ];
  for (const [index, name] of machines.entries()) {
    const accounts = new Map(
      [0, 1, 2].filter((person) => person % 2 === index).map((person) => [accountOf(person), record(person)]),
    );
    network.add(name, createQueueMachine({ accounts, cost }));
  }
  for (const name of [...directories.accounts, ...directories.groups])
    network.add(name, createDirectory({ companions: new Map([[accountOf(2), 1]]), cost }));
  network.add(others.media, createMediaStore);
  network.add(others.registration, createRegistrationService);
  for (const push of Object.values(pushServices)) network.add(push, createPushService);
  network.add(
    frontEnd,
    createFrontEnd({ machines, directories, machineOf, costs: { send: cost, login: cost } }),
  );
  const device = (person: number, number: number, name: string): void =>
    network.add(
      name,
      createDevice({
        person: person as PersonId,
        account: accountOf(person),
        device: number,
        service: frontEnd,
        others,
        accountOf,
        policy: number === 1 ? companion : person === 1 ? ios : android,
        random: testStream(person * 2 + number + 1),
        connectedAtStart: false,
        sendsReceipts: number === 0,
        recipients: (conversation: ConversationId) =>
          (members[conversation] ?? []).map(accountOf).filter((account) => account !== accountOf(person)),
      }),
    );
  for (const person of [0, 1, 2]) device(person, 0, phone(person));
  device(2, 1, 'computer/2');
  network.runUntil(5);
  return network;
}

export function say(network: MiniNetwork, person: number, message: number, conversation = 0): void {
  network.input(phone(person), {
    kind: 'user',
    action: {
      kind: 'send',
      message: message as UserMessageId,
      conversation: conversation as ConversationId,
      text: `message ${message}`,
    },
  });
}

export const open = (network: MiniNetwork, node: string): void =>
  network.input(node, { kind: 'user', action: { kind: 'open-app' } });
export const close = (network: MiniNetwork, node: string): void =>
  network.input(node, { kind: 'user', action: { kind: 'close-app' } });
