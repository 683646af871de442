// Whose devices a client shares the keys of a room with: those that were in it when the run began, without the users who
// left since, and the users who came.
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

export class RoomRecipients {
  readonly #known: KnownDevices;
  readonly #changes = new Map<RoomId, Changes>();
  readonly #devices = new Map<RoomId, readonly DeviceAddress[]>();

  constructor(known: KnownDevices, stored: StoredState | undefined) {
    this.#known = known;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(changesPrefix))
        this.#changes.set(key.slice(changesPrefix.length) as RoomId, value as Changes);
  }

  /** How many devices were in the room when the run began. */
  warmCount(roomId: RoomId): number {
    return this.#known.devicesIn(roomId).length;
  }

  /** Whether the user was in the room when the run began. */
  isWarm(roomId: RoomId, userId: UserId): boolean {
    return this.#known.devicesIn(roomId).some((device) => device.userId === userId);
  }

  /** Devices in the room. Grows at its end only, until somebody leaves. */
  devicesIn(roomId: RoomId): readonly DeviceAddress[] {
    const changes = this.#changes.get(roomId);
    if (changes === undefined) return this.#known.devicesIn(roomId);
    let devices = this.#devices.get(roomId);
    if (devices === undefined) {
      const { gone, came } = changes;
      const stayed = this.#known.devicesIn(roomId).filter(({ userId }) => !gone.includes(userId));
      devices = [...stayed, ...came.flatMap((userId) => this.#known.devicesOf(userId))];
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
