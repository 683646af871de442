// Messages by device queue, in order of arrival and by GUID: what Redis and DynamoDB have in common.
import type { Effects, StoredState } from '../core.ts';
import { DeviceQueues } from '../device-queues.ts';
import { carriesNothing } from '../message.ts';
import type { Clock, Duration, Instant } from '../time.ts';
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

/** Durable queues whose entries expire after `life`, in Signal's words. */
export class QueueStore {
  readonly #queues: DeviceQueues<QueueId, QueuedEnvelope>;

  constructor(life: Duration, stored: StoredState | undefined) {
    this.#queues = new DeviceQueues(life, stored);
  }

  /** Puts a message into a queue. Insertion is keyed by GUID: false when it was there already. */
  insert(clock: Clock, queue: QueueId, message: QueuedEnvelope, out: Effects): boolean {
    return this.#queues.insert(clock, queue, message.envelope.guid, message, out);
  }

  has(queue: QueueId, guid: string): boolean {
    return this.#queues.has(queue, guid);
  }

  /** The next page of a queue behind a cursor. */
  page(clock: Clock, { queue, after: cursor }: QueueRead): QueuePage {
    if (!this.#queues.holds(queue)) return emptyPage;
    const { entries, next } = this.#queues.page(clock, queue, cursor, service.pageSize);
    return { kind: 'signal.queue-page', next, ...unzip(entries) };
  }

  /** Removes messages by GUID and says which of them were there. */
  remove({ queue, guids }: QueueRemove, out: Effects): QueueRemoved {
    const removed = this.#queues.remove(queue, guids, out);
    return { kind: 'signal.queue-removed', guids: removed, carries: carriesNothing };
  }

  /** Queues whose oldest message has this age, those with the oldest first. */
  queuesOlderThan(clock: Clock, age: Duration): readonly QueueId[] {
    return this.#queues.olderThan(clock, age);
  }

  /** When the oldest message of all came. */
  oldest(): Instant | undefined {
    return this.#queues.oldest();
  }

  inspect(): unknown {
    return this.#queues.inspect();
  }
}
