// What clients and servers say of devices' keys. https://spec.matrix.org/v1.16/client-server-api/#key-management-api and
// https://spec.matrix.org/v1.16/server-server-api/#end-to-end-encryption
import type { Message } from '../message.ts';
import type { ClientRequest } from './client-messages.ts';
import type { FederationRequest } from './federation/messages.ts';
import type { ServerName, UserId } from './ids.ts';
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

export type DeviceQuestion = ClaimUserKeys;
export type DeviceAnswer = UserKeysClaimed;
export type ClientDeviceQuestion = UploadKeys | ClaimKeys;
export type ClientDeviceAnswer = KeysClaimed;
