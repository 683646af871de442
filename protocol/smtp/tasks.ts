// What a mail application's person does beyond writing in a conversation: to a server most of it is mail like any other.
import { assertNever } from '../assert.ts';
import type { Address, StoredState } from '../core.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { DeviceState } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import type { TaskKind } from '../task.ts';
import { TaskRunner, type TaskNote, type TaskStep } from '../task-runner.ts';
import { client, reply, submitWait, type PlatformPolicy } from './constants.ts';
import type { Login, MailAddress, Read, Submit } from './messages.ts';

/** What mail has a counterpart for. */
export const mailTasks: readonly TaskKind[] = [
  'first-contact',
  'link-device',
  'log-in',
  'attachment',
  'history',
];

/** How they are set up. */
export interface TasksConfig {
  readonly address: MailAddress;
  readonly submission: Address;
  readonly imap: Address;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  readonly addressOf: (person: PersonId) => MailAddress;
  recipients(conversation: ConversationId): readonly MailAddress[];
}

/** A task's requests, in order. */
function planOf({ task, name }: TaskNote, config: TasksConfig): readonly TaskStep[] {
  const { address, submission, imap } = config;
  const mail = (recipients: readonly MailAddress[], attached?: number): TaskStep => {
    const message: Submit = {
      kind: 'smtp.submit',
      recipients,
      mail: {
        id: `<${name}@${address}>`,
        from: address,
        text: '',
        ...(attached === undefined ? {} : { attached }),
      },
      carries: carriesNothing,
    };
    return { name: 'submission', to: submission, message, timeout: client.submitTimeout, job: true };
  };
  const ask = (name: string, kind: (Login | Read)['kind']): TaskStep => ({
    name,
    to: imap,
    message: { kind, user: address, carries: carriesNothing } as Login | Read,
    timeout: client.askTimeout,
    job: false,
  });
  switch (task.kind) {
    // An address is all that is needed, and no session with anybody.
    case 'first-contact':
      return [mail([config.addressOf(task.to)])];
    case 'attachment':
      return [mail(config.recipients(task.conversation), task.bytes)];
    // A further device and a new one do the same; neither needs the other.
    case 'link-device':
    case 'log-in':
      return [ask('log-in', 'smtp.login'), ask('mailbox', 'smtp.read')];
    case 'history':
      return [ask('mailbox', 'smtp.read')];
    case 'create-group':
    case 'join-group':
      return [];
    default:
      return assertNever(task);
  }
}

/** Mail that waits to be handed in is tried again without end, as other mail is. */
export function createTasks(
  config: TasksConfig,
  device: DeviceState,
  stored: StoredState | undefined,
): TaskRunner {
  const { random, policy } = config;
  return new TaskRunner(
    {
      random,
      retriesInBackground: policy.sendsInBackground,
      stepsOf: (note) => planOf(note, config),
      nextTimestamp: (clock) => clock.wall,
      ask: (_clock, tag, { to, message, timeout }, out) => out.request(to, tag, message, { timeout }),
      waitAfter: submitWait,
      givesUp: (_attempts, _age, failure) =>
        failure.kind === 'status' &&
        (failure.status === reply.tooLarge || failure.status === reply.unknownUser),
    },
    device,
    stored,
  );
}
