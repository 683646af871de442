// A phone with Signal on it.
import { assertNever } from '../assert.ts';
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { carriesNothing, type Message, type PersonId } from '../message.ts';
import type { MobileConnection } from '../mobile-connection.ts';
import type { Clock } from '../time.ts';
import { createDeviceConnection, type ConnectionConfig } from './device-connection.ts';
import { Inbox } from './inbox.ts';
import { asSignal, type Received } from './messages.ts';
import { Outbox, type OutboxConfig } from './outbox.ts';

/** How a phone is set up. */
export interface DeviceConfig extends ConnectionConfig, OutboxConfig {
  readonly person: PersonId;
}

class SignalDevice implements Core {
  readonly #connection: MobileConnection;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #restarted: boolean;

  constructor(config: DeviceConfig, stored: StoredState | undefined) {
    this.#restarted = stored !== undefined;
    this.#connection = createDeviceConnection(config, this.#restarted);
    this.#outbox = new Outbox(config, this.#connection, stored);
    this.#inbox = new Inbox(config.person, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (!this.#restarted) return;
        this.#connection.restarted(clock, out);
        return this.#outbox.wake(clock, out);
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        if (!this.#connection.timer(clock, input.timer, out)) this.#outbox.timer(clock, input.timer, out);
        return;
      case 'response':
        return this.#outbox.answered(clock, input.tag, input.result, out);
      case 'link-up':
        return this.#connection.linkUp(clock, input.link, out);
      case 'link-down':
        return this.#connection.linkDown(clock, input.link, input.failure, out);
      case 'message':
        if (this.#connection.isOpen(input.from)) this.#receive(clock, input.from, input.message, out);
        return;
      case 'network':
        this.#connection.network(clock, input.up, input.cause, out);
        if (input.up) this.#outbox.wake(clock, out);
        return;
      case 'push':
        return this.#connection.woken(clock, out);
      case 'request':
        return out.refuse(input.id, 400);
      case 'operator':
        return; // nobody operates somebody else's phone
      default:
        return assertNever(input);
    }
  }

  inspect(): unknown {
    return {
      connection: this.#connection.inspect(),
      outbox: this.#outbox.inspect(),
      received: this.#inbox.size,
    };
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send':
        return this.#outbox.send(clock, action, out);
      case 'resend':
        return this.#outbox.resend(clock, action.message, out);
      case 'open-app':
        this.#connection.opened(clock, out);
        return this.#outbox.resume(clock, out);
      case 'administer':
        return; // groups have no moderators here
      case 'undertake':
        return;
      case 'close-app':
        return this.#connection.closed(clock, out);
      default:
        return assertNever(action);
    }
  }

  #receive(clock: Clock, link: Address, body: Message, out: Effects): void {
    const message = asSignal(body);
    if (message?.kind === 'signal.queue-empty') return this.#connection.caughtUp(clock, out);
    if (message?.kind !== 'signal.delivery') return;
    this.#connection.progressed();
    const { envelope, carries } = message;
    this.#inbox.receive(envelope, carries[0], out);
    const received: Received = { kind: 'signal.received', guid: envelope.guid, carries: carriesNothing };
    out.send(link, received);
  }
}

/** A phone. Sessions exist with everybody in its conversations except `strangers`. */
export function createDevice(config: DeviceConfig): CoreFactory {
  return (stored) => new SignalDevice(config, stored);
}
