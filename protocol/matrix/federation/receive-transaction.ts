// `PUT /send/{txnId}` at the receiving server: each transaction counts once, what is well signed is staged durably, and
// the answer goes out before the events are judged.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/federation_server.py. A Dendrite remembers no answers.
import type { Effects, RequestId, StoredState } from '../../core.ts';
import { carriesNothing, type UserMessageId } from '../../message.ts';
import { reject, type Outcome } from '../../outcome.ts';
import { elapsed, type Clock, type Instant } from '../../time.ts';
import type { MatrixEvent } from '../event.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { EventId, RoomId, ServerName } from '../ids.ts';
import { pairUserMessages } from '../user-messages.ts';
import { synapse } from './constants.ts';
import { noteRefusedPdu, takeIn, type CamePdu, type SignedPdu } from './pdu-checks.ts';
import { typeOf, type PduResult, type Transaction, type TransactionResult } from './messages.ts';
import type { RoomInboxes } from './room-inbox.ts';

/** A transaction whose answer is known. */
interface Answered {
  readonly results: readonly PduResult[];
  readonly atMs: number;
}

/** A transaction that waits for a key. */
interface Waiting {
  readonly request: RequestId;
  readonly transaction: Transaction;
  /** Of its answer, on disk. */
  readonly key: string;
  readonly since: Instant;
}

const receivedPrefix = 'received/';

export class TransactionReceiver {
  readonly #context: HomeserverContext;
  readonly #inboxes: RoomInboxes;
  /** By their keys on disk, which say origin and transaction id; oldest first. */
  readonly #answered = new Map<string, Answered>();
  readonly #waiting = new Map<ServerName, Waiting>();

  constructor(context: HomeserverContext, inboxes: RoomInboxes, stored: StoredState | undefined) {
    this.#context = context;
    this.#inboxes = inboxes;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(receivedPrefix)) this.#answered.set(key, value as Answered);
  }

  receive(clock: Clock, request: RequestId, transaction: Transaction, out: Effects): void {
    const { origin, txnId, pdus, edus } = transaction;
    const key = keyOf(transaction);
    if (pdus.length > synapse.maximumPdus || edus.length > synapse.maximumEdus)
      return out.refuse(request, 400);
    const active = this.#waiting.get(origin);
    if (active !== undefined && active.transaction.txnId !== txnId)
      return out.refuse(request, synapse.busyOriginStatus);
    // What has joined it under its id since is not looked at.
    if (active !== undefined) return void this.#waiting.set(origin, { ...active, request });
    const known = this.#answered.get(key);
    if (known !== undefined) {
      out.spend(this.#context.config.costs.request);
      return out.respond(request, answerOf(known.results));
    }
    const { keys } = this.#context;
    const waiting: Waiting = { request, transaction, key, since: clock.now };
    if (keys.ensure(clock, keys.neededFor(pdus), out)) this.#process(clock, waiting, out);
    else this.#waiting.set(origin, waiting);
  }

  /** Keys came, or did not: what waited for them goes on. */
  keysSettled(clock: Clock, out: Effects): void {
    for (const waiting of this.#waiting.values()) {
      const { transaction, since } = waiting;
      const { keys } = this.#context;
      const needs = keys.neededFor(transaction.pdus);
      if (keys.isFetching(needs)) continue;
      const { carries: messages } = transaction;
      const { lastFailure: cause } = keys;
      // Keys that came after all came late, as somebody was asked in vain before.
      const wasInVain = needs.size > 0 || elapsed(since, clock.now) >= synapse.keyTimeout;
      if (wasInVain && messages.length > 0)
        out.observe({ kind: 'hold', messages, reason: 'awaiting-answer', cause, since });
      this.#process(clock, waiting, out);
    }
  }

  #process(clock: Clock, { transaction, request, key }: Waiting, out: Effects): void {
    const { origin } = transaction;
    this.#waiting.delete(origin);
    const { costs } = this.#context.config;
    out.spend(transaction.pdus.length === 0 ? costs.request : costs.receivePdu);
    const results: PduResult[] = [];
    const staged: { signed: SignedPdu; message: UserMessageId | undefined }[] = [];
    pairUserMessages(transaction.pdus, transaction.carries, typeOf, (pdu, message) => {
      const { pdu: json, byteLength } = pdu;
      const read = this.#read({ pdu: json, byteLength, message, from: origin }, out);
      if (read.ok) staged.push({ signed: read.value, message });
      if (read.ok) results.push(takenResult(read.value.event));
      else if (read.rule !== unknownRoomRule) results.push({ eventId: '$' as EventId, error: read.detail });
    });
    const [only] = staged;
    const isJudged =
      staged.length === 1 &&
      only !== undefined &&
      this.#inboxes.judgeAtOnce(clock, only.signed, only.message, out);
    if (!isJudged)
      for (const { signed, message } of staged) this.#inboxes.stage(origin, signed, message, out);
    for (const edu of transaction.edus) this.#context.receiveEdu(clock, origin, edu, out);
    const answer = answerOf(results);
    if (this.#context.config.profile.remembersTransactions) this.#remember(clock, key, answer, out);
    out.respond(request, answer);
    if (isJudged) return;
    if (staged.length > 1) out.spend((costs.receivePdu * (staged.length - 1)) as typeof costs.receivePdu);
    this.#inboxes.drain(clock, out);
  }

  /** A PDU of a server that its room keeps out is refused before anything is looked at. */
  #read(came: CamePdu & { readonly from: ServerName }, out: Effects): Outcome<SignedPdu> {
    const roomId = came.pdu['room_id'];
    const room = typeof roomId === 'string' ? this.#context.room(roomId as RoomId) : undefined;
    if (room?.allowsServer(came.from) !== false) return takeIn(this.#context, came, out);
    noteRefusedPdu(this.#context, came, 'acl', out);
    return reject('acl', 'Server is banned from room');
  }

  #remember(clock: Clock, key: string, { results }: TransactionResult, out: Effects): void {
    const memory = synapse.transactionMemory / synapse.clockStep;
    for (const [oldest, { atMs }] of this.#answered) {
      if (clock.wall - atMs <= memory) break;
      this.#answered.delete(oldest);
      out.persist(oldest, undefined);
    }
    const record: Answered = { results, atMs: clock.wall };
    this.#answered.set(key, record);
    out.persist(key, record);
  }
}

/** A PDU of a room that this server is not in is dropped without a word. */
const unknownRoomRule = 'unknown-room';

function keyOf({ origin, txnId }: Transaction): string {
  return `${receivedPrefix}${origin}/${txnId}`;
}

/** What is said of an event that was taken: the same by every server of a run. */
const takenResults = new WeakMap<MatrixEvent, PduResult>();

function takenResult(event: MatrixEvent): PduResult {
  let result = takenResults.get(event);
  if (result === undefined) takenResults.set(event, (result = { eventId: event.eventId }));
  return result;
}

/** Answers that say one thing alone, so that the wire form of each is worked out once. */
const loneAnswers = new WeakMap<PduResult, TransactionResult>();

function answerOf(results: readonly PduResult[]): TransactionResult {
  const only = results.length === 1 ? results[0] : undefined;
  const known = only && loneAnswers.get(only);
  if (known !== undefined) return known;
  const answer: TransactionResult = { kind: 'matrix.transaction-result', results, carries: carriesNothing };
  if (only !== undefined) loneAnswers.set(only, answer);
  return answer;
}
