// What waits for one other server. One transaction is in flight at a time; what fails is tried again within the request,
// then after a back-off; after a long one the destination is told of the tips of its rooms only.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/sender/per_destination_queue.py.
import type { Address, Effects, RequestOptions, RequestResult } from '../../core.ts';
import { noCause, type CauseToken, type Failure } from '../../failure.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, type Clock, type Instant } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { RoomId, ServerName, UserId } from '../ids.ts';
import { userMessagesOf, type StoredEvent } from '../stored-event.ts';
import { synapse } from './constants.ts';
import type { Edu, Transaction } from './messages.ts';
import { PendingEdus } from './pending-edus.ts';
import {
  backoffAfterFailure,
  mayRetryWithinRequest,
  retryDue,
  waitWithinRequest,
  type Backoff,
} from './retry-backoff.ts';

/** What is kept of a destination on disk. */
export interface DestinationRecord {
  /** Stream ordering of the newest event that the destination is known to have been sent. */
  readonly lastSuccessful: number;
  readonly backoff: Backoff | undefined;
  /** Places of events that were recorded as wanted and in no queue, and that `lastSuccessful` has passed since. */
  readonly passedOver?: readonly number[];
}

/** What is on disk for a destination. */
export interface DestinationDisk {
  readonly record: DestinationRecord;
  /** To-device messages that it has not got, by their keys on disk. */
  readonly durable: Map<string, Edu>;
}

/** What a queue asks of its server. */
export interface QueueContext {
  readonly serverName: ServerName;
  readonly random: RandomStream;
  readonly patience: RequestOptions;
  nextTransactionId(clock: Clock): string;
  /** Where own events in this room stand for this destination: the newest that it should get. */
  newestRecorded(destination: ServerName): ReadonlyMap<RoomId, number>;
  /** The event at a place of the server's stream. */
  eventAt(streamOrdering: number): StoredEvent | undefined;
  /** The room's forward extremities that the destination may see. */
  visibleExtremities(roomId: RoomId, destination: ServerName): readonly StoredEvent[];
}

interface InFlight {
  readonly pdus: readonly StoredEvent[];
  readonly edus: readonly Edu[];
  /** Keys of those that are on disk. */
  readonly durable: readonly string[];
  /** While catching up: how far the destination has come once this transaction is through. */
  readonly catchUpTo: number | undefined;
  /** As it was when the request began: that is what its end changes, whatever was asked meanwhile (util/retryutils.py). */
  readonly backoff: Backoff | undefined;
  /** Made anew with the same id for every attempt within the request. */
  readonly transaction: Transaction;
  retries: number;
  requestedAt: Instant;
  /** Waiting for the next attempt within the request. */
  sleeping: boolean;
}

export class DestinationQueue {
  readonly destination: ServerName;
  /** Where its record is on disk. */
  readonly diskKey: string;
  /** Tag of its request and name of its timer. */
  readonly #requestName: string;
  readonly #context: QueueContext;
  #pending: StoredEvent[] = [];
  readonly #edus: PendingEdus;
  #inFlight: InFlight | undefined;
  #catchingUp: boolean;
  #lastSuccessful: number;
  /**
   * From where catching up looks for what was missed: from what was on disk when the queue was made, or from where catching
   * up has come since. Transactions of what is new move only what is on disk (`__aexit__`), so that a queue that catches up
   * goes through everything since then.
   */
  #catchUpFrom: number;
  readonly #madeAt: number;
  /** Places of events that are recorded as wanted by the destination, and in no queue. */
  readonly #recordedOnly = new Set<number>();
  readonly #passedOver: Set<number>;
  #backoff: Backoff | undefined;
  /** What the back-off was when the request began whose failure made it what it is. */
  #backoffBefore: Backoff | undefined;
  /** Events that came while it was catching up, which finds them; kept to say why they wait. */
  #behindCatchUp: StoredEvent[] = [];
  /** Faults behind the last failure, until all that waited because of it is through. */
  #cause: CauseToken = noCause;

  constructor(
    destination: ServerName,
    context: QueueContext,
    { record, durable }: DestinationDisk,
    catchesUpFirst: boolean,
  ) {
    this.destination = destination;
    this.diskKey = destinationPrefix + destination;
    this.#requestName = requestPrefix + destination;
    this.#context = context;
    this.#edus = new PendingEdus(durable);
    this.#lastSuccessful = this.#catchUpFrom = this.#madeAt = record.lastSuccessful;
    this.#passedOver = new Set(record.passedOver);
    this.#backoff = record.backoff;
    this.#catchingUp = catchesUpFirst;
  }

  get backoff(): Backoff | undefined {
    return this.#backoff;
  }

  get isSending(): boolean {
    return this.#inFlight !== undefined;
  }

  /** Whether what waits here waits because of a fault. */
  get isHeldUp(): boolean {
    return this.#cause !== noCause;
  }

  /** Faults behind the last failure. */
  get cause(): CauseToken {
    return this.#cause;
  }

  get lastSuccessful(): number {
    return this.#lastSuccessful;
  }

  /** For the disk. */
  get record(): DestinationRecord {
    const record = { lastSuccessful: this.#lastSuccessful, backoff: this.#backoff };
    return this.#passedOver.size === 0 ? record : { ...record, passedOver: [...this.#passedOver] };
  }

  /**
   * The destination is not asked within the hour: the event is recorded as wanted by it, and is in no queue. Catching up
   * would find it. But a queue takes to catching up only when it is asked to send during a long back-off; if nobody asks
   * in the last hour of that, it goes on with what it had queued before, and what was only recorded is never sent
   * (synapse/federation/sender/__init__.py, `retry_due_within_ms`, and per_destination_queue.py,
   * `_transaction_transmission_loop`).
   */
  recordOnly(stored: StoredEvent, out: Effects): void {
    this.#recordedOnly.add(stored.streamOrdering);
    this.holdFor([stored], out);
  }

  /** Whether later events went out while it was in no queue. */
  hasPassedOver(streamOrdering: number): boolean {
    return this.#passedOver.has(streamOrdering);
  }

  /** Whether what it holds leads to the event at this place of the stream. */
  willSend(streamOrdering: number): boolean {
    const isIn = (stored: StoredEvent): boolean => stored.streamOrdering === streamOrdering;
    return this.#catchingUp || this.#pending.some(isIn) || this.#inFlight?.pdus.some(isIn) === true;
  }

  inspect(): unknown {
    return {
      destination: this.destination,
      pending: this.#pending.length,
      catchingUp: this.#catchingUp,
      sending: this.isSending,
      lastSuccessful: this.#lastSuccessful,
      backoff: this.#backoff,
    };
  }

  /** Queues an event of this server's own. It is recorded as wanted by the destination already. */
  enqueue(clock: Clock, stored: StoredEvent, out: Effects): void {
    const waits = this.#inFlight !== undefined || this.#isBackingOff(clock) || this.#catchingUp;
    (this.#catchingUp ? this.#behindCatchUp : this.#pending).push(stored);
    if (waits) this.holdFor([stored], out);
    this.attempt(clock, out);
  }

  /** Says at this server why these events wait. */
  holdFor(events: readonly StoredEvent[], out: Effects): void {
    const messages = userMessagesOf(events);
    if (messages.length === 0) return;
    const failing = this.#backoff !== undefined || this.#inFlight?.sleeping === true;
    const reason = failing ? 'backoff' : this.#catchingUp ? 'catching-up' : 'queued';
    out.observe({ kind: 'hold', messages, reason, cause: this.#cause });
  }

  enqueueEdu(clock: Clock, edu: Edu, key: string | undefined, out: Effects): void {
    this.#edus.add(edu, key);
    this.attempt(clock, out);
  }

  enqueuePresence(clock: Clock, state: JsonObject & { readonly user_id: UserId }, out: Effects): void {
    this.#edus.addPresence(state);
    this.attempt(clock, out);
  }

  /** A read receipt, which goes out with the next transaction; `attempt` makes one. */
  addReceipt(edu: Edu, key: string): void {
    this.#edus.addReceipt(edu, key);
  }

  /** Sends what there is, unless a transaction is under way or the back-off has not passed. */
  attempt(clock: Clock, out: Effects): void {
    if (this.#inFlight !== undefined) return;
    if (this.#isBackingOff(clock)) {
      // A long back-off means a long outage: what is queued would pile up.
      if (this.#backoff !== undefined && this.#backoff.interval > synapse.catchUpInterval) {
        this.#edus.dropEphemeral();
        this.#startCatchingUp(out);
      }
      return;
    }
    if (this.#catchingUp) {
      const next = this.#nextCatchUp(out);
      if (next !== undefined) return this.#send(clock, { ...next, edus: noEdus, durable: noKeys }, out);
    }
    const pdus = this.#pending.slice(0, synapse.maximumPdus);
    const { edus, durable } = this.#edus.take(pdus.length > 0);
    if (pdus.length > 0 || edus.length > 0)
      this.#send(clock, { pdus, edus, durable, catchUpTo: undefined }, out);
  }

  /** The peer spoke: it is there. Ends the back-off, and a wait within a request. */
  peerSpoke(clock: Clock, out: Effects): boolean {
    if (this.#backoff === undefined) return false;
    this.#backoff = undefined;
    if (this.#inFlight?.sleeping === true) this.retryNow(clock, out);
    else this.attempt(clock, out);
    return true;
  }

  /** The wait within a request is over. */
  retryNow(clock: Clock, out: Effects): void {
    const inFlight = this.#inFlight;
    if (inFlight?.sleeping !== true) return;
    inFlight.sleeping = false;
    out.cancelTimer(this.#requestName);
    this.#request(clock, inFlight, out);
  }

  /** The end of a transaction's request. `true` when what is on disk changed. */
  answered(clock: Clock, result: RequestResult, out: Effects): boolean {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return false;
    if (!result.ok) return this.#failed(clock, inFlight, result.failure, out);
    this.#inFlight = undefined;
    if (inFlight.backoff !== undefined) this.#backoff = undefined;
    if (!this.#catchingUp) this.#cause = noCause;
    for (const key of inFlight.durable) {
      this.#edus.isThrough(key);
      out.persist(key, undefined);
    }
    const last = inFlight.pdus.at(-1);
    if (inFlight.catchUpTo !== undefined) this.#lastSuccessful = this.#catchUpFrom = inFlight.catchUpTo;
    else if (last !== undefined) {
      this.#pending.splice(0, inFlight.pdus.length);
      this.#lastSuccessful = last.streamOrdering;
    }
    if (this.#behindCatchUp.length > 0)
      this.#behindCatchUp = this.#behindCatchUp.filter(
        ({ streamOrdering }) => streamOrdering > this.#lastSuccessful,
      );
    for (const ordering of this.#recordedOnly) {
      if (ordering > this.#lastSuccessful) continue;
      this.#recordedOnly.delete(ordering);
      // Catching up sends the newest of its room instead.
      if (inFlight.catchUpTo === undefined) this.#passedOver.add(ordering);
    }
    return true;
  }

  /** A question to the destination failed. During a back-off it is one that was asked before that began. */
  questionFailed(clock: Clock, failure: Failure, out: Effects): void {
    this.#cause = failure.cause;
    this.#backOff(clock, this.#isBackingOff(clock) ? this.#backoffBefore : this.#backoff, out);
  }

  #backOff(clock: Clock, before: Backoff | undefined, out: Effects): void {
    this.#backoffBefore = before;
    this.#backoff = backoffAfterFailure(before, clock.now, this.#context.random);
    out.observe({ kind: 'situation', name: 'matrix.federation.backoff' });
  }

  #failed(clock: Clock, inFlight: InFlight, failure: Failure, out: Effects): boolean {
    this.#cause = failure.cause;
    const wait = mayRetryWithinRequest(failure)
      ? waitWithinRequest(++inFlight.retries, this.#context.random)
      : undefined;
    if (wait !== undefined) {
      inFlight.sleeping = true;
      out.setTimer(this.#requestName, after(clock.now, wait));
    } else {
      this.#inFlight = undefined;
      this.#backOff(clock, inFlight.backoff, out);
    }
    const waiting =
      inFlight.catchUpTo === undefined ? this.#pending : [...inFlight.pdus, ...this.#behindCatchUp];
    const messages = userMessagesOf(waiting);
    const { requestedAt: since } = inFlight;
    if (messages.length > 0)
      out.observe({ kind: 'hold', messages, reason: 'awaiting-answer', cause: failure.cause, since });
    this.holdFor(waiting, out);
    return wait === undefined;
  }

  #isBackingOff(clock: Clock): boolean {
    return this.#backoff !== undefined && clock.now < retryDue(this.#backoff);
  }

  #startCatchingUp(out: Effects): void {
    if (!this.#catchingUp) out.observe({ kind: 'situation', name: 'matrix.federation.catch-up' });
    this.#catchingUp = true;
    this.#behindCatchUp.push(...this.#pending);
    this.#pending = [];
  }

  /** The next room of which the destination missed something; catching up ends when there is none. */
  #nextCatchUp(out: Effects): { pdus: readonly StoredEvent[]; catchUpTo: number } | undefined {
    let oldest: { roomId: RoomId; ordering: number } | undefined;
    for (const [roomId, ordering] of this.#context.newestRecorded(this.destination)) {
      if (ordering > this.#catchUpFrom && (oldest === undefined || ordering < oldest.ordering))
        oldest = { roomId, ordering };
    }
    const missed = oldest === undefined ? undefined : this.#context.eventAt(oldest.ordering);
    if (oldest === undefined || missed === undefined) {
      this.#catchingUp = false;
      this.#behindCatchUp = [];
      for (const ordering of this.#passedOver)
        if (ordering > this.#madeAt && ordering <= this.#catchUpFrom) this.#passedOver.delete(ordering);
      this.#cause = noCause;
      return undefined;
    }
    this.#startCatchingUp(out);
    const extremities = this.#context
      .visibleExtremities(oldest.roomId, this.destination)
      .toSorted((left, right) => right.event.depth - left.event.depth)
      .slice(0, synapse.maximumPrevEvents);
    const isTip = extremities.some(({ streamOrdering }) => streamOrdering === missed.streamOrdering);
    const newer = extremities.filter(({ streamOrdering }) => streamOrdering >= this.#catchUpFrom);
    return { pdus: isTip || newer.length === 0 ? [missed] : newer, catchUpTo: oldest.ordering };
  }

  #send(
    clock: Clock,
    content: Pick<InFlight, 'pdus' | 'edus' | 'durable' | 'catchUpTo'>,
    out: Effects,
  ): void {
    const { pdus, edus } = content;
    const transaction: Transaction = {
      kind: 'matrix.transaction',
      origin: this.#context.serverName,
      destination: this.destination,
      txnId: this.#context.nextTransactionId(clock),
      originServerTs: clock.wall,
      pdus: pdus.map(({ event }) => event),
      edus,
      carries: userMessagesOf(pdus),
    };
    this.#inFlight = {
      ...content,
      backoff: this.#backoff,
      transaction,
      retries: 0,
      requestedAt: clock.now,
      sleeping: false,
    };
    this.#request(clock, this.#inFlight, out);
  }

  #request(clock: Clock, inFlight: InFlight, out: Effects): void {
    inFlight.requestedAt = clock.now;
    const to = this.destination as string as Address;
    out.request(to, this.#requestName, inFlight.transaction, this.#context.patience);
  }
}

const noEdus: readonly Edu[] = Object.freeze([]);
const noKeys: readonly string[] = Object.freeze([]);
const requestPrefix = 'transaction/';
/** Of the keys on disk of what is known of destinations. */
export const destinationPrefix = 'destination/';

/** The destination of a request's tag or a timer's name. */
export function destinationOfRequest(name: string): ServerName | undefined {
  return name.startsWith(requestPrefix) ? (name.slice(requestPrefix.length) as ServerName) : undefined;
}
