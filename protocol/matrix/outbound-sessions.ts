// The Megolm sessions with which one device encrypts, one at a time in each room. Its key goes to every other device in the
// room, as a to-device message, before the first event that needs it; a device that comes later gets it before the next
// event; when somebody leaves, the next event needs a new session. A device with which there is no Olm session needs a
// one-time key first; when there is none to be had, the event goes out without that device, which is told so once, and which
// gets the key of the first later event for which an Olm session can be made: of that event and what follows.
// https://spec.matrix.org/v1.16/client-server-api/#mmegolmv1aes-sha2 and RS
// crates/matrix-sdk-crypto/src/session_manager/group_sessions/mod.rs (`collect_session_recipients`).
import type { Effects, StoredState } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { days, inMilliseconds, type Clock } from '../time.ts';
import type { JsonObject } from './canonical-json.ts';
import type { ToDeviceMessages } from './client-messages.ts';
import { byUser } from './device-messages.ts';
import type { RoomId, UserId } from './ids.ts';
import { sessionName, type MegolmPlace } from './megolm-envelope.ts';
import type { MatrixMessage } from './messages.ts';
import { olmContent, withheldContent } from './olm-envelope.ts';
import type { OlmSessions } from './olm-sessions.ts';
import type { DeviceAddress, KnownDevices, RoomRecipients } from './room-recipients.ts';

/** What a client knows of encryption when the run begins. */
export interface Encryption extends KnownDevices {
  /** Whether what is said in the room is encrypted. */
  isEncrypted(roomId: RoomId): boolean;
  /** Whether there is no Olm session with the device. */
  isStranger(device: DeviceAddress): boolean;
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
  /** How many of the room's devices have been dealt with: they have its key, or lack an Olm session. */
  readonly shared: number;
  /** Those of them without the key. */
  readonly lacking?: readonly DeviceAddress[];
}

/** What a client has to ask of its server before it can send an event. */
export type KeyWork =
  | { readonly kind: 'claim'; readonly devices: readonly DeviceAddress[] }
  | (ToDeviceWork & {
      readonly kind: 'share';
      readonly session: number;
      /** What the session is like then. */
      readonly until: number;
      readonly lacking: readonly DeviceAddress[];
    })
  | (ToDeviceWork & { readonly kind: 'withhold'; readonly devices: readonly DeviceAddress[] });

interface ToDeviceWork {
  /** The same for every attempt. */
  readonly id: string;
  readonly messages: ToDeviceMessages;
}

const outboundPrefix = 'outbound-session/';
const toldPrefix = 'told-no-olm/';
const nothingClaimed = { oneTimeKeys: byUser([]), failures: [] } as const;
const nobody: readonly DeviceAddress[] = Object.freeze([]);

export class OutboundSessions {
  readonly #self: DeviceAddress;
  readonly #encryption: Encryption;
  readonly #olm: OlmSessions;
  readonly #recipients: RoomRecipients;
  /** Devices that know that there is no Olm session with them. */
  readonly #told = new Set<string>();
  readonly #sessions = new Map<RoomId, OutboundSession>();
  /** Rooms whose session somebody has who left. */
  readonly #over = new Set<RoomId>();

  constructor(
    self: DeviceAddress,
    encryption: Encryption,
    { olm, recipients }: { readonly olm: OlmSessions; readonly recipients: RoomRecipients },
    stored: StoredState | undefined,
  ) {
    this.#self = self;
    this.#encryption = encryption;
    this.#olm = olm;
    this.#recipients = recipients;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(outboundPrefix))
        this.#sessions.set(key.slice(outboundPrefix.length) as RoomId, value as OutboundSession);
      else if (key.startsWith(toldPrefix)) this.#told.add(key.slice(toldPrefix.length));
  }

  /** What has to be asked of the server before the room's next message can be sent; undefined when it can go. */
  nextWork(clock: Clock, roomId: RoomId, out: Effects): KeyWork | undefined {
    if (!this.#encryption.isEncrypted(roomId)) return undefined;
    const session = this.#usable(clock, roomId, out);
    const devices = this.#recipients.devicesIn(roomId);
    const until = Math.min(session.shared + devicesPerRequest, devices.length);
    const { lacking = nobody, shared } = session;
    if (until === shared && lacking.length === 0) return undefined;
    const inNeed = [...lacking, ...devices.slice(shared, until).filter((device) => !this.#isSelf(device))];
    const strangers = inNeed.filter((device) => !this.#olm.has(device));
    const claimed = this.#olm.worthClaiming(clock, strangers);
    if (claimed.length > 0) return { kind: 'claim', devices: claimed };
    const ready = inNeed.filter((device) => this.#olm.has(device));
    if (ready.length > 0) return this.#share(roomId, session, { ready, strangers, until });
    if (until > shared) {
      this.#set(roomId, { ...session, shared: until, lacking: strangers }, out);
      return this.nextWork(clock, roomId, out);
    }
    return this.#withhold(roomId, strangers);
  }

  /** The server did what {@link nextWork} said. */
  done(clock: Clock, roomId: RoomId, work: KeyWork, answer: MatrixMessage | undefined, out: Effects): void {
    if (work.kind === 'claim') {
      const claimed = answer?.kind === 'matrix.keys-claimed' ? answer : nothingClaimed;
      return this.#olm.claimed(clock, work.devices, claimed, out);
    }
    if (work.kind === 'withhold') {
      for (const device of work.devices) {
        this.#told.add(nameOf(device));
        out.persist(toldPrefix + nameOf(device), true);
      }
      return;
    }
    const { session: number, until, lacking } = work;
    const session = this.#sessions.get(roomId);
    if (session?.number !== number || this.#over.has(roomId)) return;
    const { lacking: _, ...rest } = session;
    this.#set(roomId, { ...rest, shared: until, ...(lacking.length === 0 ? {} : { lacking }) }, out);
  }

  /** Faults for which some device goes without the key of the room's session. */
  causeOfLack(roomId: RoomId): CauseToken {
    for (const device of this.#sessions.get(roomId)?.lacking ?? nobody) {
      const cause = this.#olm.causeOfLack(device);
      if (cause !== noCause) return cause;
    }
    return noCause;
  }

  #share(
    roomId: RoomId,
    session: OutboundSession,
    devices: { ready: readonly DeviceAddress[]; strangers: readonly DeviceAddress[]; until: number },
  ): KeyWork {
    const { ready, strangers: lacking, until } = devices;
    const place = this.#placeOf(session);
    const content = olmContent(roomId, place);
    const freshContent = ready.some((device) => this.#olm.isFresh(device))
      ? olmContent(roomId, place, true)
      : content;
    const messages = toDeviceMessages(ready, (device) =>
      this.#olm.isFresh(device) ? freshContent : content,
    );
    const { number, shared, lacking: before = nobody } = session;
    const late = before.filter((device) => this.#olm.has(device)).map(nameOf);
    const id = [`${roomId}.${number}.${shared}-${until}`, ...late].join('+');
    return { kind: 'share', id, messages, session: number, until, lacking };
  }

  /** Those who get no key are told so, once. */
  #withhold(roomId: RoomId, strangers: readonly DeviceAddress[]): KeyWork | undefined {
    const devices = strangers.filter((device) => !this.#told.has(nameOf(device)));
    if (devices.length === 0) return undefined;
    const id = [`${roomId}.withheld`, ...devices.map(nameOf)].join('+');
    return { kind: 'withhold', id, messages: toDeviceMessages(devices, () => withheldContent), devices };
  }

  #isSelf({ userId, deviceId }: DeviceAddress): boolean {
    return userId === this.#self.userId && deviceId === this.#self.deviceId;
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

  /** Somebody's devices are these now: new ones lack the keys of all sessions, and who has lost one gets new sessions. */
  devicesAre(userId: UserId, deviceIds: readonly string[], out: Effects): void {
    const shared = [...this.#sessions].filter(([roomId]) => this.#recipients.usersIn(roomId).has(userId));
    const { added, someGone } = this.#recipients.devicesAre(userId, deviceIds, out);
    const others = added.filter((device) => !this.#isSelf(device));
    for (const [roomId, session] of shared) {
      if (someGone) this.#over.add(roomId);
      if (others.length > 0)
        this.#set(roomId, { ...session, lacking: [...(session.lacking ?? nobody), ...others] }, out);
    }
  }

  /** A new device takes this one's place, and begins with nothing of it. */
  forget(out: Effects): void {
    for (const roomId of this.#sessions.keys()) out.persist(outboundPrefix + roomId, undefined);
    for (const device of this.#told) out.persist(toldPrefix + device, undefined);
    this.#sessions.clear();
    this.#told.clear();
    this.#over.clear();
  }

  #newDevicesIn(roomId: RoomId): { readonly lacking?: readonly DeviceAddress[] } {
    const lacking = this.#recipients.newDevicesIn(roomId).filter((device) => !this.#isSelf(device));
    return lacking.length === 0 ? {} : { lacking };
  }

  /** A session serves until it is used up or somebody who has it is gone. */
  #usable(clock: Clock, roomId: RoomId, out: Effects): OutboundSession {
    const known = this.#sessions.get(roomId) ?? this.#warm(clock, roomId);
    const isUsedUp =
      known.messages >= sessionRotation.messages ||
      clock.wall - known.createdAtMs >= sessionRotation.periodMs;
    if (!isUsedUp && !this.#over.has(roomId)) return known;
    this.#over.delete(roomId);
    const session = {
      number: known.number + 1,
      createdAtMs: clock.wall,
      messages: 0,
      shared: 0,
      ...this.#newDevicesIn(roomId),
    };
    this.#set(roomId, session, out);
    return session;
  }

  /** The session from before the run; whoever was not in the room then has none. */
  #warm(clock: Clock, roomId: RoomId): OutboundSession {
    const { messages, ageMs } = this.#encryption.warmSession(roomId);
    const isWarm = this.#recipients.isWarm(roomId, this.#self);
    const session = {
      number: 0,
      createdAtMs: clock.wall - ageMs,
      messages: isWarm ? messages : sessionRotation.messages,
      shared: this.#recipients.warmCount(roomId),
      ...this.#newDevicesIn(roomId),
    };
    this.#sessions.set(roomId, session);
    return session;
  }

  #set(roomId: RoomId, session: OutboundSession, out: Effects): void {
    this.#sessions.set(roomId, session);
    out.persist(outboundPrefix + roomId, session);
  }

  #placeOf({ number, messages }: OutboundSession): MegolmPlace {
    return { session: sessionName(number, this.#self), index: messages };
  }
}

function toDeviceMessages(
  devices: readonly DeviceAddress[],
  contentOf: (device: DeviceAddress) => JsonObject,
): ToDeviceMessages {
  const messages = new Map<UserId, Record<string, JsonObject>>();
  for (const device of devices) {
    const { userId, deviceId } = device;
    const ofUser = messages.get(userId);
    if (ofUser === undefined) messages.set(userId, { [deviceId]: contentOf(device) });
    else ofUser[deviceId] = contentOf(device);
  }
  return messages;
}

function nameOf({ userId, deviceId }: DeviceAddress): string {
  return `${userId}/${deviceId}`;
}
