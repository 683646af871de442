// Private messages kept until their recipient's phone has them (bitchat/Services/MessageRouter.swift), or until they have left
// (bitchat-android services/MessageRouter.kt).
import type { Effects, HoldReason, StoredState } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { LazyMap } from '../lazy-map.ts';
import type { UserMessageId } from '../message.ts';
import type { WallTime } from '../time.ts';
import { outbox as limits } from './constants.ts';
import type { PeerId } from './peer-id.ts';

/** One message that waits for its acknowledgement; the record that is persisted. */
export interface OutboxEntry {
  readonly message: UserMessageId;
  readonly recipient: PeerId;
  /** Names it for the recipient; kept by every attempt. */
  readonly id: string;
  readonly text: string;
  readonly createdAt: WallTime;
  readonly attempts: number;
  /** Who carries a sealed copy; asked not again. */
  readonly couriers: readonly PeerId[];
}

interface Waiting {
  entry: OutboxEntry;
  /** It has left for good, and only its acknowledgement is missing. */
  isGone: boolean;
  reason: HoldReason | undefined;
  cause: CauseToken;
}

const prefix = 'outbox/';
const failedPrefix = 'failed/';

/** First in, first out for each recipient. */
export class Outbox {
  readonly #keepsUntilAcknowledged: boolean;
  readonly #byId = new LazyMap<string, Waiting>();
  /** Given up and shown as failed; the person may send it again. */
  readonly #failed = new LazyMap<UserMessageId, OutboxEntry>();

  /** `keepsUntilAcknowledged`: on a disk, and sent again. */
  constructor(stored: StoredState | undefined, keepsUntilAcknowledged: boolean) {
    this.#keepsUntilAcknowledged = keepsUntilAcknowledged;
    for (const [key, value] of stored ?? []) {
      const entry = value as OutboxEntry;
      if (key.startsWith(prefix)) this.#byId.set(entry.id, waitingFor(entry));
      else if (key.startsWith(failedPrefix)) this.#failed.set(entry.message, entry);
    }
  }

  /** Messages without an acknowledgement. */
  get size(): number {
    return this.#byId.size;
  }

  /** Keeps a message. The oldest one for the same recipient gives way when there are too many. */
  add(entry: OutboxEntry, out: Effects): void {
    const queued = this.entriesFor(entry.recipient);
    const oldest = queued[0];
    if (queued.length >= limits.mostPerPeer && oldest !== undefined) this.#fail(oldest, out);
    this.#byId.set(entry.id, waitingFor(entry));
    this.#keep(entry.id, entry, out);
  }

  /** What may be sent to this recipient, oldest first. */
  entriesFor(recipient: PeerId): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = [];
    for (const { entry, isGone } of this.#byId.values())
      if (entry.recipient === recipient && !isGone) entries.push(entry);
    return entries;
  }

  /** Everything that may be sent, oldest first. */
  entries(): readonly OutboxEntry[] {
    const entries: OutboxEntry[] = [];
    for (const { entry, isGone } of this.#byId.values()) if (!isGone) entries.push(entry);
    return entries;
  }

  /** Puts back what was given up, as new; undefined when nothing was. */
  revive(message: UserMessageId, wall: WallTime, out: Effects): OutboxEntry | undefined {
    const failed = this.#failed.get(message);
    if (failed === undefined) return undefined;
    this.#failed.delete(message);
    out.persist(failedPrefix + failed.id, undefined);
    const entry = { ...failed, createdAt: wall, attempts: 0, couriers: [] };
    this.add(entry, out);
    return entry;
  }

  /**
   * One more transmission is about to happen; the only one where nothing is kept for another. False when there were too many: the
   * message is given up.
   */
  attempt(entry: OutboxEntry, out: Effects): boolean {
    const waiting = this.#byId.get(entry.id);
    if (waiting === undefined) return false;
    const { attempts } = waiting.entry;
    if (attempts >= limits.mostAttempts) {
      this.#fail(waiting.entry, out);
      return false;
    }
    waiting.entry = { ...waiting.entry, attempts: attempts + 1 };
    waiting.isGone = !this.#keepsUntilAcknowledged;
    this.#keep(entry.id, waiting.entry, out);
    return true;
  }

  /** More couriers have a sealed copy. */
  noteCouriers(id: string, couriers: readonly PeerId[], out: Effects): void {
    const waiting = this.#byId.get(id);
    if (waiting === undefined) return;
    waiting.entry = { ...waiting.entry, couriers: [...waiting.entry.couriers, ...couriers] };
    this.#keep(id, waiting.entry, out);
  }

  /** The recipient has it. The entry, unless it was not waiting (any more) or waits for somebody else. */
  acknowledge(id: string, from: PeerId, out: Effects): OutboxEntry | undefined {
    const waiting = this.#byId.get(id);
    if (waiting?.entry.recipient !== from) return undefined;
    this.#remove(id, out);
    return waiting.entry;
  }

  /** Says why the message waits, when that has changed. */
  hold(id: string, reason: HoldReason, out: Effects, cause: CauseToken = noCause): void {
    const waiting = this.#byId.get(id);
    if (waiting === undefined || (waiting.reason === reason && waiting.cause === cause)) return;
    waiting.reason = reason;
    waiting.cause = cause;
    out.observe({ kind: 'hold', messages: [waiting.entry.message], reason, cause });
  }

  /** What waits for a connection, or for an answer over one that broke, does so because of this. */
  blame(cause: CauseToken, out: Effects): void {
    for (const { entry, reason } of this.#byId.values())
      if (reason === 'connecting' || reason === 'awaiting-answer') this.hold(entry.id, reason, out, cause);
  }

  /** Gives up on what is older than a day. */
  expire(wall: WallTime, out: Effects): void {
    const lifetimeMs = limits.lifetime / 1_000;
    for (const entry of this.entries()) if (wall - entry.createdAt > lifetimeMs) this.#fail(entry, out);
  }

  #fail(entry: OutboxEntry, out: Effects): void {
    this.hold(entry.id, 'no-route', out);
    this.#remove(entry.id, out);
    this.#failed.set(entry.message, entry);
    out.persist(failedPrefix + entry.id, entry);
    out.observe({ kind: 'failed', message: entry.message, cause: noCause });
  }

  #remove(id: string, out: Effects): void {
    this.#byId.delete(id);
    this.#keep(id, undefined, out);
  }

  #keep(id: string, entry: OutboxEntry | undefined, out: Effects): void {
    if (this.#keepsUntilAcknowledged) out.persist(prefix + id, entry);
  }
}

function waitingFor(entry: OutboxEntry): Waiting {
  return { entry, isGone: false, reason: undefined, cause: noCause };
}
