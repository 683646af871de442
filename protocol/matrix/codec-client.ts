// Wire forms of what clients and servers say to each other, and servers to push gateways.
// https://spec.matrix.org/v1.16/client-server-api/ and https://spec.matrix.org/v1.16/push-gateway-api/
import { utf8Length } from '../bytes.ts';
import { encodeCanonicalJson, type JsonObject } from './canonical-json.ts';
import { clientEventText, readClientEvent } from './client-event.ts';
import type {
  ChangeMembership,
  ClientEvent,
  ClientRequest,
  CreateRoom,
  Done,
  EventSent,
  GetMessages,
  GetVersions,
  JoinByAlias,
  MatrixError,
  Messages,
  Presence,
  PushGatewayNotify,
  PushPlatform,
  RoomCreated,
  RoomTimeline,
  SendEvent,
  SendReceipt,
  SendState,
  SendToDevice,
  Sync,
  SyncAnswer,
  ToDeviceEvent,
  UploadMedia,
} from './client-messages.ts';
import type { EventId, RoomId, ServerName, UserId } from './ids.ts';
import {
  arrayOf,
  numberOf,
  objectOf,
  plain,
  smallForm,
  stringOf,
  stringsOf,
  type WireForm,
} from './wire-form.ts';

/**
 * Start line, Host, User-Agent, Authorization (`Bearer syt_...`, about 45 characters stand for user and device), Accept
 * headers and Content-Length as Element X sends them, without what varies.
 */
export const requestBytes = 280;
/** An answer of Synapse with its four CORS headers. */
export const answerBytes = 420;
/** JSON over HTTPS between servers without authorisation. */
const gatewayBytes = 210;

export const who = ({ userId, deviceId }: ClientRequest): [string, string] => [userId, deviceId];

/** User and device of a request, from its header. */
export function readWho(names: readonly string[]): { userId: UserId; deviceId: string } {
  return { userId: stringOf<UserId>(names[0]), deviceId: stringOf(names[1]) };
}

const sendEvent = smallForm<SendEvent>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.roomId, message.eventType, message.txnId],
  json: ({ content }) => content,
  read: (names, body, carries) => ({
    kind: 'matrix.send-event',
    ...readWho(names),
    roomId: stringOf<RoomId>(names[2]),
    eventType: stringOf(names[3]),
    txnId: stringOf(names[4]),
    content: objectOf(body),
    carries,
  }),
});

const sendState = smallForm<SendState>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.roomId, message.eventType, message.stateKey],
  json: ({ content }) => content,
  read: (names, body) => ({
    kind: 'matrix.send-state',
    ...readWho(names),
    roomId: stringOf<RoomId>(names[2]),
    eventType: stringOf(names[3]),
    stateKey: stringOf(names[4]),
    content: objectOf(body),
    ...plain,
  }),
});

const sendToDevice = smallForm<SendToDevice>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.eventType, message.txnId],
  json: ({ messages }) => ({ messages: Object.fromEntries(messages) }),
  read: (names, body) => ({
    kind: 'matrix.send-to-device',
    ...readWho(names),
    eventType: stringOf(names[2]),
    txnId: stringOf(names[3]),
    messages: readToDeviceMessages(objectOf(body)['messages']),
    ...plain,
  }),
});

/** To-device messages in a body, by user and device. Throws when they are none. */
export function readToDeviceMessages(value: unknown): SendToDevice['messages'] {
  return new Map(
    Object.entries(objectOf(value)).map(([userId, byDevice]) => [
      userId as UserId,
      Object.fromEntries(
        Object.entries(objectOf(byDevice)).map(([deviceId, content]) => [deviceId, objectOf(content)]),
      ),
    ]),
  );
}

const eventSent = smallForm<EventSent>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ eventId }) => ({ event_id: eventId }),
  read: (_names, body) => ({
    kind: 'matrix.event-sent',
    eventId: stringOf<EventId>(objectOf(body)['event_id']),
    ...plain,
  }),
});

const sync = smallForm<Sync>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.since, String(message.timeoutMs)],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.sync',
    ...readWho(names),
    since: stringOf(names[2]),
    timeoutMs: Number(names[3]),
    ...plain,
  }),
});

function eventsText(events: readonly ClientEvent[]): string {
  return `[${events.map(clientEventText).join(',')}]`;
}

function eventsLength(events: readonly ClientEvent[]): number {
  let length = 2 + Math.max(0, events.length - 1);
  for (const { byteLength } of events) length += byteLength;
  return length;
}

/** One room of a sync answer, before and after its events. */
function timelineFrame({ roomId, limited, prevBatch, typing }: RoomTimeline): [string, string] {
  const events = typing && [{ content: { user_ids: typing }, type: 'm.typing' }];
  const ephemeral = events === undefined ? '' : `"ephemeral":${encodeCanonicalJson({ events })},`;
  return [
    `${JSON.stringify(roomId)}:{${ephemeral}"timeline":{"events":`,
    `,"limited":${limited},"prev_batch":${JSON.stringify(prevBatch)}}}`,
  ];
}

/** What comes beside rooms only when it has changed. */
function changesText({ deviceListsChanged, presence }: SyncAnswer): string {
  const changes: Record<string, JsonObject> = {};
  if (deviceListsChanged !== undefined) changes['device_lists'] = { changed: deviceListsChanged };
  if (presence !== undefined) {
    const events = [...presence].map(([sender, is]): JsonObject => ({
      content: { presence: is },
      sender,
      type: 'm.presence',
    }));
    changes['presence'] = { events };
  }
  const text = encodeCanonicalJson(changes);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}

function syncFrame(answer: SyncAnswer): [string, string] {
  const { nextBatch, toDevice, oneTimeKeys } = answer;
  const events = toDevice.map(({ type, sender, content }): JsonObject => ({ content, sender, type }));
  const forDevice = events.length === 0 ? '' : `,"to_device":${encodeCanonicalJson({ events })}`;
  const keys =
    oneTimeKeys === undefined ? '' : `"device_one_time_keys_count":{"signed_curve25519":${oneTimeKeys}},`;
  const changes = changesText(answer);
  return [`{${keys}"next_batch":${JSON.stringify(nextBatch)},"rooms":{"join":{`, `}}${forDevice}${changes}}`];
}

function readToDevice(value: unknown): readonly ToDeviceEvent[] {
  if (value === undefined) return [];
  return arrayOf(objectOf(value)['events']).map((each): ToDeviceEvent => {
    const { content, sender, type } = objectOf(each);
    return { type: stringOf(type), sender: stringOf<UserId>(sender), content: objectOf(content) };
  });
}

function readPresence(value: unknown): ReadonlyMap<UserId, Presence> {
  return new Map(
    arrayOf(objectOf(value)['events']).map((event) => {
      const { sender, content } = objectOf(event);
      const isOnline = objectOf(content)['presence'] === 'online';
      return [stringOf<UserId>(sender), isOnline ? 'online' : 'offline'];
    }),
  );
}

function readTyping(ephemeral: unknown): readonly UserId[] {
  const [event] = arrayOf(objectOf(ephemeral)['events']);
  return stringsOf<UserId>(objectOf(objectOf(event)['content'])['user_ids']);
}

const syncAnswer: WireForm<SyncAnswer> = {
  headerBytes: answerBytes,
  names: () => [],
  body(message) {
    const [start, end] = syncFrame(message);
    const rooms = message.rooms.map((timeline) => {
      const [before, behind] = timelineFrame(timeline);
      return before + eventsText(timeline.events) + behind;
    });
    return start + rooms.join(',') + end;
  },
  bodyLength(message) {
    const [start, end] = syncFrame(message);
    let length = start.length + utf8Length(end) + Math.max(0, message.rooms.length - 1);
    for (const timeline of message.rooms) {
      const [before, behind] = timelineFrame(timeline);
      length += utf8Length(before) + behind.length + eventsLength(timeline.events);
    }
    return length;
  },
  read(_names, body, carries) {
    const { next_batch, rooms, to_device, device_one_time_keys_count: keys } = objectOf(body);
    const { device_lists: lists, presence } = objectOf(body);
    const left = keys === undefined ? {} : { oneTimeKeys: numberOf(objectOf(keys)['signed_curve25519']) };
    const joined = Object.entries(objectOf(objectOf(rooms)['join']));
    return {
      kind: 'matrix.sync-answer',
      nextBatch: stringOf(next_batch),
      toDevice: readToDevice(to_device),
      ...left,
      ...(lists === undefined ? {} : { deviceListsChanged: stringsOf<UserId>(objectOf(lists)['changed']) }),
      ...(presence === undefined ? {} : { presence: readPresence(presence) }),
      rooms: joined.map(([roomId, value]): RoomTimeline => {
        const { timeline, ephemeral } = objectOf(value);
        const { events, limited, prev_batch } = objectOf(timeline);
        return {
          roomId: roomId as RoomId,
          events: arrayOf(events).map(readClientEvent),
          limited: limited === true,
          prevBatch: stringOf(prev_batch),
          ...(ephemeral === undefined ? {} : { typing: readTyping(ephemeral) }),
        };
      }),
      carries,
    };
  },
};

const getMessages = smallForm<GetMessages>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.roomId, message.from, String(message.limit)],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-messages',
    ...readWho(names),
    roomId: stringOf<RoomId>(names[2]),
    from: stringOf(names[3]),
    limit: Number(names[4]),
    ...plain,
  }),
});

const messages: WireForm<Messages> = {
  headerBytes: answerBytes,
  names: () => [],
  body: ({ events, end }) => `{"chunk":${eventsText(events)}${endText(end)}}`,
  bodyLength: ({ events, end }) => 10 + eventsLength(events) + endText(end).length,
  read(_names, body, carries) {
    const { chunk, end } = objectOf(body);
    const rest = end === undefined ? {} : { end: stringOf(end) };
    return { kind: 'matrix.messages', events: arrayOf(chunk).map(readClientEvent), ...rest, carries };
  },
};

function endText(end: string | undefined): string {
  return end === undefined ? '' : `,"end":${JSON.stringify(end)}`;
}

const sendReceipt = smallForm<SendReceipt>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.roomId, message.eventId],
  json: () => ({}),
  read: (names) => ({
    kind: 'matrix.send-receipt',
    ...readWho(names),
    roomId: stringOf<RoomId>(names[2]),
    eventId: stringOf<EventId>(names[3]),
    ...plain,
  }),
});

const memberships = ['join', 'leave', 'knock', 'invite'] as const;

const changeMembership = smallForm<ChangeMembership>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.roomId, message.membership, ...message.servers],
  json: ({ target }) => ({ user_id: target }),
  read(names, body) {
    const membership = memberships.find((name) => name === names[3]);
    if (membership === undefined) return undefined;
    return {
      kind: 'matrix.change-membership',
      ...readWho(names),
      roomId: stringOf<RoomId>(names[2]),
      membership,
      target: stringOf<UserId>(objectOf(body)['user_id']),
      servers: names.slice(4) as ServerName[],
      ...plain,
    };
  },
});

const joinByAlias = smallForm<JoinByAlias>({
  headerBytes: requestBytes,
  names: (message) => [...who(message), message.alias],
  json: () => ({}),
  read: (names) => ({ kind: 'matrix.join-by-alias', ...readWho(names), alias: stringOf(names[2]), ...plain }),
});

const getVersions = smallForm<GetVersions>({
  headerBytes: requestBytes,
  names: who,
  json: () => undefined,
  read: (names) => ({ kind: 'matrix.get-versions', ...readWho(names), ...plain }),
});

const createRoom = smallForm<CreateRoom>({
  headerBytes: requestBytes,
  names: who,
  json: ({ name }) => ({ name, preset: 'private_chat', visibility: 'private' }),
  read: (names, body) => ({
    kind: 'matrix.create-room',
    ...readWho(names),
    name: stringOf(objectOf(body)['name']),
    ...plain,
  }),
});

const roomCreated = smallForm<RoomCreated>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ roomId }) => ({ room_id: roomId }),
  read: (_names, body) => ({
    kind: 'matrix.room-created',
    roomId: stringOf<RoomId>(objectOf(body)['room_id']),
    ...plain,
  }),
});

/** The body is the picture: bytes that mean nothing here, written as one string of JSON. */
const uploadMedia: WireForm<UploadMedia> = {
  headerBytes: requestBytes,
  names: who,
  body: ({ bytes }) => `"${'M'.repeat(Math.max(0, bytes - 2))}"`,
  bodyLength: ({ bytes }) => Math.max(2, bytes),
  read: (names, body) => ({
    kind: 'matrix.upload-media',
    ...readWho(names),
    bytes: stringOf(body).length + 2,
    ...plain,
  }),
};

const done = smallForm<Done>({
  headerBytes: answerBytes,
  names: () => [],
  json: () => ({}),
  read: () => ({ kind: 'matrix.done', ...plain }),
});

const error = smallForm<MatrixError>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ errcode, error: text }) => ({ errcode, error: text }),
  read(_names, body) {
    const { errcode, error: text } = objectOf(body);
    return { kind: 'matrix.error', errcode: stringOf(errcode), error: stringOf(text), ...plain };
  },
});

/** `event_id_only` format: the content stays on the server. */
const pushGatewayNotify = smallForm<PushGatewayNotify>({
  headerBytes: gatewayBytes,
  names: () => [],
  json: ({ platform, pushKey, roomId, eventId }) => ({
    notification: {
      counts: { unread: 1 },
      devices: [{ app_id: `io.element.${platform}`, pushkey: pushKey, pushkey_ts: 0 }],
      event_id: eventId,
      prio: 'high',
      room_id: roomId,
    },
  }),
  read(_names, body, carries) {
    const { devices, event_id, room_id } = objectOf(objectOf(body)['notification']);
    const { app_id, pushkey } = objectOf(arrayOf(devices)[0]);
    return {
      kind: 'matrix.push-gateway-notify',
      platform: stringOf(app_id).slice('io.element.'.length) as PushPlatform,
      pushKey: stringOf(pushkey),
      roomId: stringOf<RoomId>(room_id),
      eventId: stringOf<EventId>(event_id),
      carries,
    };
  },
});

export const clientForms = {
  'matrix.send-event': sendEvent,
  'matrix.send-state': sendState,
  'matrix.send-to-device': sendToDevice,
  'matrix.event-sent': eventSent,
  'matrix.sync': sync,
  'matrix.sync-answer': syncAnswer,
  'matrix.get-messages': getMessages,
  'matrix.messages': messages,
  'matrix.send-receipt': sendReceipt,
  'matrix.change-membership': changeMembership,
  'matrix.join-by-alias': joinByAlias,
  'matrix.get-versions': getVersions,
  'matrix.create-room': createRoom,
  'matrix.room-created': roomCreated,
  'matrix.upload-media': uploadMedia,
  'matrix.done': done,
  'matrix.error': error,
  'matrix.push-gateway-notify': pushGatewayNotify,
};
