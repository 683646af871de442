// A phone that stores, carries and forwards as one of the literature's routers decides: the baseline that meshes in use
// are held against, on the same radio. A message to several people is one bundle for each of them.
import { toHex } from '../bytes.ts';
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { hours, type Clock } from '../time.ts';
import { bundleOf, BundleStore, type HeldBundle } from './bundle-store.ts';
import { isWellFormed, type DtnBundle, type DtnHello, type DtnSummary } from './messages.ts';
import type { CreateDtnRouter, DtnRouter } from './router.ts';

/** How phones are set. */
export interface DtnPeerSettings {
  readonly bufferBytes: number;
  readonly lifetimeHours: number;
}

/** What a phone is made with. */
export interface DtnPeerConfig {
  readonly person: PersonId;
  /** How many phones there are. */
  readonly nodes: number;
  readonly settings: DtnPeerSettings;
  readonly random: RandomStream;
  readonly createRouter: CreateDtnRouter;
  /** Who else is in a conversation. */
  recipients(conversation: ConversationId): readonly PersonId[];
}

/** The core of one phone. Addresses of people are their numbers, and everybody knows them. */
export function createDtnPeer(config: DtnPeerConfig): CoreFactory {
  return (stored) => new DtnPeer(config, stored);
}

const inboxPrefix = 'inbox/';

/** A neighbour that has said who it is. */
interface Neighbour {
  readonly link: Address;
  readonly node: number;
  /** What it holds or was delivered, as far as this phone knows. */
  readonly has: Set<string>;
  /** What its router told this one's; undefined until then. */
  summary: unknown;
}

class DtnPeer implements Core {
  readonly #config: DtnPeerConfig;
  readonly #router: DtnRouter;
  readonly #store: BundleStore;
  readonly #inbox: Set<string>;
  readonly #links = new Map<Address, Neighbour | undefined>();
  #isOpen = false;

  constructor(config: DtnPeerConfig, stored: StoredState | undefined) {
    const { person, nodes, random, settings } = config;
    this.#config = config;
    const router = config.createRouter({ node: person, nodes, random });
    this.#router = router;
    const limits = { mostBytes: settings.bufferBytes, lifetime: hours(settings.lifetimeHours) };
    this.#store = new BundleStore(limits, (bundle) => router.drops?.(bundle), stored);
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
        if (!this.#links.has(input.from) || !isWellFormed(input.message)) return;
        if (input.message.kind === 'dtn.hello') this.#meet(input.message, input.from, clock, out);
        else if (input.message.kind === 'dtn.summary') this.#learn(input.message, input.from, clock, out);
        else this.#receive(input.message, input.from, clock, out);
        return;
      case 'link-up':
        if (this.#isOpen) this.#greet(input.link, clock, out);
        return;
      case 'link-down':
        if (input.link !== undefined) this.#links.delete(input.link);
        return;
      default:
        return;
    }
  }

  inspect(): unknown {
    return {
      open: this.#isOpen,
      links: this.#links.size,
      held: this.#store.size,
      received: this.#inbox.size,
    };
  }

  #onUser(action: UserAction, clock: Clock, out: Effects): void {
    if (action.kind === 'open-app') this.#isOpen = true;
    else if (action.kind === 'close-app') {
      this.#isOpen = false;
      this.#links.clear();
    } else if (action.kind === 'send') {
      const { message, conversation, text } = action;
      for (const destination of this.#config.recipients(conversation)) {
        const id = toHex(this.#config.random.bytes(7)).slice(0, 13);
        const { person: source } = this.#config;
        const held = bundleOf({
          kind: 'dtn.bundle',
          carries: [message],
          id,
          source,
          destination,
          createdAt: clock.now,
          text,
          note: 0,
        });
        this.#store.keep(held, out);
        this.#router.creates?.(held.bundle);
        this.#forward(held, clock, out);
      }
      out.observe({ kind: 'hold', messages: [message], reason: 'no-route', cause: noCause });
    }
  }

  /** Each side of a link says who it is and what it has. */
  #greet(link: Address, clock: Clock, out: Effects): void {
    this.#links.set(link, undefined);
    this.#store.expire(clock.now, out);
    const hello: DtnHello = {
      kind: 'dtn.hello',
      carries: carriesNothing,
      node: this.#config.person,
      has: [...this.#store.ids(), ...this.#inbox],
    };
    out.send(link, hello);
  }

  #meet({ node, has }: DtnHello, link: Address, clock: Clock, out: Effects): void {
    if (node === this.#config.person || node >= this.#config.nodes) return;
    const neighbour: Neighbour = { link, node, has: new Set(has), summary: undefined };
    this.#links.set(link, neighbour);
    const told = this.#router.contactBegins?.(node, clock.now);
    const numbers = told === undefined ? undefined : this.#router.writes?.(told, clock.now);
    if (numbers !== undefined)
      out.send(link, { kind: 'dtn.summary', carries: carriesNothing, numbers } as DtnSummary);
    // First what is for the neighbour itself: the contact may be short.
    const held = [...this.#store.all()];
    for (const each of held) if (each.bundle.destination === node) this.#give(each, neighbour, clock, out);
    for (const each of held) if (each.bundle.destination !== node) this.#give(each, neighbour, clock, out);
  }

  /** What the neighbour's router says decides what else it gets, the highest rank first. */
  #learn({ numbers }: DtnSummary, link: Address, clock: Clock, out: Effects): void {
    const neighbour = this.#links.get(link);
    const told = this.#router.reads?.(numbers, clock.now);
    if (neighbour === undefined || told === undefined) return;
    neighbour.summary = told;
    this.#router.learns?.(neighbour.node, told, clock.now);
    const rank = ({ bundle }: HeldBundle): number =>
      this.#router.rank?.(bundle, neighbour.node, told, clock.now) ?? 0;
    const ranked = [...this.#store.all()].map((held) => ({ held, rank: rank(held) }));
    // Sorting is stable: equals go in the order in which they were received.
    ranked.sort((left, right) => right.rank - left.rank);
    for (const { held } of ranked) this.#give(held, neighbour, clock, out);
  }

  #receive(message: DtnBundle, from: Address, clock: Clock, out: Effects): void {
    const neighbour = this.#links.get(from);
    const { id, destination } = message;
    neighbour?.has.add(id);
    if (destination === this.#config.person) this.#deliver(message, out);
    else {
      if (this.#store.has(id) || !this.#store.isAlive(message, clock.now)) return;
      const held = bundleOf(message);
      if (neighbour !== undefined) this.#router.receives?.(held.bundle, neighbour.node, message.note);
      this.#store.keep(held, out);
      this.#forward(held, clock, out);
    }
    // What stays here is a copy that waits for somebody to come by, or one that helps nobody else.
    out.observe({ kind: 'hold', messages: message.carries, reason: 'no-route', cause: noCause });
  }

  #forward(held: HeldBundle, clock: Clock, out: Effects): void {
    for (const neighbour of this.#links.values())
      if (neighbour !== undefined) this.#give(held, neighbour, clock, out);
  }

  /** Hands over a copy if the neighbour lacks it and should have it. One that a broken link swallows is not handed over again in this contact. */
  #give({ message, bundle }: HeldBundle, neighbour: Neighbour, { now }: Clock, out: Effects): void {
    const { has, link, node, summary } = neighbour;
    if (has.has(message.id) || !this.#store.has(message.id) || !this.#store.isAlive(message, now)) return;
    if (bundle.destination !== node && !this.#router.offers(bundle, node, summary, now)) return;
    has.add(message.id);
    const note = this.#router.hands?.(bundle, node);
    out.send(link, typeof note === 'number' && note !== message.note ? { ...message, note } : message);
  }

  #deliver({ id, carries }: DtnBundle, out: Effects): void {
    if (this.#inbox.has(id)) return;
    this.#inbox.add(id);
    out.persist(inboxPrefix + id, true);
    for (const message of carries) out.observe({ kind: 'delivered', message, person: this.#config.person });
  }
}
