// Pictures that a device has been told of and fetches by itself, a few times, also after a restart.
import type { Address, Effects, RequestResult, StoredState, Tag } from './core.ts';
import type { Message } from './message.ts';
import { after, type Clock, type Duration } from './time.ts';

/** How they are fetched. */
export interface PictureFetchesConfig {
  /** Begins the names of what is counted: `signal` for `signal.attachments-fetched`. */
  readonly protocol: string;
  /** Attempts before a picture is given up until the person asks for it. */
  readonly attempts: number;
  readonly timeout: Duration;
  /** Wait after so many failed attempts. */
  waitAfter(attempts: number): Duration;
  /** Whom to ask for a picture, and how. */
  request(key: string): { readonly to: Address; readonly message: Message };
}

const prefix = 'fetch/';

export class PictureFetches {
  readonly #config: PictureFetchesConfig;
  /** Attempts begun, by key. */
  readonly #attempts = new Map<string, number>();

  constructor(config: PictureFetchesConfig, stored: StoredState | undefined) {
    this.#config = config;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix)) this.#attempts.set(key.slice(prefix.length), value as number);
  }

  /** The device has restarted: what was being fetched is fetched anew, which is no further attempt. */
  restarted(out: Effects): void {
    for (const [key, attempts] of this.#attempts) this.#fetch(key, attempts, out);
  }

  fetch(key: string, out: Effects): void {
    if (!this.#attempts.has(key)) this.#fetch(key, 1, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(prefix)) return false;
    const key = tag.slice(prefix.length);
    const attempts = this.#attempts.get(key) ?? 1;
    if (!result.ok && attempts < this.#config.attempts) {
      out.setTimer(tag, after(clock.now, this.#config.waitAfter(attempts)));
      return true;
    }
    this.#attempts.delete(key);
    out.persist(tag, undefined);
    const what = result.ok ? 'attachments-fetched' : 'attachments-given-up';
    out.observe({ kind: 'counter', name: `${this.#config.protocol}.${what}`, by: 1 });
    return true;
  }

  /** True when the timer was one of its own. */
  timer(timer: string, out: Effects): boolean {
    if (!timer.startsWith(prefix)) return false;
    const key = timer.slice(prefix.length);
    this.#fetch(key, (this.#attempts.get(key) ?? 0) + 1, out);
    return true;
  }

  #fetch(key: string, attempt: number, out: Effects): void {
    this.#attempts.set(key, attempt);
    out.persist(`${prefix}${key}`, attempt);
    const { to, message } = this.#config.request(key);
    out.request(to, `${prefix}${key}`, message, { timeout: this.#config.timeout });
  }
}
