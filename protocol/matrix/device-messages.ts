// What clients and servers say of devices' keys. https://spec.matrix.org/v1.16/client-server-api/#key-management-api and
// https://spec.matrix.org/v1.16/server-server-api/#end-to-end-encryption
import type { Message } from '../message.ts';
import type { ClientRequest, Presence } from './client-messages.ts';
import type { FederationRequest } from './federation/messages.ts';
import type { RoomId, ServerName, UserId } from './ids.ts';
import type { DeviceAddress } from './room-recipients.ts';

export type DevicesByUser = ReadonlyMap<UserId, readonly string[]>;

/** The same devices, below their users. */
export function byUser(devices: readonly DeviceAddress[]): DevicesByUser {
  const ofUsers = new Map<UserId, string[]>();
  for (const { userId, deviceId } of devices) {
    const ids = ofUsers.get(userId);
    if (ids === undefined) ofUsers.set(userId, [deviceId]);
    else ids.push(deviceId);
  }
  return ofUsers;
}

/** `POST /_matrix/client/v3/keys/upload`: one-time keys, for others to begin sessions with. */
export interface UploadKeys extends ClientRequest {
  readonly kind: 'matrix.upload-keys';
  readonly oneTimeKeys: number;
  /** With the keys of the device itself, which others need first. */
  readonly isFirst?: boolean;
}

/** `POST /_matrix/client/v3/keys/claim`: a one-time key of each of these devices. */
export interface ClaimKeys extends ClientRequest {
  readonly kind: 'matrix.claim-keys';
  readonly devices: DevicesByUser;
  /** How long other servers may take. */
  readonly timeoutMs: number;
}

/** Devices with a key in the answer; servers that could not be asked. `cause`: why not. */
export interface KeysClaimed extends Message {
  readonly kind: 'matrix.keys-claimed';
  readonly oneTimeKeys: DevicesByUser;
  readonly failures: readonly ServerName[];
}

/** `POST /_matrix/federation/v1/user/keys/claim` */
export interface ClaimUserKeys extends FederationRequest {
  readonly kind: 'matrix.claim-user-keys';
  readonly devices: DevicesByUser;
}

/** Its answer. */
export interface UserKeysClaimed extends Message {
  readonly kind: 'matrix.user-keys-claimed';
  readonly oneTimeKeys: DevicesByUser;
}

/** `POST /_matrix/client/v3/login`: the device of the request is new to its server. */
export interface LogIn extends ClientRequest {
  readonly kind: 'matrix.log-in';
  /** The device whose push notifications it gets, being on the same phone. */
  readonly pusherOf?: string;
}

/** `DELETE /_matrix/client/v3/devices/{deviceId}`: its own, or another of the account. */
export interface RemoveDevice extends ClientRequest {
  readonly kind: 'matrix.remove-device';
  readonly removed: string;
}

/** `POST /_matrix/client/v3/keys/query`: which devices these users have, and their keys. */
export interface QueryDevices extends ClientRequest {
  readonly kind: 'matrix.query-devices';
  readonly users: readonly UserId[];
}

/** Its answer: whole lists; servers that could not be asked. */
export interface Devices extends Message {
  readonly kind: 'matrix.devices';
  readonly devices: DevicesByUser;
  readonly failures: readonly ServerName[];
}

/** `GET /_matrix/federation/v1/user/devices/{userId}` */
export interface GetUserDevices extends FederationRequest {
  readonly kind: 'matrix.get-user-devices';
  readonly userId: UserId;
}

/** Its answer: the whole list, and the place in its server's stream at which it was so. */
export interface UserDevices extends Message {
  readonly kind: 'matrix.user-devices';
  readonly userId: UserId;
  readonly streamId: number;
  readonly deviceIds: readonly string[];
}

/** Keys of Megolm sessions, each from one of its messages on. By `room/session`. */
export type RoomKeys = ReadonlyMap<string, number>;

/** `PUT /_matrix/client/v3/room_keys/keys`: encrypted, for oneself. */
export interface BackUpKeys extends ClientRequest {
  readonly kind: 'matrix.back-up-keys';
  readonly keys: RoomKeys;
}

/** `GET /_matrix/client/v3/room_keys/keys` */
export interface GetBackup extends ClientRequest {
  readonly kind: 'matrix.get-backup';
}

/** Its answer: everything that was backed up since the run began. */
export interface Backup extends Message {
  readonly kind: 'matrix.backup';
  readonly keys: RoomKeys;
}

/** `PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}` */
export interface SendTyping extends ClientRequest {
  readonly kind: 'matrix.send-typing';
  readonly roomId: RoomId;
  /** How long the notice holds unless it is repeated; 0: the user has stopped. */
  readonly timeoutMs: number;
}

/** `PUT /_matrix/client/v3/presence/{userId}/status` */
export interface SetPresence extends ClientRequest {
  readonly kind: 'matrix.set-presence';
  readonly presence: Presence;
}

export type DeviceQuestion = ClaimUserKeys | GetUserDevices;
/** Whether another server asks about devices. */
export function isDeviceQuestion(question: Message): question is DeviceQuestion {
  return question.kind === 'matrix.claim-user-keys' || question.kind === 'matrix.get-user-devices';
}

export type DeviceAnswer = UserKeysClaimed | UserDevices;
export type ClientDeviceQuestion =
  | UploadKeys
  | ClaimKeys
  | LogIn
  | RemoveDevice
  | QueryDevices
  | BackUpKeys
  | GetBackup
  | SendTyping
  | SetPresence;
export type ClientDeviceAnswer = KeysClaimed | Devices | Backup;
