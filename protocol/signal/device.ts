// A phone with Signal on it.
import { assertNever } from '../assert.ts';
import type {
  Address,
  Core,
  CoreFactory,
  Effects,
  Input,
  RequestResult,
  StoredState,
  Tag,
  TimerName,
  UserAction,
} from '../core.ts';
import { carriesNothing, type Message, type PersonId } from '../message.ts';
import type { MobileConnection } from '../mobile-connection.ts';
import type { Clock } from '../time.ts';
import { createDeviceConnection, type ConnectionConfig } from './device-connection.ts';
import { Inbox } from './inbox.ts';
import { asSignal, type Received } from './messages.ts';
import { Downloads } from './downloads.ts';
import { Outbox, type OutboxConfig } from './outbox.ts';
import { Route } from './route.ts';
import type { TaskRunner } from '../task-runner.ts';
import { createTasks, type TasksConfig } from './tasks.ts';

/** How a phone is set up. */
export interface DeviceConfig extends ConnectionConfig, OutboxConfig, TasksConfig {
  readonly person: PersonId;
  /** The service's sites, the nearest first; only `service` when left out. */
  readonly sites?: readonly Address[];
}

/** The phone; it does what a linked computer leaves to it. */
const primaryDevice = 1;

class SignalDevice implements Core {
  readonly #connection: MobileConnection;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #tasks: TaskRunner;
  readonly #downloads: Downloads;
  readonly #config: DeviceConfig;
  readonly #route: Route;
  readonly #restarted: boolean;

  constructor(config: DeviceConfig, stored: StoredState | undefined) {
    this.#route = new Route(config.sites ?? [config.service]);
    this.#config = this.#routed(config);
    this.#restarted = stored !== undefined;
    this.#connection = createDeviceConnection(this.#config, this.#restarted);
    this.#outbox = new Outbox(this.#config, this.#connection, stored);
    this.#inbox = new Inbox(config.person, stored);
    const nextTimestamp = (clock: Clock, out: Effects): number => this.#outbox.nextTimestamp(clock, out);
    this.#tasks = createTasks(this.#config, this.#connection, nextTimestamp, stored);
    this.#downloads = new Downloads(this.#config, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (!this.#restarted) return;
        this.#connection.restarted(clock, out);
        this.#outbox.restarted(clock, out);
        this.#downloads.restarted(out);
        return this.#tasks.wake(clock, out);
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        return this.#timer(clock, input.timer, out);
      case 'response':
        return this.#answered(clock, input.tag, input.result, out);
      case 'link-up':
        return this.#connection.linkUp(clock, input.link, out);
      case 'link-down':
        this.#route.failed(input.failure);
        return this.#connection.linkDown(clock, input.link, input.failure, out);
      case 'message':
        if (this.#connection.isOpen(input.from)) this.#receive(clock, input.from, input.message, out);
        return;
      case 'network':
        this.#connection.network(clock, input.up, input.cause, out);
        if (!input.up) return;
        this.#outbox.wake(clock, out);
        return this.#tasks.wake(clock, out);
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
      ...this.#tasks.inspect(),
    };
  }

  /** The set-up with the site in use as the service. With one site it stays a plain object: accessors of its own make it slow. */
  #routed(config: DeviceConfig): DeviceConfig {
    const route = this.#route;
    if (!route.hasChoice) return { ...config, service: route.address };
    return {
      ...config,
      get service() {
        return route.address;
      },
    };
  }

  #timer(clock: Clock, timer: TimerName, out: Effects): void {
    if (this.#connection.timer(clock, timer, out) || this.#tasks.timer(clock, timer, out)) return;
    if (!this.#downloads.timer(timer, out)) this.#outbox.timer(clock, timer, out);
  }

  #answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    if (!result.ok) this.#route.failed(result.failure);
    if (this.#tasks.answered(clock, tag, result, out)) return;
    if (!this.#downloads.answered(clock, tag, result, out)) this.#outbox.answered(clock, tag, result, out);
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send':
        return this.#outbox.send(clock, action, out);
      case 'resend':
        return this.#outbox.resend(clock, action.message, out);
      case 'open-app':
        this.#connection.opened(clock, out);
        this.#outbox.resume(clock, out);
        return this.#tasks.resume(clock, out);
      case 'administer':
        return; // groups have no moderators here
      case 'begin-writing':
        return; // nobody is shown as writing here
      case 'undertake':
        return this.#tasks.undertake(clock, action.id, action.task, out);
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
    const isNew = this.#inbox.receive(envelope, carries[0], out);
    if (isNew && this.#config.device === primaryDevice) this.#downloads.received(envelope, out);
    const received: Received = { kind: 'signal.received', guid: envelope.guid, carries: carriesNothing };
    out.send(link, received);
  }
}

/** A phone. Sessions exist with everybody in its conversations except `strangers`. */
export function createDevice(config: DeviceConfig): CoreFactory {
  return (stored) => new SignalDevice(config, stored);
}
