// The machine that keeps the offline queues of a share of all accounts, and knows which front end each of their devices
// is connected to. Assumed by analogy with other services of one operator: WhatsApp publishes nothing of it.
import type { Address, Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { DeviceQueues } from '../device-queues.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { pushNotify, pushServices } from '../push.ts';
import { after, type Clock, type Duration } from '../time.ts';
import { service } from './constants.ts';
import {
  accountOf,
  asWhatsapp,
  deviceNameOf,
  done,
  keyOf,
  type AccountId,
  type DeviceName,
  type Displaced,
  type Enqueue,
  type Forward,
  type QueuedStanza,
  type WhatsappMessage,
} from './messages.ts';

/** One device of an account as the service knows it. */
export interface DeviceRecord {
  readonly device: number;
  readonly platform: 'android' | 'ios' | 'companion';
  /** Registration token with the platform's push service; empty for companions, which have none. */
  readonly pushToken: string;
}

/** How a queue machine is set up. */
export interface QueueMachineConfig {
  /** Devices of the accounts that it keeps. */
  readonly accounts: ReadonlyMap<AccountId, readonly DeviceRecord[]>;
  /** Processor time for taking a stanza, or handing out a page. */
  readonly cost: Duration;
}

const expiryTimer = 'expiry';
const wakePrefix = 'wake/';

class QueueMachine implements Core {
  readonly #config: QueueMachineConfig;
  readonly #queues: DeviceQueues<DeviceName, QueuedStanza>;
  /** The front end's link that each connected device is behind. */
  readonly #attached = new Map<DeviceName, Address>();
  #expired = 0;
  #pushes = 0;

  constructor(config: QueueMachineConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#queues = new DeviceQueues(service.queueLife, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        return out.setTimer(expiryTimer, after(clock.now, service.expiryScan));
      case 'timer':
        if (input.timer === expiryTimer) this.#expire(clock, out);
        else this.#wakeIfAbsent(input.timer.slice(wakePrefix.length) as DeviceName, out);
        return;
      case 'request': {
        const message = asWhatsapp(input.message);
        if (message?.kind !== 'whatsapp.enqueue') return out.refuse(input.id, 400);
        out.spend(this.#config.cost);
        this.#enqueue(clock, message, out);
        return out.respond(input.id, done);
      }
      case 'message':
        return this.#told(clock, input.from, asWhatsapp(input.message), out);
      case 'link-down':
        for (const [device, link] of [...this.#attached]) if (link === input.link) this.#detach(device, out);
        return;
      case 'response':
        if (!input.result.ok) this.#pushFailed(clock, input.tag, input.result.failure.cause, out);
        return;
      default:
        return;
    }
  }

  inspect(): unknown {
    return { queues: this.#queues.inspect(), attached: this.#attached.size, expired: this.#expired };
  }

  #told(clock: Clock, link: Address, message: WhatsappMessage | undefined, out: Effects): void {
    switch (message?.kind) {
      case 'whatsapp.attach':
        return this.#attach(clock, message.device, link, out);
      case 'whatsapp.detach':
        if (this.#attached.get(message.device) === link) this.#detach(message.device, out);
        return;
      case 'whatsapp.remove':
        return void this.#queues.remove(message.device, [message.key], out);
      default:
        return;
    }
  }

  /** The device is behind this link from now on: it gets what has waited, then what comes. */
  #attach(clock: Clock, device: DeviceName, link: Address, out: Effects): void {
    const before = this.#attached.get(device);
    if (before !== undefined && before !== link)
      out.send(before, { kind: 'whatsapp.displaced', device, carries: carriesNothing } as Displaced);
    this.#attached.set(device, link);
    out.cancelTimer(`${wakePrefix}${device}`);
    let cursor = 0;
    do {
      out.spend(this.#config.cost);
      const page = this.#queues.page(clock, device, cursor, service.pageSize);
      this.#forward(link, device, page.entries, page.next === 0, out);
      cursor = page.next;
    } while (cursor > 0);
  }

  #enqueue(clock: Clock, { stanza, to, except, carries }: Enqueue, out: Effects): void {
    const [words] = carries;
    const key = keyOf(stanza);
    for (const account of to) {
      for (const { device } of this.#config.accounts.get(account) ?? []) {
        const name = deviceNameOf(account, device);
        if (name === except) continue;
        const entry = { stanza, words };
        if (!this.#queues.insert(clock, name, key, entry, out)) {
          out.observe({ kind: 'counter', name: 'whatsapp.duplicates-suppressed', by: 1 });
          continue;
        }
        const link = this.#attached.get(name);
        if (link !== undefined) this.#forward(link, name, [entry], false, out);
        else if (stanza.type !== 'receipt') this.#wake(name, out);
      }
    }
    if (carries.length > 0)
      out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
  }

  #forward(
    link: Address,
    device: DeviceName,
    entries: readonly QueuedStanza[],
    isLast: boolean,
    out: Effects,
  ): void {
    const message: Forward = {
      kind: 'whatsapp.forward',
      device,
      stanzas: entries.map(({ stanza }) => stanza),
      drained: isLast,
      carries: entries.flatMap(({ words }) => words ?? []),
    };
    out.send(link, message);
  }

  /** Gone, perhaps with messages under way to it that it never got: those are announced like any others. */
  #detach(device: DeviceName, out: Effects): void {
    this.#attached.delete(device);
    this.#wakeIfAbsent(device, out);
  }

  #wakeIfAbsent(device: DeviceName, out: Effects): void {
    if (!this.#attached.has(device) && this.#queues.holds(device)) this.#wake(device, out);
  }

  /** The notification only wakes: the words stay where they are. Nothing wakes a companion. */
  #wake(device: DeviceName, out: Effects): void {
    const account = this.#config.accounts.get(accountOf(device));
    const record = account?.find((each) => deviceNameOf(accountOf(device), each.device) === device);
    if (record === undefined || record.platform === 'companion') return;
    const message = pushNotify(record.pushToken, true, carriesNothing);
    const tag = `${(this.#pushes += 1)}/${device}`;
    out.request(pushServices[record.platform], tag, message, { timeout: service.pushTimeout });
  }

  /** The notification is sent again while the device stays away. */
  #pushFailed(clock: Clock, tag: string, cause: CauseToken, out: Effects): void {
    const device = tag.slice(tag.indexOf('/') + 1) as DeviceName;
    out.observe({ kind: 'situation', name: 'whatsapp.push-failed' });
    out.setTimer(`${wakePrefix}${device}`, after(clock.now, service.pushRetry));
    const { entries } = this.#queues.page(clock, device, 0, service.pageSize);
    const messages = entries.flatMap(({ words }) => words ?? []);
    if (messages.length > 0 && !this.#attached.has(device))
      out.observe({ kind: 'hold', messages, reason: 'stored-for-recipient', cause });
  }

  /** Expiry is silent to everybody: the sender goes on seeing one tick. */
  #expire(clock: Clock, out: Effects): void {
    out.setTimer(expiryTimer, after(clock.now, service.expiryScan));
    for (const queue of this.#queues.olderThan(clock, service.queueLife)) {
      const expired = this.#queues.expire(clock, queue, out);
      this.#expired += expired.length;
      out.observe({ kind: 'counter', name: 'whatsapp.expired', by: expired.length });
    }
  }
}

/** A machine with queues. They are durable. */
export function createQueueMachine(config: QueueMachineConfig): CoreFactory {
  return (stored) => new QueueMachine(config, stored);
}
