// A mail server's queue: what has been accepted is delivered or returned (RFC 5321 §6.1). Scheduling as Postfix's qmgr.
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, elapsed, type Clock, type Instant } from '../time.ts';
import { nextWait, queue } from './constants.ts';
import { hello, wordsOf, type Carried, type Domain, type MailAddress, type Transfer } from './messages.ts';

/** A host that takes mail for a domain; smaller preferences are tried first (RFC 5321 §5.1). */
export interface MailExchanger {
  readonly host: Address;
  readonly preference: number;
}

/** One mail for the recipients of one domain; the record that is persisted. */
export interface Queued extends Carried {
  readonly key: string;
  readonly domain: Domain;
  readonly sender: MailAddress | '';
  readonly recipients: readonly MailAddress[];
  readonly arrivedAt: Instant;
  /** Not tried again before. */
  readonly dueAt: Instant;
}

/** How a queue is set up. */
export interface MailQueueConfig {
  readonly random: RandomStream;
  /** The domain's records, as a lookup would find them; empty when the domain does not exist. */
  exchangersOf(domain: Domain): readonly MailExchanger[];
}

/** What becomes of mail that is not delivered. */
export type OnReturn = (clock: Clock, mail: Queued, out: Effects) => void;

interface Session {
  readonly mail: Queued;
  readonly hosts: readonly Address[];
  next: number;
  sessions: number;
}

interface Destination {
  readonly waiting: Queued[];
  active: number;
  window: number;
}

const prefix = 'queue/';
const scanTimer = 'queue-scan';

export class MailQueue {
  readonly #config: MailQueueConfig;
  readonly #onReturn: OnReturn;
  readonly #deferred = new Map<string, Queued>();
  readonly #destinations = new Map<Domain, Destination>();
  readonly #sessions = new Map<string, Session>();
  #keys = 0;

  constructor(config: MailQueueConfig, stored: StoredState | undefined, onReturn: OnReturn) {
    this.#config = config;
    this.#onReturn = onReturn;
    for (const [key, value] of stored ?? []) {
      if (!key.startsWith(prefix)) continue;
      const mail = value as Queued;
      this.#deferred.set(mail.key, mail);
      this.#keys = Math.max(this.#keys, Number(mail.key));
    }
  }

  inspect(): unknown {
    return { deferred: this.#deferred.size, active: this.#sessions.size };
  }

  /** After a restart everything that was in the queue is tried at once. */
  restarted(clock: Clock, out: Effects): void {
    for (const mail of [...this.#deferred.values()]) {
      this.#deferred.delete(mail.key);
      this.#activate(clock, mail, out);
    }
  }

  /** Takes responsibility for a mail, durably, and tries it at once. */
  add(clock: Clock, mail: Omit<Queued, 'key' | 'arrivedAt' | 'dueAt'>, out: Effects): void {
    this.#keys += 1;
    const { now } = clock;
    const queued: Queued = { ...mail, key: String(this.#keys), arrivedAt: now, dueAt: now };
    out.persist(`${prefix}${queued.key}`, queued);
    this.#activate(clock, queued, out);
  }

  /** True when the timer was the queue's. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== scanTimer) return false;
    for (const mail of [...this.#deferred.values()]) {
      if (mail.dueAt > clock.now) continue;
      this.#deferred.delete(mail.key);
      this.#activate(clock, mail, out);
    }
    if (this.#deferred.size > 0) this.#setScan(clock, out);
    return true;
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    const end = tag.indexOf('/');
    const session = this.#sessions.get(tag.slice(end + 1));
    const stage = tag.slice(0, end);
    if (session === undefined || (stage !== 'hello' && stage !== 'transfer')) return false;
    if (stage === 'hello') {
      if (result.ok) this.#transfer(session, out);
      else this.#hostFailed(clock, session, result.failure, out);
    } else if (result.ok) this.#delivered(clock, session, out);
    else if (result.failure.kind === 'status' && isPermanent(result.failure.status)) {
      this.#end(clock, session, true, out);
      this.#return(clock, session.mail, out);
    } else {
      session.sessions += 1;
      this.#hostFailed(clock, session, result.failure, out);
    }
    return true;
  }

  // --- Sessions ---

  #activate(clock: Clock, mail: Queued, out: Effects): void {
    if (elapsed(mail.arrivedAt, clock.now) > queue.lifetime) return this.#return(clock, mail, out);
    const destination = this.#destinationOf(mail.domain);
    if (destination.active < destination.window) return this.#begin(clock, destination, mail, out);
    destination.waiting.push(mail);
    const messages = wordsOf(mail);
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'queued', cause: noCause });
  }

  #begin(clock: Clock, destination: Destination, mail: Queued, out: Effects): void {
    const hosts = this.#inOrder(this.#config.exchangersOf(mail.domain));
    if (hosts.length === 0) return this.#return(clock, mail, out);
    destination.active += 1;
    const session: Session = { mail, hosts, next: 0, sessions: 0 };
    this.#sessions.set(mail.key, session);
    const messages = wordsOf(mail);
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'connecting', cause: noCause });
    this.#greet(session, out);
  }

  /** By preference, by chance among equals. */
  #inOrder(exchangers: readonly MailExchanger[]): readonly Address[] {
    const drawn = exchangers.map(({ host, preference }) => ({
      host,
      preference,
      chance: exchangers.length > 1 ? this.#config.random.integer(0, 1_000_000) : 0,
    }));
    drawn.sort((left, right) => left.preference - right.preference || left.chance - right.chance);
    return drawn.slice(0, queue.hostsTried).map(({ host }) => host);
  }

  #greet({ mail, hosts, next }: Session, out: Effects): void {
    const host = hosts[next];
    if (host !== undefined) out.request(host, `hello/${mail.key}`, hello, { timeout: queue.helloTimeout });
  }

  #transfer({ mail, hosts, next }: Session, out: Effects): void {
    const host = hosts[next];
    if (host === undefined) return;
    const { sender, recipients } = mail;
    const carries = wordsOf(mail);
    const message: Transfer = { kind: 'smtp.transfer', sender, recipients, mail: mail.mail, carries };
    if (carries.length > 0)
      out.observe({ kind: 'hold', messages: carries, reason: 'awaiting-answer', cause: noCause });
    out.request(host, `transfer/${mail.key}`, message, { timeout: queue.mailTimeout });
  }

  #delivered(clock: Clock, session: Session, out: Effects): void {
    out.persist(`${prefix}${session.mail.key}`, undefined);
    this.#end(clock, session, true, out);
  }

  /** The next host of the domain, or later. */
  #hostFailed(clock: Clock, session: Session, failure: Failure, out: Effects): void {
    session.next += 1;
    if (session.next < session.hosts.length && session.sessions < queue.sessionsTried)
      return this.#greet(session, out);
    const { mail } = session;
    this.#end(clock, session, false, out);
    if (failure.kind === 'unresolved' && failure.answer === 'nxdomain') return this.#return(clock, mail, out);
    this.#defer(clock, mail, failure.cause, out);
    // Nobody there answers: what else is for them waits as well.
    const destination = this.#destinationOf(mail.domain);
    if (destination.active > 0) return;
    for (const other of destination.waiting.splice(0)) this.#defer(clock, other, failure.cause, out);
  }

  #end(clock: Clock, { mail }: Session, worked: boolean, out: Effects): void {
    this.#sessions.delete(mail.key);
    const destination = this.#destinationOf(mail.domain);
    destination.active -= 1;
    destination.window = worked
      ? Math.min(destination.window + 1, queue.mostConcurrency)
      : Math.max(destination.window - 1, 1);
    while (worked && destination.active < destination.window) {
      const next = destination.waiting.shift();
      if (next === undefined) break;
      this.#begin(clock, destination, next, out);
    }
  }

  #defer(clock: Clock, mail: Queued, cause: CauseToken, out: Effects): void {
    const dueAt = after(clock.now, nextWait(elapsed(mail.arrivedAt, clock.now)));
    const deferred = { ...mail, dueAt };
    out.persist(`${prefix}${mail.key}`, deferred);
    const messages = wordsOf(mail);
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'backoff', cause });
    out.observe({ kind: 'counter', name: 'smtp.deferrals', by: 1 });
    this.#deferred.set(mail.key, deferred);
    if (this.#deferred.size === 1) this.#setScan(clock, out);
  }

  #return(clock: Clock, mail: Queued, out: Effects): void {
    out.persist(`${prefix}${mail.key}`, undefined);
    out.observe({ kind: 'situation', name: 'smtp.returned' });
    this.#onReturn(clock, mail, out);
  }

  #setScan(clock: Clock, out: Effects): void {
    out.setTimer(scanTimer, after(clock.now, queue.scanEvery));
  }

  #destinationOf(domain: Domain): Destination {
    let destination = this.#destinations.get(domain);
    if (destination === undefined) {
      destination = { waiting: [], active: 0, window: queue.firstConcurrency };
      this.#destinations.set(domain, destination);
    }
    return destination;
  }
}

/** 5yz is for good; an HTTP server's overload codes stand for 4yz (a fault answers for every protocol alike). */
const isPermanent = (status: number): boolean => status === 550 || status === 552;
