// What a device has written and the service has not acknowledged: kept until it is, whatever happens, and sent again under
// the same id. Official clients show a clock and have no visible limit (observed; not published).
import type { Address, Effects, StoredState } from '../core.ts';
import { toHex } from '../bytes.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { ConversationId, UserMessageId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, elapsed, type Clock, type Instant } from '../time.ts';
import { client } from './constants.ts';
import type { AccountId, Submit } from './messages.ts';

/** One message to be sent; the record that is persisted. */
interface Pending {
  readonly message: UserMessageId;
  readonly conversation: ConversationId;
  readonly text: string;
  readonly id: string;
}

/** How an outbox is set up. */
export interface OutboxConfig {
  readonly account: AccountId;
  readonly random: RandomStream;
  /** Everybody else in a conversation. */
  recipients(conversation: ConversationId): readonly AccountId[];
}

const prefix = 'pending/';
const answerTimer = 'answer';

export class Outbox {
  readonly #config: OutboxConfig;
  /** In the order of writing. */
  readonly #pending = new Map<string, Pending>();
  /** Sent over the connection that is open, and when. */
  readonly #sentAt = new Map<string, Instant>();
  #link: Address | undefined;
  /** Since when it waits for no reason that was known then. */
  readonly #waitsSince = new Map<string, Instant>();
  /** Why nothing can be sent, while nothing can. */
  #reason: 'connecting' | 'waiting-for-network' | 'backoff' = 'connecting';
  #cause: CauseToken = noCause;

  constructor(config: OutboxConfig, stored: StoredState | undefined) {
    this.#config = config;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix)) this.#pending.set((value as Pending).id, value as Pending);
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  inspect(): unknown {
    return [...this.#pending.values()].map(({ message, id }) => ({ message, sent: this.#sentAt.has(id) }));
  }

  /** The person presses send. */
  send(
    clock: Clock,
    written: {
      readonly message: UserMessageId;
      readonly conversation: ConversationId;
      readonly text: string;
    },
    out: Effects,
  ): void {
    const { message, conversation, text } = written;
    const pending = { message, conversation, text, id: `3EB0${toHex(this.#config.random.bytes(9))}` };
    out.persist(`${prefix}${pending.id}`, pending);
    this.#pending.set(pending.id, pending);
    this.#waitsSince.set(pending.id, clock.now);
    if (this.#link === undefined) this.#hold(clock, pending, this.#reason, this.#cause, out);
    else this.#transmit(clock, this.#link, pending, out);
  }

  /** Logged in: everything without an answer goes out, in order. */
  connected(clock: Clock, link: Address, out: Effects): void {
    this.#link = link;
    this.#cause = noCause;
    for (const pending of this.#pending.values()) this.#transmit(clock, link, pending, out);
  }

  /** There is no connection, for this reason. */
  disconnected(
    clock: Clock,
    reason: 'connecting' | 'waiting-for-network' | 'backoff',
    cause: CauseToken,
    out: Effects,
  ): void {
    this.#link = undefined;
    this.#sentAt.clear();
    out.cancelTimer(answerTimer);
    // What was known to be in the way stays the reason until something else is known.
    if (cause === noCause && this.#cause !== noCause) return;
    this.#reason = reason;
    this.#cause = cause;
    for (const pending of this.#pending.values()) this.#hold(clock, pending, reason, cause, out);
  }

  /** Lets go of a connection that is open no longer. */
  keepsTo(clock: Clock, isOpen: (link: Address) => boolean, out: Effects): void {
    if (this.#link !== undefined && !isOpen(this.#link)) this.disconnected(clock, 'connecting', noCause, out);
  }

  /** The failure of an attempt tells why it waited since before it. */
  #hold(
    clock: Clock,
    { id, message }: Pending,
    reason: 'connecting' | 'waiting-for-network' | 'backoff',
    cause: CauseToken,
    out: Effects,
  ): void {
    const since = this.#waitsSince.get(id);
    if (cause === noCause) {
      if (since === undefined) this.#waitsSince.set(id, clock.now);
      return out.observe({ kind: 'hold', messages: [message], reason, cause });
    }
    this.#waitsSince.delete(id);
    out.observe({
      kind: 'hold',
      messages: [message],
      reason,
      cause,
      ...(since === undefined ? {} : { since }),
    });
  }

  /** One tick. */
  acknowledged(id: string, out: Effects): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#sentAt.delete(id);
    this.#waitsSince.delete(id);
    out.persist(`${prefix}${id}`, undefined);
    out.observe({ kind: 'accepted', message: pending.message });
    if (this.#sentAt.size === 0) out.cancelTimer(answerTimer);
  }

  /** True when the timer was the outbox's: what has had no answer for long is sent again. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== answerTimer) return false;
    const link = this.#link;
    if (link === undefined) return true;
    for (const [id, sentAt] of [...this.#sentAt]) {
      const pending = this.#pending.get(id);
      if (pending === undefined || elapsed(sentAt, clock.now) < client.answerTimeout) continue;
      this.#sentAt.delete(id);
      out.observe({
        kind: 'attempt-failed',
        message: pending.message,
        failure: { kind: 'timed-out', phase: 'response', definite: false, cause: noCause },
      });
      this.#transmit(clock, link, pending, out);
    }
    this.#setTimer(out);
    return true;
  }

  #transmit(clock: Clock, link: Address, { id, message, conversation, text }: Pending, out: Effects): void {
    const { account } = this.#config;
    out.observe({ kind: 'hold', messages: [message], reason: 'awaiting-answer', cause: noCause });
    const submit: Submit = {
      kind: 'whatsapp.submit',
      stanza: { id, from: account, type: 'message', content: text },
      to: this.#config.recipients(conversation),
      carries: [message],
    };
    out.send(link, submit);
    if (!this.#waitsSince.has(id)) this.#waitsSince.set(id, clock.now);
    this.#sentAt.set(id, clock.now);
    if (this.#sentAt.size === 1) this.#setTimer(out);
  }

  /** One timer, for the oldest. */
  #setTimer(out: Effects): void {
    for (const sentAt of this.#sentAt.values())
      return out.setTimer(answerTimer, after(sentAt, client.answerTimeout));
  }
}
