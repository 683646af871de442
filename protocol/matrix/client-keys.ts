// Everything that a client has to do with keys beyond single messages: its sessions, whose devices it knows, and the backup
// of what it was sent.
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import { clientPatience } from './assumed-patience.ts';
import { ClientDeviceLists } from './client-device-lists.ts';
import type { SyncAnswer } from './client-messages.ts';
import { becomeDevice, type ClientSession } from './client-session.ts';
import type { BackUpKeys, RoomKeys } from './device-messages.ts';
import type { RoomId } from './ids.ts';
import { InboundKeys } from './inbound-keys.ts';
import { OlmSessions } from './olm-sessions.ts';
import { OutboundSessions, type Encryption } from './outbound-sessions.ts';
import { RoomRecipients } from './room-recipients.ts';

/** How a client's keys are set up. */
export interface ClientKeysConfig {
  readonly session: ClientSession;
  readonly homeserver: Address;
  readonly encryption: Encryption;
  readonly tasks?: { readonly backsUpKeys: boolean };
}

const backupTag = 'key-backup';

export class ClientKeys {
  readonly #config: ClientKeysConfig;
  readonly #olm: OlmSessions;
  readonly #lists: ClientDeviceLists;
  readonly outbound: OutboundSessions;
  readonly inbound: InboundKeys;
  /** Keys on their way to the backup. */
  #backingUp: RoomKeys | undefined;

  constructor(config: ClientKeysConfig, stored: StoredState | undefined) {
    this.#config = config;
    const { session, homeserver, encryption } = config;
    const recipients = new RoomRecipients(encryption, stored);
    const isNew = (): boolean =>
      !encryption.devicesOf(session.userId).some(({ deviceId }) => deviceId === session.deviceId);
    this.#olm = new OlmSessions(
      (device) => encryption.isStranger(device) || recipients.isNew(device) || isNew(),
      stored,
    );
    const parts = { olm: this.#olm, recipients };
    this.outbound = new OutboundSessions(session, encryption, parts, stored);
    const isWarmIn = (roomId: RoomId): boolean =>
      encryption.devicesIn(roomId).some(({ userId }) => userId === session.userId);
    this.inbound = new InboundKeys(isWarmIn, this.#olm, stored);
    this.#lists = new ClientDeviceLists(session, homeserver, this.outbound, stored);
  }

  /** The user is logged in as another device, which has nothing of what this one had. */
  newDevice(deviceId: string, out: Effects): void {
    becomeDevice(this.#config.session, deviceId, out);
    this.#olm.forget(out);
    this.outbound.forget(out);
    this.inbound.forget(out);
  }

  /** A sync came: lists that have changed are asked for, keys that are new are backed up. */
  synced(clock: Clock, { deviceListsChanged }: SyncAnswer, out: Effects): void {
    if (deviceListsChanged !== undefined) this.#lists.changed(clock, deviceListsChanged, out);
    this.#backUp(out);
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    return this.#lists.timer(clock, timer, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag !== backupTag) return this.#lists.answered(clock, tag, result, out);
    if (!result.ok && this.#backingUp !== undefined) this.inbound.notBackedUp(this.#backingUp);
    this.#backingUp = undefined;
    return true;
  }

  /** What fails is made up for after the next sync. */
  #backUp(out: Effects): void {
    if (this.#config.tasks?.backsUpKeys !== true || this.#backingUp !== undefined) return;
    const keys = this.inbound.takeNotBackedUp();
    if (keys.size === 0) return;
    this.#backingUp = keys;
    const { userId, deviceId } = this.#config.session;
    const request: BackUpKeys = {
      kind: 'matrix.back-up-keys',
      userId,
      deviceId,
      keys,
      carries: carriesNothing,
    };
    out.request(this.#config.homeserver, backupTag, request, { timeout: clientPatience.request });
  }
}
