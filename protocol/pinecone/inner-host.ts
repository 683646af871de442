// Cores within a node that ask each other and cores of other nodes: a small host of their own.
import { present } from '../assert.ts';
import type {
  Address,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  HoldReason,
  Input,
  RequestId,
  RequestOptions,
  StoredState,
  Tag,
  TimerName,
} from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { Message } from '../message.ts';
import { PrefixedEffects, storedUnder } from '../prefixed-effects.ts';
import type { Instant } from '../time.ts';
import type { Turn } from './peers.ts';
import type { Answer } from './sessions.ts';

/** Where requests go that are for nobody in the node. */
export interface OuterWorld {
  /** False when the address is no node. */
  ask(name: string, to: Address, message: Message, options: RequestOptions, turn: Turn): boolean;
  abandon(name: string): void;
  answer(name: string, answer: Answer, turn: Turn): void;
  /** Faults behind the node's being without links that it should have. */
  cause(): CauseToken;
}

const localPrefix = 'local:';

type HostRequest = Extract<Input, { kind: 'request' }>;

/** Who waits for the answer to a request that came in. */
type Asker =
  | { readonly kind: 'inner'; readonly application: string; readonly tag: Tag }
  | { readonly kind: 'outer'; readonly name: string }
  | { readonly kind: 'host'; readonly request: RequestId };

/** The cores by name. Names of what they keep, set and ask begin with theirs. */
export class InnerHost {
  readonly #cores = new Map<string, Core>();
  readonly #outer: OuterWorld;
  readonly #askers = new Map<RequestId, Asker>();
  readonly #waiting: (readonly [string, Input])[] = [];
  /** Timers that have run out while the node was asleep. */
  readonly #overdue = new Set<TimerName>();
  #lastRequest = 0;
  #isAtWork = false;

  constructor(
    applications: Readonly<Record<string, CoreFactory>>,
    outer: OuterWorld,
    stored: StoredState | undefined,
  ) {
    this.#outer = outer;
    for (const [name, factory] of Object.entries(applications))
      this.#cores.set(name, factory(stored === undefined ? undefined : storedUnder(`${name}/`, stored)));
  }

  /** Hands a core an input, and then everything that follows from it within the node. */
  step(application: string, input: Input, turn: Turn): void {
    this.#waiting.push([application, input]);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const [name, what] = next;
      present(this.#cores.get(name), `core ${name}`).step(turn.clock, what, this.#effects(name, turn));
    }
    this.#isAtWork = false;
  }

  stepAll(input: Input, turn: Turn): void {
    for (const name of this.#cores.keys()) this.step(name, input, turn);
  }

  /** False when the timer is none of theirs. */
  timer(timer: TimerName, isAsleep: boolean, turn: Turn): boolean {
    const name = timer.slice(0, timer.indexOf('/'));
    if (!this.#cores.has(name)) return false;
    if (isAsleep) this.#overdue.add(timer);
    else this.step(name, { kind: 'timer', timer: timer.slice(name.length + 1) }, turn);
    return true;
  }

  /** The node has slept: what was due meanwhile happens now. */
  wake(turn: Turn): void {
    const overdue = [...this.#overdue];
    this.#overdue.clear();
    for (const timer of overdue) this.timer(timer, false, turn);
  }

  /** A request of another node. */
  request(application: string, name: string, from: Address, message: Message, turn: Turn): void {
    const id = this.#newRequest({ kind: 'outer', name });
    this.step(application, { kind: 'request', id, from, message }, turn);
  }

  /** A request from outside the network of nodes. */
  requestOfHost(application: string, { id, from, message }: HostRequest, turn: Turn): void {
    const own = this.#newRequest({ kind: 'host', request: id });
    this.step(application, { kind: 'request', id: own, from, message }, turn);
  }

  /** The end of a request to another node. */
  response(name: string, result: Extract<Input, { kind: 'response' }>['result'], turn: Turn): void {
    const application = name.slice(0, name.indexOf('/'));
    this.step(application, { kind: 'response', tag: name.slice(application.length + 1), result }, turn);
  }

  cores(): readonly Core[] {
    return [...this.#cores.values()];
  }

  inspect(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#cores].map(([name, core]) => [name, core.inspect()]));
  }

  #newRequest(asker: Asker): RequestId {
    const id = ++this.#lastRequest as RequestId;
    this.#askers.set(id, asker);
    return id;
  }

  #effects(name: string, turn: Turn): Effects {
    return new InnerEffects(name, turn, {
      request: (to, tag, message, options) => this.#ask(name, to, tag, message, options, turn),
      abandon: (tag) => this.#abandon(name, tag, turn),
      answer: (request, answer) => this.#answer(request, answer, turn),
      unset: (timer) => void this.#overdue.delete(timer),
      cause: () => this.#outer.cause(),
    });
  }

  #ask(name: string, to: Address, tag: Tag, message: Message, options: RequestOptions, turn: Turn): void {
    if (to.startsWith(localPrefix)) {
      const id = this.#newRequest({ kind: 'inner', application: name, tag });
      const from = `${localPrefix}${name}` as Address;
      this.step(to.slice(localPrefix.length), { kind: 'request', id, from, message }, turn);
    } else if (!this.#outer.ask(`${name}/${tag}`, to, message, options, turn))
      turn.out.request(to, `${name}/${tag}`, message, options);
  }

  #abandon(name: string, tag: Tag, turn: Turn): void {
    for (const [id, asker] of this.#askers)
      if (asker.kind === 'inner' && asker.application === name && asker.tag === tag) this.#askers.delete(id);
    this.#outer.abandon(`${name}/${tag}`);
    turn.out.abandon(`${name}/${tag}`);
  }

  #answer(request: RequestId, answer: Answer, turn: Turn): void {
    const asker = this.#askers.get(request);
    if (asker === undefined) return;
    this.#askers.delete(request);
    if (asker.kind === 'outer') this.#outer.answer(asker.name, answer, turn);
    else if (asker.kind === 'host') answerHost(asker.request, answer, turn);
    else this.step(asker.application, { kind: 'response', tag: asker.tag, result: resultOf(answer) }, turn);
  }
}

function answerHost(request: RequestId, answer: Answer, { out }: Turn): void {
  if (answer.ok) out.respond(request, answer.message);
  else out.refuse(request, answer.status, answer.message, answer.retryAfterMs);
}

function resultOf(answer: Answer): Extract<Input, { kind: 'response' }>['result'] {
  if (answer.ok) return answer;
  const { status, message, retryAfterMs } = answer;
  const failure = {
    kind: 'status',
    status,
    definite: true,
    cause: noCause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  } as const;
  return { ok: false, failure, ...(message === undefined ? {} : { message }) };
}

interface InnerWays {
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void;
  abandon(tag: Tag): void;
  answer(request: RequestId, answer: Answer): void;
  unset(timer: TimerName): void;
  cause(): CauseToken;
}

/** Waits for another node: longer than they need be while this one is without links that it should have. */
const waitsForOthers: ReadonlySet<HoldReason> = new Set(['awaiting-answer', 'backoff']);

/** One core's effects: requests and their ends stay within the node where they can. */
class InnerEffects extends PrefixedEffects {
  readonly #ways: InnerWays;

  constructor(name: string, { out }: Turn, ways: InnerWays) {
    super(`${name}/`, out);
    this.#ways = ways;
  }

  override request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#ways.request(to, tag, message, options);
  }
  override abandon(tag: Tag): void {
    this.#ways.abandon(tag);
  }
  override respond(request: RequestId, message: Message): void {
    this.#ways.answer(request, { ok: true, message });
  }
  override refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    this.#ways.answer(request, { ok: false, status, message, retryAfterMs });
  }
  override observe(fact: CoreFact): void {
    const isUnexplained = fact.kind === 'hold' && fact.cause === noCause && waitsForOthers.has(fact.reason);
    const cause = isUnexplained ? this.#ways.cause() : noCause;
    super.observe(cause === noCause ? fact : ({ ...fact, cause } as CoreFact));
  }
  override setTimer(timer: TimerName, at: Instant): void {
    this.#ways.unset(this.prefix + timer);
    super.setTimer(timer, at);
  }
  override cancelTimer(timer: TimerName): void {
    this.#ways.unset(this.prefix + timer);
    super.cancelTimer(timer);
  }
}
