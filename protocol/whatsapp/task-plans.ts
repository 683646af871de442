// Which requests each task is made of in WhatsApp, in order, and which of them the client repeats by itself.
import { assertNever } from '../assert.ts';
import type { Address } from '../core.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { TaskNote, TaskStep } from '../task-runner.ts';
import { client } from './constants.ts';
import type { AccountId, Submit } from './messages.ts';
import { mediaNotice, type Query, type Register, type Topic } from './task-messages.ts';

/** Where a device finds what is not the messages' front end. */
export interface OtherServices {
  /** Registers phones. */
  readonly registration: Address;
  /** The media host that the service names to this device. */
  readonly media: Address;
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

/** A task's requests. Empty: the phone itself has what is asked for. */
export function planOf({ task, name }: TaskNote, config: PlanConfig): readonly TaskStep[] {
  const { account, service, others, accountOf } = config;
  const query = (
    name: string,
    topic: Topic,
    about: AccountId,
    { job = false, ...rest }: { readonly job?: boolean } & Pick<Query, 'group' | 'members'> = {},
  ): TaskStep => {
    const message: Query = {
      kind: 'whatsapp.query',
      topic,
      from: account,
      account: about,
      carries: carriesNothing,
      ...rest,
    };
    return { name, to: service, message, timeout: client.answerTimeout, job };
  };
  const tell = (to: readonly AccountId[], content: string): TaskStep => {
    const stanza = { id: `3EB0${name.slice(0, 18)}`, from: account, type: 'notice', content } as const;
    const message: Submit = { kind: 'whatsapp.submit', stanza, to, carries: carriesNothing };
    return { name: 'message', to: service, message, timeout: client.answerTimeout, job: true };
  };
  const upload = (bytes: number, job: boolean): TaskStep => ({
    name: 'upload',
    to: others.media,
    message: { kind: 'whatsapp.media-put', key: name, bytes, carries: carriesNothing } as TaskStep['message'],
    timeout: client.transferTimeout,
    job,
  });
  const register = (name: string, step: Register['step']): TaskStep => ({
    name,
    to: others.registration,
    message: { kind: 'whatsapp.register', account, step, carries: carriesNothing } as Register,
    timeout: client.answerTimeout,
    job: false,
  });
  const where = mediaNotice(others.media, name);
  switch (task.kind) {
    case 'first-contact': {
      const to = accountOf(task.to);
      return [
        query('contact lookup', 'contact', to),
        query('keys', 'keys', to, { job: true }),
        tell([to], 'first words'),
      ];
    }
    case 'link-device':
      return [
        query('pairing', 'pair', account),
        query('keys', 'put-keys', account),
        query('media host', 'media', account, { job: true }),
        // The companion has nothing but what the phone gives it: recent chats, as one encrypted file.
        upload(client.historyBytes, true),
        tell([account], where),
      ];
    case 'log-in':
      return [
        register('verification', 'code'),
        register('registration', 'register'),
        query('keys', 'put-keys', account),
        query('account', 'account', account),
      ];
    case 'create-group': {
      const members = [account, ...task.invites.map(accountOf)];
      return [
        query('group', 'create-group', account, { group: name, members }),
        tell(members.slice(1), 'keys of the group'),
      ];
    }
    case 'join-group': {
      const host = accountOf(task.host);
      return [query('group', 'join-group', host, { group: `of/${host}` }), tell([host], 'keys of the group')];
    }
    case 'attachment':
      return [
        query('media host', 'media', account, { job: true }),
        upload(task.bytes, true),
        tell(config.recipients(task.conversation), where),
      ];
    case 'history':
      return [];
    default:
      return assertNever(task);
  }
}
