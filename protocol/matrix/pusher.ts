// Notifications for one device, one after the other, by way of its application's push gateway.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/push/httppusher.py.
import type { Address, Effects, RequestResult, Tag } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { after, elapsed, epoch, type Clock, type Duration, type Instant } from '../time.ts';
import { serverPatience } from './assumed-patience.ts';
import type { PushGatewayNotify, PushPlatform } from './client-messages.ts';
import { synapse } from './federation/constants.ts';
import { userMessagesOf, type StoredEvent } from './stored-event.ts';

/** Where a device's notifications go. */
export interface PusherConfig {
  readonly gateway: Address;
  readonly platform: PushPlatform;
  readonly pushKey: string;
}

export class Pusher {
  readonly #config: PusherConfig;
  /** Tag of its requests and name of its timer. */
  readonly #name: Tag;
  #queue: StoredEvent[] = [];
  #inFlight: StoredEvent | undefined;
  #requestedAt = epoch;
  /** Faults behind the failures since the last success. */
  #cause: CauseToken = noCause;
  /** The first failure since the last success, or since it last gave up on one. */
  #failingSince: Instant | undefined;
  /** After the next failure. */
  #backoff: Duration = synapse.pushBackoffFirst;
  #isWaiting = false;

  constructor(config: PusherConfig, name: Tag) {
    this.#config = config;
    this.#name = name;
  }

  notify(clock: Clock, stored: StoredEvent, out: Effects): void {
    this.#queue.push(stored);
    if (this.#cause !== noCause) this.#hold([stored], this.#cause, clock.now, out);
    if (this.#inFlight === undefined && !this.#isWaiting) this.#request(clock, out);
  }

  /** The device has fetched everything up to here: nothing of it needs a notification any more. */
  fetched(streamOrdering: number): void {
    if (this.#queue.length > 0)
      this.#queue = this.#queue.filter((stored) => stored.streamOrdering > streamOrdering);
  }

  /** The wait after a failure is over. */
  retry(clock: Clock, out: Effects): void {
    this.#isWaiting = false;
    if (this.#inFlight === undefined) this.#request(clock, out);
  }

  answered(clock: Clock, result: RequestResult, out: Effects): void {
    const failed = this.#inFlight;
    this.#inFlight = undefined;
    if (result.ok) {
      this.#backoff = synapse.pushBackoffFirst;
      this.#failingSince = undefined;
      this.#cause = noCause;
      return this.#request(clock, out);
    }
    const { cause } = result.failure;
    this.#failingSince ??= clock.now;
    if (elapsed(this.#failingSince, clock.now) > synapse.pushGiveUp) {
      // On this one: the next has a day of its own.
      this.#backoff = synapse.pushBackoffFirst;
      this.#failingSince = undefined;
      return this.#request(clock, out);
    }
    if (failed !== undefined) this.#queue.unshift(failed);
    this.#cause = cause;
    this.#hold(this.#queue, cause, this.#requestedAt, out);
    this.#isWaiting = true;
    out.setTimer(this.#name, after(clock.now, this.#backoff));
    this.#backoff = Math.min(this.#backoff * 2, synapse.pushBackoffMost) as Duration;
  }

  #request(clock: Clock, out: Effects): void {
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#inFlight = next;
    this.#requestedAt = clock.now;
    const { gateway, platform, pushKey } = this.#config;
    const { event, message } = next;
    const notification: PushGatewayNotify = {
      kind: 'matrix.push-gateway-notify',
      platform,
      pushKey,
      roomId: event.roomId,
      eventId: event.eventId,
      carries: message === undefined ? [] : [message],
    };
    out.request(gateway, this.#name, notification, { timeout: serverPatience.push });
  }

  #hold(events: readonly StoredEvent[], cause: CauseToken, since: Instant, out: Effects): void {
    const messages = userMessagesOf(events);
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'push-failed', cause, since });
  }
}
