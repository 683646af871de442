// Which requests each task is made of, in order, and which of them the client repeats by itself.
import { assertNever } from '../assert.ts';
import type { Address } from '../core.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { TaskNote, TaskStep } from '../task-runner.ts';
import { client, service } from './constants.ts';
import { clientContent, type AccountId, type Send, type SignalMessage } from './messages.ts';

/** Where a device finds what is not the chat service: other services, on other clouds. */
export interface OtherServices {
  /** Groups, and what an account keeps for its next device. */
  readonly storage: Address;
  readonly objects: Address;
  /** Contact discovery (CDSI). */
  readonly contacts: Address;
  /** Secrets behind PINs (SVR2). */
  readonly pins: Address;
}

/** What plans are made from. */
export interface PlanConfig {
  readonly account: AccountId;
  readonly service: Address;
  readonly others: OtherServices;
  readonly accountOf: (person: PersonId) => AccountId;
  /** Everybody else in a conversation. */
  recipients(conversation: ConversationId): readonly AccountId[];
}

/** The number of a further device. */
const furtherDevice = 2;

/** A task's requests. Empty: the phone itself has what is asked for. */
export function planOf({ task, name, timestamp }: TaskNote, config: PlanConfig): readonly TaskStep[] {
  const { account, others, accountOf } = config;
  const ask = (name: string, to: Address, message: Unsent, job = false): TaskStep => ({
    name,
    to,
    message: { ...message, carries: carriesNothing },
    timeout: name === 'upload' ? client.transferTimeout : client.requestTimeout,
    job,
  });
  const chat = (name: string, message: Unsent, job = false): TaskStep =>
    ask(name, config.service, message, job);
  const tell = (recipients: readonly AccountId[], content: string): TaskStep => {
    const send: Omit<Send, 'carries'> = {
      kind: 'signal.send',
      source: account,
      recipients,
      timestamp,
      content,
      urgent: true,
    };
    return chat('message', send, true);
  };
  const note = ' '.repeat(2 * client.paddingBlock);
  const keys = chat('keys', { kind: 'signal.put-keys', account, count: service.oneTimeKeys.batch });
  switch (task.kind) {
    case 'first-contact': {
      const to = accountOf(task.to);
      return [
        ask('contact discovery', others.contacts, { kind: 'signal.ask-enclave', account }),
        chat('pre-keys', { kind: 'signal.get-pre-keys', source: account, accounts: [to] }, true),
        tell([to], clientContent('opening', note)),
      ];
    }
    case 'link-device': {
      const device = { id: furtherDevice, platform: 'desktop', pushToken: '', lastSeenDay: 0 } as const;
      return [
        chat('provisioning', { kind: 'signal.provision', account }),
        chat('linking', { kind: 'signal.link-device', account, device }),
        keys,
      ];
    }
    case 'log-in':
      return [
        chat('verification', { kind: 'signal.verify', account }),
        ask('PIN', others.pins, { kind: 'signal.ask-enclave', account }),
        chat('registration', { kind: 'signal.register', account }),
        keys,
        ask('storage', others.storage, { kind: 'signal.storage-read', account }),
      ];
    case 'create-group': {
      const members = [account, ...task.invites.map(accountOf)];
      return [
        ask('group service', others.storage, { kind: 'signal.group-put', group: name, members }),
        tell(members.slice(1), clientContent('note', note)),
      ];
    }
    case 'join-group': {
      const host = accountOf(task.host);
      return [
        ask('group service', others.storage, {
          kind: 'signal.group-join',
          group: `of/${host}`,
          member: account,
        }),
        tell([host], clientContent('note', note)),
      ];
    }
    case 'attachment':
      return [
        chat('upload form', { kind: 'signal.upload-form', account }, true),
        ask('upload', others.objects, { kind: 'signal.object-put', key: name, bytes: task.bytes }, true),
        tell(config.recipients(task.conversation), clientContent('attachment', name)),
      ];
    case 'history':
      return [];
    default:
      return assertNever(task);
  }
}

type Unsent = SignalMessage extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'carries'>
    : never
  : never;
