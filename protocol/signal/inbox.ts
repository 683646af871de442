// What a device has received: stored before it is acknowledged, shown once.
import type { Effects, StoredState } from '../core.ts';
import type { PersonId, UserMessageId } from '../message.ts';
import type { Envelope } from './messages.ts';

const prefix = 'seen/';

/** Received messages, known by sender and timestamp. */
export class Inbox {
  readonly #person: PersonId;
  readonly #seen = new Set<string>();

  constructor(person: PersonId, stored: StoredState | undefined) {
    this.#person = person;
    for (const key of stored?.keys() ?? []) if (key.startsWith(prefix)) this.#seen.add(key);
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Stores a message, or drops it as a duplicate: a re-send after a lost answer has another GUID, but the same name. */
  /** True when it is new. */
  receive(envelope: Envelope, words: UserMessageId | undefined, out: Effects): boolean {
    const key = `${prefix}${envelope.source}/${envelope.timestamp}`;
    if (this.#seen.has(key)) {
      out.observe({ kind: 'counter', name: 'signal.duplicates-dropped', by: 1 });
      return false;
    }
    this.#seen.add(key);
    out.persist(key, true);
    if (words !== undefined) out.observe({ kind: 'delivered', message: words, person: this.#person });
    return true;
  }
}
