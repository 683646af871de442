// Effects that carry everything out but the answer to one request, which is kept.
import type {
  Address,
  ConnectOptions,
  CoreFact,
  Effects,
  RequestId,
  RequestOptions,
  Tag,
  TimerName,
} from '../core.ts';
import type { Message } from '../message.ts';
import type { Duration, Instant } from '../time.ts';

export class HeldAnswer implements Effects {
  /** The answer, once it was given. */
  answer: Message | undefined;
  readonly #out: Effects;
  readonly #held: RequestId;

  constructor(out: Effects, held: RequestId) {
    this.#out = out;
    this.#held = held;
  }

  respond(request: RequestId, message: Message): void {
    if (request === this.#held) this.answer = message;
    else this.#out.respond(request, message);
  }

  persist(key: string, value: unknown): void {
    this.#out.persist(key, value);
  }
  send(to: Address, message: Message): void {
    this.#out.send(to, message);
  }
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#out.request(to, tag, message, options);
  }
  abandon(tag: Tag): void {
    this.#out.abandon(tag);
  }
  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    this.#out.refuse(request, status, message, retryAfterMs);
  }
  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    this.#out.connect(to, tag, options);
  }
  disconnect(link: Address, code?: number): void {
    this.#out.disconnect(link, code);
  }
  setTimer(timer: TimerName, at: Instant): void {
    this.#out.setTimer(timer, at);
  }
  cancelTimer(timer: TimerName): void {
    this.#out.cancelTimer(timer);
  }
  spend(cost: Duration): void {
    this.#out.spend(cost);
  }
  observe(fact: CoreFact): void {
    this.#out.observe(fact);
  }
}
