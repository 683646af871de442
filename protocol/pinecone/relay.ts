// A relay: keeps for absent recipients what others leave, one entry after the other, until they have it.
// Dendrite: relayapi/internal/perform.go. Nobody proves who collects, nothing expires, and there is no quota.
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing, type Message } from '../message.ts';
import type { Clock } from '../time.ts';
import type { NodeKey } from './node-key.ts';
import type { Collect, Collected, Deposit, Kept } from './relay-messages.ts';

interface Entry {
  readonly id: number;
  readonly recipient: NodeKey;
  readonly message: Message;
}

const entryPrefix = 'entry/';
/** The number given last: a number is never given again, or whoever had the first would never get the second. */
const lastKey = 'last';

class Relay implements Core {
  /** By recipient, oldest first. */
  readonly #entries = new Map<string, Entry[]>();
  #last = 0;

  constructor(stored: StoredState | undefined) {
    for (const [key, value] of stored ?? []) if (key.startsWith(entryPrefix)) this.#keep(value as Entry);
    this.#last = Math.max(this.#last, (stored?.get(lastKey) as number | undefined) ?? 0);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const { id, from, message } = input;
    if (message.kind === 'relay.deposit') {
      const { recipient, message: inner, carries } = message as Deposit;
      const entry: Entry = { id: this.#last + 1, recipient, message: inner };
      this.#keep(entry);
      out.persist(`${entryPrefix}${entry.id}`, entry);
      out.persist(lastKey, entry.id);
      out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
      const kept: Kept = { kind: 'relay.kept', carries: carriesNothing };
      return out.respond(id, kept);
    }
    if (message.kind !== 'relay.collect') return out.refuse(id, 404);
    out.respond(id, this.#collect(from, (message as Collect).previous, out));
  }

  inspect(): unknown {
    return { kept: [...this.#entries.values()].reduce((sum, { length }) => sum + length, 0) };
  }

  /** What waits here to be collected, and by whom. */
  *kept(): Generator<Pick<Entry, 'recipient' | 'message'>> {
    for (const own of this.#entries.values()) yield* own;
  }

  #keep(entry: Entry): void {
    this.#last = Math.max(this.#last, entry.id);
    const own = this.#entries.get(entry.recipient);
    if (own === undefined) this.#entries.set(entry.recipient, [entry]);
    else own.push(entry);
  }

  /** Entries up to `previous` are had: they go. The next one comes. */
  #collect(recipient: string, previous: number, out: Effects): Collected {
    const own = this.#entries.get(recipient) ?? [];
    while (own[0] !== undefined && own[0].id <= previous) {
      out.persist(`${entryPrefix}${own[0].id}`, undefined);
      own.shift();
    }
    const [next] = own;
    return {
      kind: 'relay.collected',
      entry: next?.id ?? 0,
      message: next?.message,
      hasMore: next !== undefined,
      carries: next?.message.carries ?? carriesNothing,
    };
  }
}

/** A relay as an application of a node. */
export function createRelay(): CoreFactory {
  return (stored) => new Relay(stored);
}

/** What a relay keeps, and for whom; nothing where the core is no relay. For findings of a run. */
export function keptByRelay(core: Core): Iterable<Pick<Entry, 'recipient' | 'message'>> {
  return core instanceof Relay ? core.kept() : [];
}
