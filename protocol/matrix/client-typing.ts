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

  /** One room of a sync: messages first, then who writes. `isSeen`: before the person's eyes, and counted. */
  show(clock: Clock, { roomId, events, typing }: RoomTimeline, isSeen: boolean, out: Effects): void {
    const count = (what: string): void => {
      if (isSeen) out.observe({ kind: 'situation', name: `matrix.typing.${what}` });
    };
    const own = this.#config.session.userId;
    for (const { type, sender } of events)
      if (sender !== own && (type === 'm.room.message' || type === 'm.room.encrypted'))
        this.#came(clock, roomId, sender, count);
    if (typing === undefined) return;
    const shown = this.#shown.get(roomId) ?? new Map<UserId, Shown>();
    this.#shown.set(roomId, shown);
    for (const [user, { answered }] of shown) {
      if (typing.includes(user)) continue;
      shown.delete(user);
      if (!answered) this.#ended.set(keyOf(roomId, user), clock.now);
    }
    for (const user of typing) {
      if (user === own || shown.has(user)) continue;
      shown.set(user, { answered: false });
      count('shown');
      if (this.#ended.delete(keyOf(roomId, user))) count('came-to-nothing');
    }
  }

  /** A message of somebody: it was announced, or came unannounced. */
  #came(clock: Clock, roomId: RoomId, sender: UserId, count: (what: string) => void): void {
    const shown = this.#shown.get(roomId)?.get(sender);
    const key = keyOf(roomId, sender);
    const endedAt = this.#ended.get(key);
    this.#ended.delete(key);
    const hasJustEnded = endedAt !== undefined && elapsed(endedAt, clock.now) <= belongsTogether;
    if (endedAt !== undefined && !hasJustEnded) count('came-to-nothing');
    const isAnnounced = hasJustEnded || shown?.answered === false;
    if (shown !== undefined) shown.answered = true;
    count('message');
    count(isAnnounced ? 'announced' : 'unannounced');
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
