// A mail application on a phone: writes by submission, reads by IMAP with IDLE, is woken by push notifications.
import { assertNever } from '../assert.ts';
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { carriesNothing, type PersonId } from '../message.ts';
import { MobileConnection } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import type { TaskRunner } from '../task-runner.ts';
import { microseconds, seconds, type Clock, type Duration } from '../time.ts';
import { client, type PlatformPolicy } from './constants.ts';
import { asSmtp, type Fetched, type Idle, type MailAddress } from './messages.ts';
import { Submissions, type SubmissionsConfig } from './submissions.ts';
import { createTasks } from './tasks.ts';

/** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
export const imapTag = 'imap';

/** How an application is set up. */
export interface MailClientConfig extends Omit<SubmissionsConfig, 'sendsInBackground'> {
  readonly person: PersonId;
  readonly address: MailAddress;
  /** The provider's IMAP service. */
  readonly imap: Address;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  readonly addressOf: (person: PersonId) => MailAddress;
  /** The run begins with the application open and its connection up: the host will say so with `link-up`. */
  readonly connectedAtStart: boolean;
}

const uidKey = 'uid';
const seenPrefix = 'seen/';

/** 2^failures seconds up to the most. */
function connectWait(failures: number): Duration {
  return microseconds(Math.min(seconds(1) * 2 ** Math.min(failures, 20), client.mostConnectWait));
}

class MailClient implements Core {
  readonly #config: MailClientConfig;
  readonly #connection: MobileConnection;
  readonly #submissions: Submissions;
  readonly #tasks: TaskRunner;
  readonly #seen = new Set<string>();
  readonly #restarted: boolean;
  /** Everything up to this number has been fetched. */
  #uid: number;

  constructor(config: MailClientConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#restarted = stored !== undefined;
    this.#uid = (stored?.get(uidKey) as number | undefined) ?? 0;
    for (const key of stored?.keys() ?? [])
      if (key.startsWith(seenPrefix)) this.#seen.add(key.slice(seenPrefix.length));
    const { policy, connectedAtStart } = config;
    const idle = (): Idle => ({
      kind: 'smtp.idle',
      user: config.address,
      after: this.#uid,
      carries: carriesNothing,
    });
    this.#connection = new MobileConnection(
      {
        service: config.imap,
        tag: imapTag,
        options: client.connection,
        policy,
        get login() {
          return idle();
        },
        connectedAtStart,
        wait: connectWait,
      },
      this.#restarted,
    );
    const { sendsInBackground } = policy;
    this.#submissions = new Submissions({ ...config, sendsInBackground }, this.#connection, stored);
    this.#tasks = createTasks(config, this.#connection, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (!this.#restarted) return;
        this.#connection.restarted(clock, out);
        this.#submissions.wake(clock, out);
        return this.#tasks.wake(clock, out);
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        if (this.#submissions.timer(clock, input.timer, out)) return;
        if (!this.#tasks.timer(clock, input.timer, out)) this.#connection.timer(clock, input.timer, out);
        return;
      case 'response':
        if (!this.#tasks.answered(clock, input.tag, input.result, out))
          this.#submissions.answered(clock, input.tag, input.result, out);
        return;
      case 'link-up':
        return this.#connection.linkUp(clock, input.link, out);
      case 'link-down':
        return this.#connection.linkDown(clock, input.link, input.failure, out);
      case 'message':
        return this.#told(clock, input.from, input.message, out);
      case 'network':
        this.#connection.network(clock, input.up, input.cause, out);
        if (!input.up) return;
        this.#submissions.wake(clock, out);
        return this.#tasks.wake(clock, out);
      case 'push':
        return this.#connection.woken(clock, out);
      case 'request':
        return out.refuse(input.id, 400);
      default:
        return;
    }
  }

  inspect(): unknown {
    return { fetched: this.#uid, submissions: this.#submissions.inspect(), ...this.#tasks.inspect() };
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send':
        return this.#submissions.send(clock, action, out);
      case 'resend':
        return this.#submissions.resend(clock, action.message, out);
      case 'undertake':
        return this.#tasks.undertake(clock, action.id, action.task, out);
      case 'close-app':
        return this.#connection.closed(clock, out);
      case 'open-app':
        this.#connection.opened(clock, out);
        this.#submissions.wake(clock, out);
        return this.#tasks.resume(clock, out);
      case 'administer':
        return; // a conversation is a list of addresses, which nobody keeps
      case 'begin-writing':
        return; // a draft is nobody else's business
      default:
        return assertNever(action);
    }
  }

  #told(clock: Clock, link: Address, body: Parameters<typeof asSmtp>[0], out: Effects): void {
    if (!this.#connection.isOpen(link)) return;
    const message = asSmtp(body);
    if (message?.kind === 'smtp.up-to-date') this.#connection.caughtUp(clock, out, client.staysAfterFetch);
    else if (message?.kind === 'smtp.fetched') this.#fetched(message, out);
  }

  #fetched({ uid, mail, carries }: Fetched, out: Effects): void {
    this.#connection.progressed();
    if (uid <= this.#uid) return;
    this.#uid = uid;
    out.persist(uidKey, uid);
    if (mail.returns !== undefined) return this.#submissions.returned(mail.returns, out);
    // A copy that came twice stands twice in the mailbox; the person reads the message once.
    if (this.#seen.has(mail.id)) return out.observe({ kind: 'counter', name: 'smtp.shown-twice', by: 1 });
    this.#seen.add(mail.id);
    out.persist(`${seenPrefix}${mail.id}`, true);
    const [words] = carries;
    if (words !== undefined) out.observe({ kind: 'delivered', message: words, person: this.#config.person });
  }
}

/** A mail application. */
export function createMailClient(config: MailClientConfig): CoreFactory {
  return (stored) => new MailClient(config, stored);
}
