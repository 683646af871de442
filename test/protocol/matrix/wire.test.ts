// Every kind of Matrix message on the wire: what is read is what was written, and its length is known beforehand.
import type { Address } from '../../../protocol/core.ts';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { matrixCodec } from '../../../protocol/matrix/codec.ts';
import { clientForms } from '../../../protocol/matrix/codec-client.ts';
import { handshakeForms } from '../../../protocol/matrix/codec-handshakes.ts';
import { federationForms } from '../../../protocol/matrix/codec-federation.ts';
import { clientEventOf } from '../../../protocol/matrix/client-event.ts';
import type { ToDeviceEvent } from '../../../protocol/matrix/client-messages.ts';
import type { EventId, RoomId, ServerName, UserId } from '../../../protocol/matrix/ids.ts';
import type { MatrixMessage } from '../../../protocol/matrix/messages.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { makeWarmRoom } from '../../../protocol/matrix/warm-room.ts';
import { ed25519Signer, sha256 } from '../../../protocol/crypto.ts';
import type { UserMessageId } from '../../../protocol/message.ts';

const { events, roomId } = makeWarmRoom({
  rules: specifiedRoomVersions.get('12')!,
  localId: 'r',
  members: ['@ann:one.test' as UserId, '@zoë:zwei.test' as UserId],
  joinRule: 'invite',
  membersAreEqual: false,
  createdAtMs: 1_000,
  keyOf: (server) => ({ server, keyId: 'ed25519:1', signer: ed25519Signer(sha256(server)) }),
});
const pdus = events.map(({ pdu, byteLength }) => ({ pdu, byteLength }));
const shown = events.map(clientEventOf);
const between = { origin: 'one.test' as ServerName, destination: 'zwei.test' as ServerName };
const forDevice: ToDeviceEvent = {
  type: 'm.room.encrypted',
  sender: '@ü:two.test' as UserId,
  content: { algorithm: 'x' },
};
const who = { userId: '@zoë:zwei.test' as UserId, deviceId: 'D' };
const devices = new Map([['@zoë:zwei.test' as UserId, ['D', 'E']]]);
const [first, second] = events.map(({ eventId }) => eventId) as [EventId, EventId];
const none = { carries: [] as readonly UserMessageId[] };
const some = { carries: [7, 9] as unknown as readonly UserMessageId[] };
const timeline = { roomId, events: shown, limited: true, prevBatch: 't3_4' };

const messages: readonly MatrixMessage[] = [
  {
    kind: 'matrix.transaction',
    ...between,
    txnId: '17',
    originServerTs: 5,
    pdus,
    edus: [{ eduType: 'm.receipt', content: { a: { b: 'ü' } } }],
    ...some,
  },
  { kind: 'matrix.transaction', ...between, txnId: '18', originServerTs: 5, pdus: [], edus: [], ...none },
  {
    kind: 'matrix.transaction-result',
    results: [{ eventId: first }, { eventId: second, error: 'no valid signature' }],
    ...none,
  },
  {
    kind: 'matrix.get-missing-events',
    ...between,
    roomId,
    earliestEvents: [first],
    latestEvents: [second],
    limit: 10,
    minDepth: 1,
    ...none,
  },
  { kind: 'matrix.events', pdus, ...some },
  { kind: 'matrix.get-backfill', ...between, roomId, limit: 100, from: [first, second], ...none },
  { kind: 'matrix.get-event', ...between, eventId: first, ...none },
  { kind: 'matrix.get-state-ids', ...between, roomId, eventId: first, ...none },
  { kind: 'matrix.state-ids', pduIds: [first], authChainIds: [second], ...none },
  { kind: 'matrix.make-membership', ...between, membership: 'join', roomId, userId: who.userId, ...none },
  { kind: 'matrix.membership-template', roomVersion: '12', event: { type: 'm.room.member' }, ...none },
  { kind: 'matrix.send-membership', ...between, membership: 'knock', roomId, pdu: pdus[0]!, ...none },
  { kind: 'matrix.membership-sent', event: pdus[0]!, state: pdus, authChain: [], ...none },
  { kind: 'matrix.invite', ...between, roomId, roomVersion: '11', pdu: pdus[0]!, ...none },
  { kind: 'matrix.invite-signed', event: pdus[0]!, ...none },
  {
    kind: 'matrix.change-membership',
    ...who,
    roomId,
    membership: 'join',
    target: who.userId,
    servers: [between.origin],
    ...none,
  },
  { kind: 'matrix.get-event-auth', ...between, roomId, eventId: first, ...none },
  { kind: 'matrix.auth-chain', authChain: pdus, ...none },
  { kind: 'matrix.get-state', ...between, roomId, eventId: first, ...none },
  { kind: 'matrix.state', pdus, authChain: pdus.slice(0, 1), ...none },
  { kind: 'matrix.query-directory', ...between, alias: '#räume:one.test', ...none },
  { kind: 'matrix.directory-entry', roomId, servers: ['one.test', 'two.test'] as ServerName[], ...none },
  { kind: 'matrix.get-public-rooms', ...who, limit: 20, ...none },
  { kind: 'matrix.get-server-public-rooms', ...between, limit: 200, ...none },
  { kind: 'matrix.public-rooms', rooms: [{ roomId, joinedMembers: 3 }], ...none },
  { kind: 'matrix.get-server-keys', ...between, ...none },
  { kind: 'matrix.get-well-known', server: between.destination, ...none },
  {
    kind: 'matrix.well-known',
    delegatedTo: 'synapse.two.test:443' as Address,
    maxAgeSeconds: 600,
    ...none,
  },
  { kind: 'matrix.well-known', delegatedTo: 'two.test' as Address, maxAgeSeconds: undefined, ...none },
  {
    kind: 'matrix.query-keys',
    ...between,
    server: between.destination,
    minimumValidUntil: 1_760_918_400_000,
    ...none,
  },
  { kind: 'matrix.key-statements', statements: [{ server_name: 'three.test' }], ...none },
  { kind: 'matrix.server-keys', keys: { server_name: 'one.test', verify_keys: {} }, ...none },
  {
    kind: 'matrix.send-event',
    ...who,
    roomId,
    eventType: 'm.room.encrypted',
    txnId: 'm1',
    content: { body: 'grüße' },
    ...some,
  },
  {
    kind: 'matrix.send-state',
    ...who,
    roomId,
    eventType: 'm.room.topic',
    stateKey: '',
    content: { topic: 'x' },
    ...none,
  },
  { kind: 'matrix.event-sent', eventId: first, ...none },
  { kind: 'matrix.sync', ...who, since: 's12', timeoutMs: 30_000, ...none },
  { kind: 'matrix.sync-answer', nextBatch: 's14', rooms: [timeline], toDevice: [], ...some },
  { kind: 'matrix.sync-answer', nextBatch: 's14_3', rooms: [], toDevice: [forDevice], ...none },
  {
    kind: 'matrix.send-to-device',
    ...who,
    eventType: 'm.room.encrypted',
    txnId: 't1',
    messages: new Map([['@b:two.test' as UserId, { PHONE: { algorithm: 'ö' } }]]),
    ...none,
  },
  { kind: 'matrix.sync-answer', nextBatch: 's14', rooms: [], toDevice: [], oneTimeKeys: 49, ...none },
  { kind: 'matrix.upload-keys', ...who, oneTimeKeys: 2, ...none },
  { kind: 'matrix.upload-keys', ...who, oneTimeKeys: 2, isFirst: true, ...none },
  { kind: 'matrix.log-in', ...who, ...none },
  { kind: 'matrix.log-in', ...who, pusherOf: 'OLD', ...none },
  { kind: 'matrix.remove-device', ...who, removed: 'OLD', ...none },
  { kind: 'matrix.query-devices', ...who, users: [who.userId], ...none },
  { kind: 'matrix.devices', devices, failures: ['three.test' as ServerName], ...none },
  { kind: 'matrix.get-user-devices', ...between, userId: who.userId, ...none },
  { kind: 'matrix.user-devices', userId: who.userId, streamId: 3, deviceIds: ['A', 'B'], ...none },
  { kind: 'matrix.back-up-keys', ...who, keys: new Map([['!r:one.test/1.A@a:one.test', 3]]), ...none },
  { kind: 'matrix.get-backup', ...who, ...none },
  { kind: 'matrix.backup', keys: new Map([['!r:one.test/1.A@a:one.test', 3]]), ...none },
  { kind: 'matrix.send-typing', ...who, roomId, timeoutMs: 30_000, ...none },
  { kind: 'matrix.set-presence', ...who, presence: 'offline', ...none },
  { kind: 'matrix.create-room', ...who, name: 'räume', ...none },
  { kind: 'matrix.room-created', roomId, ...none },
  { kind: 'matrix.upload-media', ...who, bytes: 100, ...none },
  {
    kind: 'matrix.sync-answer',
    nextBatch: 's14_3_1',
    rooms: [{ ...timeline, typing: [who.userId] }],
    toDevice: [],
    deviceListsChanged: [who.userId],
    presence: new Map([[who.userId, 'online']]),
    ...some,
  },
  { kind: 'matrix.claim-keys', ...who, devices, timeoutMs: 10_000, ...none },
  { kind: 'matrix.keys-claimed', oneTimeKeys: devices, failures: ['three.test' as ServerName], ...none },
  { kind: 'matrix.claim-user-keys', ...between, devices, ...none },
  { kind: 'matrix.user-keys-claimed', oneTimeKeys: devices, ...none },
  { kind: 'matrix.get-messages', ...who, roomId, from: 't3_4', limit: 50, ...none },
  { kind: 'matrix.messages', events: shown, end: 't1_1', ...some },
  { kind: 'matrix.messages', events: [], ...none },
  { kind: 'matrix.send-receipt', ...who, roomId: '!r:one.test' as RoomId, eventId: first, ...none },
  { kind: 'matrix.get-versions', ...who, ...none },
  { kind: 'matrix.join-by-alias', ...who, alias: '#räume:one.test', ...none },
  { kind: 'matrix.done', ...none },
  { kind: 'matrix.error', errcode: 'M_FORBIDDEN', error: 'no', ...none },
  {
    kind: 'matrix.push-gateway-notify',
    platform: 'ios',
    pushKey: 'phone/1',
    roomId,
    eventId: first,
    ...some,
  },
];

describe('the codec', () => {
  it.each(messages.map((message) => [message.kind, message] as const))('%s', (_kind, message) => {
    const bytes = matrixCodec.encode(message);
    expect(bytes.length).toBe(matrixCodec.byteLength(message));
    expect(matrixCodec.decode(bytes, message.carries)).toEqual(message);
  });

  it('knows every kind', () => {
    const kinds = new Set<string>(messages.map(({ kind }) => kind));
    expect(
      Object.keys({ ...federationForms, ...handshakeForms, ...clientForms }).filter(
        (kind) => !kinds.has(kind),
      ),
    ).toEqual([]);
  });

  it.each([
    '',
    '0010',
    '00ff["matrix.sync"]',
    '0012["matrix.nobody"]{}',
    '0012["matrix.events"]{}',
    '000c[1,2] {',
  ])('reads nothing from %j', (text) => {
    expect(matrixCodec.decode(utf8(text), [])).toBeUndefined();
  });
});
