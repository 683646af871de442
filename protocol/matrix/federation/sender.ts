// The sending side of federation: which servers get which events, and when those that failed are asked again.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/sender/__init__.py.
import type { Effects, RequestResult, StoredState, Tag } from '../../core.ts';
import { noCause, type CauseToken, type Failure } from '../../failure.ts';
import { compareCodePoints } from '../../order.ts';
import { after, elapsed, inMilliseconds, type Clock, type Instant } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { RoomId, ServerName, UserId } from '../ids.ts';
import type { StoredEvent } from '../stored-event.ts';
import { synapse } from './constants.ts';
import {
  DestinationQueue,
  destinationOfRequest,
  destinationPrefix,
  type DestinationRecord,
  type QueueContext,
} from './destination-queue.ts';
import type { EventSender, Purpose, Receipt, SenderOptions, Standing } from './event-sender.ts';
import type { Edu } from './messages.ts';
import { patience } from './patience.ts';
import { retryDue } from './retry-backoff.ts';

const scanTimer = 'federation/scan';
const wakeTimer = 'federation/wake';
const receiptTimer = 'federation/receipts';
const roomPrefix = 'destination-room/';
const durablePrefix = 'destination-edu/';

export class FederationSender implements EventSender {
  readonly #options: SenderOptions;
  readonly #context: QueueContext;
  readonly #roomKeys = new Map<RoomId, Map<ServerName, string>>();
  readonly #restarted: boolean;
  /** Made when first needed. */
  readonly #queues = new Map<ServerName, DestinationQueue>();
  readonly #records = new Map<ServerName, DestinationRecord>();
  /** Per destination and room: place of the newest own event that the destination should get. */
  readonly #recorded = new Map<ServerName, Map<RoomId, number>>();
  readonly #newest = new Map<ServerName, number>();
  /** Destinations that miss something and to which nothing is being sent. */
  readonly #outstanding = new Set<ServerName>();
  /** By destination, then by key on disk: what must not be lost. */
  readonly #durable = new Map<ServerName, Map<string, Edu>>();
  #lastDurable = 0;
  /** Destinations with receipts that wait for something else to go there. */
  readonly #owedReceipts = new Set<ServerName>();
  #isPausing = false;
  #toWake: ServerName[] = [];
  #startedAt = 0 as Instant;
  #lastTransactionId = 0;

  constructor(options: SenderOptions, stored: StoredState | undefined) {
    this.#options = options;
    this.#restarted = stored !== undefined;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(destinationPrefix))
        this.#records.set(key.slice(destinationPrefix.length) as ServerName, value as DestinationRecord);
      else if (key.startsWith(durablePrefix)) {
        const [destination, number] = key.slice(durablePrefix.length).split('/');
        this.#durableOf(destination as ServerName).set(key, value as Edu);
        this.#lastDurable = Math.max(this.#lastDurable, Number(number));
      } else if (key.startsWith(roomPrefix)) {
        const slash = key.indexOf('/', roomPrefix.length);
        const destination = key.slice(roomPrefix.length, slash) as ServerName;
        this.#record(destination, key.slice(slash + 1) as RoomId, value as number);
      }
    }
    this.#context = {
      serverName: options.serverName,
      random: options.random,
      patience: patience(options, synapse.requestTimeout),
      nextTransactionId: (clock) => {
        this.#lastTransactionId = Math.max(this.#lastTransactionId + 1, clock.wall);
        return String(this.#lastTransactionId);
      },
      newestRecorded: (destination) => this.#recorded.get(destination) ?? new Map<RoomId, number>(),
      eventAt: options.eventAt,
      visibleExtremities: options.visibleExtremities,
    };
  }

  inspect(): unknown {
    return [...this.#queues.values()].map((queue) => queue.inspect());
  }

  /** After a restart every destination that misses something is woken by the first scan. */
  start(clock: Clock, out: Effects): void {
    this.#startedAt = clock.now;
    for (const destination of new Set([...this.#newest.keys(), ...this.#durable.keys()]))
      if (this.#misses(destination, this.#recordOf(destination))) this.#outstanding.add(destination);
    this.#armScan(clock, out);
  }

  /** An event of this server's own for these servers. */
  send(clock: Clock, stored: StoredEvent, destinations: readonly ServerName[], out: Effects): void {
    const { roomId } = stored.event;
    for (const destination of destinations) {
      this.#record(destination, roomId, stored.streamOrdering);
      out.persist(this.#roomKeyOf(destination, roomId), stored.streamOrdering);
    }
    const queues = destinations.map((destination) => this.#queueOf(destination));
    // Each says why the event waits for it, and the last word stands: those that a fault holds up come last.
    for (const queue of [
      ...queues.filter((each) => !each.isHeldUp),
      ...queues.filter((each) => each.isHeldUp),
    ]) {
      // A destination that is not asked within the hour gets the record only.
      if (this.#isDueSoon(clock, queue.destination)) queue.enqueue(clock, stored, out);
      else queue.recordOnly(stored, out);
      this.#settle(clock, queue, out);
    }
  }

  /** Who types, for these servers; those that may not be asked now are spared (handlers/typing.py, `_push_remote`). */
  sendEdu(
    clock: Clock,
    edu: Edu,
    key: string | undefined,
    destinations: readonly ServerName[],
    out: Effects,
  ): void {
    for (const destination of destinations)
      if (this.mayAsk(clock, destination)) this.#queueOf(destination).enqueueEdu(clock, edu, key, out);
  }

  sendPresence(
    clock: Clock,
    state: JsonObject & { readonly user_id: UserId },
    destinations: readonly ServerName[],
    out: Effects,
  ): void {
    for (const destination of destinations)
      if (this.#isDueSoon(clock, destination)) this.#queueOf(destination).enqueuePresence(clock, state, out);
  }

  sendReceipt(clock: Clock, receipt: Receipt, destinations: readonly ServerName[], out: Effects): void {
    const { edu, key, eventAtMs, author } = receipt;
    const due = destinations.filter((destination) => this.#isDueSoon(clock, destination));
    const isRecent = clock.wall - eventAtMs < inMilliseconds(synapse.promptReceiptAge);
    const isPrompt = isRecent || due.length < synapse.promptReceiptServers;
    for (const destination of due) {
      const queue = this.#queueOf(destination);
      queue.addReceipt(edu, key);
      if (isPrompt || destination === author) queue.attempt(clock, out);
      else this.#owedReceipts.add(destination);
    }
    if (!this.#isPausing) this.#sendOwedReceipt(clock, out);
  }

  /** One server after the other (`_DestinationWakeupQueue`). */
  #sendOwedReceipt(clock: Clock, out: Effects): void {
    const [destination] = this.#owedReceipts;
    this.#isPausing = destination !== undefined;
    if (destination === undefined) return;
    this.#owedReceipts.delete(destination);
    this.#queueOf(destination).attempt(clock, out);
    out.setTimer(receiptTimer, after(clock.now, synapse.receiptPause));
  }

  /** A destination that is in a long back-off gets it when it is next sent something (`send_device_messages`). */
  sendDurableEdu(
    clock: Clock,
    edu: Edu,
    destination: ServerName,
    out: Effects,
    supersedes?: (earlier: Edu) => boolean,
  ): void {
    const key = `${durablePrefix}${destination}/${++this.#lastDurable}`;
    const durable = this.#durableOf(destination);
    for (const [waiting, earlier] of supersedes === undefined ? [] : durable) {
      if (supersedes?.(earlier) !== true) continue;
      durable.delete(waiting);
      out.persist(waiting, undefined);
    }
    durable.set(key, edu);
    out.persist(key, edu);
    const queue = this.#queueOf(destination);
    if (this.#isDueSoon(clock, destination)) queue.attempt(clock, out);
    this.#settle(clock, queue, out);
  }

  /** Whether it may be asked within the hour: others are told nothing that can wait (`retry_due_within_ms`). */
  #isDueSoon(clock: Clock, destination: ServerName): boolean {
    const { backoff } = this.#queues.get(destination) ?? this.#recordOf(destination);
    return backoff === undefined || elapsed(clock.now, retryDue(backoff)) <= synapse.catchUpInterval;
  }

  /** Whether the server may be asked now. */
  mayAsk(clock: Clock, destination: ServerName, purpose?: Purpose): boolean {
    if (isInsistent(purpose)) return true;
    const { backoff } = this.#queues.get(destination) ?? this.#recordOf(destination);
    return backoff === undefined || clock.now >= retryDue(backoff);
  }

  askableFrom(destination: ServerName): Instant | undefined {
    const { backoff } = this.#queues.get(destination) ?? this.#recordOf(destination);
    return backoff === undefined ? (0 as Instant) : retryDue(backoff);
  }

  causeOfBackoff(destination: ServerName): CauseToken {
    return this.#queues.get(destination)?.cause ?? noCause;
  }

  /** A request from this server came in: it is there. */
  peerSpoke(clock: Clock, origin: ServerName, out: Effects): void {
    if (!this.#queues.has(origin) && this.#records.get(origin)?.backoff === undefined) return;
    const queue = this.#queueOf(origin);
    if (this.#endBackoff(clock, queue, out))
      out.observe({ kind: 'situation', name: 'matrix.federation.woken-by-peer' });
  }

  peerIsThere(clock: Clock, peer: ServerName, out: Effects): void {
    this.peerSpoke(clock, peer, out);
  }

  /**
   * Whoever runs the server has it forget that it wanted to wait: for each destination what Synapse's admin API does
   * (element-hq.github.io/synapse, "Reset connection timeout for a remote server").
   */
  standingOf(clock: Clock, destination: ServerName, { streamOrdering }: StoredEvent): Standing {
    const queue = this.#queues.get(destination);
    const { lastSuccessful, backoff } = queue ?? this.#recordOf(destination);
    const isPassedOver =
      queue?.hasPassedOver(streamOrdering) ??
      this.#recordOf(destination).passedOver?.includes(streamOrdering) === true;
    if (lastSuccessful >= streamOrdering) return isPassedOver ? 'passed-over' : 'sent';
    if (backoff !== undefined) return clock.now < retryDue(backoff) ? 'waiting' : 'queued';
    return queue === undefined || queue.willSend(streamOrdering) ? 'queued' : 'recorded';
  }

  clearBackoffs(clock: Clock, out: Effects): void {
    const destinations = new Set([...this.#records.keys(), ...this.#queues.keys()]);
    for (const destination of [...destinations].sort(compareCodePoints)) {
      const { backoff } = this.#queues.get(destination) ?? this.#recordOf(destination);
      if (backoff !== undefined) this.#endBackoff(clock, this.#queueOf(destination), out);
    }
  }

  #endBackoff(clock: Clock, queue: DestinationQueue, out: Effects): boolean {
    if (!queue.peerSpoke(clock, out)) return false;
    this.#persist(queue, out);
    this.#settle(clock, queue, out);
    return true;
  }

  /** A refusal says nothing: a server that is gone may refuse for ever (util/retryutils.py, `__exit__`). */
  questionEnded(
    clock: Clock,
    destination: ServerName,
    result: RequestResult,
    out: Effects,
    purpose?: Purpose,
  ): void {
    if (result.ok) return this.peerSpoke(clock, destination, out);
    if (isInsistent(purpose) || !countsAgainst(result.failure)) return;
    const queue = this.#queueOf(destination);
    queue.questionFailed(clock, result.failure, out);
    this.#persist(queue, out);
    this.#settle(clock, queue, out);
  }

  /** True when the answer was to a transaction. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    const destination = destinationOfRequest(tag);
    const queue = destination === undefined ? undefined : this.#queues.get(destination);
    if (queue === undefined) return destination !== undefined;
    if (queue.answered(clock, result, out)) {
      this.#persist(queue, out);
      if (result.ok) queue.attempt(clock, out);
    }
    this.#settle(clock, queue, out);
    return true;
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer === scanTimer) this.#scan(clock, out);
    else if (timer === receiptTimer) this.#sendOwedReceipt(clock, out);
    else if (timer === wakeTimer) this.#wakeNext(clock, out);
    else {
      const destination = destinationOfRequest(timer);
      if (destination === undefined) return false;
      this.#queues.get(destination)?.retryNow(clock, out);
    }
    return true;
  }

  // --- Destinations that are due ---

  #settle(clock: Clock, queue: DestinationQueue, out: Effects): void {
    const { destination } = queue;
    if (!this.#misses(destination, queue) || queue.isSending) this.#outstanding.delete(destination);
    else if (!this.#outstanding.has(destination)) {
      this.#outstanding.add(destination);
      this.#armScan(clock, out);
    }
  }

  /** Events or to-device messages; lists of devices wake nobody (`get_catch_up_outstanding_destinations`). */
  #misses(destination: ServerName, { lastSuccessful }: Pick<DestinationRecord, 'lastSuccessful'>): boolean {
    if ((this.#newest.get(destination) ?? 0) > lastSuccessful) return true;
    for (const { eduType } of this.#durable.get(destination)?.values() ?? [])
      if (eduType === 'm.direct_to_device') return true;
    return false;
  }

  /** The scan runs each minute of the server's life; only the next one that can find something is scheduled. */
  #armScan(clock: Clock, out: Effects): void {
    let due = Infinity;
    for (const destination of this.#outstanding) {
      const { backoff } = this.#queues.get(destination) ?? this.#recordOf(destination);
      due = Math.min(due, backoff === undefined ? clock.now : retryDue(backoff));
    }
    if (due === Infinity) return out.cancelTimer(scanTimer);
    const sinceStart = Math.max(due, clock.now + 1) - this.#startedAt;
    const ticks = Math.ceil(sinceStart / synapse.wakeUpScan);
    out.setTimer(scanTimer, (this.#startedAt + ticks * synapse.wakeUpScan) as Instant);
  }

  #scan(clock: Clock, out: Effects): void {
    this.#toWake = [...this.#outstanding]
      .filter((destination) => this.mayAsk(clock, destination))
      .sort(compareCodePoints);
    this.#wakeNext(clock, out);
  }

  #wakeNext(clock: Clock, out: Effects): void {
    const destination = this.#toWake.shift();
    if (destination !== undefined) {
      const queue = this.#queueOf(destination);
      queue.attempt(clock, out);
      this.#settle(clock, queue, out);
    }
    if (this.#toWake.length > 0) out.setTimer(wakeTimer, after(clock.now, synapse.wakeUpPause));
    else this.#armScan(clock, out);
  }

  // --- Records ---

  #record(destination: ServerName, roomId: RoomId, streamOrdering: number): void {
    let rooms = this.#recorded.get(destination);
    if (rooms === undefined) this.#recorded.set(destination, (rooms = new Map<RoomId, number>()));
    rooms.set(roomId, streamOrdering);
    const newest = this.#newest.get(destination) ?? 0;
    if (streamOrdering > newest) this.#newest.set(destination, streamOrdering);
  }

  /** Where it is on disk how far a room has come for a destination. Kept: it is written for every event. */
  #roomKeyOf(destination: ServerName, roomId: RoomId): string {
    let keys = this.#roomKeys.get(roomId);
    if (keys === undefined) this.#roomKeys.set(roomId, (keys = new Map<ServerName, string>()));
    let key = keys.get(destination);
    if (key === undefined) keys.set(destination, (key = `${roomPrefix}${destination}/${roomId}`));
    return key;
  }

  #durableOf(destination: ServerName): Map<string, Edu> {
    let durable = this.#durable.get(destination);
    if (durable === undefined) this.#durable.set(destination, (durable = new Map<string, Edu>()));
    return durable;
  }

  #recordOf(destination: ServerName): DestinationRecord {
    const { warmStreamOrdering } = this.#options;
    return this.#records.get(destination) ?? { lastSuccessful: warmStreamOrdering, backoff: undefined };
  }

  #persist(queue: DestinationQueue, out: Effects): void {
    out.persist(queue.diskKey, queue.record);
  }

  #queueOf(destination: ServerName): DestinationQueue {
    let queue = this.#queues.get(destination);
    if (queue === undefined) {
      const record = this.#recordOf(destination);
      const durable = this.#durableOf(destination);
      queue = new DestinationQueue(destination, this.#context, { record, durable }, this.#restarted);
      this.#queues.set(destination, queue);
    }
    return queue;
  }
}

/**
 * Asked in spite of a back-off, to which a failure adds nothing: `ignore_backoff` in federation/transport/client.py
 * (`make_membership_event`, `send_leave_v2`, `send_invite_v2`) and handlers/directory.py.
 */
function isInsistent(purpose: Purpose = 'question'): boolean {
  return purpose === 'leave' || purpose === 'invite' || purpose === 'directory';
}

/** util/retryutils.py: of the answers with an error, 401, 429 and 5xx say that something is wrong with the server. */
function countsAgainst(failure: Failure): boolean {
  if (failure.kind !== 'status') return true;
  return failure.status >= 500 || failure.status === 401 || failure.status === 429;
}
