// When a phone holds a WebSocket, and how it gets one (Signal-Android messages/IncomingMessageObserver.kt,
// gcm/FcmFetchManager.kt; Signal-iOS Network/OWSChatConnection.swift).
import type { Address, Effects } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, elapsed, epoch, type Clock, type Duration, type Instant } from '../time.ts';
import { connectWait, fetchWait } from './backoff.ts';
import { client, type PlatformPolicy } from './constants.ts';
import type { AccountId, Login } from './messages.ts';
import type { DeviceState } from './outbox.ts';

/** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
export const webSocketTag = 'websocket';

/** How a phone keeps and gives up its connection. */
export const webSocketOptions = { timeout: client.connectTimeout, keepAlive: client.keepAlive } as const;

/** How a connection is set up. */
export interface ConnectionConfig {
  readonly account: AccountId;
  readonly device: number;
  readonly service: Address;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  /** The run begins with the application open and its connection up: the host will say so with `link-up`. */
  readonly connectedAtStart: boolean;
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

export class DeviceConnection implements DeviceState {
  networkIsUp = true;
  networkCause: CauseToken = noCause;
  readonly #config: ConnectionConfig;
  readonly #login: Login;
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
  constructor(config: ConnectionConfig, restarted: boolean) {
    this.#config = config;
    const { account, device } = config;
    this.#login = { kind: 'signal.login', account, device, carries: carriesNothing };
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
    out.send(link, this.#login);
  }

  /** The connection ended, or (`link` undefined) an attempt failed. */
  linkDown(clock: Clock, link: Address | undefined, failure: Failure, out: Effects): void {
    if (link !== undefined && !this.isOpen(link)) return;
    const { policy, random } = this.#config;
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
    out.setTimer(retryTimer, after(clock.now, connectWait(policy, this.#failures, random)));
  }

  /** A message came: the connection works. */
  progressed(): void {
    this.#failures = 0;
  }

  /** The queue is empty: what a push announced is here. */
  caughtUp(clock: Clock, out: Effects): void {
    this.#failures = 0;
    this.#endFetch(out);
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
    return this.isRunning(clock) || clock.now < (this.#fetchUntil ?? epoch);
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
    out.connect(this.#config.service, webSocketTag, webSocketOptions);
  }
}
