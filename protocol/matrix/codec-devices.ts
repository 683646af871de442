// Wire forms of what is said of devices' keys. https://spec.matrix.org/v1.16/client-server-api/#key-management-api
import type { JsonObject, JsonValue } from './canonical-json.ts';
import {
  answerBytes as clientAnswerBytes,
  readWho,
  requestBytes as clientRequestBytes,
  who,
} from './codec-client.ts';
import { answerBytes, parties, readParties, requestBytes } from './codec-federation.ts';
import type {
  ClaimKeys,
  ClaimUserKeys,
  DevicesByUser,
  KeysClaimed,
  UploadKeys,
  UserKeysClaimed,
} from './device-messages.ts';
import type { ServerName, UserId } from './ids.ts';
import { numberOf, objectOf, plain, smallForm } from './wire-form.ts';

const algorithm = 'signed_curve25519';

/** A key of curve25519 (32 bytes) and a signature of ed25519 (64), in base64 without padding. */
function signedKey(userId: string, deviceId: string): JsonObject {
  return { key: 'K'.repeat(43), signatures: { [userId]: { [`ed25519:${deviceId}`]: 'S'.repeat(86) } } };
}

/** Something of each device, below its user. */
function byUser(devices: DevicesByUser, each: (userId: string, deviceId: string) => JsonValue): JsonObject {
  return Object.fromEntries(
    [...devices].map(([userId, ids]) => [
      userId,
      Object.fromEntries(ids.map((deviceId) => [deviceId, each(userId, deviceId)])),
    ]),
  );
}

function readByUser(value: unknown): DevicesByUser {
  return new Map(
    Object.entries(objectOf(value)).map(([userId, ids]) => [userId as UserId, Object.keys(objectOf(ids))]),
  );
}

/** One key of each device, as answers have them. */
function keysOf(devices: DevicesByUser): JsonObject {
  return byUser(devices, (userId, deviceId) => ({ [`${algorithm}:AAAAAQ`]: signedKey(userId, deviceId) }));
}

const uploadKeys = smallForm<UploadKeys>({
  headerBytes: clientRequestBytes,
  names: who,
  json: ({ userId, deviceId, oneTimeKeys }) => ({
    one_time_keys: Object.fromEntries(
      Array.from({ length: oneTimeKeys }, (_, number) => [
        `${algorithm}:${String(number).padStart(6, 'A')}`,
        signedKey(userId, deviceId),
      ]),
    ),
  }),
  read: (names, body) => ({
    kind: 'matrix.upload-keys',
    ...readWho(names),
    oneTimeKeys: Object.keys(objectOf(objectOf(body)['one_time_keys'])).length,
    ...plain,
  }),
});

const claimKeys = smallForm<ClaimKeys>({
  headerBytes: clientRequestBytes,
  names: who,
  json: ({ devices, timeoutMs }) => ({ one_time_keys: byUser(devices, () => algorithm), timeout: timeoutMs }),
  read: (names, body) => ({
    kind: 'matrix.claim-keys',
    ...readWho(names),
    devices: readByUser(objectOf(body)['one_time_keys']),
    timeoutMs: numberOf(objectOf(body)['timeout']),
    ...plain,
  }),
});

/** What Synapse says of a server that it could not ask. */
const notReached = { message: 'Not ready for retry', status: 503 };

const keysClaimed = smallForm<KeysClaimed>({
  headerBytes: clientAnswerBytes,
  names: () => [],
  json: ({ oneTimeKeys, failures }) => ({
    failures: Object.fromEntries(failures.map((server) => [server, notReached])),
    one_time_keys: keysOf(oneTimeKeys),
  }),
  read: (_names, body) => ({
    kind: 'matrix.keys-claimed',
    oneTimeKeys: readByUser(objectOf(body)['one_time_keys']),
    failures: Object.keys(objectOf(objectOf(body)['failures'])) as ServerName[],
    ...plain,
  }),
});

const claimUserKeys = smallForm<ClaimUserKeys>({
  headerBytes: requestBytes,
  names: parties,
  json: ({ devices }) => ({ one_time_keys: byUser(devices, () => algorithm) }),
  read: (names, body) => ({
    kind: 'matrix.claim-user-keys',
    ...readParties(names),
    devices: readByUser(objectOf(body)['one_time_keys']),
    ...plain,
  }),
});

const userKeysClaimed = smallForm<UserKeysClaimed>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ oneTimeKeys }) => ({ one_time_keys: keysOf(oneTimeKeys) }),
  read: (_names, body) => ({
    kind: 'matrix.user-keys-claimed',
    oneTimeKeys: readByUser(objectOf(body)['one_time_keys']),
    ...plain,
  }),
});

export const deviceForms = {
  'matrix.upload-keys': uploadKeys,
  'matrix.claim-keys': claimKeys,
  'matrix.keys-claimed': keysClaimed,
  'matrix.claim-user-keys': claimUserKeys,
  'matrix.user-keys-claimed': userKeysClaimed,
};
