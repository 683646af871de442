// To-device messages at the server of the device: kept until the device says, by the token of its next sync, that it has
// them. What another server sends twice counts once.
// https://spec.matrix.org/v1.16/client-server-api/#send-to-device-messaging and synapse/storage/databases/main/deviceinbox.py
import type { Effects, StoredState } from '../core.ts';
import type { Clock } from '../time.ts';
import type { ToDeviceEvent } from './client-messages.ts';
import { synapse } from './federation/constants.ts';
import type { ServerName, UserId } from './ids.ts';

interface Kept {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly event: ToDeviceEvent;
}

const inboxPrefix = 'device-inbox/';
/** The place of the newest message that ever came: tokens that devices hold must stay behind what comes next. */
const positionKey = 'device-inbox-position';
const seenPrefix = 'device-inbox-seen/';

export class DeviceInboxes {
  /** By user and device: place in the stream and message, oldest first. */
  readonly #inboxes = new Map<string, Map<number, ToDeviceEvent>>();
  /** Ids of messages of other servers, with when they came, oldest first. */
  readonly #seen = new Map<string, number>();
  #position = 0;

  constructor(stored: StoredState | undefined) {
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(seenPrefix)) this.#seen.set(key.slice(seenPrefix.length), value as number);
      else if (key === positionKey) this.#position = value as number;
      else if (key.startsWith(inboxPrefix)) {
        const { userId, deviceId, event } = value as Kept;
        this.#inboxOf(userId, deviceId).set(Number(key.slice(inboxPrefix.length)), event);
      }
    }
  }

  put(userId: UserId, deviceId: string, event: ToDeviceEvent, out: Effects): void {
    const place = ++this.#position;
    this.#inboxOf(userId, deviceId).set(place, event);
    const kept: Kept = { userId, deviceId, event };
    out.persist(`${inboxPrefix}${place}`, kept);
    out.persist(positionKey, place);
  }

  hasSince(userId: UserId, deviceId: string, since: number): boolean {
    const places = this.#inboxes.get(nameOf(userId, deviceId));
    if (places === undefined) return false;
    for (const place of places.keys()) if (place > since) return true;
    return false;
  }

  /** What came after `since`, at most as much as one answer holds, and the place of the last of it. */
  after(userId: UserId, deviceId: string, since: number): readonly [readonly ToDeviceEvent[], number] {
    const events: ToDeviceEvent[] = [];
    for (const [place, event] of this.#inboxes.get(nameOf(userId, deviceId)) ?? []) {
      if (place <= since) continue;
      if (events.length === synapse.toDevicePerSync) return [events, place - 1];
      events.push(event);
    }
    return [events, this.#position];
  }

  /** The device has everything up to this place. */
  acknowledged(userId: UserId, deviceId: string, until: number, out: Effects): void {
    const inbox = this.#inboxes.get(nameOf(userId, deviceId));
    for (const place of inbox?.keys() ?? []) {
      if (place > until) break;
      inbox?.delete(place);
      out.persist(`${inboxPrefix}${place}`, undefined);
    }
  }

  /** False when this server has had the message before. */
  isNew(clock: Clock, origin: ServerName, messageId: string, out: Effects): boolean {
    const name = `${origin}/${messageId}`;
    if (this.#seen.has(name)) return false;
    const memory = synapse.messageIdMemory / synapse.clockStep;
    for (const [oldest, atMs] of this.#seen) {
      if (clock.wall - atMs <= memory) break;
      this.#seen.delete(oldest);
      out.persist(seenPrefix + oldest, undefined);
    }
    this.#seen.set(name, clock.wall);
    out.persist(seenPrefix + name, clock.wall);
    return true;
  }

  #inboxOf(userId: UserId, deviceId: string): Map<number, ToDeviceEvent> {
    const name = nameOf(userId, deviceId);
    let inbox = this.#inboxes.get(name);
    if (inbox === undefined) this.#inboxes.set(name, (inbox = new Map<number, ToDeviceEvent>()));
    return inbox;
  }
}

function nameOf(userId: UserId, deviceId: string): string {
  return `${userId}/${deviceId}`;
}
