// A phone, or a linked computer, with WhatsApp on it.
import { assertNever } from '../assert.ts';
import type {
  Address,
  Core,
  CoreFactory,
  Effects,
  Input,
  StoredState,
  TimerName,
  UserAction,
} from '../core.ts';
import { toHex } from '../bytes.ts';
import type { Failure } from '../failure.ts';
import { carriesNothing, type Message, type PersonId, type UserMessageId } from '../message.ts';
import { MobileConnection } from '../mobile-connection.ts';
import { PictureFetches } from '../picture-fetches.ts';
import { TaskRunner } from '../task-runner.ts';
import type { Clock } from '../time.ts';
import { client, jobWait, reconnectWait, type PlatformPolicy } from './constants.ts';
import {
  asWhatsapp,
  deviceNameOf,
  keyOf,
  type AccountId,
  type Login,
  type Received,
  type Stanza,
  type Submit,
} from './messages.ts';
import { Outbox, type OutboxConfig } from './outbox.ts';
import { readMediaNotice } from './task-messages.ts';
import { planOf, type OtherServices } from './task-plans.ts';

/** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
export const connectionTag = 'whatsapp';

/** How a device is set up. */
export interface DeviceConfig extends OutboxConfig {
  readonly person: PersonId;
  /** Number of the device; 0 is the phone. */
  readonly device: number;
  readonly service: Address;
  readonly others: OtherServices;
  readonly accountOf: (person: PersonId) => AccountId;
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
  readonly #tasks: TaskRunner;
  readonly #pictures: PictureFetches;
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
    this.#tasks = createTasks(config, this.#connection, stored);
    this.#pictures = createPictureFetches(stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    this.#handle(clock, input, out);
    // Nobody says so when this side itself gives its connection up.
    this.#outbox.keepsTo(clock, (link) => this.#connection.isOpen(link), out);
  }

  #handle(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (!this.#restarted) return;
        this.#connection.restarted(clock, out);
        this.#pictures.restarted(out);
        return this.#tasks.wake(clock, out);
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        return this.#timer(clock, input.timer, out);
      case 'link-up':
        return this.#connection.linkUp(clock, input.link, out);
      case 'link-down':
        return this.#linkDown(clock, input.link, input.failure, out);
      case 'message':
        if (this.#connection.isOpen(input.from)) this.#receive(clock, input.from, input.message, out);
        return;
      case 'network':
        this.#connection.network(clock, input.up, input.cause, out);
        if (input.up) this.#tasks.wake(clock, out);
        else this.#outbox.disconnected(clock, 'waiting-for-network', input.cause, out);
        return;
      case 'push':
        return this.#connection.woken(clock, out);
      case 'request':
        return out.refuse(input.id, 400);
      case 'response':
        if (!this.#tasks.answered(clock, input.tag, input.result, out))
          this.#pictures.answered(clock, input.tag, input.result, out);
        return;
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
      ...this.#tasks.inspect(),
    };
  }

  #timer(clock: Clock, timer: TimerName, out: Effects): void {
    if (this.#outbox.timer(clock, timer, out) || this.#connection.timer(clock, timer, out)) return;
    if (!this.#tasks.timer(clock, timer, out)) this.#pictures.timer(timer, out);
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send':
        this.#outbox.send(clock, action, out);
        return this.#connection.hasNewWork(clock, out);
      case 'open-app':
        this.#connection.opened(clock, out);
        return this.#tasks.resume(clock, out);
      case 'undertake':
        return this.#tasks.undertake(clock, action.id, action.task, out);
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

  /** Where a picture lies: it is fetched at once. */
  #noticed({ type, content }: Stanza, out: Effects): void {
    const where = type === 'notice' ? readMediaNotice(content) : undefined;
    if (where !== undefined) this.#pictures.fetch(`${where.host}/${where.key}`, out);
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
      this.#noticed(stanza, out);
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

/** Waits as after failed connections; nothing is given up, as nothing that waits to be sent is. */
function createTasks(
  config: DeviceConfig,
  device: MobileConnection,
  stored: StoredState | undefined,
): TaskRunner {
  const { random, policy } = config;
  return new TaskRunner(
    {
      random,
      retriesInBackground: policy.sendsInBackground,
      stepsOf: (note) => planOf(note, config),
      nextTimestamp: (clock) => clock.wall,
      ask: (_clock, tag, { to, message, timeout }, out) => out.request(to, tag, message, { timeout }),
      waitAfter: (attempts) => jobWait(attempts),
      givesUp: (_attempts, _age, failure) => failure.kind === 'status' && failure.status < 500,
    },
    device,
    stored,
  );
}

function createPictureFetches(stored: StoredState | undefined): PictureFetches {
  return new PictureFetches(
    {
      protocol: 'whatsapp',
      attempts: client.downloadAttempts,
      timeout: client.transferTimeout,
      waitAfter: jobWait,
      request: (where) => {
        const end = where.lastIndexOf('/');
        const message = { kind: 'whatsapp.media-get', key: where.slice(end + 1), carries: carriesNothing };
        return { to: where.slice(0, end) as Address, message };
      },
    },
    stored,
  );
}

/** A phone or a linked computer. */
export function createDevice(config: DeviceConfig): CoreFactory {
  return (stored) => new WhatsappDevice(config, stored);
}
