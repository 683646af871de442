// Who is there. Clients say it of their users, servers repeat it to the servers that share a room with them, in memory only:
// what could not be said is not said later, and whoever is not heard of for half an hour counts as gone.
// https://spec.matrix.org/v1.16/server-server-api/#presence
// Behaviour of Synapse: synapse/handlers/presence.py.
import type { Effects, RequestId } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { compareCodePoints } from '../order.ts';
import { after, type Clock, type Instant } from '../time.ts';
import { isJsonObject, type JsonValue } from './canonical-json.ts';
import type { Presence as Is } from './client-messages.ts';
import type { SetPresence } from './device-messages.ts';
import { synapse } from './federation/constants.ts';
import type { Edu } from './federation/messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import { serverNameOf, type ServerName, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';

export const presenceEdu = 'm.presence';

const timerName = 'presence';

export class Presence {
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  readonly #onChanged: (users: Iterable<UserId>, out: Effects) => void;
  /** Who is there: until when that holds of others' users, when it is said again of own ones. */
  readonly #online = new Map<UserId, Instant>();
  /** Counts the changes, and which each device has heard of. */
  #changes = 0;
  readonly #changedAt = new Map<UserId, number>();
  readonly #told = new WeakMap<SessionDevice, number>();

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

  /** A client says it of its user. */
  set(clock: Clock, id: RequestId, { userId, presence }: SetPresence, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
    this.#take(userId, presence, after(clock.now, synapse.presencePing), out);
    this.#tellServers(clock, userId, presence, out);
  }

  /** Another server says it of its users. */
  receive(clock: Clock, origin: ServerName, { content }: Edu, out: Effects): void {
    const { push } = content;
    const states: readonly JsonValue[] = Array.isArray(push) ? (push as readonly JsonValue[]) : [];
    for (const state of states) {
      const userId = isJsonObject(state) ? state['user_id'] : undefined;
      if (!isJsonObject(state) || typeof userId !== 'string' || serverNameOf(userId) !== origin) continue;
      const is = state['presence'] === 'online' ? 'online' : 'offline';
      this.#take(userId as UserId, is, after(clock.now, synapse.presenceTimeout), out);
    }
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== timerName) return false;
    for (const [userId, due] of [...this.#online]) {
      if (due > clock.now) continue;
      if (this.#users.has(userId)) {
        this.#online.set(userId, after(clock.now, synapse.presencePing));
        this.#tellServers(clock, userId, 'online', out);
      } else this.#take(userId, 'offline', due, out);
    }
    this.#arm(out);
    return true;
  }

  hasNews(device: SessionDevice): boolean {
    return this.#news(device).length > 0;
  }

  /** Whose presence changed since the device was last told, which it is now; undefined when nobody's did. */
  tell(device: SessionDevice): ReadonlyMap<UserId, Is> | undefined {
    const news = this.#news(device);
    this.#told.set(device, this.#changes);
    if (news.length === 0) return undefined;
    return new Map(news.map((userId) => [userId, this.#online.has(userId) ? 'online' : 'offline']));
  }

  #news(device: SessionDevice): readonly UserId[] {
    const told = this.#told.get(device) ?? 0;
    if (told === this.#changes) return [];
    return [...this.#changedAt]
      .filter(([userId, at]) => at > told && userId !== device.userId && this.#meets(device.userId, userId))
      .map(([userId]) => userId);
  }

  #take(userId: UserId, is: Is, due: Instant, out: Effects): void {
    const was: Is = this.#online.has(userId) ? 'online' : 'offline';
    if (is === 'online') this.#online.set(userId, due);
    else this.#online.delete(userId);
    this.#arm(out);
    if (is === was) return;
    this.#changedAt.set(userId, ++this.#changes);
    const met = new Set<UserId>();
    for (const room of this.#context.rooms())
      if (room.hasUser(userId)) for (const local of room.localMembers()) met.add(local);
    this.#onChanged(met, out);
  }

  #meets(local: UserId, other: UserId): boolean {
    for (const room of this.#users.roomsOf(local)) if (room.hasUser(other)) return true;
    return false;
  }

  #tellServers(clock: Clock, userId: UserId, presence: Is, out: Effects): void {
    const servers = new Set<ServerName>();
    for (const room of this.#users.roomsOf(userId))
      for (const server of room.otherServers()) servers.add(server);
    const state = {
      currently_active: presence === 'online',
      last_active_ago: 0,
      presence,
      user_id: userId,
    } as const;
    this.#context.sender.sendPresence(clock, state, [...servers].sort(compareCodePoints), out);
  }

  #arm(out: Effects): void {
    const due = Math.min(...this.#online.values());
    if (due === Infinity) out.cancelTimer(timerName);
    else out.setTimer(timerName, due as Instant);
  }
}
