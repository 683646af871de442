// A small messaging system for tests of the engine: phones with an outgoing queue, one relay that stores for those
// who are away and pushes; honest about holds, retries and acknowledgements.
import { jsonCodec } from '../../protocol/codec.ts';
import type { Address, Core, CoreFactory, Effects, Input, StoredState } from '../../protocol/core.ts';
import {
  carriesNothing,
  type ConversationId,
  type Message,
  type PersonId,
  type UserMessageId,
} from '../../protocol/message.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import { after, milliseconds, seconds, type Clock, type Duration } from '../../protocol/time.ts';
import type { Deployment, System } from '../../sim/systems/system.ts';
import { componentId } from './worlds.ts';

interface Item {
  readonly id: UserMessageId;
  readonly conversation: ConversationId;
  readonly text: string;
}
type RelayMessage = Message &
  (
    | { readonly kind: 'relay.submit'; readonly sender: PersonId; readonly item: Item }
    | { readonly kind: 'relay.stored'; readonly id: UserMessageId }
    | { readonly kind: 'relay.deliver'; readonly item: Item }
    | { readonly kind: 'relay.ack'; readonly person: PersonId; readonly id: UserMessageId }
    | { readonly kind: 'relay.hello'; readonly person: PersonId }
    | { readonly kind: 'relay.wake' }
  );

export const relayCodec = jsonCodec<RelayMessage>({
  overheadBytes: () => 8,
  isMessage: (value) => 'kind' in value && String(value.kind).startsWith('relay.'),
});

const relayName = 'relay.test' as Address;

/** A phone: sends by request with retries, listens on one link. */
class Phone implements Core {
  readonly #person: PersonId;
  readonly #random: RandomStream;
  readonly #queue = new Map<UserMessageId, { item: Item; attempts: number }>();
  readonly #read = new Set<UserMessageId>();
  readonly #insistsOn: UserMessageId | undefined;
  #link: Address | undefined;

  constructor(
    person: PersonId,
    random: RandomStream,
    stored: StoredState | undefined,
    insistsOn?: UserMessageId,
  ) {
    this.#person = person;
    this.#insistsOn = insistsOn;
    this.#random = random;
    for (const value of stored?.values() ?? []) {
      const item = value as Item;
      this.#queue.set(item.id, { item, attempts: 0 });
    }
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        for (const id of this.#queue.keys()) this.#attempt(id, out);
        return this.#connect(out);
      case 'operator':
        return;
      case 'user':
        if (input.action.kind === 'send') {
          const { message: id, conversation, text } = input.action;
          const item = { id, conversation, text };
          out.persist(`out/${id}`, item);
          this.#queue.set(id, { item, attempts: 0 });
          this.#attempt(id, out);
        } else if (input.action.kind === 'resend') this.#attempt(input.action.message, out);
        return;
      case 'timer':
        if (input.timer === 'connect') this.#connect(out);
        else this.#attempt(Number(input.timer.slice(6)) as UserMessageId, out);
        return;
      case 'network':
        if (input.up && this.#link === undefined) this.#connect(out);
        return;
      case 'push':
        if (this.#link === undefined) this.#connect(out);
        return;
      case 'link-up':
        this.#link = input.link;
        return out.send(input.link, {
          kind: 'relay.hello',
          person: this.#person,
          carries: carriesNothing,
        } as Message);
      case 'link-down':
        if (input.link === this.#link || input.link === undefined) this.#link = undefined;
        return out.setTimer('connect', after(clock.now, seconds(this.#random.integer(5, 15))));
      case 'message':
        return this.#receive(input.from, input.message as RelayMessage, out);
      case 'response':
        return this.#answered(clock, input, out);
      case 'request':
        return out.refuse(input.id, 404);
    }
  }

  inspect(): unknown {
    return { unsent: [...this.#queue.keys()], read: [...this.#read] };
  }

  #connect(out: Effects): void {
    out.connect(relayName, 'listen', {
      timeout: seconds(10),
      keepAlive: { every: seconds(30), giveUpAfter: seconds(10), pingBytes: 40 },
    });
  }

  #attempt(id: UserMessageId, out: Effects): void {
    const entry = this.#queue.get(id);
    if (entry === undefined) return;
    entry.attempts++;
    const message = {
      kind: 'relay.submit',
      sender: this.#person,
      item: entry.item,
      carries: [id],
    } as Message;
    out.request(relayName, `submit/${id}`, message, { timeout: seconds(10) });
    if (id === this.#insistsOn) out.request(relayName, `insist/${id}`, message, { timeout: seconds(10) });
    out.observe({ kind: 'hold', messages: [id], reason: 'awaiting-answer', cause: 0 as never });
  }

  #answered(clock: Clock, input: Extract<Input, { kind: 'response' }>, out: Effects): void {
    const id = Number(input.tag.slice(7)) as UserMessageId;
    const entry = this.#queue.get(id);
    if (entry === undefined) return;
    if (input.result.ok) {
      this.#queue.delete(id);
      out.persist(`out/${id}`, undefined);
      return out.observe({ kind: 'accepted', message: id });
    }
    const { failure } = input.result;
    out.observe({ kind: 'attempt-failed', message: id, failure });
    if (entry.attempts % 4 === 0) {
      out.observe({ kind: 'hold', messages: [id], reason: 'needs-manual-resend', cause: failure.cause });
      return out.observe({ kind: 'failed', message: id, cause: failure.cause });
    }
    out.observe({ kind: 'hold', messages: [id], reason: 'backoff', cause: failure.cause });
    out.setTimer(`retry/${id}`, after(clock.now, seconds(this.#random.integer(2, 6))));
  }

  #receive(link: Address, message: RelayMessage, out: Effects): void {
    if (message.kind !== 'relay.deliver') return;
    const { id } = message.item;
    this.#read.add(id);
    out.observe({ kind: 'delivered', message: id, person: this.#person });
    out.send(link, { kind: 'relay.ack', person: this.#person, id, carries: carriesNothing } as Message);
  }
}

/** The relay: takes responsibility after persisting and some work, keeps until acknowledged, pushes to who is away. */
class Relay implements Core {
  readonly #membersOf: (conversation: ConversationId) => readonly PersonId[];
  readonly #work: Duration;
  readonly #pending = new Map<PersonId, Map<UserMessageId, Item>>();
  readonly #links = new Map<PersonId, Address>();
  readonly #people = new Map<Address, PersonId>();

  constructor(
    membersOf: (conversation: ConversationId) => readonly PersonId[],
    work: Duration,
    stored: StoredState | undefined,
  ) {
    this.#membersOf = membersOf;
    this.#work = work;
    for (const [key, value] of stored ?? [])
      this.#pendingOf(Number(key.split('/')[0]) as PersonId).set((value as Item).id, value as Item);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'request') {
      const message = input.message as RelayMessage;
      if (message.kind === 'relay.submit') this.#submit(message.sender, message.item, input.id, out);
    } else if (input.kind === 'message') this.#message(input.from, input.message as RelayMessage, out);
    else if (input.kind === 'link-down' && input.link !== undefined) {
      const person = this.#people.get(input.link);
      this.#people.delete(input.link);
      if (person !== undefined && this.#links.get(person) === input.link) this.#links.delete(person);
    }
  }

  inspect(): unknown {
    return { pending: [...this.#pending].map(([person, items]) => [person, [...items.keys()]]) };
  }

  #submit(sender: PersonId, item: Item, request: Parameters<Effects['respond']>[0], out: Effects): void {
    const recipients = this.#membersOf(item.conversation).filter((member) => member !== sender);
    if (this.#work > 0) out.spend(this.#work);
    for (const person of recipients) {
      this.#pendingOf(person).set(item.id, item);
      out.persist(`${person}/${item.id}`, item);
    }
    out.respond(request, { kind: 'relay.stored', id: item.id, carries: carriesNothing } as Message);
    for (const person of recipients) {
      const link = this.#links.get(person);
      if (link !== undefined) out.send(link, { kind: 'relay.deliver', item, carries: [item.id] } as Message);
      else {
        out.observe({ kind: 'hold', messages: [item.id], reason: 'stored-for-recipient', cause: 0 as never });
        out.send(`push:phone/${person}` as Address, { kind: 'relay.wake', carries: carriesNothing });
      }
    }
  }

  #message(from: Address, message: RelayMessage, out: Effects): void {
    if (message.kind === 'relay.hello') {
      this.#links.set(message.person, from);
      this.#people.set(from, message.person);
      for (const item of this.#pendingOf(message.person).values())
        out.send(from, { kind: 'relay.deliver', item, carries: [item.id] } as Message);
    } else if (message.kind === 'relay.ack') {
      this.#pendingOf(message.person).delete(message.id);
      out.persist(`${message.person}/${message.id}`, undefined);
    }
  }

  #pendingOf(person: PersonId): Map<UserMessageId, Item> {
    let items = this.#pending.get(person);
    if (items === undefined) {
      items = new Map();
      this.#pending.set(person, items);
    }
    return items;
  }
}

export const phoneFactory =
  (person: PersonId, random: RandomStream, insistsOn?: UserMessageId): CoreFactory =>
  (stored) =>
    new Phone(person, random, stored, insistsOn);

/**
 * Everybody's phone, and one relay on `host/one` whose every submission takes this much work. `insistsOn`: a message
 * that its phone sends twice at once, as a retry would.
 */
export function relaySystem(work: Duration = milliseconds(1), insistsOn?: UserMessageId): System {
  return {
    id: 'relay',
    title: 'Relay',
    description: 'A test system.',
    codec: relayCodec,
    fidelity: 'C',
    usesRadio: false,
    deploy(deployment: Deployment) {
      const { workload } = deployment;
      const membersOf = (conversation: ConversationId): readonly PersonId[] =>
        workload.conversations[conversation]?.members ?? [];
      const relay = deployment.addNode({
        name: 'relay',
        component: componentId('host/one'),
        parts: { relay: (stored) => new Relay(membersOf, work, stored) },
      });
      deployment.addEndpoint({
        name: relayName,
        dnsZone: componentId('dns/test'),
        ttlSeconds: 300,
        targets: [{ node: relay, part: 'relay' }],
      });
      for (const { id } of workload.people) {
        deployment.addNode({
          name: `phone/${id}`,
          person: id,
          userPart: 'client',
          parts: { client: phoneFactory(id, deployment.random(`phone/${id}`), insistsOn) },
        });
      }
    },
  };
}
