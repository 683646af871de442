// From a platform's push service to the application on a device: the newest notification waits until it can arrive.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { Devices } from './devices.ts';
import type { NodeHost } from './node-host.ts';
import type { PushWays } from './surroundings.ts';

interface Notification {
  readonly from: NodeIndex;
  readonly sentAt: Instant;
  readonly payload: Message;
  /** Faults that closed the way from the service while the device had a network; it was away where there were none. */
  readonly closedBy?: CauseToken;
  /** The way so far; grows by the wait for the device. */
  readonly legs: Transit['legs'];
}

/** Carries `push:` messages. */
export class PushGateway {
  readonly #scheduler: Scheduler;
  readonly #host: NodeHost;
  readonly #devices: Devices;
  readonly #nodesByName: ReadonlyMap<string, NodeIndex>;
  readonly #ways: PushWays | undefined;
  readonly #arrivalEvent: EventKind;
  /** By device: what waits until it can be reached. */
  readonly #waiting = new Map<NodeIndex, Notification>();

  constructor(
    scheduler: Scheduler,
    host: NodeHost,
    devices: Devices,
    nodesByName: ReadonlyMap<string, NodeIndex>,
    ways: PushWays | undefined,
  ) {
    this.#ways = ways;
    this.#scheduler = scheduler;
    this.#host = host;
    this.#devices = devices;
    this.#nodesByName = nodesByName;
    this.#arrivalEvent = scheduler.register('push', (device, payload) =>
      this.#arrive(device, payload as Notification),
    );
    devices.onReachable((device) => this.#tryAgain(device));
    ways?.onChange(() => {
      for (const device of [...this.#waiting.keys()]) this.#tryAgain(device);
    });
  }

  #tryAgain(device: NodeIndex): void {
    const notification = this.#waiting.get(device);
    if (notification === undefined) return;
    if (!this.#isReachable(device, notification)) {
      // The device may be back while the way to it is closed: from here on that is what it waits for.
      if (notification.closedBy === undefined) this.#wait(device, notification);
      return;
    }
    this.#waiting.delete(device);
    this.#deliver(device, notification);
  }

  /** Whether the device has a network, and the way there from the service is open. */
  #isReachable(device: NodeIndex, { from }: Notification): boolean {
    if (this.#ways === undefined) return this.#devices.isReachable(device);
    return this.#devices.accessOf(device) !== undefined && this.#ways.closedBy(from, device) === undefined;
  }

  #wait(device: NodeIndex, notification: Notification): void {
    const hasNetwork = this.#devices.accessOf(device) !== undefined;
    const closedBy = hasNetwork ? this.#ways?.closedBy(notification.from, device) : undefined;
    if (closedBy !== undefined) this.#host.hindered(device, closedBy);
    this.#waiting.set(
      device,
      closedBy === undefined
        ? notification
        : { ...notification, closedBy, legs: this.#legs(device, notification) },
    );
  }

  /** The way so far, with the wait up to now. */
  #legs(device: NodeIndex, { legs, sentAt, closedBy }: Notification): Transit['legs'] {
    const { now } = this.#scheduler;
    if (now <= (legs.at(-1)?.until ?? sentAt)) return legs;
    const cause = closedBy ?? this.#devices.causeOfLastAbsence(device);
    return [...legs, { until: now, reason: 'device-asleep' as const, cause }];
  }

  /** Sends to the device of this node name. */
  notify(from: NodeIndex, name: string, payload: Message): void {
    const device = present(this.#nodesByName.get(name), 'device', name);
    this.#deliver(device, { from, sentAt: this.#scheduler.now, payload, legs: [] });
  }

  #deliver(device: NodeIndex, notification: Notification): void {
    const { now } = this.#scheduler;
    if (!this.#isReachable(device, notification)) return this.#wait(device, notification);
    const legs = this.#legs(device, notification);
    const at = (now + this.#devices.pushDelay(device)) as Instant;
    this.#scheduler.schedule(at, this.#arrivalEvent, device, {
      ...notification,
      legs: [...legs, { until: at, reason: 'in-flight' as const, cause: noCause }],
    } satisfies Notification);
  }

  #arrive(device: NodeIndex, notification: Notification): void {
    if (!this.#isReachable(device, notification)) {
      // Gone meanwhile. Something newer may already wait; then this one has collapsed into it.
      if (!this.#waiting.has(device)) this.#wait(device, notification);
      return;
    }
    const { from, sentAt, legs, payload } = notification;
    this.#host.deliverToUser(device, { kind: 'push', payload }, { from, sentAt, legs });
  }
}
