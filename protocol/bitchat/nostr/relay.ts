// A relay: keeps gift wraps and passes them to who asked for them (NIP-01). It knows neither authors nor words.
import type { Address, Core, CoreFactory, Effects, Input, StoredState } from '../../core.ts';
import { noCause } from '../../failure.ts';
import { carriesNothing, type UserMessageId } from '../../message.ts';
import { isIntact, recipientOf, type NostrEvent } from './event.ts';
import type { NostrMessage, Publish, Subscribe } from './messages.ts';

/** The core of a relay. */
export function createRelay(): CoreFactory {
  return (stored) => new Relay(stored);
}

/** An event with the user messages inside, which are the host's. */
interface Kept {
  readonly event: NostrEvent;
  readonly carries: readonly UserMessageId[];
}

class Relay implements Core {
  readonly #events = new Map<string, Kept>();
  readonly #byRecipient = new Map<string, Kept[]>();
  readonly #subscribers = new Map<string, Set<Address>>();

  constructor(stored: StoredState | undefined) {
    for (const kept of stored?.values() ?? []) this.#file(kept as Kept);
  }

  step(_clock: unknown, input: Input, out: Effects): void {
    if (input.kind === 'link-down' && input.link !== undefined) {
      for (const links of this.#subscribers.values()) links.delete(input.link);
      return;
    }
    if (input.kind !== 'message') return;
    const message = input.message as NostrMessage;
    if (message.kind === 'nostr.publish') this.#publish(message, input.from, out);
    else if (message.kind === 'nostr.subscribe') this.#subscribe(message, input.from, out);
  }

  inspect(): unknown {
    return { events: this.#events.size };
  }

  #publish({ event, carries }: Publish, from: Address, out: Effects): void {
    const recipient = recipientOf(event);
    const accepted = recipient !== undefined && isIntact(event);
    say(from, { kind: 'nostr.ok', event: event.id, accepted, carries: carriesNothing }, out);
    if (!accepted || this.#events.has(event.id)) return;
    const kept = { event, carries };
    this.#file(kept);
    out.persist(event.id, kept);
    if (carries.length > 0)
      out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    for (const link of this.#subscribers.get(recipient) ?? []) pass(link, kept, out);
  }

  /** The newest stored events, oldest first, and from now on what comes. */
  #subscribe({ recipient, since, limit }: Subscribe, from: Address, out: Effects): void {
    const links = this.#subscribers.get(recipient) ?? new Set();
    this.#subscribers.set(recipient, links.add(from));
    const wanted = (this.#byRecipient.get(recipient) ?? []).filter(({ event }) => event.created_at >= since);
    for (const kept of wanted.slice(-limit)) pass(from, kept, out);
    say(from, { kind: 'nostr.eose', carries: carriesNothing }, out);
  }

  #file(kept: Kept): void {
    const recipient = recipientOf(kept.event) ?? '';
    this.#events.set(kept.event.id, kept);
    this.#byRecipient.set(recipient, [...(this.#byRecipient.get(recipient) ?? []), kept]);
  }
}

function pass(link: Address, { event, carries }: Kept, out: Effects): void {
  say(link, { kind: 'nostr.event', event, carries }, out);
}

function say(link: Address, message: NostrMessage, out: Effects): void {
  out.send(link, message);
}
