// The Internet side of FireChat ("Everyone"): rooms and letters at one central service, which fails as one.
import type { Address, Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import { central } from './constants.ts';
import { isWellFormed, type Account, type FirechatMessage, type Letter, type Post } from './messages.ts';

/** The core of the service. */
export function createFirechatService(): CoreFactory {
  return (stored) => new FirechatService(stored);
}

interface Client {
  readonly account: Account;
  readonly rooms: ReadonlySet<string>;
}

class FirechatService implements Core {
  readonly #clients = new Map<Address, Client>();
  readonly #rooms = new Map<string, Map<string, Post>>();
  readonly #letters = new Map<Account, Map<string, Letter>>();
  readonly #known = new Map<string, Post | Letter>();

  constructor(stored: StoredState | undefined) {
    for (const value of stored?.values() ?? []) this.#file(value as Post | Letter);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'link-down' && input.link !== undefined) this.#clients.delete(input.link);
    else if (input.kind === 'message' && isWellFormed(input.message))
      this.#receive(input.message, input.from, out);
  }

  inspect(): unknown {
    return { clients: this.#clients.size, kept: this.#known.size };
  }

  #receive(message: FirechatMessage, from: Address, out: Effects): void {
    switch (message.kind) {
      case 'firechat.hello':
        this.#clients.set(from, { account: message.account, rooms: new Set(message.rooms) });
        return this.#offer(from, message.account, message.rooms, out);
      case 'firechat.offer': {
        const ids = message.ids.filter((id) => !this.#known.has(id));
        if (ids.length > 0)
          out.send(from, { kind: 'firechat.want', ids, carries: carriesNothing } as FirechatMessage);
        return;
      }
      case 'firechat.want':
        for (const id of message.ids) {
          const held = this.#known.get(id);
          if (held !== undefined) out.send(from, held);
        }
        return;
      case 'firechat.post':
      case 'firechat.letter':
        return this.#store(message, from, out);
      default:
        return;
    }
  }

  /** What somebody who connects may have missed. */
  #offer(to: Address, account: Account, rooms: readonly string[], out: Effects): void {
    const ids = rooms.flatMap((room) => [...(this.#rooms.get(room)?.keys() ?? [])]);
    ids.push(...(this.#letters.get(account)?.keys() ?? []));
    if (ids.length > 0)
      out.send(to, { kind: 'firechat.offer', ids, carries: carriesNothing } as FirechatMessage);
  }

  #store(message: Post | Letter, from: Address, out: Effects): void {
    if (!this.#known.has(message.id)) {
      for (const id of this.#file(message)) out.persist(id, undefined);
      out.persist(message.id, message);
      for (const [link, { account, rooms }] of this.#clients) {
        const isFor = message.kind === 'firechat.post' ? rooms.has(message.room) : account === message.to;
        if (isFor && link !== from) out.send(link, message);
      }
      if (message.carries.length > 0)
        out.observe({
          kind: 'hold',
          messages: message.carries,
          reason: 'stored-for-recipient',
          cause: noCause,
        });
    }
    out.send(from, { kind: 'firechat.stored', id: message.id, carries: carriesNothing } as FirechatMessage);
  }

  /** Puts it where it belongs; the ids of what gave way. */
  #file(message: Post | Letter): readonly string[] {
    this.#known.set(message.id, message);
    if (message.kind === 'firechat.letter') {
      const waiting = this.#letters.get(message.to) ?? new Map<string, Letter>();
      this.#letters.set(message.to, waiting.set(message.id, message));
      return [];
    }
    const room = this.#rooms.get(message.room) ?? new Map<string, Post>();
    this.#rooms.set(message.room, room.set(message.id, message));
    if (room.size <= central.history) return [];
    const [oldest = ''] = room.keys();
    room.delete(oldest);
    this.#known.delete(oldest);
    return [oldest];
  }
}
