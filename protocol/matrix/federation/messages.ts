// What servers say to each other. https://spec.matrix.org/v1.16/server-server-api/
import type { Message } from '../../message.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { EventId, RoomId, ServerName } from '../ids.ts';
import type { GetServerPublicRooms, PublicRooms } from '../room-directory.ts';

/** A persistent data unit as it travels. A parsed `MatrixEvent` is one that this process has read already. */
export interface Pdu {
  readonly pdu: JsonObject;
  /** Bytes of its canonical JSON. */
  readonly byteLength: number;
}

/** The event type of a PDU that nobody has looked at yet. */
export function typeOf({ pdu }: Pdu): string {
  return typeof pdu['type'] === 'string' ? pdu['type'] : '';
}

/** An ephemeral data unit: outside the room's DAG. */
export interface Edu {
  readonly eduType: string;
  readonly content: JsonObject;
}

/** What the `X-Matrix` authorisation header says of every request. */
export interface FederationRequest extends Message {
  readonly origin: ServerName;
  readonly destination: ServerName;
}

/** `PUT /_matrix/federation/v1/send/{txnId}` */
export interface Transaction extends FederationRequest {
  readonly kind: 'matrix.transaction';
  readonly txnId: string;
  readonly originServerTs: number;
  readonly pdus: readonly Pdu[];
  readonly edus: readonly Edu[];
}

/** What became of one PDU of a transaction; no `error` when it was taken. */
export interface PduResult {
  readonly eventId: EventId;
  readonly error?: string;
}

export interface TransactionResult extends Message {
  readonly kind: 'matrix.transaction-result';
  readonly results: readonly PduResult[];
}

/** `POST /_matrix/federation/v1/get_missing_events/{roomId}`: walks back from `latest` until `earliest`. */
export interface GetMissingEvents extends FederationRequest {
  readonly kind: 'matrix.get-missing-events';
  readonly roomId: RoomId;
  readonly earliestEvents: readonly EventId[];
  readonly latestEvents: readonly EventId[];
  readonly limit: number;
  readonly minDepth: number;
}

/** Answers to requests for events: `get_missing_events`, `backfill` and `event/{eventId}` differ in their envelope only. */
export interface Events extends Message {
  readonly kind: 'matrix.events';
  readonly pdus: readonly Pdu[];
}

/** `GET /_matrix/federation/v1/backfill/{roomId}?v=...&limit=...` */
export interface GetBackfill extends FederationRequest {
  readonly kind: 'matrix.get-backfill';
  readonly roomId: RoomId;
  readonly from: readonly EventId[];
  readonly limit: number;
}

/** `GET /_matrix/federation/v1/event/{eventId}` */
export interface GetEvent extends FederationRequest {
  readonly kind: 'matrix.get-event';
  readonly eventId: EventId;
}

/** `GET /_matrix/federation/v1/state_ids/{roomId}?event_id=...` */
export interface GetStateIds extends FederationRequest {
  readonly kind: 'matrix.get-state-ids';
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

export interface StateIds extends Message {
  readonly kind: 'matrix.state-ids';
  readonly pduIds: readonly EventId[];
  readonly authChainIds: readonly EventId[];
}

/** `GET /_matrix/federation/v1/state/{roomId}?event_id=...` */
export interface GetState extends FederationRequest {
  readonly kind: 'matrix.get-state';
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

export interface State extends Message {
  readonly kind: 'matrix.state';
  readonly pdus: readonly Pdu[];
  readonly authChain: readonly Pdu[];
}

/** `GET /_matrix/federation/v1/event_auth/{roomId}/{eventId}` */
export interface GetEventAuth extends FederationRequest {
  readonly kind: 'matrix.get-event-auth';
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

export interface AuthChain extends Message {
  readonly kind: 'matrix.auth-chain';
  readonly authChain: readonly Pdu[];
}

/** `GET /_matrix/key/v2/server` */
export interface GetServerKeys extends FederationRequest {
  readonly kind: 'matrix.get-server-keys';
}

/** A server's own keys, signed by themselves. */
export interface ServerKeys extends Message {
  readonly kind: 'matrix.server-keys';
  readonly keys: JsonObject;
}

/** `POST /_matrix/key/v2/query`: what does the notary know of another server's keys? */
export interface QueryKeys extends FederationRequest {
  readonly kind: 'matrix.query-keys';
  readonly server: ServerName;
  /** Milliseconds of wall time. */
  readonly minimumValidUntil: number;
}

/** What servers said of their keys, signed by themselves and by the notary. */
export interface KeyStatements extends Message {
  readonly kind: 'matrix.key-statements';
  readonly statements: readonly JsonObject[];
}

/** `GET /_matrix/federation/v1/query/directory?room_alias=...`: asked of the server that the alias names. */
export interface QueryDirectory extends FederationRequest {
  readonly kind: 'matrix.query-directory';
  readonly alias: string;
}

/** The room behind an alias, and servers that are in it. */
export interface DirectoryEntry extends Message {
  readonly kind: 'matrix.directory-entry';
  readonly roomId: RoomId;
  readonly servers: readonly ServerName[];
}

/** Requests of one server to another. */
export type FederationQuestion =
  | Transaction
  | GetMissingEvents
  | GetBackfill
  | GetEvent
  | GetStateIds
  | GetState
  | GetEventAuth
  | QueryDirectory
  | GetServerPublicRooms
  | GetServerKeys
  | QueryKeys;

/** Answers to them. */
export type FederationAnswer =
  | TransactionResult
  | Events
  | StateIds
  | State
  | AuthChain
  | DirectoryEntry
  | PublicRooms
  | ServerKeys
  | KeyStatements;
