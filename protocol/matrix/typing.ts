// Who is typing in which room: kept in memory, told to the servers of the room while nothing is wrong with them, and over by
// itself. https://spec.matrix.org/v1.16/server-server-api/#typing-notifications
// Behaviour of Synapse: synapse/handlers/typing.py.
import type { Effects, RequestId } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { after, elapsed, milliseconds, type Clock, type Instant } from '../time.ts';
import type { SendTyping } from './device-messages.ts';
import { synapse } from './federation/constants.ts';
import type { Edu } from './federation/messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import { serverNameOf, type RoomId, type ServerName, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';

export const typingEdu = 'm.typing';

/** One user's notice. `toldAt`: when other servers last heard of a local user's. */
interface Notice {
  readonly until: Instant;
  readonly toldAt: Instant;
}

const timerName = 'typing';

export class Typing {
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  readonly #onChanged: (users: Iterable<UserId>, out: Effects) => void;
  readonly #rooms = new Map<RoomId, Map<UserId, Notice>>();
  /** Counts all changes, from nought after each start; and which of them is a room's last. */
  #changes = 0;
  readonly #lastChange = new Map<RoomId, number>();

  /** `onChanged`: whose clients have something to hear. */
  constructor(
    context: HomeserverContext,
    users: LocalUsers,
    onChanged: (users: Iterable<UserId>, out: Effects) => void,
  ) {
    this.#context = context;
    this.#users = users;
    this.#onChanged = onChanged;
  }

  /** A local user types, or has stopped. Servers hear of it when that is new, and again while it goes on. */
  send(clock: Clock, id: RequestId, { userId, roomId, timeoutMs }: SendTyping, out: Effects): void {
    const room = this.#context.room(roomId);
    if (room?.localMembers().has(userId) !== true) return out.refuse(id, 403);
    out.spend(this.#context.config.costs.request);
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
    if (timeoutMs === 0) return this.#stop(clock, room, userId, out);
    const known = this.#rooms.get(roomId)?.get(userId);
    const isTold = known !== undefined && elapsed(known.toldAt, clock.now) < synapse.typingPing;
    const until = after(clock.now, milliseconds(timeoutMs));
    this.#set(room, userId, { until, toldAt: isTold ? known.toldAt : clock.now }, out);
    if (!isTold) this.#tellServers(clock, room, userId, true, out);
  }

  /** Another server says it of one of its users. */
  receive(clock: Clock, origin: ServerName, { content }: Edu, out: Effects): void {
    const { room_id: roomId, user_id: userId, typing } = content;
    const room = this.#context.room(roomId as RoomId);
    const isSound = typeof userId === 'string' && serverNameOf(userId) === origin;
    if (!isSound || room?.isJoined !== true || !room.hasUser(userId)) return;
    const until = after(clock.now, synapse.typingTimeout);
    if (typing === true) this.#set(room, userId as UserId, { until, toldAt: clock.now }, out);
    else this.#forget(room, userId as UserId, out);
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== timerName) return false;
    for (const [roomId, notices] of this.#rooms) {
      const room = this.#context.room(roomId);
      for (const [userId, { until }] of notices)
        if (until <= clock.now && room !== undefined) this.#stop(clock, room, userId, out);
    }
    this.#arm(out);
    return true;
  }

  /** Where somebody who is told everything now has read to. */
  get position(): number {
    return this.#changes;
  }

  hasNews({ userId }: SessionDevice, since: number): boolean {
    for (const { roomId } of this.#users.roomsOf(userId)) if (this.#isNews(roomId, since)) return true;
    return false;
  }

  /** Who types in a room; undefined when that is no news since then. */
  since(roomId: RoomId, since: number): readonly UserId[] | undefined {
    return this.#isNews(roomId, since) ? [...(this.#rooms.get(roomId)?.keys() ?? [])] : undefined;
  }

  /** A place that lies ahead is one from before the server's last start. */
  #isNews(roomId: RoomId, since: number): boolean {
    return (this.#lastChange.get(roomId) ?? 0) > (since > this.#changes ? 0 : since);
  }

  #set(room: HostedRoom, userId: UserId, notice: Notice, out: Effects): void {
    const notices = this.#rooms.get(room.roomId) ?? new Map<UserId, Notice>();
    const isNew = !notices.has(userId);
    this.#rooms.set(room.roomId, notices.set(userId, notice));
    this.#arm(out);
    if (isNew) this.#changed(room, out);
  }

  #stop(clock: Clock, room: HostedRoom, userId: UserId, out: Effects): void {
    const isLocal = this.#users.has(userId);
    if (this.#forget(room, userId, out) && isLocal) this.#tellServers(clock, room, userId, false, out);
  }

  /** False when the user was not typing. */
  #forget(room: HostedRoom, userId: UserId, out: Effects): boolean {
    if (this.#rooms.get(room.roomId)?.delete(userId) !== true) return false;
    this.#changed(room, out);
    return true;
  }

  #changed(room: HostedRoom, out: Effects): void {
    this.#lastChange.set(room.roomId, ++this.#changes);
    this.#onChanged(room.localMembers(), out);
  }

  #tellServers(clock: Clock, room: HostedRoom, userId: UserId, typing: boolean, out: Effects): void {
    const content = { room_id: room.roomId, typing, user_id: userId };
    const key = `${typingEdu}/${room.roomId}/${userId}`;
    this.#context.sender.sendEdu(clock, { eduType: typingEdu, content }, key, room.otherServers(), out);
  }

  #arm(out: Effects): void {
    let due = Infinity;
    for (const notices of this.#rooms.values())
      for (const { until } of notices.values()) due = Math.min(due, until);
    if (due === Infinity) out.cancelTimer(timerName);
    else out.setTimer(timerName, due as Instant);
  }
}
