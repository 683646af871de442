// A core within a core: what it keeps, asks for and waits for has a prefix of its own in the names that the host knows.
import type {
  Address,
  ConnectOptions,
  CoreFact,
  Effects,
  RequestId,
  RequestOptions,
  StoredState,
  Tag,
  TimerName,
} from './core.ts';
import type { Message } from './message.ts';
import type { Duration, Instant } from './time.ts';

/** Effects under a prefix. What goes another way than to the host is another class's business. */
export class PrefixedEffects implements Effects {
  protected readonly prefix: string;
  protected readonly out: Effects;

  constructor(prefix: string, out: Effects) {
    this.prefix = prefix;
    this.out = out;
  }

  persist(key: string, value: unknown): void {
    this.out.persist(this.prefix + key, value);
  }
  send(to: Address, message: Message): void {
    this.out.send(to, message);
  }
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.out.request(to, this.prefix + tag, message, options);
  }
  abandon(tag: Tag): void {
    this.out.abandon(this.prefix + tag);
  }
  respond(request: RequestId, message: Message): void {
    this.out.respond(request, message);
  }
  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    this.out.refuse(request, status, message, retryAfterMs);
  }
  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    this.out.connect(to, this.prefix + tag, options);
  }
  disconnect(link: Address, code?: number): void {
    this.out.disconnect(link, code);
  }
  setTimer(timer: TimerName, at: Instant): void {
    this.out.setTimer(this.prefix + timer, at);
  }
  cancelTimer(timer: TimerName): void {
    this.out.cancelTimer(this.prefix + timer);
  }
  spend(cost: Duration): void {
    this.out.spend(cost);
  }
  observe(fact: CoreFact): void {
    this.out.observe(fact);
  }
}

/** Of all that is stored what one core persisted under its prefix, by the names that it gave. */
export function storedUnder(prefix: string, stored: StoredState): StoredState {
  const own = new Map<string, unknown>();
  for (const [key, value] of stored) if (key.startsWith(prefix)) own.set(key.slice(prefix.length), value);
  return own;
}
