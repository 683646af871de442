// Events on their way from a homeserver to an application service, such as a bridge: transactions, in order, one at a
// time, kept until they are taken. Behaviour of Synapse: github.com/element-hq/synapse, synapse/appservice/scheduler.py.
import { jsonCodec } from '../codec.ts';
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../message.ts';
import { after, seconds, type Clock } from '../time.ts';
import { serverPatience } from './assumed-patience.ts';
import type { RoomId, UserId } from './ids.ts';
import type { StoredEvent } from './stored-event.ts';

/** scheduler.py: events of a transaction; waits of the recoverer double from 2 s to 2^9 s. */
export const appservice = {
  mostEvents: 100,
  mostDoublings: 9,
  timeout: serverPatience.applicationService,
} as const;

/** What an application service needs of an event. */
export interface AppserviceEvent {
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly type: string;
  /** The content's size, not its words: those it has from `carries`. */
  readonly content: string;
}

/** `PUT /_matrix/app/v1/transactions/{txnId}`. `carries` belongs to the events that are somebody's words, in order. */
export interface AppserviceTransaction extends Message {
  readonly kind: 'appservice.transaction';
  readonly txnId: number;
  readonly events: readonly AppserviceEvent[];
}
export interface AppserviceDone extends Message {
  readonly kind: 'appservice.done';
}

export const appserviceDone: AppserviceDone = Object.freeze({
  kind: 'appservice.done',
  carries: carriesNothing,
});

/** HTTP start line and headers, about as those of the client-server API. Assumed. */
const overheadBytes = 300;

function isAppservice(value: object): boolean {
  const { kind, txnId, events } = value as Partial<Omit<AppserviceTransaction, 'kind'>> & { kind?: unknown };
  if (kind === 'appservice.done') return true;
  return kind === 'appservice.transaction' && Number.isSafeInteger(txnId) && Array.isArray(events);
}

export const appserviceCodec: Codec<AppserviceTransaction | AppserviceDone> = jsonCodec({
  overheadBytes: () => overheadBytes,
  isMessage: isAppservice,
});

interface Queued {
  readonly number: number;
  readonly event: AppserviceEvent;
  readonly message: UserMessageId | undefined;
}

const prefix = 'appservice/';
const tagAndTimer = 'appservice';

/** The transactions of one application service. */
export class AppserviceSender {
  readonly #address: Address;
  readonly #queue: Queued[] = [];
  #numbers = 0;
  #transactions = 0;
  #inFlight = 0;
  #failures = 0;
  #cause: CauseToken = noCause;

  constructor(address: Address, stored: StoredState | undefined) {
    this.#address = address;
    for (const [key, value] of stored ?? []) {
      if (!key.startsWith(prefix)) continue;
      const queued = value as Queued;
      this.#queue.push(queued);
      this.#numbers = Math.max(this.#numbers, queued.number);
    }
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** After a restart what was not taken is sent again. */
  start(out: Effects): void {
    this.#send(out);
  }

  /** The server has taken an event that the service is interested in. */
  notify({ event, message }: StoredEvent, out: Effects): void {
    const { roomId, sender, type, content } = event;
    this.#numbers += 1;
    const told = { roomId, sender, type, content: JSON.stringify(content) };
    const queued: Queued = { number: this.#numbers, event: told, message };
    out.persist(`${prefix}${queued.number}`, queued);
    this.#queue.push(queued);
    if (this.#cause !== noCause) this.#hold([queued], out);
    this.#send(out);
  }

  /** True when the timer was its own. */
  timer(timer: string, out: Effects): boolean {
    if (timer !== tagAndTimer) return false;
    this.#inFlight = 0;
    this.#send(out);
    return true;
  }

  /** True when the answer was to its request. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag !== tagAndTimer) return false;
    if (result.ok) {
      for (const { number } of this.#queue.splice(0, this.#inFlight))
        out.persist(`${prefix}${number}`, undefined);
      this.#inFlight = 0;
      this.#failures = 0;
      this.#cause = noCause;
      this.#send(out);
      return true;
    }
    this.#failures = Math.min(this.#failures + 1, appservice.mostDoublings);
    this.#cause = result.failure.cause;
    this.#hold(this.#queue, out);
    // The service is down: nothing is sent before the wait is over.
    out.setTimer(tagAndTimer, after(clock.now, seconds(2 ** this.#failures)));
    return true;
  }

  #send(out: Effects): void {
    if (this.#inFlight > 0 || this.#queue.length === 0) return;
    const batch = this.#queue.slice(0, appservice.mostEvents);
    this.#inFlight = batch.length;
    this.#transactions += 1;
    const message: AppserviceTransaction = {
      kind: 'appservice.transaction',
      txnId: this.#transactions,
      events: batch.map(({ event }) => event),
      carries: batch.flatMap(({ message: words }) => words ?? []),
    };
    out.request(this.#address, tagAndTimer, message, { timeout: appservice.timeout });
  }

  #hold(queued: readonly Queued[], out: Effects): void {
    const messages = queued.flatMap(({ message }) => message ?? []);
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'backoff', cause: this.#cause });
  }
}
