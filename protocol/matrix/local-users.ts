// The users of one server, their devices, and the rooms they are in.
import type { Effects, RequestId, StoredState } from '../core.ts';
import type { SyncPosition } from './sync-position.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { LocalUser } from './homeserver-config.ts';
import type { RoomId, UserId } from './ids.ts';
import { Pusher } from './pusher.ts';

/** A logged-in device. */
export interface SessionDevice {
  readonly userId: UserId;
  readonly deviceId: string;
  /** Moves to the next session on the same phone. */
  pusher: Pusher | undefined;
  /** Whether others can encrypt to it. */
  hasKeys: boolean;
  /** Its long poll, while one waits here. */
  poll: { readonly request: RequestId; readonly since: SyncPosition } | undefined;
}

/** A session that was begun, or ended, since the run began. */
interface SessionRecord {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly isGone: boolean;
  readonly hasKeys: boolean;
  readonly pusherOf: string | undefined;
}

const pusherPrefix = 'pusher/';
const sessionPrefix = 'session/';

export class LocalUsers {
  readonly #devices = new Map<UserId, Map<string, SessionDevice>>();
  readonly #pushers = new Map<string, Pusher>();
  readonly #rooms = new Map<UserId, Map<RoomId, HostedRoom>>();
  /** Whose notifications each further device has taken over. */
  readonly #pusherOf = new Map<string, string>();

  constructor(users: readonly LocalUser[], stored?: StoredState) {
    for (const { userId, devices } of users) {
      const sessions = new Map<string, SessionDevice>();
      for (const { deviceId, pusher: config } of devices) {
        const name = `${pusherPrefix}${userId}/${deviceId}`;
        const pusher = config === undefined ? undefined : new Pusher(config, name);
        if (pusher !== undefined) this.#pushers.set(name, pusher);
        sessions.set(deviceId, { userId, deviceId, pusher, hasKeys: true, poll: undefined });
      }
      this.#devices.set(userId, sessions);
      this.#rooms.set(userId, new Map());
    }
    for (const [key, value] of stored ?? [])
      if (key.startsWith(sessionPrefix)) this.#restore(value as SessionRecord);
  }

  /** A further device logs in; false when it has before. `pusherOf`: its notifications are this one's from now on. */
  logIn(userId: UserId, deviceId: string, pusherOf: string | undefined, out: Effects): boolean {
    if (this.deviceOf(userId, deviceId) !== undefined) return false;
    this.#keep({ userId, deviceId, isGone: false, hasKeys: false, pusherOf }, out);
    return true;
  }

  /** Others can encrypt to the device from now on; false when they could before. */
  keysCame({ userId, deviceId, hasKeys }: SessionDevice, out: Effects): boolean {
    if (hasKeys) return false;
    this.#keep({ userId, deviceId, isGone: false, hasKeys: true, pusherOf: undefined }, out);
    return true;
  }

  /** The device is no longer the account's; false when it was not. */
  remove(userId: UserId, deviceId: string, out: Effects): boolean {
    if (this.deviceOf(userId, deviceId) === undefined) return false;
    this.#keep({ userId, deviceId, isGone: true, hasKeys: false, pusherOf: undefined }, out);
    return true;
  }

  #keep(record: SessionRecord, out: Effects): void {
    this.#restore(record);
    const { userId, deviceId } = record;
    const own = this.#pusherOf.get(`${userId}/${deviceId}`);
    out.persist(`${sessionPrefix}${userId}/${deviceId}`, { ...record, pusherOf: own });
  }

  #restore({ userId, deviceId, isGone, hasKeys, pusherOf }: SessionRecord): void {
    const sessions = this.#devices.get(userId);
    if (isGone) return void sessions?.delete(deviceId);
    if (pusherOf !== undefined) this.#pusherOf.set(`${userId}/${deviceId}`, pusherOf);
    const known = sessions?.get(deviceId);
    const earlier = pusherOf === undefined ? undefined : sessions?.get(pusherOf);
    const pusher = known?.pusher ?? earlier?.pusher;
    if (earlier !== undefined && earlier !== known) earlier.pusher = undefined;
    if (known === undefined) sessions?.set(deviceId, { userId, deviceId, pusher, hasKeys, poll: undefined });
    else known.hasKeys = hasKeys;
  }

  has(userId: UserId): boolean {
    return this.#devices.has(userId);
  }

  deviceOf(userId: UserId, deviceId: string): SessionDevice | undefined {
    return this.#devices.get(userId)?.get(deviceId);
  }

  devicesOf(userId: UserId): Iterable<SessionDevice> {
    return this.#devices.get(userId)?.values() ?? [];
  }

  /** Those that others can encrypt to. */
  keyedDevicesOf(userId: UserId): readonly string[] {
    return [...this.devicesOf(userId)].flatMap(({ deviceId, hasKeys }) => (hasKeys ? [deviceId] : []));
  }

  /** Rooms that the user has joined. */
  roomsOf(userId: UserId): Iterable<HostedRoom> {
    return this.#rooms.get(userId)?.values() ?? [];
  }

  /** The room is new here, or others are its members now. */
  membersChanged(room: HostedRoom): void {
    const members = room.localMembers();
    for (const [userId, rooms] of this.#rooms)
      if (members.has(userId)) rooms.set(room.roomId, room);
      else rooms.delete(room.roomId);
  }

  /** The pusher behind a tag or a timer's name. */
  pusherOf(name: string): Pusher | undefined {
    return this.#pushers.get(name);
  }
}
