// Events that were fetched in vain are left alone for a while, so that a hole that nobody can fill costs little.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/storage/databases/main/event_federation.py
// (`get_event_ids_to_not_pull_from_backoff`).
import type { Effects, StoredState } from '../../core.ts';
import { after, type Clock, type Duration, type Instant } from '../../time.ts';
import type { EventId } from '../ids.ts';
import { synapse } from './constants.ts';

interface Failed {
  readonly attempts: number;
  readonly lastAt: Instant;
}

const prefix = 'pull-failed/';

export class PullFailures {
  readonly #failed = new Map<EventId, Failed>();

  constructor(stored: StoredState | undefined) {
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix)) this.#failed.set(key.slice(prefix.length) as EventId, value as Failed);
  }

  /** The event was pulled and could not be connected to what is here. */
  record(clock: Clock, eventId: EventId, out: Effects): void {
    const attempts = (this.#failed.get(eventId)?.attempts ?? 0) + 1;
    const failed: Failed = { attempts, lastAt: clock.now };
    this.#failed.set(eventId, failed);
    out.persist(prefix + eventId, failed);
  }

  /** Whether a pull of this event has failed before. */
  has(eventId: EventId): boolean {
    return this.#failed.has(eventId);
  }

  /** The event is here now. */
  forget(eventId: EventId, out: Effects): void {
    if (this.#failed.delete(eventId)) out.persist(prefix + eventId, undefined);
  }

  /** Not before 2^n hours after the n-th failure, n at most 8. */
  isWaiting(clock: Clock, eventId: EventId): boolean {
    const failed = this.#failed.get(eventId);
    if (failed === undefined) return false;
    const doublings = Math.min(failed.attempts, synapse.pullBackoffMostDoublings);
    return clock.now < after(failed.lastAt, (synapse.pullBackoffUnit * 2 ** doublings) as Duration);
  }
}
