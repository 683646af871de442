// What waits for one other server at a Dendrite. Everything is sent in order, fifty events at a time and one request at a
// time; after each failure it waits twice as long, and after the seventeenth it gives the destination up.
// Behaviour of Dendrite: github.com/element-hq/dendrite, federationapi/queue/destinationqueue.go and
// federationapi/statistics/statistics.go.
import type { Address, Effects, RequestOptions, RequestResult } from '../../core.ts';
import { noCause, type CauseToken, type Failure } from '../../failure.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, microseconds, seconds, type Clock, type Instant } from '../../time.ts';
import type { ServerName } from '../ids.ts';
import { userMessagesOf, type StoredEvent } from '../stored-event.ts';
import { dendrite } from './constants.ts';
import type { SenderOptions } from './event-sender.ts';
import type { Edu, Transaction } from './messages.ts';
import { patience } from './patience.ts';

/** What is kept of a destination on disk, beside its queue. */
export interface DendriteRecord {
  readonly isBlacklisted: boolean;
}

interface InFlight {
  readonly pdus: readonly StoredEvent[];
  readonly edus: readonly WaitingEdu[];
  readonly requestedAt: Instant;
}

/** An EDU in the queue. Kinds that grow old are dropped then: federationapi/storage/shared/storage_edus.go. */
interface WaitingEdu {
  readonly edu: Edu;
  readonly expiresAt: Instant | undefined;
  /** Where it is on disk, if it is. */
  readonly key: string | undefined;
}

/** What an answer was for. */
interface Answered {
  readonly pdus: readonly StoredEvent[];
  /** Those that joined the transaction after its id had been used. */
  readonly late: readonly StoredEvent[];
  /** Keys of EDUs on disk that are through. */
  readonly edus: readonly string[];
}

const nothing: Answered = { pdus: [], late: [], edus: [] };

export class DendriteDestination {
  readonly destination: ServerName;
  readonly #serverName: ServerName;
  readonly #random: RandomStream;
  readonly #patience: RequestOptions;
  #pending: StoredEvent[] = [];
  #edus: WaitingEdu[] = [];
  #inFlight: InFlight | undefined;
  #failures = 0;
  /** End of the back-off that runs; undefined while none does. */
  #retryAt: Instant | undefined;
  /** A transaction failed, and the queue waits for that (`backingOff`). A back-off for joins alone does not stop it. */
  #waits = false;
  #isBlacklisted: boolean;
  /**
   * Kept until a transaction is through: attempts at it count once at the receiver. What joined it since the first attempt
   * is lost when only that attempt's answer was: the receiver answers for the id without looking again.
   */
  #txnId: string | undefined;
  /** Events of the first attempt under this id. */
  #firstUnderId = 0;
  #successes = 0;
  #cause: CauseToken = noCause;

  constructor(
    destination: ServerName,
    { serverName, random, connectTimeout }: SenderOptions,
    record: DendriteRecord | undefined,
  ) {
    this.destination = destination;
    this.#serverName = serverName;
    this.#random = random;
    this.#patience = patience({ connectTimeout }, dendrite.requestTimeout);
    this.#isBlacklisted = record?.isBlacklisted === true;
  }

  get isBlacklisted(): boolean {
    return this.#isBlacklisted;
  }

  get record(): DendriteRecord {
    return { isBlacklisted: this.#isBlacklisted };
  }

  inspect(): unknown {
    return {
      destination: this.destination,
      pending: this.#pending.length,
      sending: this.#inFlight !== undefined,
      failures: this.#failures,
      blacklisted: this.#isBlacklisted,
      retryAt: this.#retryAt,
    };
  }

  /** Faults behind the last failure. */
  get cause(): CauseToken {
    return this.#cause;
  }

  get isWaiting(): boolean {
    return this.#waits;
  }

  hasQueued(streamOrdering: number): boolean {
    return this.#pending.some((stored) => stored.streamOrdering === streamOrdering);
  }

  enqueue(stored: StoredEvent, out: Effects): void {
    this.#pending.push(stored);
    if (this.#inFlight !== undefined || this.#waits) this.#hold([stored], undefined, out);
  }

  enqueueEdu(edu: Edu, expiresAt: Instant | undefined, key?: string): void {
    this.#edus.push({ edu, expiresAt, key });
  }

  /** Sends what there is, unless a request is under way, or a wait. */
  attempt(clock: Clock, out: Effects): void {
    if (this.#inFlight !== undefined || this.#isBlacklisted || this.#waits) return;
    const pdus = this.#pending.slice(0, dendrite.maximumPdus);
    this.#edus = this.#edus.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > clock.now);
    const edus = this.#edus.slice(0, dendrite.maximumEdus);
    if (pdus.length === 0 && edus.length === 0) return;
    if (this.#txnId === undefined) {
      this.#txnId = `${clock.wall}-${this.#successes}`;
      this.#firstUnderId = pdus.length;
    }
    const transaction: Transaction = {
      kind: 'matrix.transaction',
      origin: this.#serverName,
      destination: this.destination,
      txnId: this.#txnId,
      originServerTs: clock.wall,
      pdus: pdus.map(({ event }) => event),
      edus: edus.map(({ edu }) => edu),
      carries: userMessagesOf(pdus),
    };
    this.#inFlight = { pdus, edus, requestedAt: clock.now };
    out.request(
      this.destination as string as Address,
      dendriteRequestPrefix + this.destination,
      transaction,
      this.#patience,
    );
  }

  /** The events that the destination answered for. */
  answered(clock: Clock, result: RequestResult, out: Effects): Answered {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return nothing;
    this.#inFlight = undefined;
    if (result.ok) {
      this.#isThere();
      this.#successes++;
      this.#txnId = undefined;
      this.#pending.splice(0, inFlight.pdus.length);
      this.#edus.splice(0, inFlight.edus.length);
      const edus = inFlight.edus.flatMap(({ key }) => (key === undefined ? [] : [key]));
      return { pdus: inFlight.pdus, late: inFlight.pdus.slice(this.#firstUnderId), edus };
    }
    this.#failed(clock, result.failure, out);
    this.#waits = !this.#isBlacklisted;
    this.#hold(this.#pending, inFlight.requestedAt, out);
    return nothing;
  }

  /** The wait is over. */
  waited(clock: Clock, out: Effects): void {
    this.#retryAt = undefined;
    this.#waits = false;
    this.attempt(clock, out);
  }

  /** The destination spoke: it is there. True when it had been given up. */
  peerSpoke(clock: Clock, out: Effects): boolean {
    const wasBlacklisted = this.#isBlacklisted;
    if (this.#retryAt !== undefined) out.cancelTimer(dendriteRequestPrefix + this.destination);
    this.#isThere();
    this.attempt(clock, out);
    return wasBlacklisted;
  }

  /** A question to the destination failed, of those that count. */
  questionFailed(clock: Clock, failure: Failure, out: Effects): void {
    this.#failed(clock, failure, out);
  }

  #isThere(): void {
    this.#failures = 0;
    this.#retryAt = undefined;
    this.#waits = false;
    this.#isBlacklisted = false;
    this.#cause = noCause;
  }

  /** While a back-off runs another failure adds nothing to it (`backoffStarted`). */
  #failed(clock: Clock, { cause }: Failure, out: Effects): void {
    this.#cause = cause;
    if (this.#retryAt !== undefined || this.#isBlacklisted) return;
    this.#failures++;
    if (this.#failures >= dendrite.failuresUntilBlacklisted) {
      this.#isBlacklisted = true;
      return out.observe({ kind: 'situation', name: 'matrix.federation.blacklisted' });
    }
    const { least, most } = dendrite.jitter;
    const wait = seconds(1) * 2 ** this.#failures * (least + (most - least) * this.#random.uniform());
    this.#retryAt = after(clock.now, microseconds(wait));
    out.setTimer(dendriteRequestPrefix + this.destination, this.#retryAt);
    out.observe({ kind: 'situation', name: 'matrix.federation.backoff' });
  }

  #hold(events: readonly StoredEvent[], since: Instant | undefined, out: Effects): void {
    const messages = userMessagesOf(events);
    if (messages.length === 0) return;
    const reason = this.#isBlacklisted || this.#waits ? 'backoff' : 'queued';
    if (since !== undefined)
      out.observe({ kind: 'hold', messages, reason: 'awaiting-answer', cause: this.#cause, since });
    out.observe({ kind: 'hold', messages, reason, cause: this.#cause });
  }
}

/** Before the destination: tag of its request and name of its timer. */
export const dendriteRequestPrefix = 'transaction/';
