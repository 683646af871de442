// Notifications for one device, one after the other, by way of its application's push gateway.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/push/httppusher.py.
import type { Address, Effects, RequestResult, Tag } from '../core.ts';
import { after, elapsed, type Clock, type Duration, type Instant } from '../time.ts';
import type { PushGatewayNotify, PushPlatform } from './client-messages.ts';
import { synapse } from './federation/constants.ts';
import { userMessagesOf, type StoredEvent } from './stored-event.ts';

/** Where a device's notifications go. */
export interface PusherConfig {
  readonly gateway: Address;
  readonly platform: PushPlatform;
  readonly pushKey: string;
}

interface Notification {
  readonly stored: StoredEvent;
  readonly since: Instant;
}

export class Pusher {
  readonly #config: PusherConfig;
  /** Tag of its requests and name of its timer. */
  readonly #name: Tag;
  #queue: Notification[] = [];
  #inFlight: Notification | undefined;
  #backoff: Duration | undefined;

  constructor(config: PusherConfig, name: Tag) {
    this.#config = config;
    this.#name = name;
  }

  notify(clock: Clock, stored: StoredEvent, out: Effects): void {
    this.#queue.push({ stored, since: clock.now });
    if (this.#inFlight === undefined && this.#backoff === undefined) this.#request(out);
  }

  /** The device has fetched everything up to here: nothing of it needs a notification any more. */
  fetched(streamOrdering: number): void {
    if (this.#queue.length > 0)
      this.#queue = this.#queue.filter(({ stored }) => stored.streamOrdering > streamOrdering);
  }

  /** The wait after a failure is over. */
  retry(out: Effects): void {
    if (this.#inFlight === undefined) this.#request(out);
  }

  answered(clock: Clock, result: RequestResult, out: Effects): void {
    const failed = this.#inFlight;
    this.#inFlight = undefined;
    if (result.ok) {
      this.#backoff = undefined;
      return this.#request(out);
    }
    const { cause } = result.failure;
    if (failed !== undefined && elapsed(failed.since, clock.now) <= synapse.pushGiveUp)
      this.#queue.unshift(failed);
    const messages = userMessagesOf(this.#queue.map(({ stored }) => stored));
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'stored-for-recipient', cause });
    const doubled = this.#backoff === undefined ? synapse.pushBackoffFirst : this.#backoff * 2;
    this.#backoff = Math.min(doubled, synapse.pushBackoffMost) as Duration;
    out.setTimer(this.#name, after(clock.now, this.#backoff));
  }

  #request(out: Effects): void {
    const next = this.#queue.shift();
    if (next === undefined) {
      this.#backoff = undefined;
      return;
    }
    this.#inFlight = next;
    const { gateway, platform, pushKey } = this.#config;
    const { event, message } = next.stored;
    const notification: PushGatewayNotify = {
      kind: 'matrix.push-gateway-notify',
      platform,
      pushKey,
      roomId: event.roomId,
      eventId: event.eventId,
      carries: message === undefined ? [] : [message],
    };
    out.request(gateway, this.#name, notification, { timeout: synapse.pushTimeout });
  }
}
