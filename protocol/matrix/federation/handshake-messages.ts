// What servers say to each other when somebody of a server that is not in a room wants to join it, to knock at it, or to
// leave it, and when somebody is invited. https://spec.matrix.org/v1.16/server-server-api/#joining-rooms
import type { Message } from '../../message.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { RoomId, UserId } from '../ids.ts';
import type { FederationRequest, Pdu } from './messages.ts';

/** Memberships that a server asks another one for. */
export type HandshakeMembership = 'join' | 'leave' | 'knock';

/** `GET /_matrix/federation/v1/make_join/{roomId}/{userId}`, likewise `make_leave` and `make_knock`. */
export interface MakeMembership extends FederationRequest {
  readonly kind: 'matrix.make-membership';
  readonly membership: HandshakeMembership;
  readonly roomId: RoomId;
  readonly userId: UserId;
}

/** The event that the user's server is to sign. */
export interface MembershipTemplate extends Message {
  readonly kind: 'matrix.membership-template';
  readonly roomVersion: string;
  readonly event: JsonObject;
}

/** `PUT /_matrix/federation/v2/send_join/{roomId}/{eventId}`, likewise `send_leave` and `send_knock`. */
export interface SendMembership extends FederationRequest {
  readonly kind: 'matrix.send-membership';
  readonly membership: HandshakeMembership;
  readonly roomId: RoomId;
  readonly pdu: Pdu;
}

/** The event as the room has it; after a join also the state before it and everything that this rests on. */
export interface MembershipSent extends Message {
  readonly kind: 'matrix.membership-sent';
  readonly event: Pdu;
  readonly state: readonly Pdu[];
  readonly authChain: readonly Pdu[];
}

/** `PUT /_matrix/federation/v2/invite/{roomId}/{eventId}`: the invited user's server is to sign, now or never. */
export interface Invite extends FederationRequest {
  readonly kind: 'matrix.invite';
  readonly roomId: RoomId;
  readonly roomVersion: string;
  readonly pdu: Pdu;
}

export interface InviteSigned extends Message {
  readonly kind: 'matrix.invite-signed';
  readonly event: Pdu;
}

export type HandshakeQuestion = MakeMembership | SendMembership | Invite;
export type HandshakeAnswer = MembershipTemplate | MembershipSent | InviteSigned;
