// When a messenger on a phone holds its connection to the service, and how it gets one: while the application is open and
// a little longer, and when a push notification or the system lets it fetch. Several systems share it.
import type { Address, ConnectOptions, Effects, Tag } from './core.ts';
import { noCause, type CauseToken, type Failure } from './failure.ts';
import type { Message } from './message.ts';
import { after, elapsed, epoch, microseconds, type Clock, type Duration, type Instant } from './time.ts';

/** Fetches that the system runs after one that failed. */
export interface FetchRetry {
  /** Waits grow by this with each failure, up to `most`. */
  readonly backoff: Duration;
  readonly most: Duration;
  readonly window: Duration;
}

/** How an application keeps its connection. */
export interface ConnectionPolicy {
  /** How long the connection stays after the application went to the background. */
  readonly linger: Duration;
  /** How long a push notification lets the application try to fetch. */
  readonly fetchWindow: Duration;
  /** After a fetch that failed; undefined: only the next push notification or the person. */
  readonly fetchRetry: FetchRetry | undefined;
  /** Quiet time after which the connection's failures are forgotten; undefined: only by success. */
  readonly connectFailuresForgottenAfter: Duration | undefined;
}

/** How a connection is set up. */
export interface MobileConnectionConfig {
  readonly service: Address;
  /** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
  readonly tag: Tag;
  readonly options: ConnectOptions;
  readonly policy: ConnectionPolicy;
  /** First message on a new connection. */
  readonly login: Message;
  /** The run begins with the application open and its connection up: the host will say so with `link-up`. */
  readonly connectedAtStart: boolean;
  /** Wait before the next attempt after so many failures in a row, 1 or more. */
  wait(failures: number): Duration;
  /** Whether something waits for which the application stays connected in the background. Never, when left out. */
  readonly hasWork?: () => boolean;
}

/** What a device's outbox asks of it. */
export interface DeviceState {
  readonly networkIsUp: boolean;
  /** Faults behind having no network. */
  readonly networkCause: CauseToken;
  /** Whether the operating system lets the application work now. */
  isRunning(clock: Clock): boolean;
}

const retryTimer = 'connect';
const unneededTimer = 'connection-unneeded';
const fetchTimer = 'fetch-again';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting' } // for the next attempt
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly link: Address };

const idle: State = { kind: 'idle' };

/** One application's connection on one device. */
export class MobileConnection implements DeviceState {
  networkIsUp = true;
  networkCause: CauseToken = noCause;
  readonly #config: MobileConnectionConfig;
  #state: State = idle;
  #foreground = false;
  /** The connection stays for a while after the application was closed. */
  #lingerUntil: Instant = epoch;
  /** A push notification or the system lets the application fetch until then; undefined when it fetches nothing. */
  #fetchUntil: Instant | undefined;
  #failedFetches = 0;
  #failures = 0;
  #lastFailureAt: Instant = epoch;

  /** `restarted`: the device comes back from a crash, so that nothing is open. */
  constructor(config: MobileConnectionConfig, restarted: boolean) {
    this.#config = config;
    if (!config.connectedAtStart || restarted) return;
    this.#foreground = true;
    this.#state = { kind: 'connecting' };
  }

  inspect(): unknown {
    return { state: this.#state.kind, foreground: this.#foreground, failures: this.#failures };
  }

  isRunning(clock: Clock): boolean {
    return this.#foreground || clock.now < this.#lingerUntil;
  }

  /** Whether `link` is the open connection. */
  isOpen(link: Address): boolean {
    return this.#state.kind === 'open' && this.#state.link === link;
  }

  // --- What the person, the platform and the network do ---

  opened(clock: Clock, out: Effects): void {
    this.#foreground = true;
    this.#endFetch(out);
    out.cancelTimer(unneededTimer);
    this.#connectIfNeeded(clock, out);
  }

  closed(clock: Clock, out: Effects): void {
    this.#foreground = false;
    this.#lingerUntil = after(clock.now, this.#config.policy.linger);
    this.#setUnneededTimer(out);
  }

  /** A push notification woke the application. */
  woken(clock: Clock, out: Effects): void {
    if (this.#foreground) return;
    this.#failedFetches = 0;
    this.#fetch(clock, this.#config.policy.fetchWindow, out);
  }

  network(clock: Clock, up: boolean, cause: CauseToken, out: Effects): void {
    this.networkIsUp = up;
    this.networkCause = cause;
    if (!up) return;
    this.#failures = 0;
    if (this.#state.kind === 'waiting') this.#state = idle;
    // The system's job scheduler runs what waited for a network.
    if (this.#failedFetches > 0) this.#fetchByItself(clock, out);
    this.#connectIfNeeded(clock, out);
  }

  /** What waits to be sent has changed. */
  hasNewWork(clock: Clock, out: Effects): void {
    if (this.#isNeeded(clock)) this.#connectIfNeeded(clock, out);
    else this.#disconnect(out);
  }

  /** Looks for messages without having been asked: after a reboot, on Android. */
  restarted(clock: Clock, out: Effects): void {
    this.#fetchByItself(clock, out);
  }

  // --- The connection ---

  linkUp(clock: Clock, link: Address, out: Effects): void {
    if (!this.#isNeeded(clock)) {
      this.#state = idle;
      return out.disconnect(link);
    }
    this.#state = { kind: 'open', link };
    out.send(link, this.#config.login);
  }

  /** The connection ended, or (`link` undefined) an attempt failed. */
  linkDown(clock: Clock, link: Address | undefined, failure: Failure, out: Effects): void {
    if (link !== undefined && !this.isOpen(link)) return;
    const { policy } = this.#config;
    const { connectFailuresForgottenAfter } = policy;
    if (
      connectFailuresForgottenAfter !== undefined &&
      elapsed(this.#lastFailureAt, clock.now) > connectFailuresForgottenAfter
    ) {
      this.#failures = 0;
    }
    this.#failures += 1;
    this.#lastFailureAt = clock.now;
    this.#state = idle;
    if (failure.kind === 'offline') {
      this.networkIsUp = false;
      this.networkCause = failure.cause;
    }
    if (!this.#isNeeded(clock) || !this.networkIsUp) return;
    this.#state = { kind: 'waiting' };
    out.setTimer(retryTimer, after(clock.now, this.#config.wait(this.#failures)));
  }

  /** A message came: the connection works. */
  progressed(): void {
    this.#failures = 0;
  }

  /** The queue is empty: what a push announced is here. The application may stay for what comes right after it. */
  caughtUp(clock: Clock, out: Effects, stay = microseconds(0)): void {
    this.#failures = 0;
    this.#endFetch(out);
    if (stay > 0 && !this.#foreground) {
      this.#lingerUntil = Math.max(this.#lingerUntil, after(clock.now, stay)) as Instant;
      this.#setUnneededTimer(out);
    }
    if (!this.#isNeeded(clock)) this.#disconnect(out);
  }

  /** True when the timer was one of the connection's. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    switch (timer) {
      case retryTimer:
        if (this.#state.kind === 'waiting') this.#state = idle;
        this.#connectIfNeeded(clock, out);
        return true;
      case unneededTimer:
        this.#becomeUnneeded(clock, out);
        return true;
      case fetchTimer:
        if (this.networkIsUp) this.#fetchByItself(clock, out);
        return true;
      default:
        return false;
    }
  }

  #fetchByItself(clock: Clock, out: Effects): void {
    const { fetchRetry } = this.#config.policy;
    if (fetchRetry !== undefined && !this.#foreground) this.#fetch(clock, fetchRetry.window, out);
  }

  #fetch(clock: Clock, window: Duration, out: Effects): void {
    const until = after(clock.now, window);
    this.#fetchUntil = Math.max(until, this.#fetchUntil ?? until) as Instant;
    out.cancelTimer(fetchTimer);
    this.#setUnneededTimer(out);
    this.#connectIfNeeded(clock, out);
  }

  #endFetch(out: Effects): void {
    this.#fetchUntil = undefined;
    this.#failedFetches = 0;
    out.cancelTimer(fetchTimer);
  }

  #isNeeded(clock: Clock): boolean {
    if (this.isRunning(clock) || clock.now < (this.#fetchUntil ?? epoch)) return true;
    return this.#config.hasWork?.() === true;
  }

  #setUnneededTimer(out: Effects): void {
    out.setTimer(unneededTimer, Math.max(this.#lingerUntil, this.#fetchUntil ?? epoch) as Instant);
  }

  #becomeUnneeded(clock: Clock, out: Effects): void {
    if (this.#isNeeded(clock)) return;
    this.#disconnect(out);
    if (this.#fetchUntil === undefined) return;
    // The fetch brought nothing: on Android the system runs another one later, on iOS nothing does.
    this.#fetchUntil = undefined;
    const { fetchRetry } = this.#config.policy;
    if (fetchRetry === undefined) return;
    this.#failedFetches += 1;
    out.setTimer(fetchTimer, after(clock.now, fetchWait(fetchRetry, this.#failedFetches)));
  }

  #disconnect(out: Effects): void {
    out.cancelTimer(retryTimer);
    if (this.#state.kind === 'open') out.disconnect(this.#state.link);
    // An attempt under way cannot be taken back; if it succeeds, the connection is closed at once.
    this.#state = this.#state.kind === 'connecting' ? this.#state : idle;
  }

  #connectIfNeeded(clock: Clock, out: Effects): void {
    if (this.#state.kind !== 'idle' || !this.networkIsUp || !this.#isNeeded(clock)) return;
    out.cancelTimer(retryTimer);
    this.#state = { kind: 'connecting' };
    const { service, tag, options } = this.#config;
    out.connect(service, tag, options);
  }
}

/** Wait before the system runs the next fetch after `failures` that brought nothing. */
export function fetchWait(retry: FetchRetry, failures: number): Duration {
  return microseconds(Math.min(retry.backoff * failures, retry.most));
}
