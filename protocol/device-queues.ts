// Store and forward: a queue for each device, in order of arrival and by key, whose entries expire. What services of one
// operator have in common.
import type { Effects, StoredState } from './core.ts';
import { compareNumbers } from './order.ts';
import { SmallMap } from './small-map.ts';
import { elapsed, type Clock, type Duration, type Instant } from './time.ts';

/** Something in a queue. */
export interface QueueEntry<Value> {
  readonly value: Value;
  /** Position in the store; grows by insertion. */
  readonly position: number;
  readonly insertedAt: Instant;
}

/** Entries behind a cursor; `next`: where the next page begins, 0 when there is none. */
export interface EntriesPage<Value> {
  readonly entries: readonly Value[];
  readonly next: number;
}

const prefix = 'message/';

/** Durable queues whose entries expire after `life`. Keys contain no slash. */
export class DeviceQueues<Queue extends string, Value> {
  readonly #queues = new Map<Queue, SmallMap<string, QueueEntry<Value>>>();
  readonly #life: Duration;
  #position = 0;

  constructor(life: Duration, stored: StoredState | undefined) {
    this.#life = life;
    for (const [name, value] of stored ?? []) {
      if (!name.startsWith(prefix)) continue;
      const end = name.lastIndexOf('/');
      this.#add(name.slice(prefix.length, end) as Queue, name.slice(end + 1), value as QueueEntry<Value>);
    }
  }

  /** Puts something into a queue. Insertion is by key: false when it was there already. */
  insert(clock: Clock, queue: Queue, key: string, value: Value, out: Effects): boolean {
    if (this.has(queue, key)) return false;
    const entry = { value, position: this.#position + 1, insertedAt: clock.now };
    out.persist(nameOf(queue, key), entry);
    this.#add(queue, key, entry);
    return true;
  }

  has(queue: Queue, key: string): boolean {
    return this.#queues.get(queue)?.has(key) === true;
  }

  /** Whether anything is in the queue, expired or not. */
  holds(queue: Queue): boolean {
    return this.#queues.has(queue);
  }

  /** At most `size` entries behind a cursor (0: from the beginning). */
  page(clock: Clock, queue: Queue, cursor: number, size: number): EntriesPage<Value> {
    const entries: Value[] = [];
    let last = 0;
    for (const { value, position, insertedAt } of this.#queues.get(queue)?.values() ?? []) {
      if (position <= cursor || elapsed(insertedAt, clock.now) >= this.#life) continue;
      if (entries.length === size) return { entries, next: last };
      entries.push(value);
      last = position;
    }
    return { entries, next: 0 };
  }

  /** Removes entries by key and says which of them were there. */
  remove(queue: Queue, keys: readonly string[], out: Effects): readonly string[] {
    const entries = this.#queues.get(queue);
    if (entries === undefined) return [];
    const removed = keys.filter((key) => {
      if (!entries.delete(key)) return false;
      out.persist(nameOf(queue, key), undefined);
      return true;
    });
    if (entries.size === 0) this.#queues.delete(queue);
    return removed;
  }

  /** Removes what has expired from a queue and returns it. */
  expire(clock: Clock, queue: Queue, out: Effects): readonly Value[] {
    const expired: Value[] = [];
    const keys: string[] = [];
    for (const [key, { value, insertedAt }] of this.#queues.get(queue) ?? []) {
      if (elapsed(insertedAt, clock.now) < this.#life) break;
      expired.push(value);
      keys.push(key);
    }
    if (keys.length > 0) this.remove(queue, keys, out);
    return expired;
  }

  /** Queues whose oldest entry has this age, those with the oldest first. */
  olderThan(clock: Clock, age: Duration): readonly Queue[] {
    const found: { readonly queue: Queue; readonly position: number }[] = [];
    for (const [queue, entries] of this.#queues) {
      const oldest = firstOf(entries);
      if (oldest !== undefined && elapsed(oldest.insertedAt, clock.now) >= age)
        found.push({ queue, position: oldest.position });
    }
    found.sort((left, right) => compareNumbers(left.position, right.position));
    return found.map(({ queue }) => queue);
  }

  /** When the oldest entry of all came. */
  oldest(): Instant | undefined {
    let oldest: QueueEntry<Value> | undefined;
    for (const entries of this.#queues.values()) {
      const first = firstOf(entries);
      if (first !== undefined && (oldest === undefined || first.position < oldest.position)) oldest = first;
    }
    return oldest?.insertedAt;
  }

  /** Entries by queue. */
  inspect(): readonly { readonly queue: Queue; readonly messages: number }[] {
    return [...this.#queues].map(([queue, entries]) => ({ queue, messages: entries.size }));
  }

  #add(queue: Queue, key: string, entry: QueueEntry<Value>): void {
    let entries = this.#queues.get(queue);
    if (entries === undefined) this.#queues.set(queue, (entries = new SmallMap<string, QueueEntry<Value>>()));
    entries.set(key, entry);
    this.#position = Math.max(this.#position, entry.position);
  }
}

/** Entries are in order of insertion. */
function firstOf<Value>(entries: SmallMap<string, QueueEntry<Value>>): QueueEntry<Value> | undefined {
  return entries.first;
}

const nameOf = (queue: string, key: string): string => `${prefix}${queue}/${key}`;
