// The Megolm sessions with which one device encrypts, one at a time in each room. Its key goes to every other device in the
// room, as a to-device message, before the first event that needs it; a device that comes later gets it before the next
// event; when somebody leaves, the next event needs a new session.
// https://spec.matrix.org/v1.16/client-server-api/#mmegolmv1aes-sha2 and RS
// crates/matrix-sdk-crypto/src/session_manager/group_sessions/mod.rs (`collect_session_recipients`).
import type { Effects, StoredState } from '../core.ts';
import { days, inMilliseconds, type Clock } from '../time.ts';
import type { JsonObject } from './canonical-json.ts';
import type { ToDeviceMessages } from './client-messages.ts';
import type { RoomId, UserId } from './ids.ts';
import type { MegolmPlace } from './megolm-envelope.ts';
import { olmContent } from './olm-envelope.ts';
import { RoomRecipients, type DeviceAddress, type KnownDevices } from './room-recipients.ts';

/** What a client knows of encryption when the run begins. Olm sessions with all devices exist. */
export interface Encryption extends KnownDevices {
  /** Whether what is said in the room is encrypted. */
  isEncrypted(roomId: RoomId): boolean;
  /** How far this device's first session, which all in the room have, is used up. */
  warmSession(roomId: RoomId): { readonly messages: number; readonly ageMs: number };
}

/** Defaults of `m.room.encryption`: https://spec.matrix.org/v1.16/client-server-api/#mroomencryption */
export const sessionRotation = { periodMs: inMilliseconds(days(7)), messages: 100 } as const;
/** To-device messages in one request. RS session_manager/group_sessions/mod.rs (`MAX_TO_DEVICE_MESSAGES`). */
const devicesPerRequest = 250;

interface OutboundSession {
  /** Counts the device's sessions in the room; the one from before the run has number 0. */
  readonly number: number;
  readonly createdAtMs: number;
  /** Messages encrypted with it: the index of the next. */
  readonly messages: number;
  /** How many of the room's devices have its key. */
  readonly shared: number;
}

/** One request's worth of keys. */
export interface SharedKeys {
  /** The same for every attempt. */
  readonly id: string;
  readonly messages: ToDeviceMessages;
  readonly session: number;
  /** How many of the room's devices have the key then. */
  readonly until: number;
}

const outboundPrefix = 'outbound-session/';

export class OutboundSessions {
  readonly #self: DeviceAddress;
  readonly #encryption: Encryption;
  readonly #recipients: RoomRecipients;
  readonly #sessions = new Map<RoomId, OutboundSession>();
  /** Rooms whose session somebody has who left. */
  readonly #over = new Set<RoomId>();

  constructor(self: DeviceAddress, encryption: Encryption, stored: StoredState | undefined) {
    this.#self = self;
    this.#encryption = encryption;
    this.#recipients = new RoomRecipients(encryption, stored);
    for (const [key, value] of stored ?? [])
      if (key.startsWith(outboundPrefix))
        this.#sessions.set(key.slice(outboundPrefix.length) as RoomId, value as OutboundSession);
  }

  /** What has to be sent to devices before the room's next message can be; undefined when it can go. */
  keysToShare(clock: Clock, roomId: RoomId, out: Effects): SharedKeys | undefined {
    if (!this.#encryption.isEncrypted(roomId)) return undefined;
    const session = this.#usable(clock, roomId, out);
    const devices = this.#recipients.devicesIn(roomId);
    const until = Math.min(session.shared + devicesPerRequest, devices.length);
    if (until === session.shared) return undefined;
    const content = olmContent(roomId, this.#placeOf(session));
    const messages = new Map<UserId, Record<string, JsonObject>>();
    for (const { userId, deviceId } of devices.slice(session.shared, until)) {
      if (userId === this.#self.userId && deviceId === this.#self.deviceId) continue;
      const ofUser = messages.get(userId);
      if (ofUser === undefined) messages.set(userId, { [deviceId]: content });
      else ofUser[deviceId] = content;
    }
    const id = `${roomId}.${session.number}.${session.shared}-${until}`;
    return { id, messages, session: session.number, until };
  }

  /** The server took what {@link keysToShare} said. */
  shared(roomId: RoomId, { session: number, until }: SharedKeys, out: Effects): void {
    const session = this.#sessions.get(roomId);
    if (session?.number === number && !this.#over.has(roomId))
      this.#set(roomId, { ...session, shared: until }, out);
  }

  /** What encrypts the room's next message, which counts as used; undefined where nothing is encrypted. */
  use(clock: Clock, roomId: RoomId, out: Effects): MegolmPlace | undefined {
    if (!this.#encryption.isEncrypted(roomId)) return undefined;
    const session = this.#usable(clock, roomId, out);
    this.#set(roomId, { ...session, messages: session.messages + 1 }, out);
    return this.#placeOf(session);
  }

  /** Somebody is in the room now. */
  came(roomId: RoomId, userId: UserId, out: Effects): void {
    this.#recipients.came(roomId, userId, out);
  }

  /** Somebody is no longer in the room: the next message must be unreadable to them. */
  left(roomId: RoomId, userId: UserId, out: Effects): void {
    if (this.#recipients.left(roomId, userId, out)) this.#over.add(roomId);
  }

  /** A session serves until it is used up or somebody who has it is gone. */
  #usable(clock: Clock, roomId: RoomId, out: Effects): OutboundSession {
    const known = this.#sessions.get(roomId) ?? this.#warm(clock, roomId);
    const isUsedUp =
      known.messages >= sessionRotation.messages ||
      clock.wall - known.createdAtMs >= sessionRotation.periodMs;
    if (!isUsedUp && !this.#over.has(roomId)) return known;
    this.#over.delete(roomId);
    const session = { number: known.number + 1, createdAtMs: clock.wall, messages: 0, shared: 0 };
    this.#set(roomId, session, out);
    return session;
  }

  /** The session from before the run; whoever was not in the room then has none. */
  #warm(clock: Clock, roomId: RoomId): OutboundSession {
    const { messages, ageMs } = this.#encryption.warmSession(roomId);
    const isWarm = this.#recipients.isWarm(roomId, this.#self.userId);
    const session = {
      number: 0,
      createdAtMs: clock.wall - ageMs,
      messages: isWarm ? messages : sessionRotation.messages,
      shared: this.#recipients.warmCount(roomId),
    };
    this.#sessions.set(roomId, session);
    return session;
  }

  #set(roomId: RoomId, session: OutboundSession, out: Effects): void {
    this.#sessions.set(roomId, session);
    out.persist(outboundPrefix + roomId, session);
  }

  #placeOf({ number, messages }: OutboundSession): MegolmPlace {
    return { session: `${number}.${this.#self.deviceId}${this.#self.userId}`, index: messages };
  }
}
