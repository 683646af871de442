// Wire forms of what is said of devices' keys. https://spec.matrix.org/v1.16/client-server-api/#key-management-api
import type { JsonObject, JsonValue } from './canonical-json.ts';
import {
  answerBytes as clientAnswerBytes,
  readWho,
  requestBytes as clientRequestBytes,
  who,
} from './codec-client.ts';
import { answerBytes, parties, readParties, requestBytes } from './codec-federation.ts';
import { deviceKeys } from './device-keys.ts';
import type {
  BackUpKeys,
  Backup,
  ClaimKeys,
  ClaimUserKeys,
  Devices,
  DevicesByUser,
  GetBackup,
  GetUserDevices,
  KeysClaimed,
  LogIn,
  QueryDevices,
  RemoveDevice,
  RoomKeys,
  SendTyping,
  SetPresence,
  UploadKeys,
  UserDevices,
  UserKeysClaimed,
} from './device-messages.ts';
import type { RoomId, ServerName, UserId } from './ids.ts';
import { arrayOf, numberOf, objectOf, plain, smallForm, stringOf } from './wire-form.ts';

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
  json: ({ userId, deviceId, oneTimeKeys, isFirst }) => ({
    ...(isFirst === true ? { device_keys: deviceKeys(userId, deviceId) } : {}),
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
    ...(objectOf(body)['device_keys'] === undefined ? {} : { isFirst: true }),
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

const logIn = smallForm<LogIn>({
  headerBytes: clientRequestBytes,
  names: (message) => [...who(message), ...(message.pusherOf === undefined ? [] : [message.pusherOf])],
  json: ({ userId, deviceId }) => ({
    device_id: deviceId,
    identifier: { type: 'm.id.user', user: userId },
    password: 'P'.repeat(16),
    type: 'm.login.password',
  }),
  read: (names) => ({
    kind: 'matrix.log-in',
    ...readWho(names),
    ...(names[2] === undefined ? {} : { pusherOf: names[2] }),
    ...plain,
  }),
});

const removeDevice = smallForm<RemoveDevice>({
  headerBytes: clientRequestBytes,
  names: (message) => [...who(message), message.removed],
  json: () => ({}),
  read: (names) => ({
    kind: 'matrix.remove-device',
    ...readWho(names),
    removed: stringOf(names[2]),
    ...plain,
  }),
});

const queryDevices = smallForm<QueryDevices>({
  headerBytes: clientRequestBytes,
  names: who,
  json: ({ users }) => ({ device_keys: Object.fromEntries(users.map((userId) => [userId, []])) }),
  read: (names, body) => ({
    kind: 'matrix.query-devices',
    ...readWho(names),
    users: Object.keys(objectOf(objectOf(body)['device_keys'])) as UserId[],
    ...plain,
  }),
});

const devicesForm = smallForm<Devices>({
  headerBytes: clientAnswerBytes,
  names: () => [],
  json: ({ devices, failures }) => ({
    device_keys: byUser(devices, deviceKeys),
    failures: Object.fromEntries(failures.map((server) => [server, notReached])),
  }),
  read: (_names, body) => ({
    kind: 'matrix.devices',
    devices: readByUser(objectOf(body)['device_keys']),
    failures: Object.keys(objectOf(objectOf(body)['failures'])) as ServerName[],
    ...plain,
  }),
});

const getUserDevices = smallForm<GetUserDevices>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.userId],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-user-devices',
    ...readParties(names),
    userId: stringOf<UserId>(names[2]),
    ...plain,
  }),
});

const userDevices = smallForm<UserDevices>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ userId, streamId, deviceIds }) => ({
    devices: deviceIds.map((deviceId) => ({ device_id: deviceId, keys: deviceKeys(userId, deviceId) })),
    stream_id: streamId,
    user_id: userId,
  }),
  read(_names, body) {
    const { devices, stream_id, user_id } = objectOf(body);
    return {
      kind: 'matrix.user-devices',
      userId: stringOf<UserId>(user_id),
      streamId: numberOf(stream_id),
      deviceIds: arrayOf(devices).map((each) => stringOf(objectOf(each)['device_id'])),
      ...plain,
    };
  },
});

/**
 * One session of a backup: `session_data` is 32 bytes of an ephemeral key, 8 of a MAC and the encrypted session, all in
 * base64. https://spec.matrix.org/v1.16/client-server-api/#backup-algorithm-mmegolm_backupv1curve25519-aes-sha2
 */
const sessionData: JsonObject = {
  ciphertext: 'C'.repeat(560),
  ephemeral: 'E'.repeat(43),
  mac: 'M'.repeat(11),
};

function keysJson(keys: RoomKeys): JsonObject {
  const session = (index: number): JsonObject => ({
    first_message_index: index,
    forwarded_count: 0,
    is_verified: true,
    session_data: sessionData,
  });
  return Object.fromEntries([...keys].map(([name, index]) => [name, session(index)]));
}

function readKeys(value: unknown): RoomKeys {
  return new Map(
    Object.entries(objectOf(value)).map(([name, session]) => [
      name,
      numberOf(objectOf(session)['first_message_index']),
    ]),
  );
}

const backUpKeys = smallForm<BackUpKeys>({
  headerBytes: clientRequestBytes,
  names: who,
  json: ({ keys }) => ({ sessions: keysJson(keys) }),
  read: (names, body) => ({
    kind: 'matrix.back-up-keys',
    ...readWho(names),
    keys: readKeys(objectOf(body)['sessions']),
    ...plain,
  }),
});

const getBackup = smallForm<GetBackup>({
  headerBytes: clientRequestBytes,
  names: who,
  json: () => undefined,
  read: (names) => ({ kind: 'matrix.get-backup', ...readWho(names), ...plain }),
});

const backup = smallForm<Backup>({
  headerBytes: clientAnswerBytes,
  names: () => [],
  json: ({ keys }) => ({ sessions: keysJson(keys) }),
  read: (_names, body) => ({
    kind: 'matrix.backup',
    keys: readKeys(objectOf(body)['sessions']),
    ...plain,
  }),
});

const sendTyping = smallForm<SendTyping>({
  headerBytes: clientRequestBytes,
  names: (message) => [...who(message), message.roomId],
  json: ({ timeoutMs }) => ({ timeout: timeoutMs, typing: timeoutMs > 0 }),
  read: (names, body) => ({
    kind: 'matrix.send-typing',
    ...readWho(names),
    roomId: stringOf<RoomId>(names[2]),
    timeoutMs: numberOf(objectOf(body)['timeout']),
    ...plain,
  }),
});

const setPresence = smallForm<SetPresence>({
  headerBytes: clientRequestBytes,
  names: who,
  json: ({ presence }) => ({ presence }),
  read: (names, body) => ({
    kind: 'matrix.set-presence',
    ...readWho(names),
    presence: objectOf(body)['presence'] === 'online' ? 'online' : 'offline',
    ...plain,
  }),
});

export const deviceForms = {
  'matrix.set-presence': setPresence,
  'matrix.log-in': logIn,
  'matrix.remove-device': removeDevice,
  'matrix.query-devices': queryDevices,
  'matrix.devices': devicesForm,
  'matrix.get-user-devices': getUserDevices,
  'matrix.user-devices': userDevices,
  'matrix.back-up-keys': backUpKeys,
  'matrix.get-backup': getBackup,
  'matrix.backup': backup,
  'matrix.send-typing': sendTyping,
  'matrix.upload-keys': uploadKeys,
  'matrix.claim-keys': claimKeys,
  'matrix.keys-claimed': keysClaimed,
  'matrix.claim-user-keys': claimUserKeys,
  'matrix.user-keys-claimed': userKeysClaimed,
};
