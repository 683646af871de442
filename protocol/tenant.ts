// A core within a core: several applications on one phone, many accounts behind one bridge. Names of everything that a
// tenant keeps, asks for and waits for get its own prefix, and inputs find their way by it.
import type {
  Address,
  ConnectOptions,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  Input,
  RequestId,
  RequestOptions,
  StoredState,
  Tag,
  TimerName,
} from './core.ts';
import type { Message } from './message.ts';
import type { Clock, Duration, Instant } from './time.ts';

/** Hears what tenants say of themselves, instead of the host. */
export type FactListener = (clock: Clock, fact: CoreFact, out: Effects) => void;

/** One core under a name. */
export class Tenant {
  readonly name: string;
  readonly #prefix: string;
  readonly #core: Core;
  readonly #links = new Set<Address>();
  readonly #onFact: FactListener;

  /** `name` contains no slash. */
  constructor(name: string, factory: CoreFactory, stored: StoredState | undefined, onFact: FactListener) {
    this.name = name;
    this.#prefix = `${name}/`;
    this.#onFact = onFact;
    this.#core = factory(stored === undefined ? undefined : this.#own(stored));
  }

  /** Hands it an input of its own. */
  step(clock: Clock, input: Input, out: Effects): void {
    this.#core.step(clock, input, new TenantEffects(this.#prefix, clock, out, this.#onFact));
  }

  /** The input as the tenant would know it; undefined when it is for somebody else. */
  mine(input: Input): Input | undefined {
    switch (input.kind) {
      case 'timer':
        return this.#hasPrefix(input.timer) ? { ...input, timer: this.#bare(input.timer) } : undefined;
      case 'response':
        return this.#hasPrefix(input.tag) ? { ...input, tag: this.#bare(input.tag) } : undefined;
      case 'link-up':
        if (input.tag === undefined || !this.#hasPrefix(input.tag)) return undefined;
        this.#links.add(input.link);
        return { ...input, tag: this.#bare(input.tag) };
      case 'link-down':
        if (input.link !== undefined)
          return this.#links.delete(input.link) ? this.#untagged(input) : undefined;
        return input.tag !== undefined && this.#hasPrefix(input.tag)
          ? { ...input, tag: this.#bare(input.tag) }
          : undefined;
      case 'message':
        return this.#links.has(input.from) ? input : undefined;
      case 'request':
        return undefined;
      default:
        return input;
    }
  }

  inspect(): unknown {
    return this.#core.inspect();
  }

  #untagged(input: Extract<Input, { kind: 'link-down' }>): Input {
    return input.tag === undefined ? input : { ...input, tag: this.#bare(input.tag) };
  }

  #hasPrefix(name: string): boolean {
    return name.startsWith(this.#prefix);
  }

  #bare(name: string): string {
    return name.slice(this.#prefix.length);
  }

  #own(stored: StoredState): StoredState {
    const own = new Map<string, unknown>();
    for (const [key, value] of stored) if (this.#hasPrefix(key)) own.set(this.#bare(key), value);
    return own;
  }
}

/** Effects under a prefix; facts go to the listener. */
class TenantEffects implements Effects {
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #out: Effects;
  readonly #onFact: FactListener;

  constructor(prefix: string, clock: Clock, out: Effects, onFact: FactListener) {
    this.#prefix = prefix;
    this.#clock = clock;
    this.#out = out;
    this.#onFact = onFact;
  }

  persist(key: string, value: unknown): void {
    this.#out.persist(`${this.#prefix}${key}`, value);
  }
  send(to: Address, message: Message): void {
    this.#out.send(to, message);
  }
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#out.request(to, `${this.#prefix}${tag}`, message, options);
  }
  abandon(tag: Tag): void {
    this.#out.abandon(`${this.#prefix}${tag}`);
  }
  respond(request: RequestId, message: Message): void {
    this.#out.respond(request, message);
  }
  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    this.#out.refuse(request, status, message, retryAfterMs);
  }
  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    this.#out.connect(to, `${this.#prefix}${tag}`, options);
  }
  disconnect(link: Address, code?: number): void {
    this.#out.disconnect(link, code);
  }
  setTimer(timer: TimerName, at: Instant): void {
    this.#out.setTimer(`${this.#prefix}${timer}`, at);
  }
  cancelTimer(timer: TimerName): void {
    this.#out.cancelTimer(`${this.#prefix}${timer}`);
  }
  spend(cost: Duration): void {
    this.#out.spend(cost);
  }
  observe(fact: CoreFact): void {
    this.#onFact(this.#clock, fact, this.#out);
  }
}
