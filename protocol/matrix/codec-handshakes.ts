// Wire forms of joining, knocking, leaving and inviting across servers.
// https://spec.matrix.org/v1.16/server-server-api/#joining-rooms
import { encodeCanonicalJson, type JsonObject } from './canonical-json.ts';
import { answerBytes, parties, readParties, requestBytes } from './codec-federation.ts';
import type {
  HandshakeMembership,
  Invite,
  InviteSigned,
  MakeMembership,
  MembershipSent,
  MembershipTemplate,
  SendMembership,
} from './federation/handshake-messages.ts';
import type { Pdu } from './federation/messages.ts';
import type { RoomId, UserId } from './ids.ts';
import {
  objectOf,
  pdusLength,
  pdusText,
  plain,
  readPdus,
  smallForm,
  stringOf,
  type WireForm,
} from './wire-form.ts';

function membershipOf(name: string | undefined): HandshakeMembership {
  if (name === 'join' || name === 'leave' || name === 'knock') return name;
  throw new TypeError('not a membership');
}

/** The one PDU of a body. Throws when there is none. */
function readPdu(value: unknown): Pdu {
  const [pdu] = readPdus([value]);
  if (pdu === undefined) throw new TypeError('no event');
  return pdu;
}

/** A single PDU as a body, or as a part of one. */
const pduText = (pdu: Pdu): string => pdusText([pdu]).slice(1, -1);

const makeMembership = smallForm<MakeMembership>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.membership, message.roomId, message.userId],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.make-membership',
    ...readParties(names),
    membership: membershipOf(names[2]),
    roomId: stringOf<RoomId>(names[3]),
    userId: stringOf<UserId>(names[4]),
    ...plain,
  }),
});

const membershipTemplate = smallForm<MembershipTemplate>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ event, roomVersion }): JsonObject => ({ event, room_version: roomVersion }),
  read(_names, body) {
    const { event, room_version } = objectOf(body);
    return {
      kind: 'matrix.membership-template',
      event: objectOf(event),
      roomVersion: stringOf(room_version),
      ...plain,
    };
  },
});

const sendMembership: WireForm<SendMembership> = {
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.membership, message.roomId],
  body: ({ pdu }) => pduText(pdu),
  bodyLength: ({ pdu }) => pdu.byteLength,
  read: (names, body) => ({
    kind: 'matrix.send-membership',
    ...readParties(names),
    membership: membershipOf(names[2]),
    roomId: stringOf<RoomId>(names[3]),
    pdu: readPdu(body),
    ...plain,
  }),
};

const membershipSent: WireForm<MembershipSent> = {
  headerBytes: answerBytes,
  names: () => [],
  body: ({ event, state, authChain }) =>
    `{"auth_chain":${pdusText(authChain)},"event":${pduText(event)},"state":${pdusText(state)}}`,
  bodyLength: ({ event, state, authChain }) =>
    33 + pdusLength(authChain) + event.byteLength + pdusLength(state),
  read(_names, body) {
    const { auth_chain, event, state } = objectOf(body);
    return {
      kind: 'matrix.membership-sent',
      event: readPdu(event),
      state: readPdus(state),
      authChain: readPdus(auth_chain),
      ...plain,
    };
  },
};

const invite: WireForm<Invite> = {
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.roomId],
  body: ({ pdu, roomVersion }) =>
    `{"event":${pduText(pdu)},"room_version":${encodeCanonicalJson(roomVersion)}}`,
  bodyLength: ({ pdu, roomVersion }) => 26 + pdu.byteLength + encodeCanonicalJson(roomVersion).length,
  read(names, body) {
    const { event, room_version } = objectOf(body);
    return {
      kind: 'matrix.invite',
      ...readParties(names),
      roomId: stringOf<RoomId>(names[2]),
      roomVersion: stringOf(room_version),
      pdu: readPdu(event),
      ...plain,
    };
  },
};

const inviteSigned: WireForm<InviteSigned> = {
  headerBytes: answerBytes,
  names: () => [],
  body: ({ event }) => `{"event":${pduText(event)}}`,
  bodyLength: ({ event }) => 10 + event.byteLength,
  read: (_names, body) => ({
    kind: 'matrix.invite-signed',
    event: readPdu(objectOf(body)['event']),
    ...plain,
  }),
};

export const handshakeForms = {
  'matrix.make-membership': makeMembership,
  'matrix.membership-template': membershipTemplate,
  'matrix.send-membership': sendMembership,
  'matrix.membership-sent': membershipSent,
  'matrix.invite': invite,
  'matrix.invite-signed': inviteSigned,
};
