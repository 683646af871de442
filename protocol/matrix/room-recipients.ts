// Whose devices a client shares the keys of a room with: those that were in it when the run began, without the users who
// left since and the devices that are gone, and the users who came. Devices that people got since are told apart.
import type { Effects, StoredState } from '../core.ts';
import type { RoomId, UserId } from './ids.ts';

/** One device of somebody. */
export interface DeviceAddress {
  readonly userId: UserId;
  readonly deviceId: string;
}

/** What a client knows of devices when the run begins, as after long quiet use. */
export interface KnownDevices {
  /** Devices of everybody in the room; the same array each time. */
  devicesIn(roomId: RoomId): readonly DeviceAddress[];
  devicesOf(userId: UserId): readonly DeviceAddress[];
}

/** How a room's members have changed since the run began. */
interface Changes {
  readonly gone: readonly UserId[];
  readonly came: readonly UserId[];
}

const changesPrefix = 'room-recipients/';
const listPrefix = 'device-list/';

export class RoomRecipients {
  readonly #known: KnownDevices;
  readonly #changes = new Map<RoomId, Changes>();
  readonly #devices = new Map<RoomId, readonly DeviceAddress[]>();
  /** Lists of devices that have changed since the run began. */
  readonly #lists = new Map<UserId, readonly string[]>();

  constructor(known: KnownDevices, stored: StoredState | undefined) {
    this.#known = known;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(changesPrefix))
        this.#changes.set(key.slice(changesPrefix.length) as RoomId, value as Changes);
      else if (key.startsWith(listPrefix))
        this.#lists.set(key.slice(listPrefix.length) as UserId, value as readonly string[]);
  }

  /** The user's devices are these now. What is new of them, and whether one is gone. */
  devicesAre(
    userId: UserId,
    deviceIds: readonly string[],
    out: Effects,
  ): { readonly added: readonly DeviceAddress[]; readonly someGone: boolean } {
    const before = this.#idsOf(userId);
    this.#lists.set(userId, deviceIds);
    out.persist(listPrefix + userId, deviceIds);
    this.#devices.clear();
    return {
      added: deviceIds.filter((id) => !before.includes(id)).map((deviceId) => ({ userId, deviceId })),
      someGone: before.some((id) => !deviceIds.includes(id)),
    };
  }

  /** Devices in the room that people have got since the run began: {@link devicesIn} is without them. */
  newDevicesIn(roomId: RoomId): readonly DeviceAddress[] {
    if (this.#lists.size === 0) return [];
    const users = this.usersIn(roomId);
    return [...this.#lists].flatMap(([userId, deviceIds]) =>
      users.has(userId)
        ? deviceIds
            .filter((deviceId) => this.isNew({ userId, deviceId }))
            .map((deviceId) => ({ userId, deviceId }))
        : [],
    );
  }

  /** Who is in the room, whatever devices they have. */
  usersIn(roomId: RoomId): ReadonlySet<UserId> {
    const { gone, came } = this.#changes.get(roomId) ?? unchanged;
    const users = new Set(this.#known.devicesIn(roomId).map(({ userId }) => userId));
    for (const userId of gone) users.delete(userId);
    for (const userId of came) users.add(userId);
    return users;
  }

  /** Whether its user has got the device since the run began. */
  isNew({ userId, deviceId }: DeviceAddress): boolean {
    if (!this.#lists.has(userId)) return false;
    return !this.#known.devicesOf(userId).some((known) => known.deviceId === deviceId);
  }

  #idsOf(userId: UserId): readonly string[] {
    return this.#lists.get(userId) ?? this.#known.devicesOf(userId).map(({ deviceId }) => deviceId);
  }

  #isThere({ userId, deviceId }: DeviceAddress): boolean {
    return this.#lists.get(userId)?.includes(deviceId) !== false;
  }

  /** How many devices were in the room when the run began. */
  warmCount(roomId: RoomId): number {
    return this.#known.devicesIn(roomId).length;
  }

  /** Whether the device was in the room when the run began. */
  isWarm(roomId: RoomId, { userId, deviceId }: DeviceAddress): boolean {
    return this.#known
      .devicesIn(roomId)
      .some((device) => device.userId === userId && device.deviceId === deviceId);
  }

  /** Devices in the room, without new ones. Grows at its end only, until somebody leaves or a device is gone. */
  devicesIn(roomId: RoomId): readonly DeviceAddress[] {
    const changes = this.#changes.get(roomId) ?? unchanged;
    if (changes === unchanged && this.#lists.size === 0) return this.#known.devicesIn(roomId);
    let devices = this.#devices.get(roomId);
    if (devices === undefined) {
      const { gone, came } = changes;
      const stayed = this.#known.devicesIn(roomId).filter(({ userId }) => !gone.includes(userId));
      devices = [...stayed, ...came.flatMap((userId) => this.#known.devicesOf(userId))].filter((device) =>
        this.#isThere(device),
      );
      this.#devices.set(roomId, devices);
    }
    return devices;
  }

  came(roomId: RoomId, userId: UserId, out: Effects): void {
    if (this.devicesIn(roomId).some((device) => device.userId === userId)) return;
    const { gone, came } = this.#changes.get(roomId) ?? unchanged;
    this.#set(roomId, { gone, came: [...came, userId] }, out);
  }

  /** False when none of the room's devices is theirs. */
  left(roomId: RoomId, userId: UserId, out: Effects): boolean {
    if (!this.devicesIn(roomId).some((device) => device.userId === userId)) return false;
    const { gone, came } = this.#changes.get(roomId) ?? unchanged;
    const others = came.filter((each) => each !== userId);
    this.#set(roomId, { gone: gone.includes(userId) ? gone : [...gone, userId], came: others }, out);
    return true;
  }

  #set(roomId: RoomId, changes: Changes, out: Effects): void {
    this.#changes.set(roomId, changes);
    this.#devices.delete(roomId);
    out.persist(changesPrefix + roomId, changes);
  }
}

const unchanged: Changes = { gone: [], came: [] };
