// The users of one server, their devices, and the rooms they are in.
import type { RequestId } from '../core.ts';
import type { SyncPosition } from './sync-position.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { LocalUser } from './homeserver-config.ts';
import type { RoomId, UserId } from './ids.ts';
import { Pusher } from './pusher.ts';

/** A logged-in device. */
export interface SessionDevice {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly pusher: Pusher | undefined;
  /** Its long poll, while one waits here. */
  poll: { readonly request: RequestId; readonly since: SyncPosition } | undefined;
}

const pusherPrefix = 'pusher/';

export class LocalUsers {
  readonly #devices = new Map<UserId, Map<string, SessionDevice>>();
  readonly #pushers = new Map<string, Pusher>();
  readonly #rooms = new Map<UserId, Map<RoomId, HostedRoom>>();

  constructor(users: readonly LocalUser[]) {
    for (const { userId, devices } of users) {
      const sessions = new Map<string, SessionDevice>();
      for (const { deviceId, pusher: config } of devices) {
        const name = `${pusherPrefix}${userId}/${deviceId}`;
        const pusher = config === undefined ? undefined : new Pusher(config, name);
        if (pusher !== undefined) this.#pushers.set(name, pusher);
        sessions.set(deviceId, { userId, deviceId, pusher, poll: undefined });
      }
      this.#devices.set(userId, sessions);
      this.#rooms.set(userId, new Map());
    }
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

  /** Rooms that the user has joined. */
  roomsOf(userId: UserId): Iterable<HostedRoom> {
    return this.#rooms.get(userId)?.values() ?? [];
  }

  joined(userId: UserId, room: HostedRoom): void {
    this.#rooms.get(userId)?.set(room.roomId, room);
  }

  left(userId: UserId, room: HostedRoom): void {
    this.#rooms.get(userId)?.delete(room.roomId);
  }

  /** The pusher behind a tag or a timer's name. */
  pusherOf(name: string): Pusher | undefined {
    return this.#pushers.get(name);
  }
}
