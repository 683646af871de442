// What a homeserver does for devices outside the graphs of rooms: messages from device to device, keys and their backups,
// lists of devices, and who is typing or there.
import { assertNever } from '../assert.ts';
import type { Effects, RequestId, RequestResult, StoredState, Tag } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import type { SendToDevice, SyncAnswer } from './client-messages.ts';
import { deviceListEdu, DeviceLists } from './device-lists.ts';
import type {
  ClientDeviceQuestion,
  DeviceQuestion,
  LogIn,
  RemoveDevice,
  UploadKeys,
} from './device-messages.ts';
import type { Edu } from './federation/messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { RoomId, ServerName, UserId } from './ids.ts';
import { KeyBackups } from './key-backups.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';
import { OneTimeKeys } from './one-time-keys.ts';
import { Presence, presenceEdu } from './presence.ts';
import type { SyncPosition } from './sync-position.ts';
import { ToDevice, toDeviceEdu } from './to-device.ts';
import { Typing, typingEdu } from './typing.ts';

/** What a sync says beside rooms, and how far it goes in the streams of devices. */
export interface DeviceNews {
  readonly parts: Pick<SyncAnswer, 'toDevice' | 'oneTimeKeys' | 'deviceListsChanged' | 'presence'>;
  readonly position: Omit<SyncPosition, 'events'>;
}

export class DeviceServices {
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  readonly #announce: (users: Iterable<UserId>, out: Effects) => void;
  readonly #toDevice: ToDevice;
  readonly #oneTimeKeys: OneTimeKeys;
  readonly #lists: DeviceLists;
  readonly #backups: KeyBackups;
  readonly #typing: Typing;
  readonly #presence: Presence;

  /** `announce`: whose long polls have something to hear. */
  constructor(
    context: HomeserverContext,
    users: LocalUsers,
    stored: StoredState | undefined,
    announce: (users: Iterable<UserId>, out: Effects) => void,
  ) {
    this.#context = context;
    this.#users = users;
    this.#announce = announce;
    this.#toDevice = new ToDevice(context.config.serverName, users, context.sender, stored);
    this.#oneTimeKeys = new OneTimeKeys(context, users, stored, announce);
    this.#lists = new DeviceLists(context, users, stored, announce);
    this.#backups = new KeyBackups(context, stored);
    this.#typing = new Typing(context, users, announce);
    this.#presence = new Presence(context, users, announce);
  }

  start(clock: Clock, out: Effects): void {
    this.#lists.start(clock, out);
  }

  // --- Other servers ---

  receiveEdu(clock: Clock, origin: ServerName, edu: Edu, out: Effects): void {
    if (!this.#admits(origin, edu)) {
      out.observe({ kind: 'situation', name: 'matrix.edu.acl-denied' });
      return;
    }
    if (edu.eduType === toDeviceEdu) this.#announce(this.#toDevice.receive(clock, origin, edu, out), out);
    else if (edu.eduType === deviceListEdu) this.#lists.receive(clock, origin, edu, out);
    else if (edu.eduType === typingEdu) this.#typing.receive(clock, origin, edu, out);
    else if (edu.eduType === presenceEdu) this.#presence.receive(clock, origin, edu, out);
  }

  /**
   * Access lists of rooms keep out typing notices and receipts; whatever belongs to no room passes.
   * https://spec.matrix.org/v1.16/server-server-api/#server-access-control-lists-acls
   */
  #admits(origin: ServerName, { eduType, content }: Edu): boolean {
    const roomIds =
      eduType === 'm.receipt' ? Object.keys(content) : eduType === typingEdu ? [content['room_id']] : [];
    return roomIds.every((roomId) => this.#context.room(roomId as RoomId)?.allowsServer(origin) !== false);
  }

  serve(id: RequestId, question: DeviceQuestion, out: Effects): void {
    if (question.kind === 'matrix.claim-user-keys') this.#oneTimeKeys.serve(id, question, out);
    else this.#lists.serve(id, question, out);
  }

  peerSpoke(clock: Clock, origin: ServerName, out: Effects): void {
    this.#lists.peerSpoke(clock, origin, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    return (
      this.#oneTimeKeys.answered(clock, tag, result, out) || this.#lists.answered(clock, tag, result, out)
    );
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    return (
      this.#lists.timer(clock, timer, out) ||
      this.#typing.timer(clock, timer, out) ||
      this.#presence.timer(clock, timer, out)
    );
  }

  // --- Own users' devices ---

  /** A question of a device that is logged in. */
  request(
    clock: Clock,
    id: RequestId,
    device: SessionDevice,
    question: Exclude<ClientDeviceQuestion, LogIn> | SendToDevice,
    out: Effects,
  ): void {
    switch (question.kind) {
      case 'matrix.send-to-device': {
        out.spend(this.#context.config.costs.request);
        const reached = this.#toDevice.send(clock, question, out);
        out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
        return this.#announce(reached, out);
      }
      case 'matrix.upload-keys':
        return this.#upload(clock, id, device, question, out);
      case 'matrix.claim-keys':
        return this.#oneTimeKeys.claim(clock, id, question, out);
      case 'matrix.remove-device':
        return this.#remove(clock, id, question, out);
      case 'matrix.query-devices':
        return this.#lists.query(clock, id, question, out);
      case 'matrix.back-up-keys':
        return this.#backups.backUp(id, question, out);
      case 'matrix.get-backup':
        return this.#backups.get(id, question, out);
      case 'matrix.send-typing':
        return this.#typing.send(clock, id, question, out);
      case 'matrix.set-presence':
        return this.#presence.set(clock, id, question, out);
      default:
        return assertNever(question);
    }
  }

  /** A device begins a session: anybody with an account may. */
  logIn(clock: Clock, id: RequestId, { userId, deviceId, pusherOf }: LogIn, out: Effects): void {
    if (!this.#users.has(userId)) return out.refuse(id, 403);
    out.spend(this.#context.config.costs.request);
    const isNew = this.#users.logIn(userId, deviceId, pusherOf, out);
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
    if (isNew) this.#lists.changed(clock, userId, deviceId, 'new', out);
  }

  #upload(clock: Clock, id: RequestId, device: SessionDevice, question: UploadKeys, out: Effects): void {
    this.#oneTimeKeys.upload(id, question, out);
    if (question.isFirst !== true || !this.#users.keysCame(device, out)) return;
    this.#lists.changed(clock, device.userId, device.deviceId, 'keys', out);
  }

  #remove(clock: Clock, id: RequestId, { userId, removed }: RemoveDevice, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const wasThere = this.#users.remove(userId, removed, out);
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
    if (wasThere) this.#lists.changed(clock, userId, removed, 'gone', out);
  }

  // --- Syncs ---

  /** The device has everything up to here. */
  acknowledged(device: SessionDevice, { toDevice }: SyncPosition, out: Effects): void {
    this.#toDevice.acknowledged(device, toDevice, out);
  }

  hasNews(device: SessionDevice, { toDevice, deviceLists, typing }: SyncPosition): boolean {
    return (
      this.#toDevice.hasSince(device, toDevice) ||
      this.#oneTimeKeys.hasNews(device) ||
      this.#lists.changedSince(device, deviceLists)[0].length > 0 ||
      this.#typing.hasNews(device, typing) ||
      this.#presence.hasNews(device)
    );
  }

  /** What the device is told now. */
  tell(device: SessionDevice, since: SyncPosition): DeviceNews {
    const [toDevice, place] = this.#toDevice.after(device, since.toDevice);
    const [changed, deviceLists] = this.#lists.changedSince(device, since.deviceLists);
    const oneTimeKeys = this.#oneTimeKeys.tell(device);
    const presence = this.#presence.tell(device);
    return {
      parts: {
        toDevice,
        ...(oneTimeKeys === undefined ? {} : { oneTimeKeys }),
        ...(changed.length === 0 ? {} : { deviceListsChanged: changed }),
        ...(presence === undefined ? {} : { presence }),
      },
      position: { toDevice: place, deviceLists, typing: this.#typing.position },
    };
  }

  /** Who types in a room, when that is news since then. */
  typingIn(roomId: RoomId, { typing }: SyncPosition): readonly UserId[] | undefined {
    return this.#typing.since(roomId, typing);
  }
}
