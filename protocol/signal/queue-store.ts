// Messages by device queue, in order of arrival and by GUID: what Redis and DynamoDB have in common.
import type { Effects, StoredState } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { compareNumbers } from '../order.ts';
import { elapsed, type Clock, type Duration, type Instant } from '../time.ts';
import { service } from './constants.ts';
import {
  emptyPage,
  unzip,
  type QueuedEnvelope,
  type QueueId,
  type QueuePage,
  type QueueRead,
  type QueueRemove,
  type QueueRemoved,
} from './messages.ts';

interface Entry extends QueuedEnvelope {
  /** Position in the store; grows by insertion. */
  readonly position: number;
  readonly insertedAt: Instant;
}

const prefix = 'message/';

/** Durable queues whose entries expire after `life`. */
export class QueueStore {
  readonly #queues = new Map<QueueId, Map<string, Entry>>();
  readonly #life: Duration;
  #position = 0;

  constructor(life: Duration, stored: StoredState | undefined) {
    this.#life = life;
    for (const [key, value] of stored ?? []) {
      if (!key.startsWith(prefix)) continue;
      this.#add(key.slice(prefix.length, key.lastIndexOf('/')) as QueueId, value as Entry);
    }
  }

  /** Puts a message into a queue. Insertion is keyed by GUID: false when it was there already. */
  insert(clock: Clock, queue: QueueId, message: QueuedEnvelope, out: Effects): boolean {
    const { guid } = message.envelope;
    if (this.has(queue, guid)) return false;
    const entry: Entry = { ...message, position: this.#position + 1, insertedAt: clock.now };
    out.persist(keyOf(queue, guid), entry);
    this.#add(queue, entry);
    return true;
  }

  has(queue: QueueId, guid: string): boolean {
    return this.#queues.get(queue)?.has(guid) === true;
  }

  /** The next page of a queue behind a cursor. */
  page(clock: Clock, { queue, after: cursor }: QueueRead): QueuePage {
    if (!this.#queues.has(queue)) return emptyPage;
    const page: Entry[] = [];
    let more = false;
    for (const entry of this.#queues.get(queue)?.values() ?? []) {
      if (entry.position <= cursor || elapsed(entry.insertedAt, clock.now) >= this.#life) continue;
      more = page.length === service.pageSize;
      if (more) break;
      page.push(entry);
    }
    return { kind: 'signal.queue-page', next: more ? (page.at(-1)?.position ?? 0) : 0, ...unzip(page) };
  }

  /** Removes messages by GUID and says which of them were there. */
  remove({ queue, guids }: QueueRemove, out: Effects): QueueRemoved {
    const removed: string[] = [];
    const entries = this.#queues.get(queue);
    if (entries !== undefined) {
      for (const guid of guids) {
        if (!entries.delete(guid)) continue;
        out.persist(keyOf(queue, guid), undefined);
        removed.push(guid);
      }
      if (entries.size === 0) this.#queues.delete(queue);
    }
    return { kind: 'signal.queue-removed', guids: removed, carries: carriesNothing };
  }

  /** Queues whose oldest message has this age, those with the oldest first. */
  queuesOlderThan(clock: Clock, age: Duration): readonly QueueId[] {
    const found: { readonly queue: QueueId; readonly position: number }[] = [];
    for (const [queue, entries] of this.#queues) {
      const oldest = firstOf(entries);
      if (oldest !== undefined && elapsed(oldest.insertedAt, clock.now) >= age)
        found.push({ queue, position: oldest.position });
    }
    found.sort((left, right) => compareNumbers(left.position, right.position));
    return found.map(({ queue }) => queue);
  }

  /** When the oldest message of all came. */
  oldest(): Instant | undefined {
    let oldest: Entry | undefined;
    for (const entries of this.#queues.values()) {
      const first = firstOf(entries);
      if (first !== undefined && (oldest === undefined || first.position < oldest.position)) oldest = first;
    }
    return oldest?.insertedAt;
  }

  inspect(): unknown {
    return [...this.#queues].map(([queue, entries]) => ({ queue, messages: entries.size }));
  }

  #add(queue: QueueId, entry: Entry): void {
    let entries = this.#queues.get(queue);
    if (entries === undefined) {
      entries = new Map();
      this.#queues.set(queue, entries);
    }
    entries.set(entry.envelope.guid, entry);
    this.#position = Math.max(this.#position, entry.position);
  }
}

/** Entries are in order of insertion. */
function firstOf(entries: ReadonlyMap<string, Entry>): Entry | undefined {
  for (const entry of entries.values()) return entry;
  return undefined;
}

const keyOf = (queue: QueueId, guid: string): string => `${prefix}${queue}/${guid}`;
