// A provider's mail server: takes mail from its users and from other servers, keeps mailboxes, sends on what is for
// others. One core, so that what is answered with 250 is either queued or in a mailbox, durably.
import type { Address, Core, CoreFactory, Effects, Input, RequestId, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { pushNotify, pushServices } from '../push.ts';
import { after, type Clock, type Duration } from '../time.ts';
import { client, push, queue, reply } from './constants.ts';
import { MailQueue, type MailQueueConfig, type Queued } from './mail-queue.ts';
import {
  asSmtp,
  domainOf,
  okay,
  sizeOf,
  upToDate,
  wordsOf,
  type Carried,
  type Domain,
  type Fetched,
  type Idle,
  type Listing,
  type MailAddress,
  type Submit,
  type Transfer,
} from './messages.ts';

/** Who has a mailbox here, and how his phone is woken. */
export interface MailUser {
  readonly platform: 'android' | 'ios';
  readonly pushToken: string;
}

/** How a mail server is set up. */
export interface MailServerConfig extends MailQueueConfig {
  readonly domain: Domain;
  /** Mailboxes here; undefined at a backup host, which sends everything on to the domain's first host. */
  readonly users: ReadonlyMap<MailAddress, MailUser> | undefined;
  /** Processor time for a mail, and for an application that connects. */
  readonly costs: { readonly mail: Duration; readonly login: Duration };
}

const mailPrefix = 'mail/';
const wakePrefix = 'wake/';

class MailServer implements Core {
  readonly #config: MailServerConfig;
  readonly #queue: MailQueue;
  readonly #mailboxes = new Map<MailAddress, Carried[]>();
  /** Applications that listen. */
  readonly #linkOf = new Map<MailAddress, Address>();
  readonly #userOf = new Map<Address, MailAddress>();
  readonly #restarted: boolean;
  #pushes = 0;

  constructor(config: MailServerConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#restarted = stored !== undefined;
    this.#queue = new MailQueue(config, stored, (clock, mail, out) => this.#returned(clock, mail, out));
    for (const [key, value] of stored ?? []) {
      if (!key.startsWith(mailPrefix)) continue;
      const end = key.lastIndexOf('/');
      this.#mailbox(key.slice(mailPrefix.length, end) as MailAddress)[Number(key.slice(end + 1)) - 1] =
        value as Carried;
    }
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (this.#restarted) this.#queue.restarted(clock, out);
        return;
      case 'request':
        return this.#requested(clock, input, out);
      case 'message': {
        const message = asSmtp(input.message);
        if (message?.kind === 'smtp.idle') this.#listen(input.from, message, out);
        return;
      }
      case 'link-down':
        if (input.link !== undefined) this.#gone(input.link, input.failure.kind === 'closed', out);
        return;
      case 'timer':
        if (this.#queue.timer(clock, input.timer, out)) return;
        return this.#wake(input.timer.slice(wakePrefix.length) as MailAddress, out);
      case 'response':
        if (this.#queue.answered(clock, input.tag, input.result, out) || input.result.ok) return;
        out.observe({ kind: 'situation', name: 'smtp.push-failed' });
        return out.setTimer(
          `${wakePrefix}${input.tag.slice(input.tag.indexOf('/') + 1)}`,
          after(clock.now, push.retry),
        );
      default:
        return;
    }
  }

  inspect(): unknown {
    let mails = 0;
    for (const mailbox of this.#mailboxes.values()) mails += mailbox.length;
    return { queue: this.#queue.inspect(), mails, listening: this.#linkOf.size };
  }

  // --- Taking mail ---

  #requested(clock: Clock, { id, message: body }: Extract<Input, { kind: 'request' }>, out: Effects): void {
    const message = asSmtp(body);
    switch (message?.kind) {
      case 'smtp.hello':
        return out.respond(id, okay);
      case 'smtp.submit':
        return this.#submitted(clock, id, message, out);
      case 'smtp.transfer':
        return this.#transferred(clock, id, message, out);
      case 'smtp.login':
        out.spend(this.#config.costs.login);
        if (this.#config.users?.has(message.user) === true) return out.respond(id, okay);
        return out.refuse(id, reply.unknownUser);
      case 'smtp.read':
        return out.respond(id, this.#listing(message.user));
      default:
        return out.refuse(id, 400);
    }
  }

  #submitted(clock: Clock, id: RequestId, { recipients, mail, carries }: Submit, out: Effects): void {
    out.spend(this.#config.costs.mail);
    if (sizeOf(mail) > queue.mostBytes) return out.refuse(id, reply.tooLarge);
    this.#route(clock, mail.from, recipients, { mail, words: carries[0] }, out);
    out.respond(id, okay);
  }

  #transferred(
    clock: Clock,
    id: RequestId,
    { sender, recipients, mail, carries }: Transfer,
    out: Effects,
  ): void {
    const { domain, users, costs } = this.#config;
    out.spend(costs.mail);
    // Nobody relays for strangers; a mailbox that does not exist is a permanent failure.
    const isOurs = (each: MailAddress): boolean =>
      domainOf(each) === domain && (users === undefined || users.has(each));
    if (!recipients.every(isOurs)) return out.refuse(id, reply.unknownUser);
    if (sizeOf(mail) > queue.mostBytes) return out.refuse(id, reply.tooLarge);
    this.#route(clock, sender, recipients, { mail, words: carries[0] }, out);
    out.respond(id, okay);
  }

  /** Into mailboxes here, and into the queue for each other domain. */
  #route(
    clock: Clock,
    sender: MailAddress | '',
    recipients: readonly MailAddress[],
    carried: Carried,
    out: Effects,
  ): void {
    const { domain, users } = this.#config;
    const byDomain = new Map<Domain, MailAddress[]>();
    for (const recipient of recipients) {
      if (domainOf(recipient) === domain && users !== undefined) {
        if (users.has(recipient)) this.#file(recipient, carried, out);
        continue;
      }
      const there = byDomain.get(domainOf(recipient));
      if (there === undefined) byDomain.set(domainOf(recipient), [recipient]);
      else there.push(recipient);
    }
    for (const [to, those] of byDomain)
      this.#queue.add(clock, { ...carried, domain: to, sender, recipients: those }, out);
  }

  /** A return goes to the sender, from nobody; one that cannot be delivered itself is dropped (RFC 5321 §6.1). */
  #returned(clock: Clock, { sender, mail }: Queued, out: Effects): void {
    if (sender === '') return;
    const notice = {
      id: `return-${mail.id}`,
      from: `mailer-daemon@${this.#config.domain}` as MailAddress,
      text: 'This mail could not be delivered.',
      returns: mail.id,
    };
    this.#route(clock, '', [sender], { mail: notice, words: undefined }, out);
  }

  // --- Mailboxes ---

  #mailbox(user: MailAddress): Carried[] {
    let mailbox = this.#mailboxes.get(user);
    if (mailbox === undefined) this.#mailboxes.set(user, (mailbox = []));
    return mailbox;
  }

  #listing(user: MailAddress): Listing {
    const mails = this.#mailbox(user).slice(-client.listed);
    const bytes = mails.reduce((sum, { mail }) => sum + sizeOf(mail), 0);
    return { kind: 'smtp.listing', mails: mails.length, bytes, carries: carriesNothing };
  }

  #file(user: MailAddress, carried: Carried, out: Effects): void {
    const mailbox = this.#mailbox(user);
    const uid = mailbox.push(carried);
    out.persist(`${mailPrefix}${user}/${uid}`, carried);
    const messages = wordsOf(carried);
    if (messages.length > 0)
      out.observe({ kind: 'hold', messages, reason: 'stored-for-recipient', cause: noCause });
    const link = this.#linkOf.get(user);
    if (link === undefined) this.#wake(user, out);
    else out.send(link, { kind: 'smtp.fetched', uid, mail: carried.mail, carries: messages } as Fetched);
  }

  #wake(user: MailAddress, out: Effects): void {
    const known = this.#config.users?.get(user);
    if (known === undefined || this.#linkOf.has(user)) return;
    const message = pushNotify(known.pushToken, true, carriesNothing);
    this.#pushes += 1;
    const tag = `push-${this.#pushes}/${user}`;
    out.request(pushServices[known.platform], tag, message, { timeout: push.timeout });
  }

  #listen(link: Address, { user, after: seen }: Idle, out: Effects): void {
    if (this.#config.users?.has(user) !== true) return out.disconnect(link);
    out.spend(this.#config.costs.login);
    const before = this.#linkOf.get(user);
    if (before !== undefined) this.#userOf.delete(before);
    this.#linkOf.set(user, link);
    this.#userOf.set(link, user);
    out.cancelTimer(`${wakePrefix}${user}`);
    for (const [index, carried] of this.#mailbox(user).slice(seen).entries()) {
      const uid = seen + index + 1;
      const carries = wordsOf(carried);
      out.send(link, { kind: 'smtp.fetched', uid, mail: carried.mail, carries } as Fetched);
    }
    out.send(link, upToDate);
  }

  /** Whose connection broke may have missed what was on its way. */
  #gone(link: Address, inOrder: boolean, out: Effects): void {
    const user = this.#userOf.get(link);
    this.#userOf.delete(link);
    if (user === undefined || this.#linkOf.get(user) !== link) return;
    this.#linkOf.delete(user);
    if (!inOrder) this.#wake(user, out);
  }
}

/** A mail server, with or without mailboxes. */
export function createMailServer(config: MailServerConfig): CoreFactory {
  return (stored) => new MailServer(config, stored);
}
