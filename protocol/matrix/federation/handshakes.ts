// Getting a user of this server into a room that the server is not in, or out of one: a server of the room gives a
// template, this one signs, the other puts it into the room. Several servers are tried, one after the other.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/federation_client.py
// (`_try_destination_list`, `send_join`) and synapse/handlers/federation.py (`do_invite_join`).
import type { Address, Effects, RequestId, RequestResult, Tag } from '../../core.ts';
import type { Failure } from '../../failure.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import { signedEvent } from '../event-builder.ts';
import type { MatrixEvent } from '../event.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { RoomId, ServerName, UserId } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import { specifiedRoomVersions } from '../room-version.ts';
import type { Purpose } from './event-sender.ts';
import type {
  HandshakeMembership,
  MakeMembership,
  MembershipSent,
  MembershipTemplate,
  SendMembership,
} from './handshake-messages.ts';
import { takeOutliers } from './outliers.ts';
import { patience } from './patience.ts';

/** What a local user wants of a room elsewhere. */
export interface HandshakeWish {
  /** The client that waits for the end. */
  readonly request: RequestId;
  readonly membership: HandshakeMembership;
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** Servers that may be in the room, in the order in which they are asked. */
  readonly servers: readonly ServerName[];
}

/** How a handshake ended: `status` of the answer to the client. */
export interface HandshakeEnd {
  readonly wish: HandshakeWish;
  readonly status: 200 | 403 | 404 | 502;
}

interface Handshake {
  readonly wish: HandshakeWish;
  readonly servers: ServerName[];
  /** The event that was signed; undefined while a template is asked for. */
  event: MatrixEvent | undefined;
}

const tagPrefix = 'handshake/';
/** Errors of one server that say nothing about another. federation/federation_client.py. */
const ownInability = new Set(['M_UNABLE_TO_AUTHORISE_JOIN', 'M_UNABLE_TO_GRANT_JOIN', 'M_NOT_FOUND']);

export class Handshakes {
  readonly #context: HomeserverContext;
  readonly #running = new Map<Tag, Handshake>();

  constructor(context: HomeserverContext) {
    this.#context = context;
  }

  /** Undefined while it runs. */
  begin(clock: Clock, wish: HandshakeWish, out: Effects): HandshakeEnd | undefined {
    const own = this.#context.config.serverName;
    const servers = [...new Set(wish.servers)].filter((server) => server !== own);
    const handshake: Handshake = { wish, servers, event: undefined };
    const tag = tagPrefix + wish.roomId + wish.userId;
    if (this.#running.has(tag)) return { wish, status: 403 };
    this.#running.set(tag, handshake);
    return this.#askForTemplate(clock, tag, handshake, servers.length === 0 ? 404 : 502, out);
  }

  isHandshake(tag: Tag): boolean {
    return tag.startsWith(tagPrefix);
  }

  /** The answer to one of its requests; undefined while the handshake goes on. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): HandshakeEnd | undefined {
    const handshake = this.#running.get(tag);
    const [server] = handshake?.servers ?? [];
    if (handshake === undefined || server === undefined) return undefined;
    this.#context.sender.questionEnded(clock, server, result, out, purposeOf(handshake));
    if (!result.ok) {
      const status = refusalOf(result.failure);
      const errcode = asMatrix(result.message);
      const isOwn = errcode?.kind === 'matrix.error' && ownInability.has(errcode.errcode);
      if (status !== 502 && !isOwn) return this.#end(tag, handshake, status);
      return this.#tryNext(clock, tag, handshake, status, out);
    }
    const answer = asMatrix(result.message);
    if (handshake.event === undefined && answer?.kind === 'matrix.membership-template')
      return this.#sign(clock, tag, handshake, server, answer, out);
    if (handshake.event !== undefined && answer?.kind === 'matrix.membership-sent')
      return this.#sent(clock, tag, handshake, answer, out);
    return this.#tryNext(clock, tag, handshake, 502, out);
  }

  #askForTemplate(
    clock: Clock,
    tag: Tag,
    handshake: Handshake,
    otherwise: HandshakeEnd['status'],
    out: Effects,
  ): HandshakeEnd | undefined {
    const { membership, roomId, userId } = handshake.wish;
    const { sender } = this.#context;
    const purpose = purposeOf(handshake);
    while (handshake.servers[0] !== undefined && !sender.mayAsk(clock, handshake.servers[0], purpose))
      handshake.servers.shift();
    const [destination] = handshake.servers;
    if (destination === undefined) return this.#end(tag, handshake, otherwise);
    handshake.event = undefined;
    out.observe({ kind: 'situation', name: `matrix.federation.make-${membership}` });
    const origin = this.#context.config.serverName;
    const question: MakeMembership = {
      kind: 'matrix.make-membership',
      origin,
      destination,
      membership,
      roomId,
      userId,
      carries: carriesNothing,
    };
    const { profile } = this.#context.config;
    const options = patience(profile, profile.makeMembershipTimeout);
    out.request(destination as string as Address, tag, question, options);
    return undefined;
  }

  #tryNext(
    clock: Clock,
    tag: Tag,
    handshake: Handshake,
    otherwise: HandshakeEnd['status'],
    out: Effects,
  ): HandshakeEnd | undefined {
    handshake.servers.shift();
    return this.#askForTemplate(clock, tag, handshake, otherwise, out);
  }

  #sign(
    clock: Clock,
    tag: Tag,
    handshake: Handshake,
    destination: ServerName,
    { event: template, roomVersion }: MembershipTemplate,
    out: Effects,
  ): HandshakeEnd | undefined {
    const { membership, roomId, userId } = handshake.wish;
    const rules = specifiedRoomVersions.get(roomVersion);
    const content = template['content'] as { membership?: unknown } | undefined;
    const isAsWished =
      template['type'] === 'm.room.member' &&
      template['sender'] === userId &&
      template['state_key'] === userId &&
      content?.membership === membership;
    if (rules === undefined || rules.eventIdFormat === 'explicit' || !isAsWished)
      return this.#tryNext(clock, tag, handshake, 502, out);
    const pdu = { ...template, origin_server_ts: clock.wall, room_id: roomId };
    const event = signedEvent(pdu, rules, this.#context.signingKey);
    handshake.event = event;
    out.spend(this.#context.config.costs.sendEvent);
    const origin = this.#context.config.serverName;
    const question: SendMembership = {
      kind: 'matrix.send-membership',
      origin,
      destination,
      membership,
      roomId,
      pdu: event,
      carries: carriesNothing,
    };
    const { profile } = this.#context.config;
    const options = patience(profile, profile.sendMembershipTimeout);
    out.request(destination as string as Address, tag, question, options);
    return undefined;
  }

  #sent(
    clock: Clock,
    tag: Tag,
    handshake: Handshake,
    answer: MembershipSent,
    out: Effects,
  ): HandshakeEnd | undefined {
    if (handshake.wish.membership !== 'join') return this.#end(tag, handshake, 200);
    return this.#takeIn(clock, tag, handshake, answer, out);
  }

  /** The room begins here with the join: everything before it is a gap whose state the other server told. */
  #takeIn(
    clock: Clock,
    tag: Tag,
    handshake: Handshake,
    { event: joined, state, authChain }: MembershipSent,
    out: Effects,
  ): HandshakeEnd {
    const rules = handshake.event?.rules;
    if (rules === undefined) return this.#end(tag, handshake, 502);
    const { pdus } = this.#context.config;
    const read = pdus.parse(joined, rules);
    if (!read.ok || read.value.eventId !== handshake.event?.eventId) return this.#end(tag, handshake, 502);
    const event = read.value;
    const room = this.#context.openRoom(event.roomId, rules, out);
    takeOutliers(this.#context, room, [...authChain, ...state], out);
    const stateIds = state.flatMap((pdu) => {
      const each = pdus.parse(pdu, rules);
      return each.ok && room.holds(each.value.eventId) ? [each.value.eventId] : [];
    });
    if (room.has(event.eventId)) return this.#end(tag, handshake, 200);
    if (room.missingAuthorities(event).length > 0) return this.#end(tag, handshake, 502);
    const arrival = { event, message: undefined, receipt: 'vouched', givenStates: [stateIds] } as const;
    const verdict = this.#context.take(clock, room, arrival, out);
    return this.#end(tag, handshake, verdict === 'rejected' ? 403 : 200);
  }

  #end(tag: Tag, { wish }: Handshake, status: HandshakeEnd['status']): HandshakeEnd {
    this.#running.delete(tag);
    return { wish, status };
  }
}

function purposeOf({ wish: { membership } }: Handshake): Purpose {
  return membership === 'leave' ? 'leave' : 'join';
}

/** 502 when another server may do better. */
function refusalOf(failure: Failure): 403 | 404 | 502 {
  if (failure.kind !== 'status' || failure.status >= 500 || failure.status === 429) return 502;
  return failure.status === 404 ? 404 : 403;
}
