// A server that is in a room lets others in, takes their knocks and lets them go; one that is not signs invitations of
// its users. Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/federation_server.py and
// synapse/handlers/federation.py.
import type { Effects, RequestId } from '../../core.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { MatrixError } from '../client-messages.ts';
import { pduOf } from '../wire-form.ts';
import type { MatrixEvent } from '../event.ts';
import { parseEvent } from '../event-format.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import { serverNameOf } from '../ids.ts';
import { specifiedRoomVersions } from '../room-version.ts';
import { countersignEvent } from '../signing.ts';
import type {
  HandshakeQuestion,
  Invite,
  InviteSigned,
  MakeMembership,
  MembershipSent,
  MembershipTemplate,
  SendMembership,
} from './handshake-messages.ts';
import type { Pdu } from './messages.ts';
import { readPdu } from './pdu-checks.ts';

/** A refusal: HTTP status and error code. */
interface Refusal {
  readonly status: number;
  readonly errcode: string;
}

const forbidden: Refusal = { status: 403, errcode: 'M_FORBIDDEN' };
const unknownRoom: Refusal = { status: 404, errcode: 'M_NOT_FOUND' };

/** Whether a question is one of these. */
export function isHandshake(question: { readonly kind: string }): question is HandshakeQuestion {
  const { kind } = question;
  return kind === 'matrix.make-membership' || kind === 'matrix.send-membership' || kind === 'matrix.invite';
}

/** Answers, or refuses as Synapse does. */
export function serveHandshake(
  context: HomeserverContext,
  clock: Clock,
  request: RequestId,
  question: HandshakeQuestion,
  out: Effects,
): void {
  out.spend(context.config.costs.request);
  if (question.kind === 'matrix.invite') return signInvite(context, request, question, out);
  const room = context.room(question.roomId);
  if (room?.isJoined !== true) return refuse(request, unknownRoom, out);
  if (!room.allowsServer(question.origin)) return refuse(request, forbidden, out);
  if (question.kind === 'matrix.make-membership')
    return makeTemplate(context, clock, request, room, question, out);
  takeMembership(context, clock, request, room, question, out);
}

function makeTemplate(
  context: HomeserverContext,
  clock: Clock,
  request: RequestId,
  room: HostedRoom,
  { membership, userId, origin }: MakeMembership,
  out: Effects,
): void {
  if (serverNameOf(userId) !== origin) return refuse(request, forbidden, out);
  if (membership === 'knock' && !room.rules.knocking) return refuse(request, forbidden, out);
  const content: { membership: string; join_authorised_via_users_server?: string } = { membership };
  if (membership === 'join' && room.needsAuthoriser(userId)) {
    const authoriser = authoriserFor(context, room, userId);
    if (typeof authoriser !== 'string') return refuse(request, authoriser, out);
    content.join_authorised_via_users_server = authoriser;
  }
  const wish = {
    type: 'm.room.member',
    stateKey: userId,
    sender: userId,
    content,
    originServerTs: clock.wall,
  };
  if (!room.allows(wish)) return refuse(request, forbidden, out);
  const answer: MembershipTemplate = {
    kind: 'matrix.membership-template',
    roomVersion: room.rules.id,
    event: room.template(wish),
    carries: carriesNothing,
  };
  out.respond(request, answer);
}

/** A local user who may let somebody in, who is in a room that the join rule names. */
function authoriserFor(context: HomeserverContext, room: HostedRoom, userId: string): string | Refusal {
  const allowed = room.roomsThatAllow();
  const known = allowed.map((id) => context.room(id)).filter((each) => each?.isJoined === true);
  if (known.length === 0) return { status: 400, errcode: 'M_UNABLE_TO_AUTHORISE_JOIN' };
  if (!known.some((each) => each?.hasUser(userId) === true))
    return known.length < allowed.length ? { status: 400, errcode: 'M_UNABLE_TO_AUTHORISE_JOIN' } : forbidden;
  return room.localInviter() ?? { status: 400, errcode: 'M_UNABLE_TO_GRANT_JOIN' };
}

function takeMembership(
  context: HomeserverContext,
  clock: Clock,
  request: RequestId,
  room: HostedRoom,
  question: SendMembership,
  out: Effects,
): void {
  const read = readPdu(context, vouchedFor(context, room, question.pdu), room);
  if (!read.ok) return refuse(request, forbidden, out);
  const { event } = read.value;
  if (!isMembershipOf(event, question)) return refuse(request, forbidden, out);
  if (room.missingPredecessors(event).length > 0 || room.missingAuthorities(event).length > 0)
    return refuse(request, forbidden, out);
  if (!room.has(event.eventId)) {
    out.spend(context.config.costs.receivePdu);
    const arrival = { event, message: undefined, receipt: 'vouched', givenStates: undefined } as const;
    if (context.take(clock, room, arrival, out) === 'rejected') return refuse(request, forbidden, out);
  }
  const isJoin = question.membership === 'join';
  const state = isJoin ? (room.stateIdsBefore(event.eventId) ?? []) : [];
  const answer: MembershipSent = {
    kind: 'matrix.membership-sent',
    event,
    state: room.events(state),
    authChain: room.events(room.authChainIds(state)),
    carries: carriesNothing,
  };
  out.respond(request, answer);
  const stored = room.find(event.eventId);
  if (stored === undefined || stored.streamOrdering <= 0) return;
  // Its own server is told by the answer, everybody else by this server.
  const others = room.destinationsOf(stored).filter((server) => server !== question.origin);
  context.sender.send(clock, stored, others, out);
  if (isJoin && room.forwardExtremities().length > 1) context.sendDummyEvent(clock, room, out);
}

/** With this server's signature, where one of its users vouches for the join. */
function vouchedFor(context: HomeserverContext, room: HostedRoom, pdu: Pdu): Pdu {
  const content = pdu.pdu['content'] as JsonObject | undefined;
  const authoriser = content?.['join_authorised_via_users_server'];
  if (typeof authoriser !== 'string' || serverNameOf(authoriser) !== context.config.serverName) return pdu;
  return pduOf(countersigned(context, pdu, room.rules));
}

function countersigned(context: HomeserverContext, { pdu }: Pdu, rules: HostedRoom['rules']): JsonObject {
  const signed = countersignEvent(pdu, rules, context.signingKey);
  const before = (pdu['signatures'] ?? {}) as JsonObject;
  return { ...signed, signatures: { ...before, ...(signed['signatures'] as JsonObject) } };
}

function isMembershipOf(event: MatrixEvent, { membership, origin, roomId }: SendMembership): boolean {
  return (
    event.type === 'm.room.member' &&
    event.roomId === roomId &&
    event.stateKey === event.sender &&
    event.content['membership'] === membership &&
    serverNameOf(event.sender) === origin
  );
}

/** The invited user's server keeps the invitation beside its rooms, and signs it. */
function signInvite(
  context: HomeserverContext,
  request: RequestId,
  { origin, roomVersion, pdu }: Invite,
  out: Effects,
): void {
  const rules = specifiedRoomVersions.get(roomVersion);
  if (rules === undefined)
    return refuse(request, { status: 400, errcode: 'M_UNSUPPORTED_ROOM_VERSION' }, out);
  const parsed = parseEvent(pdu.pdu, rules);
  if (!parsed.ok) return refuse(request, { status: 400, errcode: 'M_BAD_JSON' }, out);
  const event = parsed.value;
  const { pdus } = context.config;
  const signed = pdus.checkSignatures(
    event,
    context.keys.lookupAt(rules.enforceKeyValidity ? event.originServerTs : 0),
  );
  const target = event.stateKey;
  const isInvite = event.type === 'm.room.member' && event.content['membership'] === 'invite';
  if (
    !signed.ok ||
    !isInvite ||
    target === undefined ||
    !context.hasUser(target) ||
    serverNameOf(event.sender) !== origin
  )
    return refuse(request, forbidden, out);
  context.noteInvite({ roomId: event.roomId, userId: target, from: origin }, out);
  const answer: InviteSigned = {
    kind: 'matrix.invite-signed',
    event: pduOf(countersigned(context, pdu, rules)),
    carries: carriesNothing,
  };
  out.respond(request, answer);
}

function refuse(request: RequestId, { status, errcode }: Refusal, out: Effects): void {
  const error: MatrixError = { kind: 'matrix.error', errcode, error: errcode, carries: carriesNothing };
  out.refuse(request, status, error);
}
