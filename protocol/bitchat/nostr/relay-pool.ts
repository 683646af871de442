// A phone's connections to its relays (bitchat/Nostr/NostrRelayManager.swift): reconnection with growing waits, one
// subscription, and a queue for events that wait for relays.
import type { Address, Effects, TimerName } from '../../core.ts';
import { noCause, type CauseToken, type Failure } from '../../failure.ts';
import { carriesNothing, type UserMessageId } from '../../message.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, seconds, type Clock, type Duration } from '../../time.ts';
import { nostr as limits } from '../constants.ts';
import type { NostrEvent } from './event.ts';
import type { NostrMessage } from './messages.ts';

/** Timers of this part; the relay's name follows. */
export const relayTimer = 'nostr/';

const tagPrefix = 'nostr/';

/** NWConnection's and OkHttp's own pings; the application pings no relay. Assumed: a silent connection is noticed so. */
const connectOptions = {
  timeout: seconds(30),
  keepAlive: { every: seconds(60), giveUpAfter: seconds(30), pingBytes: 66 },
} as const;

interface RelayState {
  link: Address | undefined;
  isConnecting: boolean;
  failures: number;
  /** Faults because of which it cannot be reached. */
  cutOffBy: CauseToken;
}

interface Pending {
  readonly event: NostrEvent;
  readonly carries: readonly UserMessageId[];
  readonly relays: Set<string>;
}

/** What a pool is made with. */
export interface RelayPoolOptions {
  readonly relays: readonly string[];
  /** The key whose gift wraps are wanted. */
  readonly publicKey: string;
  readonly random: RandomStream;
}

/** All relays of one phone. */
export class RelayPool {
  readonly #options: RelayPoolOptions;
  readonly #relays: ReadonlyMap<string, RelayState>;
  #pending: Pending[] = [];
  #isOpen = false;

  constructor(options: RelayPoolOptions) {
    this.#options = options;
    this.#relays = new Map(
      options.relays.map((relay) => [
        relay,
        { link: undefined, isConnecting: false, failures: 0, cutOffBy: noCause },
      ]),
    );
  }

  /** Whether any relay is connected. */
  get isConnected(): boolean {
    for (const { link } of this.#relays.values()) if (link !== undefined) return true;
    return false;
  }

  /** Faults because of which a relay cannot be reached: what is not there over others may have come over it. */
  get cutOffBy(): CauseToken {
    for (const { cutOffBy } of this.#relays.values()) if (cutOffBy !== noCause) return cutOffBy;
    return noCause;
  }

  isRelay(link: Address): boolean {
    for (const relay of this.#relays.values()) if (relay.link === link) return true;
    return false;
  }

  open(out: Effects): void {
    this.#isOpen = true;
    this.reconnect(out);
  }

  /** The phone's own network is there (again): all relays are tried, whatever they did before. */
  reconnect(out: Effects): void {
    if (!this.#isOpen) return;
    for (const [name, relay] of this.#relays) {
      relay.failures = 0;
      this.#connect(name, relay, out);
    }
  }

  close(out: Effects): void {
    this.#isOpen = false;
    for (const [name, relay] of this.#relays) {
      if (relay.link !== undefined) out.disconnect(relay.link);
      relay.link = undefined;
      out.cancelTimer(relayTimer + name);
    }
  }

  due(timer: TimerName, out: Effects): void {
    const name = timer.slice(relayTimer.length);
    const relay = this.#relays.get(name);
    if (relay === undefined || !this.#isOpen) return;
    if (relay.failures >= limits.mostRetries) relay.failures = 0;
    this.#connect(name, relay, out);
  }

  /** A connection that this pool asked for stands. */
  connected(tag: string, link: Address, clock: Clock, out: Effects): void {
    const name = tag.slice(tagPrefix.length);
    const relay = this.#relays.get(name);
    if (relay === undefined) return;
    relay.isConnecting = false;
    if (!this.#isOpen) {
      out.disconnect(link);
      return;
    }
    relay.link = link;
    relay.failures = 0;
    relay.cutOffBy = noCause;
    const since = Math.floor(clock.wall / 1_000) - limits.lookBackSeconds;
    const { publicKey: recipient } = this.#options;
    say(
      link,
      { kind: 'nostr.subscribe', recipient, since, limit: limits.fetchLimit, carries: carriesNothing },
      out,
    );
    for (const pending of this.#pending) if (pending.relays.delete(name)) publish(link, pending, out);
    this.#pending = this.#pending.filter(({ relays }) => relays.size > 0);
  }

  /** A connection broke, or an attempt came to nothing. True when it was one of this pool's. */
  failed(
    link: Address | undefined,
    tag: string | undefined,
    failure: Failure,
    clock: Clock,
    out: Effects,
  ): boolean {
    for (const [name, relay] of this.#relays) {
      if (link === undefined ? tag !== tagPrefix + name : relay.link !== link) continue;
      relay.link = undefined;
      relay.isConnecting = false;
      this.#retry(name, relay, failure, clock, out);
      return true;
    }
    return false;
  }

  /** Gives an event to every relay: to those connected now, to the others when they are. */
  publish(event: NostrEvent, carries: readonly UserMessageId[], out: Effects): void {
    const pending = { event, carries, relays: new Set<string>() };
    for (const [name, { link }] of this.#relays) {
      if (link === undefined) pending.relays.add(name);
      else publish(link, pending, out);
    }
    if (pending.relays.size === 0) return;
    this.#pending.push(pending);
    if (this.#pending.length > limits.mostPending) this.#pending.shift();
  }

  #connect(name: string, relay: RelayState, out: Effects): void {
    if (relay.link !== undefined || relay.isConnecting) return;
    relay.isConnecting = true;
    out.cancelTimer(relayTimer + name);
    out.connect(name as Address, tagPrefix + name, connectOptions);
  }

  #retry(name: string, relay: RelayState, failure: Failure, clock: Clock, out: Effects): void {
    relay.cutOffBy = failure.cause;
    if (!this.#isOpen) return;
    relay.failures++;
    // A name that does not resolve counts as gone for good, like the last retry.
    if (failure.kind === 'unresolved') relay.failures = limits.mostRetries;
    out.setTimer(relayTimer + name, after(clock.now, this.#wait(relay.failures)));
  }

  #wait(failures: number): Duration {
    if (failures >= limits.mostRetries) return limits.cooldown;
    const base = Math.min(limits.firstRetry * 2 ** (failures - 1), limits.longestRetry);
    const spread = (this.#options.random.uniform() * 2 - 1) * limits.retryJitter;
    return Math.round(base * (1 + spread)) as Duration;
  }
}

function publish(link: Address, { event, carries }: Pending, out: Effects): void {
  say(link, { kind: 'nostr.publish', event, carries }, out);
}

function say(link: Address, message: NostrMessage, out: Effects): void {
  out.send(link, message);
}

/** The tag of a connection that a pool asked for. */
export function isRelayTag(tag: string | undefined): tag is string {
  return tag?.startsWith(tagPrefix) === true;
}
