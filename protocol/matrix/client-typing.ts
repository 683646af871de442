// Who is writing: what a client says of its own user, and what it shows its user of others.
// https://spec.matrix.org/v1.16/client-server-api/#typing-notifications
import type { Address, Effects } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { after, elapsed, inMilliseconds, seconds, type Clock, type Duration, type Instant } from '../time.ts';
import { clientPatience } from './assumed-patience.ts';
import type { RoomTimeline } from './client-messages.ts';
import type { ClientSession } from './client-session.ts';
import type { SendTyping } from './device-messages.ts';
import type { RoomId, UserId } from './ids.ts';

/** A client's notices. */
export interface TypingProfile {
  /** How long the server is asked to keep one. */
  readonly lasts: Duration;
  /** How soon it is repeated while somebody goes on. */
  readonly again: Duration;
}

export interface ClientTypingConfig {
  readonly session: ClientSession;
  readonly homeserver: Address;
  readonly profile: TypingProfile;
}

/** Somebody is shown as writing. */
interface Shown {
  /** Something of theirs came meanwhile. */
  answered: boolean;
}

const requestTag = 'typing';
const timerName = 'typing';
/** The end of a notice and what it was about take ways of their own: within this of each other they belong together. */
const belongsTogether = seconds(10);

export class ClientTyping {
  readonly #config: ClientTypingConfig;
  #writingIn: RoomId | undefined;
  readonly #shown = new Map<RoomId, Map<UserId, Shown>>();
  /** Notices that ended before anything came of them. */
  readonly #ended = new Map<string, Instant>();

  constructor(config: ClientTypingConfig) {
    this.#config = config;
  }

  /** The user begins to write. */
  began(clock: Clock, roomId: RoomId, out: Effects): void {
    if (this.#writingIn !== undefined && this.#writingIn !== roomId) this.sent(this.#writingIn, out);
    this.#writingIn = roomId;
    this.#tell(clock, out);
  }

  /** What was written is on its way: nothing is left in the field. */
  sent(roomId: RoomId, out: Effects): void {
    if (this.#writingIn !== roomId) return;
    this.#writingIn = undefined;
    out.cancelTimer(timerName);
    this.#ask(roomId, 0 as Duration, out);
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== timerName) return false;
    this.#tell(clock, out);
    return true;
  }

  /** True when the answer was to one of its own requests; nothing is done about those that fail. */
  answered(tag: string): boolean {
    return tag === requestTag;
  }

  /** The application shows one room of a sync: messages first, then who writes. */
  show(clock: Clock, { roomId, events, typing }: RoomTimeline, out: Effects): void {
    for (const { type, sender } of events)
      if (type === 'm.room.message' || type === 'm.room.encrypted') this.#came(clock, roomId, sender, out);
    if (typing === undefined) return;
    const shown = this.#shown.get(roomId) ?? new Map<UserId, Shown>();
    this.#shown.set(roomId, shown);
    for (const [user, { answered }] of shown) {
      if (typing.includes(user)) continue;
      shown.delete(user);
      if (!answered) this.#ended.set(keyOf(roomId, user), clock.now);
    }
    for (const user of typing) {
      if (user === this.#config.session.userId || shown.has(user)) continue;
      shown.set(user, { answered: false });
      out.observe({ kind: 'situation', name: 'matrix.typing.shown' });
      this.#cameToNothing(roomId, user, out);
    }
  }

  /** A message of somebody: it was announced, or came unannounced. */
  #came(clock: Clock, roomId: RoomId, sender: UserId, out: Effects): void {
    if (sender === this.#config.session.userId) return;
    const shown = this.#shown.get(roomId)?.get(sender);
    const key = keyOf(roomId, sender);
    const endedAt = this.#ended.get(key);
    const isRecent = endedAt !== undefined && elapsed(endedAt, clock.now) <= belongsTogether;
    if (isRecent) this.#ended.delete(key);
    else this.#cameToNothing(roomId, sender, out);
    const isAnnounced = isRecent || shown?.answered === false;
    if (shown !== undefined) shown.answered = true;
    out.observe({ kind: 'situation', name: 'matrix.typing.message' });
    const name = isAnnounced ? 'matrix.typing.announced' : 'matrix.typing.unannounced';
    out.observe({ kind: 'situation', name });
  }

  /** A notice that ended long ago, and of which nothing came. */
  #cameToNothing(roomId: RoomId, user: UserId, out: Effects): void {
    if (this.#ended.delete(keyOf(roomId, user)))
      out.observe({ kind: 'situation', name: 'matrix.typing.came-to-nothing' });
  }

  #tell(clock: Clock, out: Effects): void {
    if (this.#writingIn === undefined) return;
    const { lasts, again } = this.#config.profile;
    this.#ask(this.#writingIn, lasts, out);
    out.setTimer(timerName, after(clock.now, again));
  }

  #ask(roomId: RoomId, lasts: Duration, out: Effects): void {
    const { session, homeserver } = this.#config;
    const { userId, deviceId } = session;
    const request: SendTyping = {
      kind: 'matrix.send-typing',
      userId,
      deviceId,
      roomId,
      timeoutMs: inMilliseconds(lasts),
      carries: carriesNothing,
    };
    out.request(homeserver, requestTag, request, { timeout: clientPatience.request });
  }
}

function keyOf(roomId: RoomId, user: UserId): string {
  return `${roomId}/${user}`;
}
