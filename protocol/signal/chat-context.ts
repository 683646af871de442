// What the operations of one chat instance share: its set-up, its calls, and the ways to ask.
import type { Address } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { pushNotify, pushServices, type PushNotify } from '../push.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Duration } from '../time.ts';
import type { Backend, BackendCalls, Operation, Step } from './backend-calls.ts';
import { queueOf, type AccountId, type DeviceRecord, type QueueId, type SignalMessage } from './messages.ts';

/** The dependencies that a chat instance reaches inside its provider's network. */
export type InternalBackend = Exclude<Backend, 'push'>;

/** How one chat instance is set up. */
export interface ChatConfig {
  readonly random: RandomStream;
  readonly backends: Readonly<Record<InternalBackend, Address>>;
  /** The same at another site, where there is one: asked when the own does not answer. */
  readonly elsewhere?: Partial<Readonly<Record<InternalBackend, Address>>>;
  /** Processor time for accepting a message and for authenticating a connection. */
  readonly costs: { readonly send: Duration; readonly login: Duration };
}

/** Handle on the chat instance for its operations. */
export class ChatContext {
  readonly config: ChatConfig;
  readonly #calls: BackendCalls;
  /** By account, in the order of its devices' numbers: each is put together once. */
  readonly #queues = new Map<AccountId, QueueId[]>();
  /** One object per device and urgency: they all say the same. */
  readonly #notifications = new Map<string, PushNotify>();

  constructor(config: ChatConfig, calls: BackendCalls) {
    this.config = config;
    this.#calls = calls;
  }

  /** Asks a dependency; the operation's `answered` gets the end of it under the name `question`. */
  ask(
    step: Step,
    operation: Operation,
    backend: InternalBackend,
    question: string,
    message: SignalMessage,
  ): void {
    const to = this.config.backends[backend];
    const alternative = this.config.elsewhere?.[backend];
    this.#calls.ask(step, {
      operation,
      backend,
      question,
      to,
      message,
      ...(alternative === undefined ? {} : { alternative }),
    });
  }

  /** The name of a device's queue. */
  queueOf(account: AccountId, device: number): QueueId {
    let queues = this.#queues.get(account);
    if (queues === undefined) this.#queues.set(account, (queues = []));
    return (queues[device] ??= queueOf(account, device));
  }

  /** Asks the platform's push service, where it has one, to wake a device. The notification only wakes: the words stay where they are. */
  push(step: Step, operation: Operation, device: DeviceRecord, urgent: boolean): void {
    if (device.platform === 'desktop') return;
    const key = `${urgent ? 'urgent' : 'normal'} ${device.pushToken}`;
    let message = this.#notifications.get(key);
    if (message === undefined) {
      message = pushNotify(device.pushToken, urgent, carriesNothing);
      this.#notifications.set(key, message);
    }
    const to = pushServices[device.platform];
    this.#calls.ask(step, { operation, backend: 'push', question: 'push', to, message });
  }
}
