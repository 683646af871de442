// Messages from device to device through their servers: a local inbox for each local device, and an ephemeral unit that
// waits on disk for each other server until it is through.
// https://spec.matrix.org/v1.16/server-server-api/#send-to-device-messaging
import type { Effects, StoredState } from '../core.ts';
import type { Clock } from '../time.ts';
import { isJsonObject, type JsonObject } from './canonical-json.ts';
import type { SendToDevice, ToDeviceEvent } from './client-messages.ts';
import { DeviceInboxes } from './device-inboxes.ts';
import type { EventSender } from './federation/event-sender.ts';
import type { Edu } from './federation/messages.ts';
import { serverNameOf, type ServerName, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';

export const toDeviceEdu = 'm.direct_to_device';

export class ToDevice {
  readonly #serverName: ServerName;
  readonly #users: LocalUsers;
  readonly #sender: EventSender;
  readonly #inboxes: DeviceInboxes;

  constructor(
    serverName: ServerName,
    users: LocalUsers,
    sender: EventSender,
    stored: StoredState | undefined,
  ) {
    this.#serverName = serverName;
    this.#users = users;
    this.#sender = sender;
    this.#inboxes = new DeviceInboxes(stored);
  }

  hasSince({ userId, deviceId }: SessionDevice, since: number): boolean {
    return this.#inboxes.hasSince(userId, deviceId, since);
  }

  after({ userId, deviceId }: SessionDevice, since: number): readonly [readonly ToDeviceEvent[], number] {
    return this.#inboxes.after(userId, deviceId, since);
  }

  acknowledged({ userId, deviceId }: SessionDevice, until: number, out: Effects): void {
    this.#inboxes.acknowledged(userId, deviceId, until, out);
  }

  /** What a local device says to others; users of this server for whom something came. An attempt again counts once. */
  send(clock: Clock, question: SendToDevice, out: Effects): ReadonlySet<UserId> {
    const { userId: sender, deviceId, eventType: type, txnId, messages } = question;
    const reached = new Set<UserId>();
    const messageId = `${sender}/${deviceId}/${txnId}`;
    if (!this.#inboxes.isNew(clock, this.#serverName, messageId, out)) return reached;
    const elsewhere = new Map<ServerName, Map<UserId, JsonObject>>();
    for (const [userId, byDevice] of messages) {
      const server = serverNameOf(userId);
      if (server === this.#serverName) {
        this.#put(userId, byDevice, { type, sender }, out);
        reached.add(userId);
      } else if (server !== undefined) {
        const users = elsewhere.get(server);
        if (users === undefined) elsewhere.set(server, new Map([[userId, byDevice]]));
        else users.set(userId, byDevice);
      }
    }
    for (const [server, users] of elsewhere) {
      const content = { message_id: messageId, messages: Object.fromEntries(users), sender, type };
      this.#sender.sendDurableEdu(clock, { eduType: toDeviceEdu, content }, server, out);
    }
    return reached;
  }

  /** Takes what another server sent; local users for whom something came. */
  receive(clock: Clock, origin: ServerName, { content }: Edu, out: Effects): ReadonlySet<UserId> {
    const reached = new Set<UserId>();
    const { message_id: messageId, messages, sender, type } = content;
    const isSound =
      typeof messageId === 'string' &&
      typeof type === 'string' &&
      typeof sender === 'string' &&
      serverNameOf(sender) === origin &&
      isJsonObject(messages);
    if (!isSound || !this.#inboxes.isNew(clock, origin, messageId, out)) return reached;
    for (const [userId, byDevice] of Object.entries(messages)) {
      if (!isJsonObject(byDevice) || !this.#users.has(userId as UserId)) continue;
      this.#put(userId as UserId, byDevice, { type, sender: sender as UserId }, out);
      reached.add(userId as UserId);
    }
    return reached;
  }

  #put(
    userId: UserId,
    byDevice: JsonObject,
    from: { readonly type: string; readonly sender: UserId },
    out: Effects,
  ): void {
    for (const [deviceId, content] of Object.entries(byDevice))
      if (isJsonObject(content) && this.#users.deviceOf(userId, deviceId) !== undefined)
        this.#inboxes.put(userId, deviceId, { ...from, content }, out);
  }
}
