// A phone with the application open: passes on what it hears, carries what is for others, and says to every new
// neighbour what it has. The service, when it can be reached, is one more neighbour.
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { toHex } from '../bytes.ts';
import { carriesNothing, type ConversationId, type PersonId, type UserMessageId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { SeenFilter } from '../seen-filter.ts';
import { after, hours, type Clock, type Duration } from '../time.ts';
import { central, seen } from './constants.ts';
import { Letters } from './letters.ts';
import {
  isWellFormed,
  keyOf,
  oneHopMore,
  type Account,
  type Conversation,
  type FirechatMessage,
  type Letter,
  type Post,
  type Receipt,
  type Spread,
} from './messages.ts';
import { open, seal } from './sealing.ts';

/** How phones are set; see `defaults` in constants.ts. */
export interface FirechatSettings {
  readonly history: number;
  readonly carried: number;
  readonly carriedHours: number;
  readonly hopLimit: number;
  readonly receipts: boolean;
}

/** What a phone is made with. */
export interface FirechatConfig {
  readonly person: PersonId;
  readonly account: Account;
  readonly rooms: ReadonlySet<string>;
  readonly settings: FirechatSettings;
  readonly random: RandomStream;
  /** The Internet service; undefined for phones that only have the radio. */
  readonly service: Address | undefined;
  conversation(id: ConversationId): Conversation | undefined;
  /** Key shared with a friend; undefined with others. */
  keyWith(account: Account): Uint8Array | undefined;
}

/** The core of one phone. */
export function createFirechatPeer(config: FirechatConfig): CoreFactory {
  return (stored) => new FirechatPeer(config, stored);
}

// Not "central": that is what a radio link's connecting side is told.
const centralTag = 'service';
const retryTimer = 'central-retry';
const inboxPrefix = 'inbox/';

class FirechatPeer implements Core {
  readonly #config: FirechatConfig;
  readonly #seen = new SeenFilter(seen);
  /** Public posts, oldest first. */
  readonly #history = new Map<string, Post>();
  readonly #letters: Letters;
  readonly #links = new Set<Address>();
  readonly #inbox: Set<string>;
  /** Own messages that the service has not confirmed. */
  readonly #unconfirmed = new Map<string, UserMessageId>();
  #central: Address | undefined;
  /** Faults because of which the service cannot be reached. */
  #cutOffBy: CauseToken = noCause;
  #isConnecting = false;
  #isOpen = false;
  #duplicates = 0;

  constructor(config: FirechatConfig, stored: StoredState | undefined) {
    this.#config = config;
    const { carried, carriedHours } = config.settings;
    this.#letters = new Letters(config.account, carried, hours(carriedHours) / 1_000, stored);
    const keys = [...(stored?.keys() ?? [])];
    this.#inbox = new Set(
      keys.filter((key) => key.startsWith(inboxPrefix)).map((key) => key.slice(inboxPrefix.length)),
    );
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'user':
        return this.#onUser(input.action, clock, out);
      case 'message':
        if (this.#links.has(input.from) && isWellFormed(input.message))
          this.#receive(input.message, input.from, clock, out);
        return;
      case 'link-up':
        return this.#connected(input.link, input.tag === centralTag, clock, out);
      case 'link-down':
        return this.#disconnected(input.link, input.tag, input.failure.cause, clock, out);
      case 'network':
        if (input.up) this.#reachOut(out);
        return;
      case 'timer':
        if (input.timer === retryTimer) this.#reachOut(out);
        return;
      default:
        return;
    }
  }

  inspect(): unknown {
    return {
      open: this.#isOpen,
      links: this.#links.size,
      online: this.#central !== undefined,
      posts: this.#history.size,
      letters: this.#letters.size,
      received: this.#inbox.size,
    };
  }

  // --- The person ---

  #onUser(action: UserAction, clock: Clock, out: Effects): void {
    if (action.kind === 'open-app') {
      this.#isOpen = true;
      this.#reachOut(out);
    } else if (action.kind === 'close-app') this.#close(out);
    else if (action.kind === 'send') {
      const conversation = this.#config.conversation(action.conversation);
      if (conversation !== undefined) this.#write(conversation, action, clock, out);
    }
  }

  #write(
    conversation: Conversation,
    { message, text }: Extract<UserAction, { kind: 'send' }>,
    clock: Clock,
    out: Effects,
  ): void {
    const { account, random } = this.#config;
    const id = toHex(random.bytes(16));
    const carries = [message];
    let written: Spread | undefined;
    if (conversation.kind === 'room') {
      written = {
        kind: 'firechat.post',
        carries,
        id,
        room: conversation.room,
        author: account,
        text,
        hops: 0,
      };
    } else {
      const { account: to } = conversation;
      const key = this.#config.keyWith(to);
      if (key === undefined) return;
      const sealed = seal(key, random.bytes(12), text);
      written = {
        kind: 'firechat.letter',
        carries,
        id,
        from: account,
        to,
        sealed,
        writtenAt: clock.wall,
        hops: 0,
      };
    }
    this.#seen.add(keyOf(id), clock.now);
    this.#unconfirmed.set(id, message);
    this.#keep(written, out);
    this.#spread(written, undefined, out);
  }

  #close(out: Effects): void {
    this.#isOpen = false;
    this.#links.clear();
    if (this.#central !== undefined) out.disconnect(this.#central);
    this.#central = undefined;
    out.cancelTimer(retryTimer);
    if (this.#duplicates > 0)
      out.observe({ kind: 'counter', name: 'firechat.duplicates-suppressed', by: this.#duplicates });
    this.#duplicates = 0;
  }

  // --- Neighbours, of which the service is one ---

  /** Connects to the service when there is reason and no connection. */
  #reachOut(out: Effects): void {
    const { service } = this.#config;
    if (service === undefined || !this.#isOpen || this.#central !== undefined || this.#isConnecting) return;
    this.#isConnecting = true;
    out.connect(service, centralTag, central.connect);
  }

  #connected(link: Address, isCentral: boolean, clock: Clock, out: Effects): void {
    if (isCentral) this.#isConnecting = false;
    if (!this.#isOpen) {
      if (isCentral) out.disconnect(link);
      return;
    }
    this.#links.add(link);
    this.#letters.expire(clock.wall, out);
    if (isCentral) {
      this.#central = link;
      this.#cutOffBy = noCause;
      const { account, rooms } = this.#config;
      out.send(link, {
        kind: 'firechat.hello',
        account,
        rooms: [...rooms],
        carries: carriesNothing,
      } as FirechatMessage);
    }
    const ids = [...this.#history.keys(), ...this.#letters.ids()];
    if (ids.length > 0)
      out.send(link, { kind: 'firechat.offer', ids, carries: carriesNothing } as FirechatMessage);
  }

  #disconnected(
    link: Address | undefined,
    tag: string | undefined,
    cause: CauseToken,
    clock: Clock,
    out: Effects,
  ): void {
    if (link !== undefined) this.#links.delete(link);
    const wasAttempt = link === undefined && tag === centralTag;
    if (wasAttempt) this.#isConnecting = false;
    else if (link === undefined || link !== this.#central) return;
    this.#central = undefined;
    this.#cutOffBy = cause;
    if (!this.#isOpen) return;
    const jitter = this.#config.random.integer(0, central.retryJitter);
    out.setTimer(retryTimer, after(clock.now, (central.retry + jitter) as Duration));
  }

  // --- What comes in ---

  #receive(message: FirechatMessage, from: Address, clock: Clock, out: Effects): void {
    switch (message.kind) {
      case 'firechat.offer': {
        const ids = message.ids.filter((id) => !this.#seen.has(keyOf(id), clock.now));
        if (ids.length > 0)
          out.send(from, { kind: 'firechat.want', ids, carries: carriesNothing } as FirechatMessage);
        return;
      }
      case 'firechat.want':
        for (const id of message.ids) {
          const held = this.#history.get(id) ?? this.#letters.get(id);
          if (held !== undefined) out.send(from, oneHopMore(held));
        }
        return;
      case 'firechat.stored': {
        const own = this.#unconfirmed.get(message.id);
        if (own === undefined || from !== this.#central) return;
        this.#unconfirmed.delete(message.id);
        out.observe({ kind: 'accepted', message: own });
        return;
      }
      case 'firechat.hello':
        return;
      default:
        if (this.#seen.add(keyOf(message.id), clock.now)) this.#hear(message, from, clock, out);
        else this.#duplicates++;
    }
  }

  /** Something new: read it if it is for this person, keep it, pass it on. */
  #hear(message: Spread, from: Address, clock: Clock, out: Effects): void {
    let goesOn = true;
    if (message.kind === 'firechat.post') this.#read(message, out);
    else if (message.kind === 'firechat.receipt') this.#confirm(message, out);
    else if (message.to === this.#config.account) {
      // The recipient is the end of the way; nobody else learns of it unless receipts are on.
      goesOn = false;
      this.#open(message, clock, out);
    } else if (clock.wall - message.writtenAt > hours(this.#config.settings.carriedHours) / 1_000) return;
    if (!goesOn) return;
    this.#keep(message, out);
    this.#spread(message, from, out);
  }

  #read(post: Post, out: Effects): void {
    if (this.#config.rooms.has(post.room)) this.#deliver(post, out);
  }

  #open(letter: Letter, clock: Clock, out: Effects): void {
    const key = this.#config.keyWith(letter.from);
    if (key === undefined || open(key, letter.sealed) === undefined) {
      out.observe({ kind: 'situation', name: 'firechat.letter-refused' });
      return;
    }
    this.#deliver(letter, out);
    if (!this.#config.settings.receipts) return;
    const id = toHex(this.#config.random.bytes(16));
    const receipt: Receipt = {
      kind: 'firechat.receipt',
      id,
      letter: letter.id,
      hops: 0,
      carries: carriesNothing,
    };
    this.#seen.add(keyOf(id), clock.now);
    this.#spread(receipt, undefined, out);
  }

  /** A receipt is believed: nothing shows who made it. */
  #confirm({ letter }: Receipt, out: Effects): void {
    this.#letters.drop(letter, out);
    const own = this.#unconfirmed.get(letter);
    if (own === undefined) return;
    this.#unconfirmed.delete(letter);
    out.observe({ kind: 'accepted', message: own });
  }

  #deliver({ id, carries }: Post | Letter, out: Effects): void {
    if (this.#inbox.has(id)) return;
    this.#inbox.add(id);
    out.persist(inboxPrefix + id, true);
    for (const message of carries) out.observe({ kind: 'delivered', message, person: this.#config.person });
  }

  // --- What goes on ---

  #keep(message: Spread, out: Effects): void {
    if (message.kind === 'firechat.letter') this.#letters.keep(message, out);
    else if (message.kind === 'firechat.post' && this.#config.settings.history > 0) {
      this.#history.set(message.id, message);
      if (this.#history.size <= this.#config.settings.history) return;
      const oldest = this.#history.keys().next();
      if (oldest.done !== true) this.#history.delete(oldest.value);
    }
  }

  #spread(message: Spread, from: Address | undefined, out: Effects): void {
    const { hopLimit } = this.#config.settings;
    if (hopLimit === 0 || message.hops < hopLimit) {
      const copy = from === undefined ? message : oneHopMore(message);
      for (const link of this.#links) if (link !== from) out.send(link, copy);
    }
    // What stays here is a copy that waits for somebody to come by.
    if (message.carries.length > 0)
      out.observe({ kind: 'hold', messages: message.carries, reason: 'no-route', cause: this.#cutOffBy });
  }
}
