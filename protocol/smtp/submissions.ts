// What an application has to hand in: kept until its provider has taken it, tried again as long as it takes.
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { ConversationId, UserMessageId } from '../message.ts';
import type { DeviceState } from '../mobile-connection.ts';
import { after, type Clock } from '../time.ts';
import { client, submitWait } from './constants.ts';
import type { MailAddress, Submit } from './messages.ts';

/** One mail to be handed in; the record that is persisted. */
interface Pending {
  readonly message: UserMessageId;
  readonly conversation: ConversationId;
  readonly text: string;
  readonly id: string;
}

/** How a person's mail is handed in. */
export interface SubmissionsConfig {
  readonly address: MailAddress;
  /** The provider's submission service. */
  readonly submission: Address;
  readonly sendsInBackground: boolean;
  /** Everybody else in a conversation. */
  recipients(conversation: ConversationId): readonly MailAddress[];
}

const pendingPrefix = 'pending/';
const sentPrefix = 'sent/';
const retryTimer = 'submit';

export class Submissions {
  readonly #config: SubmissionsConfig;
  readonly #device: DeviceState;
  readonly #pending = new Map<string, Pending>();
  readonly #underWay = new Set<string>();
  /** Handed in, by Message-ID: for returns. */
  readonly #sent = new Map<string, Pending>();
  readonly #returned = new Map<UserMessageId, Pending>();
  #failures = 0;
  #resends = 0;
  #isWaiting = false;

  constructor(config: SubmissionsConfig, device: DeviceState, stored: StoredState | undefined) {
    this.#config = config;
    this.#device = device;
    for (const [key, value] of stored ?? []) {
      const record = value as Pending;
      if (key.startsWith(pendingPrefix)) this.#pending.set(record.id, record);
      else if (key.startsWith(sentPrefix)) this.#sent.set(record.id, record);
    }
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  inspect(): unknown {
    return { pending: this.#pending.size, returned: this.#returned.size };
  }

  send(clock: Clock, { message, conversation, text }: Omit<Pending, 'id'>, out: Effects): void {
    this.#add(clock, { message, conversation, text, id: `<${message}@${this.#config.address}>` }, out);
  }

  /** The person sends again what came back: a new mail, the same message. */
  resend(clock: Clock, message: UserMessageId, out: Effects): void {
    const returned = this.#returned.get(message);
    if (returned === undefined) return;
    this.#returned.delete(message);
    this.#resends += 1;
    this.#add(clock, { ...returned, id: `<${this.#resends}.${returned.id.slice(1)}` }, out);
  }

  /** A return has come: what it is for has failed, as the person can see. */
  returned(id: string, out: Effects): void {
    const record = this.#sent.get(id);
    if (record === undefined) return;
    this.#sent.delete(id);
    out.persist(`${sentPrefix}${id}`, undefined);
    this.#returned.set(record.message, record);
    out.observe({ kind: 'failed', message: record.message, cause: noCause });
  }

  /** Tries everything that is not under way: a new network, the application opened, a restart. */
  wake(clock: Clock, out: Effects): void {
    if (this.#isWaiting) out.cancelTimer(retryTimer);
    this.#isWaiting = false;
    for (const pending of this.#pending.values()) this.#submit(clock, pending, out);
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== retryTimer) return false;
    this.wake(clock, out);
    return true;
  }

  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const pending = this.#pending.get(tag);
    if (pending === undefined || !this.#underWay.delete(tag)) return;
    if (result.ok) {
      this.#failures = 0;
      this.#pending.delete(tag);
      out.persist(`${pendingPrefix}${tag}`, undefined);
      this.#sent.set(tag, pending);
      out.persist(`${sentPrefix}${tag}`, pending);
      return out.observe({ kind: 'accepted', message: pending.message });
    }
    const { failure } = result;
    out.observe({ kind: 'attempt-failed', message: pending.message, failure });
    this.#hold([pending.message], 'backoff', failure.cause, out);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#failures += 1;
    out.setTimer(retryTimer, after(clock.now, submitWait(this.#failures)));
  }

  #add(clock: Clock, pending: Pending, out: Effects): void {
    out.persist(`${pendingPrefix}${pending.id}`, pending);
    this.#pending.set(pending.id, pending);
    if (this.#isWaiting) this.#hold([pending.message], 'queued', noCause, out);
    this.#submit(clock, pending, out);
  }

  #submit(clock: Clock, { id, message, conversation, text }: Pending, out: Effects): void {
    if (this.#underWay.has(id)) return;
    const { address, submission, sendsInBackground } = this.#config;
    if (!this.#device.networkIsUp)
      return this.#hold([message], 'waiting-for-network', this.#device.networkCause, out);
    if (!sendsInBackground && !this.#device.isRunning(clock)) return;
    const submit: Submit = {
      kind: 'smtp.submit',
      recipients: this.#config.recipients(conversation),
      mail: { id, from: address, text },
      carries: [message],
    };
    this.#underWay.add(id);
    this.#hold([message], 'awaiting-answer', noCause, out);
    out.request(submission, id, submit, { timeout: client.submitTimeout });
  }

  #hold(
    messages: readonly UserMessageId[],
    reason: 'backoff' | 'queued' | 'waiting-for-network' | 'awaiting-answer',
    cause: CauseToken,
    out: Effects,
  ): void {
    out.observe({ kind: 'hold', messages, reason, cause });
  }
}
