// Three providers and a phone at each on a test network; the second has a backup host.
import type { Address } from '../../../protocol/core.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { createPushService, pushServices } from '../../../protocol/push.ts';
import { android } from '../../../protocol/smtp/constants.ts';
import { createMailClient } from '../../../protocol/smtp/mail-client.ts';
import type { MailExchanger } from '../../../protocol/smtp/mail-queue.ts';
import { createMailServer } from '../../../protocol/smtp/mail-server.ts';
import type { Domain, MailAddress } from '../../../protocol/smtp/messages.ts';
import { microseconds } from '../../../protocol/time.ts';
import { MiniNetwork } from '../signal/mini-network.ts';
import { testStream } from '../signal/signal-world.ts';

export const domains = ['a.example', 'b.example', 'c.example'] as Domain[];
export const host = (index: number): string => `mx.${domains[index] ?? ''}`;
export const backup = 'backup.b.example';
export const phone = (index: number): string => `phone/${index}`;
const addressOf = (index: number): MailAddress =>
  `person${index}@${domains[index] ?? 'gone.example'}` as MailAddress;

/** Conversation 0: 0 and 1. Conversation 1: everybody. Conversation 2: 0 and somebody whose domain does not exist. */
const members = [
  [0, 1],
  [0, 1, 2],
  [0, 3],
];

function exchangersOf(domain: Domain): readonly MailExchanger[] {
  const index = domains.indexOf(domain);
  if (index < 0) return [];
  const first = { host: host(index) as Address, preference: 0 };
  return index === 1 ? [first, { host: backup as Address, preference: 10 }] : [first];
}

export function mailWorld(): MiniNetwork {
  const network = new MiniNetwork();
  const costs = { mail: microseconds(1), login: microseconds(1) };
  for (const push of Object.values(pushServices)) network.add(push, createPushService);
  for (const [index, domain] of domains.entries()) {
    const users = new Map([[addressOf(index), { platform: 'android', pushToken: phone(index) } as const]]);
    network.add(
      host(index),
      createMailServer({ domain, users, costs, random: testStream(index + 1), exchangersOf }),
    );
    network.add(
      phone(index),
      createMailClient({
        person: index as PersonId,
        address: addressOf(index),
        submission: host(index) as Address,
        imap: host(index) as Address,
        policy: android,
        random: testStream(20 + index),
        addressOf,
        connectedAtStart: false,
        recipients: (conversation: ConversationId) =>
          (members[conversation] ?? []).filter((each) => each !== index).map(addressOf),
      }),
    );
  }
  network.add(
    backup,
    createMailServer({
      domain: domains[1]!,
      users: undefined,
      costs,
      random: testStream(9),
      exchangersOf: (domain) => exchangersOf(domain).filter(({ host: name }) => name !== backup),
    }),
  );
  return network;
}

export function write(network: MiniNetwork, person: number, message: number, conversation = 0): void {
  network.input(phone(person), {
    kind: 'user',
    action: {
      kind: 'send',
      message: message as UserMessageId,
      conversation: conversation as ConversationId,
      text: `mail ${message}`,
    },
  });
}

export const open = (network: MiniNetwork, person: number): void =>
  network.input(phone(person), { kind: 'user', action: { kind: 'open-app' } });
