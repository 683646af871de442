// What clients and servers say to each other, and servers to push gateways.
// https://spec.matrix.org/v1.16/client-server-api/ and https://spec.matrix.org/v1.16/push-gateway-api/
import type { Message } from '../message.ts';
import type { JsonObject } from './canonical-json.ts';
import type { ClientDeviceAnswer, ClientDeviceQuestion } from './device-messages.ts';
import type { EventId, RoomId, ServerName, UserId } from './ids.ts';
import type { GetPublicRooms, PublicRooms } from './room-directory.ts';

/** What the access token of a request stands for. */
export interface ClientRequest extends Message {
  readonly userId: UserId;
  readonly deviceId: string;
}

/** `PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}` */
export interface SendEvent extends ClientRequest {
  readonly kind: 'matrix.send-event';
  readonly roomId: RoomId;
  readonly eventType: string;
  /** The same for every attempt at one message: makes the request idempotent. */
  readonly txnId: string;
  readonly content: JsonObject;
}

export interface EventSent extends Message {
  readonly kind: 'matrix.event-sent';
  readonly eventId: EventId;
}

/** `PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}` */
export interface SendState extends ClientRequest {
  readonly kind: 'matrix.send-state';
  readonly roomId: RoomId;
  readonly eventType: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/** `GET /_matrix/client/v3/sync` */
export interface Sync extends ClientRequest {
  readonly kind: 'matrix.sync';
  readonly since: string;
  /** How long the server may wait for something to say; 0: answer at once. */
  readonly timeoutMs: number;
}

/** An event as clients see it, with the bytes it takes in an answer. */
export interface ClientEvent {
  readonly eventId: EventId;
  readonly type: string;
  readonly sender: UserId;
  readonly originServerTs: number;
  readonly stateKey?: string;
  readonly content: JsonObject;
  readonly byteLength: number;
}

/** New events of one room, oldest first. */
export interface RoomTimeline {
  readonly roomId: RoomId;
  readonly events: readonly ClientEvent[];
  /** Older events than these are missing: `/messages` from `prevBatch` has them. */
  readonly limited: boolean;
  readonly prevBatch: string;
  /** `m.typing`: who is typing there; left out when that has not changed. */
  readonly typing?: readonly UserId[];
}

/** Something for one device alone, outside all rooms. */
export interface ToDeviceEvent {
  readonly type: string;
  readonly sender: UserId;
  readonly content: JsonObject;
}

/** To-device messages by user and device. */
export type ToDeviceMessages = ReadonlyMap<UserId, Readonly<Record<string, JsonObject>>>;

/** `PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}` */
export interface SendToDevice extends ClientRequest {
  readonly kind: 'matrix.send-to-device';
  readonly eventType: string;
  readonly txnId: string;
  readonly messages: ToDeviceMessages;
}

export interface SyncAnswer extends Message {
  readonly kind: 'matrix.sync-answer';
  /** What came for this device, oldest first. */
  readonly toDevice: readonly ToDeviceEvent[];
  /** `device_one_time_keys_count`; left out while none is missing. */
  readonly oneTimeKeys?: number;
  readonly nextBatch: string;
  readonly rooms: readonly RoomTimeline[];
  /** `device_lists.changed`: whose devices have changed; left out when nobody's have. */
  readonly deviceListsChanged?: readonly UserId[];
  /** `m.presence`: who is there, or no longer; left out when nothing has changed. */
  readonly presence?: ReadonlyMap<UserId, Presence>;
}

/** Whether somebody is there. https://spec.matrix.org/v1.16/client-server-api/#presence */
export type Presence = 'online' | 'offline';

/** `GET /_matrix/client/v3/rooms/{roomId}/messages?dir=b` */
export interface GetMessages extends ClientRequest {
  readonly kind: 'matrix.get-messages';
  readonly roomId: RoomId;
  readonly from: string;
  readonly limit: number;
}

/** A page of history, newest first; no `end` when there is nothing older. */
export interface Messages extends Message {
  readonly kind: 'matrix.messages';
  readonly events: readonly ClientEvent[];
  readonly end?: string;
}

/** `POST /_matrix/client/v3/rooms/{roomId}/receipt/m.read/{eventId}` */
export interface SendReceipt extends ClientRequest {
  readonly kind: 'matrix.send-receipt';
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

/**
 * `POST /_matrix/client/v3/join/{roomIdOrAlias}`, `/knock/{roomIdOrAlias}`, `/rooms/{roomId}/leave` and
 * `/rooms/{roomId}/invite`.
 */
export interface ChangeMembership extends ClientRequest {
  readonly kind: 'matrix.change-membership';
  readonly roomId: RoomId;
  readonly membership: 'join' | 'leave' | 'knock' | 'invite';
  /** Whose: the user's own, or of the one who is invited. */
  readonly target: UserId;
  /** `via`: servers that may be in the room. */
  readonly servers: readonly ServerName[];
}

/** `POST /_matrix/client/v3/join/{roomIdOrAlias}` with an alias: `#room:server`. */
export interface JoinByAlias extends ClientRequest {
  readonly kind: 'matrix.join-by-alias';
  readonly alias: string;
}

/** `POST /_matrix/client/v3/createRoom`, with the preset of a private chat. */
export interface CreateRoom extends ClientRequest {
  readonly kind: 'matrix.create-room';
  /** What the room is called. */
  readonly name: string;
}

export interface RoomCreated extends Message {
  readonly kind: 'matrix.room-created';
  readonly roomId: RoomId;
}

/** `POST /_matrix/media/v3/upload`: an encrypted picture; what comes back is its address. */
export interface UploadMedia extends ClientRequest {
  readonly kind: 'matrix.upload-media';
  readonly bytes: number;
}

/** `GET /_matrix/client/versions`: a client's way of asking whether its server is there. */
export interface GetVersions extends ClientRequest {
  readonly kind: 'matrix.get-versions';
}

/** An answer with nothing in it, or nothing that matters here. */
export interface Done extends Message {
  readonly kind: 'matrix.done';
}

/** The body of an error answer. */
export interface MatrixError extends Message {
  readonly kind: 'matrix.error';
  readonly errcode: string;
  readonly error: string;
}

/** Where a device's notifications go. */
export type PushPlatform = 'ios' | 'android';

/** `POST /_matrix/push/v1/notify` */
export interface PushGatewayNotify extends Message {
  readonly kind: 'matrix.push-gateway-notify';
  readonly platform: PushPlatform;
  readonly pushKey: string;
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

export type ClientQuestion =
  | SendEvent
  | SendState
  | SendToDevice
  | Sync
  | GetMessages
  | SendReceipt
  | ChangeMembership
  | JoinByAlias
  | GetVersions
  | CreateRoom
  | UploadMedia
  | GetPublicRooms
  | ClientDeviceQuestion;

export type ClientAnswer =
  EventSent | RoomCreated | SyncAnswer | Messages | PublicRooms | Done | MatrixError | ClientDeviceAnswer;
