// A bridge host: linked devices of its users' accounts in other networks on one side, an application service of their
// homeserver on the other. It says to one side that a message has come before the other side has stored it.
import type {
  Address,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  Input,
  RequestId,
  StoredState,
} from '../core.ts';
import { noCause } from '../failure.ts';
import { appserviceDone, type AppserviceTransaction } from '../matrix/appservice.ts';
import type { RoomId, UserId } from '../matrix/ids.ts';
import { pictureEvent } from '../matrix/client-tasks.ts';
import { isUserMessage } from '../matrix/user-messages.ts';
import type { ConversationId, PersonId, UserMessageId } from '../message.ts';
import { Tenant } from '../tenant.ts';
import type { Clock } from '../time.ts';
import type { Provision } from './messages.ts';
import { Portal } from './portal.ts';
import { Provisioning } from './provisioning.ts';

/** One user's linked device in one network. */
export interface LinkedDevice {
  /** `<network>-<person>`: unique on the host, without a slash. */
  readonly name: string;
  readonly network: string;
  readonly person: PersonId;
  readonly factory: CoreFactory;
}

/** How a bridge is set up. */
export interface BridgeConfig {
  readonly homeserver: Address;
  readonly devices: readonly LinkedDevice[];
  /** Events that may wait for one chat in memory; 0: networks are answered only when the homeserver has stored the event. */
  readonly portalBuffer: number;
  /** The network in which a conversation takes place; undefined for those that are native to Matrix. */
  networkOf(conversation: ConversationId): string | undefined;
  roomOf(conversation: ConversationId): RoomId | undefined;
  conversationOf(room: RoomId): ConversationId | undefined;
  /** The Matrix user that stands for a person here. */
  userOf(person: PersonId): UserId;
  /** The bridge's own user behind a Matrix user; undefined for ghosts. */
  bridgedPersonOf(user: UserId): PersonId | undefined;
  /** What decryption reveals of a message: in which chat it was said, by whom. Contents are opaque here. */
  reveal(message: UserMessageId): { readonly conversation: ConversationId; readonly sender: PersonId };
}

type MessageInput = Extract<Input, { kind: 'message' }>;

const knownPrefix = 'known/';
const portalPrefix = 'portal-';

class Bridge implements Core {
  readonly #config: BridgeConfig;
  readonly #tenants = new Map<string, Tenant>();
  readonly #portals = new Map<ConversationId, Portal>();
  /** What is in its room, or came from there: remote ids and the events they became. */
  readonly #known = new Set<UserMessageId>();
  readonly #links = new Map<Address, Tenant>();
  /** Accepted from a network and not known yet. */
  readonly #underWay = new Set<UserMessageId>();
  /** Without a buffer: deliveries that no device has seen, as they came last. */
  readonly #unseen = new Map<UserMessageId, MessageInput>();
  /** What a tenant may not see before there is room for it. */
  readonly #blocked = new Map<Tenant, MessageInput[]>();
  readonly #provisioning: Provisioning;
  #dropped = 0;

  constructor(config: BridgeConfig, stored: StoredState | undefined) {
    this.#config = config;
    for (const key of stored?.keys() ?? [])
      if (key.startsWith(knownPrefix))
        this.#known.add(Number(key.slice(knownPrefix.length)) as UserMessageId);
    for (const { name, network, factory } of config.devices)
      this.#tenants.set(
        name,
        new Tenant(name, factory, stored, (clock, fact, out) => this.#hear(clock, network, fact, out)),
      );
    this.#provisioning = new Provisioning({
      homeserver: config.homeserver,
      userOf: (person) => config.userOf(person),
      bridgedPersonOf: (user) => config.bridgedPersonOf(user),
      undertake: (clock, network, person, id, task, out) => {
        const tenant = this.#deviceOf(network, person);
        tenant?.step(clock, { kind: 'user', action: { kind: 'undertake', id, task } }, out);
        return tenant !== undefined;
      },
    });
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        return this.#start(clock, input, out);
      case 'request':
        return this.#requested(clock, input.id, input.message, out);
      case 'response':
        if (this.#provisioning.answered(clock, input.tag, input.result, out)) return;
        if (input.tag.startsWith(portalPrefix))
          return this.#portals.get(numberOf(input.tag))?.answered(clock, input.result, out);
        return this.#forward(clock, input, out);
      case 'timer':
        if (this.#provisioning.timer(input.timer, out)) return;
        if (input.timer.startsWith(portalPrefix)) return this.#portals.get(numberOf(input.timer))?.retry(out);
        return this.#forward(clock, input, out);
      case 'message':
        return this.#admit(clock, input, out);
      default:
        return this.#forward(clock, input, out);
    }
  }

  inspect(): unknown {
    let waiting = 0;
    for (const portal of this.#portals.values()) waiting += portal.waiting;
    return {
      devices: this.#tenants.size,
      waiting,
      known: this.#known.size,
      dropped: this.#dropped,
      ...this.#provisioning.inspect(),
    };
  }

  /** Linked devices run as long as the host does. */
  #start(clock: Clock, input: Input, out: Effects): void {
    for (const tenant of this.#tenants.values()) {
      tenant.step(clock, input, out);
      tenant.step(clock, { kind: 'user', action: { kind: 'open-app' } }, out);
    }
  }

  #forward(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'network') for (const tenant of this.#tenants.values()) tenant.step(clock, input, out);
    const tenant = this.#tenantOf(input);
    const own = tenant?.mine(input);
    if (tenant === undefined || own === undefined) return;
    if (input.kind === 'link-up') this.#links.set(input.link, tenant);
    if (input.kind === 'link-down' && input.link !== undefined) this.#links.delete(input.link);
    tenant.step(clock, own, out);
  }

  /** By the prefix of what it asked for, or by its link. */
  #tenantOf(input: Input): Tenant | undefined {
    const byPrefix = (name: string): Tenant | undefined =>
      this.#tenants.get(name.slice(0, Math.max(0, name.indexOf('/'))));
    switch (input.kind) {
      case 'timer':
        return byPrefix(input.timer);
      case 'response':
        return byPrefix(input.tag);
      case 'message':
        return this.#links.get(input.from);
      case 'link-up':
        return input.tag === undefined ? undefined : byPrefix(input.tag);
      case 'link-down':
        return input.link === undefined ? byPrefix(input.tag ?? '') : this.#links.get(input.link);
      default:
        return undefined;
    }
  }

  // --- From a network into Matrix ---

  /** A full portal blocks the device: what it has not seen it does not acknowledge, and the network keeps it. */
  #admit(clock: Clock, input: MessageInput, out: Effects): void {
    const tenant = this.#tenantOf(input);
    if (tenant === undefined) return;
    const blocked = this.#blocked.get(tenant);
    if (blocked !== undefined) blocked.push(input);
    else if (!this.#pass(clock, tenant, input, out)) this.#blocked.set(tenant, [input]);
  }

  /** False when the input has to wait. */
  #pass(clock: Clock, tenant: Tenant, input: MessageInput, out: Effects): boolean {
    const [message] = input.message.carries;
    const isDelivery = message !== undefined && input.message.kind.endsWith('.delivery');
    if (isDelivery && this.#config.portalBuffer === 0 && !this.#known.has(message)) {
      this.#storeFirst(tenant, message, input, out);
      return true;
    }
    const isNew = isDelivery && !this.#known.has(message) && !this.#underWay.has(message);
    if (isNew) {
      const portal = this.#portalOf(this.#config.reveal(message).conversation);
      if (portal !== undefined && portal.waiting >= this.#config.portalBuffer) return false;
    }
    tenant.step(clock, input, out);
    return true;
  }

  /** The device sees it, and acknowledges it, once it is in its room; by the connection over which it came last. */
  #storeFirst(tenant: Tenant, message: UserMessageId, input: MessageInput, out: Effects): void {
    this.#unseen.set(message, input);
    if (this.#underWay.has(message)) return;
    this.#bridge(message, out, (clock, stored, effects) => {
      const latest = this.#unseen.get(message) ?? input;
      this.#unseen.delete(message);
      if (stored) return tenant.step(clock, latest, effects);
      // Not acknowledged: the network sends it again over the next connection.
      effects.disconnect(latest.from);
      const failure = { kind: 'closed', definite: false, cause: noCause } as const;
      this.#forward(clock, { kind: 'link-down', link: latest.from, failure }, effects);
    });
  }

  #unblock(clock: Clock, out: Effects): void {
    for (const [tenant, inputs] of [...this.#blocked]) {
      while (inputs.length > 0) {
        const [next] = inputs;
        if (next === undefined || !this.#pass(clock, tenant, next, out)) break;
        inputs.shift();
      }
      if (inputs.length === 0) this.#blocked.delete(tenant);
    }
  }

  /** Facts of linked devices: what they show nobody reads; it is to be bridged. */
  #hear(clock: Clock, network: string, fact: CoreFact, out: Effects): void {
    if (fact.kind === 'task-done' || fact.kind === 'task-failed')
      return this.#provisioning.heard(clock, network, fact, out);
    if (fact.kind === 'delivered') {
      if (!this.#known.has(fact.message) && !this.#underWay.has(fact.message))
        this.#bridge(fact.message, out);
    } else if (fact.kind !== 'accepted') out.observe(fact);
  }

  #bridge(
    message: UserMessageId,
    out: Effects,
    then?: (clock: Clock, stored: boolean, out: Effects) => void,
  ): void {
    const { conversation, sender } = this.#config.reveal(message);
    const portal = this.#portalOf(conversation);
    if (portal === undefined) return;
    this.#underWay.add(message);
    const ended = (endedAt: Clock, stored: boolean, effects: Effects): void => {
      this.#underWay.delete(message);
      if (stored) this.#know(message, effects);
      else this.#dropped += 1;
      then?.(endedAt, stored, effects);
      this.#unblock(endedAt, effects);
    };
    const ghost = this.#config.userOf(sender);
    portal.add({ message, ghost, text: `bridged ${message}`, ended }, out);
  }

  #know(message: UserMessageId, out: Effects): void {
    this.#known.add(message);
    out.persist(`${knownPrefix}${message}`, true);
  }

  #portalOf(conversation: ConversationId): Portal | undefined {
    let portal = this.#portals.get(conversation);
    const roomId = this.#config.roomOf(conversation);
    if (portal !== undefined || roomId === undefined) return portal;
    const { homeserver } = this.#config;
    portal = new Portal({ name: `${portalPrefix}${conversation}`, roomId, homeserver });
    this.#portals.set(conversation, portal);
    return portal;
  }

  #deviceOf(network: string, person: PersonId): Tenant | undefined {
    return this.#tenants.get(`${network}-${person}`);
  }

  // --- From Matrix into a network ---

  /** Answered once everything is handed to its linked device, whatever becomes of it there. */
  #requested(clock: Clock, id: RequestId, body: { readonly kind: string }, out: Effects): void {
    if (body.kind === 'bridge.provision')
      return this.#provisioning.requested(clock, id, body as Provision, out);
    if (body.kind !== 'appservice.transaction') return out.refuse(id, 404);
    const { events, carries } = body as AppserviceTransaction;
    let next = 0;
    for (const { roomId, sender, type, content } of events) {
      const message = isUserMessage(type) ? carries[next++] : undefined;
      if (message !== undefined) this.#send(clock, roomId, sender, message, out);
      if (type === pictureEvent) this.#provisioning.sawPicture(clock, nameIn(content), out);
    }
    out.respond(id, appserviceDone);
  }

  #send(clock: Clock, roomId: RoomId, sender: UserId, message: UserMessageId, out: Effects): void {
    const person = this.#config.bridgedPersonOf(sender);
    const conversation = this.#config.conversationOf(roomId);
    if (person === undefined || conversation === undefined || this.#known.has(message)) return;
    const tenant = this.#deviceOf(this.#config.networkOf(conversation) ?? '', person);
    if (tenant === undefined) return;
    this.#know(message, out);
    const text = `bridged ${message}`;
    tenant.step(clock, { kind: 'user', action: { kind: 'send', message, conversation, text } }, out);
  }
}

/** What a picture is called: the words of its event. */
function nameIn(content: string): string {
  const { body } = JSON.parse(content) as { body?: unknown };
  return typeof body === 'string' ? body : '';
}

const numberOf = (name: string): ConversationId => Number(name.slice(portalPrefix.length)) as ConversationId;

/** A bridge host. */
export function createBridge(config: BridgeConfig): CoreFactory {
  return (stored) => new Bridge(config, stored);
}
