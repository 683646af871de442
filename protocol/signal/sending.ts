// One upload at the chat service: rate limit, accounts, the recipients' queues, notice to who listens, push to who
// does not (Signal-Server controllers/MessageController.java, push/MessageSender.java).
import { assertNever } from '../assert.ts';
import { toHex } from '../bytes.ts';
import type { RequestId, RequestResult } from '../core.ts';
import type { Clock } from '../time.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { SmallMap } from '../small-map.ts';
import { AccountLookup, type AccountSeeker, type FoundAccounts } from './account-lookup.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext } from './chat-context.ts';
import { service } from './constants.ts';
import {
  accountDay,
  done,
  type AccountRecord,
  type DeviceRecord,
  type Envelope,
  type Published,
  type QueueId,
  type Send,
  type Taken,
} from './messages.ts';

/** The phone. */
const primaryDevice = 1;

/** One `signal.send` from its arrival to its answer, and to the push notifications after it. */
export class Sending implements Operation, AccountSeeker {
  readonly #context: ChatContext;
  readonly #request: RequestId;
  readonly #message: Send;
  /** Both the limit and the accounts must be known; they are asked for at the same time. */
  #limitChecked = false;
  #answered = false;
  #accounts: FoundAccounts | undefined;
  readonly #devices = new SmallMap<QueueId, DeviceRecord>();

  constructor(context: ChatContext, request: RequestId, message: Send) {
    this.#context = context;
    this.#request = request;
    this.#message = message;
  }

  begin(step: Step): void {
    const { source, recipients } = this.#message;
    const take = {
      kind: 'signal.take',
      bucket: 'send',
      keys: recipients.map((recipient) => `${source}>${recipient}`),
      carries: carriesNothing,
    } as const;
    this.#context.ask(step, this, 'rate-limits', 'limit', take);
    // Whoever sends is sealed: the service does not know the account, nor look it up.
    new AccountLookup(this.#context, this, recipients).begin(step);
  }

  answered(step: Step, question: string, result: RequestResult): void {
    switch (question) {
      case 'limit':
        return this.#limited(step, result);
      case 'insert':
        return this.#inserted(step, result);
      case 'publish':
        return this.#published(step, result);
      case 'push':
        return this.#pushed(step, result);
      default:
        return assertNever(question as never);
    }
  }

  foundAccounts(step: Step, records: FoundAccounts): void {
    this.#accounts = records;
    this.#insertWhenReady(step);
  }

  lostAccounts(step: Step, failure: Failure): void {
    this.#refuse(step, 500, failure.cause);
  }

  /** The limit fails open: without an answer the message passes. */
  #limited(step: Step, result: RequestResult): void {
    const retryAfterMs = result.ok ? (result.message as Taken).retryAfterMs : 0;
    if (!result.ok) step.out.observe({ kind: 'situation', name: 'signal.rate-limit-failed-open' });
    if (retryAfterMs > 0) return this.#refuse(step, 429, noCause, retryAfterMs);
    this.#limitChecked = true;
    this.#insertWhenReady(step);
  }

  #insertWhenReady(step: Step): void {
    if (!this.#limitChecked || this.#accounts === undefined || this.#answered) return;
    const { source, recipients, timestamp, content, urgent, carries } = this.#message;
    for (const recipient of recipients) {
      const record = this.#accounts.get(recipient);
      if (record === undefined) return this.#refuse(step, 404, noCause);
      for (const device of record.devices)
        if (!isIdle(record, device, step.clock))
          this.#devices.set(this.#context.queueOf(recipient, device.id), device);
    }
    const guid = toHex(this.#context.config.random.bytes(16));
    const envelope: Envelope = { guid, source, timestamp, content, urgent };
    const queues = [...this.#devices.keys()];
    this.#context.ask(step, this, 'queues', 'insert', {
      kind: 'signal.queue-insert',
      queues,
      envelope,
      carries,
    });
  }

  /** In the queues: from here on the service is responsible. */
  #inserted(step: Step, result: RequestResult): void {
    if (!result.ok) return this.#refuse(step, 500, result.failure.cause);
    const { carries } = this.#message;
    this.#answered = true;
    step.out.respond(this.#request, done);
    step.out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    const queues = [...this.#devices.keys()];
    this.#context.ask(step, this, 'pub-sub', 'publish', {
      kind: 'signal.publish',
      queues,
      event: 'available',
      carries: carriesNothing,
    });
  }

  /**
   * Wakes devices that nobody serves. Without an answer everybody counts as absent; whoever is connected does not heed the
   * notification, so that the message waits until the device asks by itself, because of what kept the answer away.
   */
  #published(step: Step, result: RequestResult): void {
    if (!result.ok) this.#waitsOn(step, result.failure.cause);
    const absent = result.ok ? (result.message as Published).absent : [...this.#devices.keys()];
    for (const queue of absent) {
      const device = this.#devices.get(queue);
      if (device !== undefined) this.#context.push(step, this, device, this.#message.urgent);
    }
  }

  /** Nobody sends the notification again: the message waits until the device asks by itself. */
  #pushed(step: Step, result: RequestResult): void {
    if (result.ok) return;
    step.out.observe({ kind: 'situation', name: 'signal.push-failed' });
    this.#waitsOn(step, result.failure.cause);
  }

  /** The message waits in its recipients' queues for what failed to tell them of it. */
  #waitsOn({ out }: Step, cause: CauseToken): void {
    if (cause === noCause) return;
    out.observe({ kind: 'hold', messages: this.#message.carries, reason: 'stored-for-recipient', cause });
  }

  #refuse(step: Step, status: number, cause: CauseToken, retryAfterMs?: number): void {
    if (this.#answered) return;
    this.#answered = true;
    // What came here waits on from now, at its sender, for the sender's next attempt.
    step.out.observe({ kind: 'hold', messages: this.#message.carries, reason: 'backoff', cause });
    step.out.refuse(this.#request, status, undefined, retryAfterMs);
  }
}

/** Not seen for so long that it no longer belongs to its account. */
function isIdle(record: AccountRecord, { id, lastSeenDay }: DeviceRecord, { wall }: Clock): boolean {
  const { linked, primary } = service.idleDaysMost;
  return accountDay(record, wall) - lastSeenDay > (id === primaryDevice ? primary : linked);
}
