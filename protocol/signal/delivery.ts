// Delivery of one device's queue over its WebSocket: the state machine of Signal-Server
// storage/RedisDynamoDbMessagePublisher.java and websocket/WebSocketConnection.java.
import { assertNever } from '../assert.ts';
import type { Address, RequestResult } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { SmallMap } from '../small-map.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext } from './chat-context.ts';
import { service } from './constants.ts';
import {
  queueEmpty,
  zip,
  type Delivery as DeliveryMessage,
  type QueuedEnvelope,
  type QueueEvent,
  type QueueId,
  type QueuePage,
  type QueueRead,
  type QueueRemoved,
} from './messages.ts';

/**
 * What may wait for the device: messages in DynamoDB (and Redis), in Redis only, nothing.
 * The next read begins where this says, and only while no read is under way and everything sent is acknowledged.
 */
export type StoredMessages = 'persisted' | 'cached' | 'empty';

type Source = 'tables' | 'queues';

/** One device's WebSocket from authentication to its end. */
export class Delivery implements Operation {
  readonly queue: QueueId;
  readonly link: Address;
  readonly #context: ChatContext;
  readonly #onFailure: (step: Step, delivery: Delivery) => void;
  readonly #firstPage: QueueRead;
  #stored: StoredMessages = 'persisted';
  #reading: Source | undefined;
  #nextPage = 0;
  #saidEmpty = false;
  #open = true;
  /** Sent and not acknowledged, by GUID, with the store each was read from. */
  readonly #unacknowledged = new SmallMap<string, Source>();
  /** Acknowledged and to be removed, by store; what comes while a removal is under way goes with the next. */
  readonly #removable: Readonly<Record<Source, string[]>> = { tables: [], queues: [] };
  readonly #removing: Record<Source, readonly string[] | undefined> = {
    tables: undefined,
    queues: undefined,
  };

  /** `onFailure` closes the connection when a store cannot be read, or nothing be removed from it. */
  constructor(
    context: ChatContext,
    queue: QueueId,
    link: Address,
    onFailure: (step: Step, delivery: Delivery) => void,
  ) {
    this.#context = context;
    this.queue = queue;
    this.link = link;
    this.#onFailure = onFailure;
    this.#firstPage = { kind: 'signal.queue-read', queue, after: 0, carries: carriesNothing };
  }

  /** Whether the device would miss something if the connection ended now. */
  get hasPending(): boolean {
    return this.#stored !== 'empty' || this.#unacknowledged.size > 0;
  }

  get stored(): StoredMessages {
    return this.#stored;
  }

  begin(step: Step): void {
    this.#advance(step);
  }

  /** The connection has ended: answers still under way change nothing. */
  end(): void {
    this.#open = false;
  }

  /** Something happened to the queue. */
  noticed(step: Step, event: Exclude<QueueEvent, 'displaced'>): void {
    if (event === 'persisted') this.#stored = 'persisted';
    else if (this.#stored === 'empty') this.#stored = 'cached';
    this.#advance(step);
  }

  /** The device has stored a message. */
  acknowledged(step: Step, guid: string): void {
    const source = this.#unacknowledged.get(guid);
    if (source === undefined) return;
    this.#unacknowledged.delete(guid);
    this.#removable[source].push(guid);
    this.#remove(step, source);
    this.#readNextPage(step);
  }

  answered(step: Step, question: string, result: RequestResult): void {
    switch (question) {
      case 'read':
        return this.#read(step, result);
      case 'remove-tables':
        return this.#removed(step, 'tables', result);
      case 'remove-queues':
        return this.#removed(step, 'queues', result);
      default:
        return assertNever(question as never);
    }
  }

  #advance(step: Step): void {
    if (!this.#open || this.#reading !== undefined) return;
    if (this.#unacknowledged.size > 0 || this.#stored === 'empty') return;
    // What is being removed from a store would come again from it.
    if (this.#removing.queues !== undefined) return;
    if (this.#stored === 'persisted' && this.#removing.tables !== undefined) return;
    this.#reading = this.#stored === 'persisted' ? 'tables' : 'queues';
    this.#stored = 'empty';
    this.#ask(step, this.#reading, 0);
  }

  #ask(step: Step, source: Source, after: number): void {
    this.#nextPage = 0;
    const message = after === 0 ? this.#firstPage : { ...this.#firstPage, after };
    this.#context.ask(step, this, source, 'read', message);
  }

  #read(step: Step, result: RequestResult): void {
    const source = this.#reading;
    if (!this.#open || source === undefined) return;
    if (!result.ok) return this.#onFailure(step, this);
    const page = result.message as QueuePage;
    if (page.carries.length > 0) {
      // If the device goes before it acknowledges, they wait on for it.
      const { carries: messages } = page;
      step.out.observe({ kind: 'hold', messages, reason: 'stored-for-recipient', cause: noCause });
    }
    for (const entry of zip(page)) this.#send(step, entry, source);
    this.#nextPage = page.next;
    if (page.next > 0) return this.#readNextPage(step);
    // The tables first, then the cache: the cache holds what is newer.
    if (source === 'tables') {
      this.#reading = 'queues';
      return this.#ask(step, 'queues', 0);
    }
    this.#reading = undefined;
    if (!this.#saidEmpty) {
      this.#saidEmpty = true;
      step.out.send(this.link, queueEmpty);
    }
    this.#advance(step);
  }

  /** Reads on while a further page fits into what may be in flight. */
  #readNextPage(step: Step): void {
    if (!this.#open || this.#reading === undefined || this.#nextPage === 0) return;
    if (this.#unacknowledged.size + service.pageSize > service.messagesInFlight) return;
    this.#ask(step, this.#reading, this.#nextPage);
  }

  #send(step: Step, { envelope, words }: QueuedEnvelope, source: Source): void {
    // The persister may have moved it from where it was read first.
    if (this.#unacknowledged.has(envelope.guid)) return;
    this.#unacknowledged.set(envelope.guid, source);
    const carries = words === undefined ? carriesNothing : [words];
    const message: DeliveryMessage = { kind: 'signal.delivery', envelope, carries };
    step.out.send(this.link, message);
  }

  #remove(step: Step, source: Source): void {
    if (this.#removable[source].length === 0 || this.#removing[source] !== undefined) return;
    const guids = this.#removable[source].splice(0);
    this.#removing[source] = guids;
    const message = {
      kind: 'signal.queue-remove',
      queue: this.queue,
      guids,
      carries: carriesNothing,
    } as const;
    this.#context.ask(step, this, source, `remove-${source}`, message);
  }

  /** A failed removal ends the connection, as a failed read does. What it leaves is sent again; the device drops what it has. */
  #removed(step: Step, source: Source, result: RequestResult): void {
    const asked = this.#removing[source] ?? [];
    this.#removing[source] = undefined;
    if (!result.ok) {
      if (this.#open) this.#onFailure(step, this);
      return;
    }
    if (source === 'queues') {
      // The persister has moved the others since they were read.
      const removed = new Set((result.message as QueueRemoved).guids);
      for (const guid of asked) if (!removed.has(guid)) this.#removable.tables.push(guid);
      this.#remove(step, 'tables');
    }
    this.#remove(step, source);
    this.#advance(step);
  }
}
