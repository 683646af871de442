// A person with several messengers on one device, or one messenger with several accounts, who writes in the next one when a
// message has waited too long in the last. The first copy cannot be taken back: whoever gets both sees it twice, and it
// counts once.
import type { Core, CoreFact, CoreFactory, Effects, Input, StoredState, UserAction } from './core.ts';
import type { AdministrativeChange } from './administration.ts';
import type { ConversationId, UserMessageId } from './message.ts';
import type { Task, TaskId } from './task.ts';
import { after, type Clock, type Duration } from './time.ts';
import { Tenant } from './tenant.ts';

/** One messenger on the device. */
export interface Application {
  /** Unique on the device, without a slash. */
  readonly name: string;
  readonly factory: CoreFactory;
  /** Whether the others in a conversation have it too. */
  carries(conversation: ConversationId): boolean;
  /** Whether everybody whom a task needs has it; nobody sets out to do anything here when left out. */
  serves?(task: Task): boolean;
  /** Whether a change of a conversation can be made in it; any, where it carries the conversation, when left out. */
  administers?(change: AdministrativeChange): boolean;
  /** Nobody tries to write in it while the device has no network. */
  readonly needsNetwork?: boolean;
  /** Links that other devices or the radio begin are its: at most one application's. */
  readonly takesLinks?: boolean;
}

/** How the person uses them. */
export interface SeveralApplicationsConfig {
  /** In the order in which the person prefers them; there is at least one. */
  readonly applications: readonly Application[];
  /** How long the person looks at a message that no service has taken before writing it in the next application. */
  patience(message: UserMessageId): Duration;
}

type SendAction = Extract<UserAction, { kind: 'send' }>;
type AdministerAction = Extract<UserAction, { kind: 'administer' }>;
type UndertakeAction = Extract<UserAction, { kind: 'undertake' }>;

/** A message that no service has taken yet, and the application that has it last. */
interface Waiting {
  readonly action: SendAction;
  readonly application: number;
}

const waitingPrefix = 'waiting/';
const shownPrefix = 'shown/';
const patiencePrefix = 'patience/';

class SeveralApplications implements Core {
  readonly #config: SeveralApplicationsConfig;
  readonly #tenants: readonly Tenant[];
  readonly #waiting = new Map<UserMessageId, Waiting>();
  readonly #shown = new Set<UserMessageId>();
  /** The application that a task was given to last, and whether it has failed there. */
  readonly #tasks = new Map<TaskId, { readonly application: number; readonly failed: boolean }>();
  /** The application that the person trusts now: the first, until it has let a message wait; then the next. */
  #trusted = 0;
  #hasNetwork = true;

  constructor(config: SeveralApplicationsConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#tenants = config.applications.map(
      ({ name, factory, takesLinks }, index) =>
        new Tenant(name, factory, stored, (_clock, fact, out) => this.#hear(index, fact, out), takesLinks),
    );
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(waitingPrefix))
        this.#waiting.set((value as Waiting).action.message, value as Waiting);
      else if (key.startsWith(shownPrefix))
        this.#shown.add(Number(key.slice(shownPrefix.length)) as UserMessageId);
    }
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'start')
      for (const message of this.#waiting.keys()) this.#setPatience(clock, message, out);
    if (input.kind === 'user' && input.action.kind === 'send') return this.#write(clock, input.action, out);
    if (input.kind === 'user' && input.action.kind === 'undertake')
      return this.#undertake(clock, input.action, out);
    if (input.kind === 'user' && input.action.kind === 'administer')
      return this.#administer(clock, input.action, out);
    if (input.kind === 'user' && input.action.kind === 'resend')
      return this.#tenants[this.#waiting.get(input.action.message)?.application ?? 0]?.step(
        clock,
        input,
        out,
      );
    if (input.kind === 'timer' && input.timer.startsWith(patiencePrefix)) {
      return this.#lostPatience(
        clock,
        Number(input.timer.slice(patiencePrefix.length)) as UserMessageId,
        out,
      );
    }
    for (const tenant of this.#tenants) {
      const own = tenant.mine(input);
      if (own !== undefined) tenant.step(clock, own, out);
    }
    if (input.kind === 'network') this.#networkChanged(clock, input.up, out);
  }

  cores(): readonly Core[] {
    return this.#tenants.map(({ core }) => core);
  }

  inspect(): unknown {
    return {
      trusted: this.#config.applications[this.#trusted]?.name,
      waiting: this.#waiting.size,
      applications: Object.fromEntries(this.#tenants.map((tenant) => [tenant.name, tenant.inspect()])),
    };
  }

  // --- Writing ---

  #write(clock: Clock, action: SendAction, out: Effects): void {
    const carries = (application: Application): boolean => application.carries(action.conversation);
    this.#give(clock, action, this.#firstThat(carries), out);
  }

  /** In one application only: who wants a change made in two of them would make it twice. */
  #administer(clock: Clock, action: AdministerAction, out: Effects): void {
    const { conversation, change } = action;
    const can = (application: Application): boolean =>
      application.carries(conversation) && application.administers?.(change) !== false;
    this.#tenants[this.#firstThat(can)]?.step(clock, { kind: 'user', action }, out);
  }

  /** The first application from the trusted one on that will do and can be used now; the first of all when none does. */
  #firstThat(willDo: (application: Application) => boolean): number {
    const first = this.#config.applications.findIndex(
      (application, index) => index >= this.#trusted && this.#canBeUsed(application) && willDo(application),
    );
    return Math.max(first, 0);
  }

  #canUse(index: number): boolean {
    const application = this.#config.applications[index];
    return application !== undefined && this.#canBeUsed(application);
  }

  #canBeUsed({ needsNetwork }: Application): boolean {
    return this.#hasNetwork || needsNetwork !== true;
  }

  /** Without a network nobody waits for what needs one. */
  #networkChanged(clock: Clock, isUp: boolean, out: Effects): void {
    this.#hasNetwork = isUp;
    const { applications } = this.#config;
    for (const [message, { application }] of [...this.#waiting]) {
      const has = applications[application];
      if (has !== undefined && !this.#canBeUsed(has)) this.#moveOn(clock, message, out);
    }
  }

  #give(clock: Clock, action: SendAction, application: number, out: Effects): void {
    const waiting = { action, application };
    this.#waiting.set(action.message, waiting);
    out.persist(`${waitingPrefix}${action.message}`, waiting);
    this.#setPatience(clock, action.message, out);
    this.#tenants[application]?.step(clock, { kind: 'user', action }, out);
  }

  #setPatience(clock: Clock, message: UserMessageId, out: Effects): void {
    if (this.#nextFor(message) === undefined) return;
    out.setTimer(`${patiencePrefix}${message}`, after(clock.now, this.#config.patience(message)));
  }

  /** The application after the one that has it. */
  #nextFor(message: UserMessageId): number | undefined {
    const waiting = this.#waiting.get(message);
    if (waiting === undefined) return undefined;
    const { action, application } = waiting;
    const next = this.#config.applications.findIndex(
      (each, index) => index > application && this.#canBeUsed(each) && each.carries(action.conversation),
    );
    return next < 0 ? undefined : next;
  }

  #lostPatience(clock: Clock, message: UserMessageId, out: Effects): void {
    const next = this.#moveOn(clock, message, out);
    if (next !== undefined) this.#trusted = next;
  }

  /** Writes it in the next application, if there is one: which. */
  #moveOn(clock: Clock, message: UserMessageId, out: Effects): number | undefined {
    const next = this.#nextFor(message);
    const waiting = this.#waiting.get(message);
    if (next === undefined || waiting === undefined) return undefined;
    out.observe({ kind: 'situation', name: 'portfolio.moved-to-next-application' });
    this.#give(clock, waiting.action, next, out);
    return next;
  }

  /**
   * In the application that is trusted; once more in the next, when it has failed in one. The last goes on to the first. What
   * cannot be used now comes last.
   */
  #undertake(clock: Clock, action: UndertakeAction, out: Effects): void {
    const { applications } = this.#config;
    const before = this.#tasks.get(action.id);
    const first = before === undefined ? this.#trusted : before.application + (before.failed ? 1 : 0);
    const order = applications.map((_, index) => (first + index) % applications.length);
    const serving = order.filter((index) => applications[index]?.serves?.(action.task) === true);
    const chosen = serving.find((index) => this.#canUse(index)) ?? serving[0];
    if (chosen === undefined) return;
    this.#tasks.set(action.id, { application: chosen, failed: false });
    this.#tenants[chosen]?.step(clock, { kind: 'user', action }, out);
  }

  // --- What the applications say ---

  #hear(application: number, fact: CoreFact, out: Effects): void {
    switch (fact.kind) {
      case 'accepted':
        return this.#accepted(application, fact.message, out);
      case 'delivered':
        if (this.#shown.has(fact.message))
          return out.observe({ kind: 'counter', name: 'portfolio.shown-twice', by: 1 });
        this.#shown.add(fact.message);
        out.persist(`${shownPrefix}${fact.message}`, true);
        return out.observe(fact);
      case 'task-failed':
        if (fact.shown) this.#tasks.set(fact.task, { application, failed: true });
        return out.observe(fact);
      case 'failed':
        // An application has given up that the person has given up before.
        if (this.#waiting.get(fact.message)?.application === application) out.observe(fact);
        return;
      case 'hold': {
        const messages = fact.messages.filter((message) => {
          const waiting = this.#waiting.get(message);
          return waiting === undefined || waiting.application === application;
        });
        if (messages.length > 0) out.observe({ ...fact, messages });
        return;
      }
      default:
        return out.observe(fact);
    }
  }

  /** A service took it: the first that does so ends the wait. One that works again is trusted again. */
  #accepted(application: number, message: UserMessageId, out: Effects): void {
    if (application < this.#trusted) this.#trusted = application;
    if (!this.#waiting.delete(message)) return;
    out.persist(`${waitingPrefix}${message}`, undefined);
    out.cancelTimer(`${patiencePrefix}${message}`);
    out.observe({ kind: 'accepted', message });
  }
}

/** A device with several messengers. */
export function createSeveralApplications(config: SeveralApplicationsConfig): CoreFactory {
  return (stored) => new SeveralApplications(config, stored);
}

/** The applications on a device; none where it has not several. */
export function applicationsOn(core: Core): readonly Core[] {
  return core instanceof SeveralApplications ? core.cores() : [];
}
