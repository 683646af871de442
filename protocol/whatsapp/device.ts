// A phone, or a linked computer, with WhatsApp on it.
import { assertNever } from '../assert.ts';
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { toHex } from '../bytes.ts';
import type { Failure } from '../failure.ts';
import { carriesNothing, type Message, type PersonId, type UserMessageId } from '../message.ts';
import { MobileConnection } from '../mobile-connection.ts';
import type { Clock } from '../time.ts';
import { client, reconnectWait, type PlatformPolicy } from './constants.ts';
import {
  asWhatsapp,
  deviceNameOf,
  keyOf,
  type Login,
  type Received,
  type Stanza,
  type Submit,
} from './messages.ts';
import { Outbox, type OutboxConfig } from './outbox.ts';

/** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
export const connectionTag = 'whatsapp';

/** How a device is set up. */
export interface DeviceConfig extends OutboxConfig {
  readonly person: PersonId;
  /** Number of the device; 0 is the phone. */
  readonly device: number;
  readonly service: Address;
  readonly policy: PlatformPolicy;
  /** The run begins with the application open and its connection up: the host will say so with `link-up`. */
  readonly connectedAtStart: boolean;
  /** Whether it tells senders what has come. */
  readonly sendsReceipts: boolean;
}

const seenPrefix = 'seen/';

class WhatsappDevice implements Core {
  readonly #config: DeviceConfig;
  readonly #connection: MobileConnection;
  readonly #outbox: Outbox;
  readonly #seen = new Set<string>();
  readonly #restarted: boolean;

  constructor(config: DeviceConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#restarted = stored !== undefined;
    this.#outbox = new Outbox(config, stored);
    for (const key of stored?.keys() ?? [])
      if (key.startsWith(seenPrefix)) this.#seen.add(key.slice(seenPrefix.length));
    const device = deviceNameOf(config.account, config.device);
    const login: Login = { kind: 'whatsapp.login', device, carries: carriesNothing };
    const { service, policy, connectedAtStart } = config;
    this.#connection = new MobileConnection(
      {
        service,
        tag: connectionTag,
        options: client.connection,
        policy,
        login,
        connectedAtStart,
        wait: reconnectWait,
        hasWork: () => policy.sendsInBackground && !this.#outbox.isEmpty,
      },
      this.#restarted,
    );
  }

  step(clock: Clock, input: Input, out: Effects): void {
    this.#handle(clock, input, out);
    // Nobody says so when this side itself gives its connection up.
    this.#outbox.keepsTo(clock, (link) => this.#connection.isOpen(link), out);
  }

  #handle(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (this.#restarted) this.#connection.restarted(clock, out);
        return;
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        if (!this.#outbox.timer(clock, input.timer, out)) this.#connection.timer(clock, input.timer, out);
        return;
      case 'link-up':
        return this.#connection.linkUp(clock, input.link, out);
      case 'link-down':
        return this.#linkDown(clock, input.link, input.failure, out);
      case 'message':
        if (this.#connection.isOpen(input.from)) this.#receive(clock, input.from, input.message, out);
        return;
      case 'network':
        this.#connection.network(clock, input.up, input.cause, out);
        if (!input.up) this.#outbox.disconnected(clock, 'waiting-for-network', input.cause, out);
        return;
      case 'push':
        return this.#connection.woken(clock, out);
      case 'request':
        return out.refuse(input.id, 400);
      case 'response':
      case 'operator':
        return;
      default:
        return assertNever(input);
    }
  }

  inspect(): unknown {
    return {
      connection: this.#connection.inspect(),
      outbox: this.#outbox.inspect(),
      received: this.#seen.size,
    };
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send':
        this.#outbox.send(clock, action, out);
        return this.#connection.hasNewWork(clock, out);
      case 'open-app':
        return this.#connection.opened(clock, out);
      case 'close-app':
        return this.#connection.closed(clock, out);
      // Nothing is ever shown as failed, and groups have no moderators here.
      default:
        return;
    }
  }

  #linkDown(clock: Clock, link: Address | undefined, failure: Failure, out: Effects): void {
    if (link !== undefined && !this.#connection.isOpen(link)) return;
    this.#connection.linkDown(clock, link, failure, out);
    const reason = this.#connection.networkIsUp ? 'backoff' : 'waiting-for-network';
    this.#outbox.disconnected(clock, reason, failure.cause, out);
  }

  #receive(clock: Clock, link: Address, body: Message, out: Effects): void {
    const message = asWhatsapp(body);
    switch (message?.kind) {
      case 'whatsapp.success':
        this.#connection.progressed();
        return this.#outbox.connected(clock, link, out);
      case 'whatsapp.ack':
        this.#outbox.acknowledged(message.id, out);
        return this.#connection.hasNewWork(clock, out);
      case 'whatsapp.drained':
        return this.#connection.caughtUp(clock, out, client.staysAfterFetch);
      case 'whatsapp.delivery':
        return this.#deliver(link, message.stanza, message.carries[0], out);
      default:
        return;
    }
  }

  /** Stored before it is acknowledged, shown once. */
  #deliver(link: Address, stanza: Stanza, words: UserMessageId | undefined, out: Effects): void {
    const { account, person, random, sendsReceipts } = this.#config;
    const key = keyOf(stanza);
    if (stanza.type === 'receipt') {
      out.observe({ kind: 'counter', name: 'whatsapp.receipts-shown', by: 1 });
    } else if (this.#seen.has(key)) {
      out.observe({ kind: 'counter', name: 'whatsapp.duplicates-dropped', by: 1 });
    } else {
      this.#seen.add(key);
      out.persist(`${seenPrefix}${key}`, true);
      if (words !== undefined && stanza.from !== account)
        out.observe({ kind: 'delivered', message: words, person });
    }
    const received: Received = { kind: 'whatsapp.received', key, carries: carriesNothing };
    out.send(link, received);
    if (stanza.type !== 'message' || !sendsReceipts || stanza.from === account) return;
    const id = toHex(random.bytes(9));
    const receipt: Submit = {
      kind: 'whatsapp.submit',
      stanza: { id, from: account, type: 'receipt', content: stanza.id },
      to: [stanza.from],
      carries: carriesNothing,
    };
    out.send(link, receipt);
  }
}

/** A phone or a linked computer. */
export function createDevice(config: DeviceConfig): CoreFactory {
  return (stored) => new WhatsappDevice(config, stored);
}
