// Local users who join, leave, knock and invite: within rooms that their server is in like any other event, otherwise
// with the help of a server that is. https://spec.matrix.org/v1.16/client-server-api/#room-membership
import type { Address, Effects, RequestId, RequestResult, Tag } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import type { ClientApi } from './client-api.ts';
import type { ChangeMembership, JoinByAlias, MatrixError } from './client-messages.ts';
import type { MatrixEvent } from './event.ts';
import { synapse } from './federation/constants.ts';
import type { Invite } from './federation/handshake-messages.ts';
import { Handshakes, type HandshakeEnd } from './federation/handshakes.ts';
import type { DirectoryEntry, QueryDirectory } from './federation/messages.ts';
import { patience } from './federation/patience.ts';
import { directoryEntryOf } from './federation/serve.ts';
import type { HomeserverContext, ReceivedInvite } from './homeserver-context.ts';
import type { EventWish, HostedRoom } from './hosted-room.ts';
import { serverNameOf, type RoomId, type ServerName, type UserId } from './ids.ts';
import { asMatrix } from './messages.ts';

/** An invitation that its target's server has to sign first. */
interface Inviting {
  readonly request: RequestId;
  readonly room: HostedRoom;
  readonly event: MatrixEvent;
}

/** A join that waits for what the alias' server says of the alias. */
interface LookingUp {
  readonly request: RequestId;
  readonly question: JoinByAlias;
  readonly asked: ServerName;
}

const invitePrefix = 'invite/';
const directoryPrefix = 'directory/';

export class ClientMembership {
  readonly #context: HomeserverContext;
  readonly #clientApi: ClientApi;
  readonly #handshakes: Handshakes;
  readonly #inviting = new Map<Tag, Inviting>();
  readonly #lookingUp = new Map<Tag, LookingUp>();
  /** Servers from which invitations came, by user and room. */
  readonly #invites = new Map<string, ServerName>();

  constructor(context: HomeserverContext, clientApi: ClientApi) {
    this.#context = context;
    this.#clientApi = clientApi;
    this.#handshakes = new Handshakes(context);
  }

  /** A local user was invited to a room that this server is not in. */
  invited({ userId, roomId, from }: ReceivedInvite): void {
    this.#invites.set(inviteName(userId as UserId, roomId), from);
  }

  request(clock: Clock, id: RequestId, question: ChangeMembership, out: Effects): void {
    const { roomId, membership, userId, target } = question;
    if (!this.#context.hasUser(userId)) return end(id, 403, out);
    const room = this.#context.room(roomId);
    const wish: EventWish = {
      type: 'm.room.member',
      stateKey: target,
      sender: userId,
      content: { membership },
      originServerTs: clock.wall,
    };
    if (room?.isJoined === true && membership === 'invite') return this.#invite(clock, id, room, wish, out);
    const mayActHere = room?.isJoined === true && room.allows(wish);
    if (mayActHere) return this.#change(clock, id, room, wish, out);
    if (membership === 'invite') return end(id, 403, out);
    const invitedBy = this.#invites.get(inviteName(userId, roomId));
    const servers = [...(invitedBy === undefined ? [] : [invitedBy]), ...question.servers];
    const others = room === undefined ? [] : room.otherServers();
    const handshake = { request: id, membership, roomId, userId, servers: [...servers, ...others] };
    const ended = this.#handshakes.begin(clock, handshake, out);
    if (ended !== undefined) this.#ended(ended, out);
  }

  /** The alias' own server alone can say which room it means: if that is down nobody comes in by it. */
  joinByAlias(clock: Clock, id: RequestId, question: JoinByAlias, out: Effects): void {
    const { alias, userId } = question;
    if (!this.#context.hasUser(userId)) return end(id, 403, out);
    const { serverName: origin } = this.#context.config;
    const destination = serverNameOf(alias);
    if (destination === undefined) return end(id, 404, out);
    if (destination === origin) {
      const entry = directoryEntryOf(this.#context, alias);
      return entry === undefined ? end(id, 404, out) : this.#joinFound(clock, id, question, entry, out);
    }
    const tag = `${directoryPrefix}${id}`;
    this.#lookingUp.set(tag, { request: id, question, asked: destination });
    const query: QueryDirectory = {
      kind: 'matrix.query-directory',
      origin,
      destination,
      alias,
      carries: carriesNothing,
    };
    out.observe({ kind: 'situation', name: 'matrix.federation.query-directory' });
    const options = patience(this.#context.config.profile, synapse.directoryTimeout);
    out.request(destination as string as Address, tag, query, options);
  }

  #directoryAnswered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const lookingUp = this.#lookingUp.get(tag);
    if (lookingUp === undefined) return;
    this.#lookingUp.delete(tag);
    const { request, question, asked } = lookingUp;
    this.#context.sender.questionEnded(clock, asked, result, out, 'directory');
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.directory-entry')
      return this.#joinFound(clock, request, question, answer, out);
    const isUnknown = !result.ok && result.failure.kind === 'status' && result.failure.status === 404;
    end(request, isUnknown ? 404 : 502, out);
  }

  #joinFound(
    clock: Clock,
    id: RequestId,
    { userId, deviceId }: JoinByAlias,
    { roomId, servers }: DirectoryEntry,
    out: Effects,
  ): void {
    const kind = 'matrix.change-membership';
    const target = userId;
    const membership = 'join';
    const carries = carriesNothing;
    this.request(clock, id, { kind, userId, deviceId, roomId, membership, target, servers, carries }, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag.startsWith(invitePrefix)) {
      this.#inviteAnswered(clock, tag, result, out);
      return true;
    }
    if (tag.startsWith(directoryPrefix)) {
      this.#directoryAnswered(clock, tag, result, out);
      return true;
    }
    if (!this.#handshakes.isHandshake(tag)) return false;
    const ended = this.#handshakes.answered(clock, tag, result, out);
    if (ended !== undefined) this.#ended(ended, out);
    return true;
  }

  #change(clock: Clock, id: RequestId, room: HostedRoom, wish: EventWish, out: Effects): void {
    out.spend(this.#context.config.costs.sendEvent);
    end(id, this.#clientApi.sendOwn(clock, room, room.build(wish), out) ? 200 : 403, out);
  }

  /** Only once the target's server has signed does an invitation come into the room; that server must be there now. */
  #invite(clock: Clock, id: RequestId, room: HostedRoom, wish: EventWish, out: Effects): void {
    const destination = serverNameOf(wish.stateKey ?? '');
    if (destination === undefined || !room.allows(wish)) return end(id, 403, out);
    if (this.#context.hasUser(wish.stateKey ?? '')) return this.#change(clock, id, room, wish, out);
    const event = room.build(wish);
    const tag = invitePrefix + event.eventId;
    this.#inviting.set(tag, { request: id, room, event });
    out.spend(this.#context.config.costs.sendEvent);
    const invite: Invite = {
      kind: 'matrix.invite',
      origin: this.#context.config.serverName,
      destination,
      roomId: room.roomId,
      roomVersion: room.rules.id,
      pdu: event,
      carries: carriesNothing,
    };
    const options = patience(this.#context.config.profile, synapse.requestTimeout);
    out.request(destination as string as Address, tag, invite, options);
  }

  #inviteAnswered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const inviting = this.#inviting.get(tag);
    if (inviting === undefined) return;
    this.#inviting.delete(tag);
    const { request, room, event } = inviting;
    const destination = serverNameOf(event.stateKey ?? '');
    if (destination !== undefined)
      this.#context.sender.questionEnded(clock, destination, result, out, 'invite');
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind !== 'matrix.invite-signed') {
      const isRefused = !result.ok && result.failure.kind === 'status' && result.failure.status < 500;
      return end(request, isRefused ? 403 : 502, out);
    }
    const signed = this.#context.config.pdus.parse(answer.event, room.rules);
    if (!signed.ok || signed.value.eventId !== event.eventId) return end(request, 502, out);
    end(request, this.#clientApi.sendOwn(clock, room, signed.value, out) ? 200 : 403, out);
  }

  #ended({ wish, status }: HandshakeEnd, out: Effects): void {
    out.observe({
      kind: 'situation',
      name: `matrix.${wish.membership}.${status === 200 ? 'done' : 'failed'}`,
    });
    if (status === 200) this.#invites.delete(inviteName(wish.userId, wish.roomId));
    end(wish.request, status, out);
  }
}

function inviteName(userId: UserId, roomId: RoomId): string {
  return `${userId}/${roomId}`;
}

function end(request: RequestId, status: 200 | 403 | 404 | 502, out: Effects): void {
  if (status === 200) return out.respond(request, { kind: 'matrix.done', carries: carriesNothing });
  const errcode = status === 403 ? 'M_FORBIDDEN' : status === 404 ? 'M_NOT_FOUND' : 'M_UNKNOWN';
  const error: MatrixError = { kind: 'matrix.error', errcode, error: errcode, carries: carriesNothing };
  out.refuse(request, status, error);
}
