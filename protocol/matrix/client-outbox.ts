// A client's send queue: local echo, order, retries and what is shown as failed.
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing, type Message, type UserMessageId } from '../message.ts';
import { after, elapsed, epoch, inMilliseconds, type Clock, type Instant } from '../time.ts';
import type { SendEvent, SendToDevice } from './client-messages.ts';
import type { ClientProfile } from './client-profiles.ts';
import type { ClientSession } from './client-session.ts';
import { byUser, type ClaimKeys } from './device-messages.ts';
import { synapse } from './federation/constants.ts';
import type { RoomId } from './ids.ts';
import { encryptedContent, plainContent } from './megolm-envelope.ts';
import { asMatrix } from './messages.ts';
import type { KeyWork, OutboundSessions } from './outbound-sessions.ts';

/** One message that the server has not acknowledged; the record that is persisted. */
interface PendingMessage {
  readonly message: UserMessageId;
  readonly roomId: RoomId;
  readonly text: string;
  /** Kept over every attempt, a resend by hand included. */
  readonly txnId: string;
}

type Phase = 'ready' | 'requesting' | 'waiting' | 'waiting-for-network' | 'suspended';

/** Messages in order; only the first is ever under way. */
interface SendQueue {
  readonly key: string;
  readonly pending: PendingMessage[];
  phase: Phase;
  attempts: number;
  firstAttemptAt: Instant;
  attemptAt: Instant;
  /** Faults behind the first message's wait; what is queued behind it waits for the same reason. */
  cause: CauseToken;
  /** What is under way ahead of the first message. */
  keyWork: KeyWork | undefined;
}

export interface OutboxConfig {
  readonly session: ClientSession;
  readonly homeserver: Address;
  readonly profile: ClientProfile;
}

const pendingPrefix = 'pending/';
const failedPrefix = 'failed/';
const timerPrefix = 'send/';
const tagPrefix = 'send/';

export class ClientOutbox {
  readonly #config: OutboxConfig;
  readonly #sessions: OutboundSessions;
  readonly #queues = new Map<string, SendQueue>();
  readonly #failed = new Map<UserMessageId, PendingMessage>();
  readonly #requests = new Map<Tag, SendQueue>();
  #lastTxn = 0;

  constructor(config: OutboxConfig, sessions: OutboundSessions, stored: StoredState | undefined) {
    this.#config = config;
    this.#sessions = sessions;
    for (const [key, value] of stored ?? []) {
      const record = value as PendingMessage;
      if (key.startsWith(failedPrefix)) this.#failed.set(record.message, record);
      else if (key.startsWith(pendingPrefix)) this.#queueOf(record.roomId).pending.push(record);
    }
  }

  inspect(): unknown {
    const queues = [...this.#queues.values()].filter(({ pending }) => pending.length > 0);
    return {
      queues: queues.map(({ key, phase, pending }) => ({
        key,
        phase,
        messages: pending.map(({ message }) => message),
      })),
      failed: [...this.#failed.keys()],
    };
  }

  /** After a restart: queues go on, or what was in them is shown as failed. */
  restarted(clock: Clock, out: Effects): void {
    for (const queue of this.#queues.values()) {
      if (this.#config.profile.resumesAfterRestart) this.#run(clock, queue, true, out);
      else for (const record of queue.pending.splice(0)) this.#markFailed(record, noCause, out);
    }
  }

  /** The person presses send. */
  send(
    clock: Clock,
    request: { readonly message: UserMessageId; readonly roomId: RoomId; readonly text: string },
    isRunning: boolean,
    out: Effects,
  ): void {
    // Two messages of one millisecond would have one name.
    this.#lastTxn = Math.max(this.#lastTxn + 1, clock.wall);
    this.#add(clock, { ...request, txnId: `m${this.#lastTxn}` }, isRunning, out);
  }

  /** The person presses "send again". */
  resend(clock: Clock, message: UserMessageId, isRunning: boolean, out: Effects): void {
    const record = this.#failed.get(message);
    if (record === undefined) return;
    this.#failed.delete(message);
    out.persist(`${failedPrefix}${message}`, undefined);
    this.#add(clock, record, isRunning, out);
  }

  /** The application runs again: what was suspended goes on; with `atOnce`, what waits goes on too. */
  resume(clock: Clock, atOnce: boolean, out: Effects): void {
    for (const queue of this.#queues.values()) {
      const waits = queue.phase === 'waiting' || queue.phase === 'waiting-for-network';
      if (queue.phase !== 'suspended' && !(waits && atOnce && this.#config.profile.resumesOnNetwork))
        continue;
      if (queue.phase === 'waiting') out.cancelTimer(`${timerPrefix}${queue.key}`);
      queue.phase = 'ready';
      this.#run(clock, queue, true, out);
    }
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, isRunning: boolean, out: Effects): boolean {
    if (!timer.startsWith(timerPrefix)) return false;
    const queue = this.#queues.get(timer.slice(timerPrefix.length));
    if (queue?.phase === 'waiting') {
      queue.phase = 'ready';
      this.#run(clock, queue, isRunning, out);
    }
    return true;
  }

  /** The end of one of its requests; true when it was one. */
  answered(clock: Clock, tag: Tag, result: RequestResult, isRunning: boolean, out: Effects): boolean {
    if (!tag.startsWith(tagPrefix)) return false;
    const queue = this.#requests.get(tag);
    this.#requests.delete(tag);
    const record = queue?.pending[0];
    if (queue === undefined || record === undefined) return true;
    queue.phase = 'ready';
    if (result.ok && queue.keyWork !== undefined) {
      this.#keyWorkDone(clock, queue, record, queue.keyWork, result.message, out);
      queue.attempts = 0;
    } else if (result.ok) {
      queue.pending.shift();
      queue.attempts = 0;
      queue.cause = noCause;
      out.persist(`${pendingPrefix}${record.message}`, undefined);
      out.observe({ kind: 'accepted', message: record.message });
    } else this.#attemptFailed(clock, queue, record, result.failure, out);
    this.#run(clock, queue, isRunning, out);
    return true;
  }

  #add(clock: Clock, record: PendingMessage, isRunning: boolean, out: Effects): void {
    out.persist(`${pendingPrefix}${record.message}`, record);
    const queue = this.#queueOf(record.roomId);
    queue.pending.push(record);
    if (queue.pending.length > 1)
      out.observe({ kind: 'hold', messages: [record.message], reason: 'queued', cause: queue.cause });
    else this.#run(clock, queue, isRunning, out);
  }

  #run(clock: Clock, queue: SendQueue, isRunning: boolean, out: Effects): void {
    const [record] = queue.pending;
    if (record === undefined || queue.phase !== 'ready') return;
    if (!isRunning) {
      queue.phase = 'suspended';
      return this.#hold(queue, 'backoff', out);
    }
    queue.phase = 'requesting';
    if (queue.attempts === 0) queue.firstAttemptAt = clock.now;
    queue.attemptAt = clock.now;
    queue.attempts++;
    out.observe({ kind: 'hold', messages: [record.message], reason: 'awaiting-answer', cause: noCause });
    const { homeserver, profile } = this.#config;
    const tag = `${tagPrefix}${record.message}`;
    this.#requests.set(tag, queue);
    const work = this.#sessions.nextWork(clock, record.roomId, out);
    queue.keyWork = work;
    const request = work === undefined ? this.#event(clock, record, out) : this.#keyRequest(work);
    out.request(homeserver, tag, request, { timeout: profile.requestTimeout });
  }

  /** What held the keys up held the message up; so it did for whoever gets no key, however soon the message comes. */
  #keyWorkDone(
    clock: Clock,
    queue: SendQueue,
    { message, roomId }: PendingMessage,
    work: KeyWork,
    answer: Message,
    out: Effects,
  ): void {
    this.#sessions.done(clock, roomId, work, asMatrix(answer), out);
    const { cause = noCause } = answer;
    const since = queue.attemptAt;
    if (cause !== noCause)
      out.observe({ kind: 'hold', messages: [message], reason: 'awaiting-answer', cause, since });
  }

  #event(clock: Clock, { message, roomId, text, txnId }: PendingMessage, out: Effects): SendEvent {
    const { userId, deviceId } = this.#config.session;
    const cause = this.#sessions.causeOfLack(roomId);
    if (cause !== noCause) {
      const because = { kind: 'hold', messages: [message], reason: 'awaiting-answer' } as const;
      out.observe({ ...because, cause });
      out.observe({ ...because, cause: noCause });
    }
    const place = this.#sessions.use(clock, roomId, out);
    const [eventType, content] =
      place === undefined
        ? ['m.room.message', plainContent(text)]
        : ['m.room.encrypted', encryptedContent(text, roomId, place, deviceId)];
    return {
      kind: 'matrix.send-event',
      userId,
      deviceId,
      roomId,
      eventType,
      txnId,
      content,
      carries: [message],
    };
  }

  #keyRequest(work: KeyWork): SendToDevice | ClaimKeys {
    const { userId, deviceId } = this.#config.session;
    const about = { userId, deviceId, carries: carriesNothing };
    if (work.kind === 'claim') {
      const timeoutMs = inMilliseconds(synapse.keyClaimTimeoutMost);
      return { kind: 'matrix.claim-keys', ...about, devices: byUser(work.devices), timeoutMs };
    }
    const eventType = work.kind === 'share' ? 'm.room.encrypted' : 'm.room_key.withheld';
    const { id: txnId, messages } = work;
    return { kind: 'matrix.send-to-device', ...about, eventType, txnId, messages };
  }

  #attemptFailed(
    clock: Clock,
    queue: SendQueue,
    record: PendingMessage,
    failure: Failure,
    out: Effects,
  ): void {
    const { profile } = this.#config;
    queue.cause = failure.cause;
    out.observe({ kind: 'attempt-failed', message: record.message, failure });
    const messages = queue.pending.map(({ message }) => message);
    const { attemptAt: since } = queue;
    out.observe({ kind: 'hold', messages, reason: 'awaiting-answer', cause: failure.cause, since });
    const age = elapsed(queue.firstAttemptAt, clock.now);
    const decision = profile.afterFailure({ failure, attempts: queue.attempts, age });
    if (decision.then === 'fail') {
      queue.attempts = 0;
      const failed = queue.pending.splice(0, decision.everything ? queue.pending.length : 1);
      for (const each of failed) this.#markFailed(each, failure.cause, out);
      queue.cause = noCause;
      return;
    }
    if (failure.kind === 'offline' && profile.resumesOnNetwork) {
      queue.phase = 'waiting-for-network';
      return this.#hold(queue, 'waiting-for-network', out);
    }
    queue.phase = 'waiting';
    out.setTimer(`${timerPrefix}${queue.key}`, after(clock.now, decision.wait));
    this.#hold(queue, 'backoff', out);
  }

  #markFailed(record: PendingMessage, cause: CauseToken, out: Effects): void {
    const { message } = record;
    this.#failed.set(message, record);
    out.persist(`${pendingPrefix}${message}`, undefined);
    out.persist(`${failedPrefix}${message}`, record);
    out.observe({ kind: 'hold', messages: [message], reason: 'needs-manual-resend', cause });
    out.observe({ kind: 'failed', message, cause });
  }

  #hold(queue: SendQueue, reason: 'backoff' | 'waiting-for-network', out: Effects): void {
    const messages = queue.pending.map(({ message }) => message);
    out.observe({ kind: 'hold', messages, reason, cause: queue.cause });
  }

  #queueOf(roomId: RoomId): SendQueue {
    const key = this.#config.profile.queue === 'room' ? roomId : '';
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = {
        key,
        pending: [],
        phase: 'ready',
        attempts: 0,
        firstAttemptAt: epoch,
        attemptAt: epoch,
        cause: noCause,
        keyWork: undefined,
      };
      this.#queues.set(key, queue);
    }
    return queue;
  }
}
