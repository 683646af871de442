// A front end: holds devices' connections, hands what they send to the queue machines of the recipients, and what these
// forward to the devices. It keeps nothing.
import type { Address, Core, CoreFactory, Effects, Input, RequestId, RequestResult } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing, type UserMessageId } from '../message.ts';
import { after, type Clock, type Duration } from '../time.ts';
import { service } from './constants.ts';
import {
  accountOf,
  asWhatsapp,
  deviceNameOf,
  done,
  drained,
  success,
  type AccountId,
  type Acknowledged,
  type Delivery,
  type DeviceName,
  type Enqueue,
  type Forward,
  type Submit,
  type WhatsappMessage,
} from './messages.ts';
import { answeredBy } from './task-messages.ts';

/** How a front end is set up. */
export interface FrontEndConfig {
  /** Addresses of all queue machines. */
  readonly machines: readonly Address[];
  /** Addresses of the machines that keep what is not messages, an account's at the same place in each list. */
  readonly directories: Readonly<Record<'accounts' | 'groups', readonly Address[]>>;
  /** Which of them keeps an account, by its place in the list. */
  machineOf(account: AccountId): number;
  /** Processor time for a stanza that a device sends, and for a connection that logs in. */
  readonly costs: { readonly send: Duration; readonly login: Duration };
}

/** A stanza that not all recipients' machines have taken yet; a link or a request waits for the answer. */
interface Submission {
  readonly from: Address | RequestId;
  readonly id: string;
  readonly carries: readonly UserMessageId[];
  waitingFor: number;
}

const machinePrefix = 'machine/';
const queryPrefix = 'query';

class FrontEnd implements Core {
  readonly #config: FrontEndConfig;
  /** The open link to each machine. */
  readonly #machines: (Address | undefined)[];
  readonly #deviceOf = new Map<Address, DeviceName>();
  readonly #linkOf = new Map<DeviceName, Address>();
  readonly #submissions = new Map<string, Submission>();
  #submitted = 0;

  constructor(config: FrontEndConfig) {
    this.#config = config;
    this.#machines = config.machines.map(() => undefined);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        for (const index of this.#machines.keys()) this.#connect(index, out);
        return;
      case 'timer':
        return this.#connect(Number(input.timer.slice(machinePrefix.length)), out);
      case 'link-up':
        if (input.tag !== undefined) this.#machines[indexOf(input.tag)] = input.link;
        return;
      case 'link-down':
        return this.#linkDown(clock, input.link, input.tag, out);
      case 'message':
        return this.#told(input.from, asWhatsapp(input.message), out);
      case 'response':
        return this.#taken(input.tag, input.result, out);
      case 'request':
        return this.#asked(input.id, asWhatsapp(input.message), out);
      default:
        return;
    }
  }

  inspect(): unknown {
    return { devices: this.#linkOf.size, submissions: this.#submissions.size };
  }

  // --- Queue machines ---

  #connect(index: number, out: Effects): void {
    const to = this.#config.machines[index];
    if (to !== undefined) out.connect(to, `${machinePrefix}${index}`, service.storeLink);
  }

  #linkDown(clock: Clock, link: Address | undefined, tag: string | undefined, out: Effects): void {
    const index = tag === undefined ? this.#machines.findIndex((each) => each === link) : indexOf(tag);
    if (index < 0) {
      if (link !== undefined) this.#deviceGone(link, out);
      return;
    }
    this.#machines[index] = undefined;
    out.setTimer(`${machinePrefix}${index}`, after(clock.now, service.storeReconnect));
    // Nothing would come for these devices any more: they shall connect anew, perhaps elsewhere.
    for (const [device, deviceLink] of [...this.#linkOf]) {
      if (this.#config.machineOf(accountOf(device)) === index) this.#drop(device, deviceLink, out);
    }
  }

  // --- Devices ---

  #told(from: Address, message: WhatsappMessage | undefined, out: Effects): void {
    switch (message?.kind) {
      case 'whatsapp.login':
        return this.#login(from, message.device, out);
      case 'whatsapp.submit':
        return this.#submit(from, message, out);
      case 'whatsapp.received': {
        const device = this.#deviceOf.get(from);
        if (device !== undefined) this.#tellMachine('whatsapp.remove', device, message.key, out);
        return;
      }
      case 'whatsapp.forward':
        return this.#forward(message, out);
      case 'whatsapp.displaced': {
        const link = this.#linkOf.get(message.device);
        if (link !== undefined) this.#drop(message.device, link, out);
        return;
      }
      default:
        return;
    }
  }

  #login(link: Address, device: DeviceName, out: Effects): void {
    out.spend(this.#config.costs.login);
    if (this.#machines[this.#config.machineOf(accountOf(device))] === undefined) {
      out.observe({ kind: 'situation', name: 'whatsapp.login-rejected' });
      return out.disconnect(link, 503);
    }
    const before = this.#linkOf.get(device);
    if (before !== undefined) this.#drop(device, before, out);
    this.#deviceOf.set(link, device);
    this.#linkOf.set(device, link);
    out.send(link, success);
    this.#tellMachine('whatsapp.attach', device, undefined, out);
  }

  #submit(link: Address, { stanza, to, carries }: Submit, out: Effects): void {
    const device = this.#deviceOf.get(link);
    // Nobody speaks before logging in, and only for himself.
    if (device === undefined || accountOf(device) !== stanza.from) return out.disconnect(link, 401);
    this.#enqueue(link, { stanza, to, carries }, device, out);
  }

  #enqueue(
    from: Submission['from'],
    { stanza, to, carries }: Pick<Submit, 'stanza' | 'to' | 'carries'>,
    except: DeviceName,
    out: Effects,
  ): void {
    out.spend(this.#config.costs.send);
    const recipients = new Map<number, AccountId[]>();
    // The sender's other devices show what he wrote as well.
    for (const account of stanza.type === 'message' ? [...to, stanza.from] : to) {
      const machine = this.#config.machineOf(account);
      const there = recipients.get(machine);
      if (there === undefined) recipients.set(machine, [account]);
      else there.push(account);
    }
    const tag = String((this.#submitted += 1));
    this.#submissions.set(tag, { from, id: stanza.id, carries, waitingFor: recipients.size });
    for (const [machine, accounts] of recipients) {
      const at = this.#config.machines[machine];
      if (at === undefined) continue;
      const message: Enqueue = { kind: 'whatsapp.enqueue', stanza, to: accounts, except, carries };
      out.request(at, `${tag}/${machine}`, message, { timeout: service.enqueueTimeout });
    }
  }

  /** Once all recipients' machines have it, the service is responsible and says so: one tick. */
  #taken(tag: string, result: RequestResult, out: Effects): void {
    const name = tag.slice(0, tag.indexOf('/'));
    if (name === queryPrefix) return this.#answered(Number(tag.slice(name.length + 1)), result, out);
    const submission = this.#submissions.get(name);
    if (submission === undefined) return;
    if (!result.ok) {
      this.#submissions.delete(name);
      if (typeof submission.from === 'number') return out.refuse(submission.from, 503);
      // It waits on, at its sender, for the next attempt under the same id.
      const { cause } = result.failure;
      if (submission.carries.length > 0)
        out.observe({ kind: 'hold', messages: submission.carries, reason: 'backoff', cause });
      return;
    }
    submission.waitingFor -= 1;
    if (submission.waitingFor > 0) return;
    this.#submissions.delete(name);
    // This machine may be the recipient's as well: then what came here is what goes out to him, whenever he is there.
    if (submission.carries.length > 0)
      out.observe({
        kind: 'hold',
        messages: submission.carries,
        reason: 'stored-for-recipient',
        cause: noCause,
      });
    if (typeof submission.from === 'number') return out.respond(submission.from, done);
    const ack: Acknowledged = { kind: 'whatsapp.ack', id: submission.id, carries: submission.carries };
    out.send(submission.from, ack);
  }

  /** A question about more than messages, or a notice that a client sends for itself. */
  #asked(id: RequestId, message: WhatsappMessage | undefined, out: Effects): void {
    if (message?.kind === 'whatsapp.submit')
      return this.#enqueue(id, message, deviceNameOf(message.stanza.from, 0), out);
    if (message?.kind !== 'whatsapp.query') return out.refuse(id, 400);
    out.spend(this.#config.costs.send);
    const by = answeredBy[message.topic];
    if (by === undefined) return out.respond(id, done);
    const at = this.#config.directories[by][this.#config.machineOf(message.account)];
    if (at === undefined) return out.refuse(id, 503);
    out.request(at, `${queryPrefix}/${id}`, message, { timeout: service.enqueueTimeout });
  }

  #answered(request: number, result: RequestResult, out: Effects): void {
    const id = request as RequestId;
    if (result.ok) return out.respond(id, result.message);
    const { failure } = result;
    // What the machine refuses is told as it is, what goes wrong inside as a failure of the service.
    out.refuse(id, failure.kind === 'status' && failure.status < 500 ? failure.status : 503);
  }

  #forward({ device, stanzas, drained: isLast, carries }: Forward, out: Effects): void {
    const link = this.#linkOf.get(device);
    if (link === undefined) return;
    // If the device goes before it acknowledges, they wait on for it.
    if (carries.length > 0)
      out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    let next = 0;
    for (const stanza of stanzas) {
      const words = stanza.type === 'message' ? carries.slice(next, ++next) : carriesNothing;
      const message: Delivery = { kind: 'whatsapp.delivery', stanza, carries: words };
      out.send(link, message);
    }
    if (isLast) out.send(link, drained);
  }

  #tellMachine(
    kind: 'whatsapp.attach' | 'whatsapp.detach' | 'whatsapp.remove',
    device: DeviceName,
    key: string | undefined,
    out: Effects,
  ): void {
    const machine = this.#machines[this.#config.machineOf(accountOf(device))];
    if (machine === undefined) return;
    const message = { kind, device, carries: carriesNothing, ...(key === undefined ? {} : { key }) };
    out.send(machine, message);
  }

  #drop(device: DeviceName, link: Address, out: Effects): void {
    this.#deviceOf.delete(link);
    this.#linkOf.delete(device);
    out.disconnect(link, 503);
  }

  #deviceGone(link: Address, out: Effects): void {
    const device = this.#deviceOf.get(link);
    if (device === undefined) return;
    this.#deviceOf.delete(link);
    if (this.#linkOf.get(device) !== link) return;
    this.#linkOf.delete(device);
    this.#tellMachine('whatsapp.detach', device, undefined, out);
  }
}

const indexOf = (tag: string): number => Number(tag.slice(machinePrefix.length));

/** A front end. */
export function createFrontEnd(config: FrontEndConfig): CoreFactory {
  return () => new FrontEnd(config);
}
