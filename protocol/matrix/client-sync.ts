// A client's way of learning what is new: a long poll while the person looks, one fetch when a push wakes it.
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { carriesNothing, type UserMessageId } from '../message.ts';
import { after, inMilliseconds, seconds, type Clock } from '../time.ts';
import type {
  ClientEvent,
  GetMessages,
  RoomTimeline,
  SendReceipt,
  Sync,
  SyncAnswer,
} from './client-messages.ts';
import { clientPages, clientPatience } from './assumed-patience.ts';
import type { SyncProfile } from './client-profiles.ts';
import type { ClientSession } from './client-session.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import { asMatrix } from './messages.ts';
import type { UploadKeys } from './device-messages.ts';
import { oneTimeKeysKept } from './one-time-keys.ts';
import type { InboundKeys } from './inbound-keys.ts';
import { pairUserMessages } from './user-messages.ts';

/** How a client's sync is set up. */
export interface SyncConfig {
  readonly session: ClientSession;
  readonly homeserver: Address;
  readonly profile: SyncProfile;
  /** Where the device's last sync ended when the run begins. */
  readonly since: string;
  /** The person's accounts on other servers: what they say is no news to the person. */
  readonly otherAccounts?: readonly UserId[];
  /** Sends `m.read` for what the person sees. */
  readonly sendsReceipts: boolean;
  /** Told of every state event that is read. */
  onEvent(roomId: RoomId, event: ClientEvent, out: Effects): void;
  /** Told of everything that a sync says beside rooms. */
  onAnswer(clock: Clock, answer: SyncAnswer, out: Effects): void;
  /** Told of every room of a sync, and whether the person looks: what had come before they did is no news. */
  onRoom(clock: Clock, timeline: RoomTimeline, isSeen: boolean, out: Effects): void;
  /** Keys of encrypted rooms. */
  readonly keys: InboundKeys;
}

/** Part of a room's history that the server has and this client does not. */
interface Gap {
  readonly roomId: RoomId;
  readonly from: string;
  /** The newest event before the gap: reaching it closes the gap. */
  readonly until: EventId | undefined;
}

const syncTag = 'sync';
const gapTag = 'gap';
const keysTag = 'one-time-keys';
const syncTimer = 'sync';
const gapTimer = 'gap';
const sinceKey = 'since';
const newestPrefix = 'newest/';
const gapPrefix = 'gap/';

/** Attempts of a fetch in the background: RS crates/matrix-sdk/src/config/request.rs (short retry, 3). */
const backgroundAttempts = 3;

export class ClientSync {
  readonly #config: SyncConfig;
  readonly #readable = new Set<UserMessageId>();
  readonly #newest = new Map<RoomId, EventId>();
  /** By room and place, oldest first: a room may have several. */
  readonly #gaps = new Map<string, Gap>();
  readonly #onReadable: (message: UserMessageId, out: Effects) => void;
  #since: string;
  #foreground = false;
  /** The person has seen what had come before they opened the application. */
  #looking = false;
  #requesting = false;
  #fillingGap = false;
  /** A push promised something that no fetch has brought yet. */
  #owed = false;
  #failures = 0;
  /** One-time keys are on their way to the server. */
  #toppingUp = false;

  /** `onReadable` is told of every message of others, once. */
  constructor(
    config: SyncConfig,
    stored: StoredState | undefined,
    onReadable: (message: UserMessageId, out: Effects) => void,
  ) {
    this.#config = config;
    this.#onReadable = onReadable;
    this.#since = (stored?.get(sinceKey) as string | undefined) ?? config.since;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(newestPrefix))
        this.#newest.set(key.slice(newestPrefix.length) as RoomId, value as EventId);
      else if (key.startsWith(gapPrefix)) this.#gaps.set(key, value as Gap);
    }
  }

  get isForeground(): boolean {
    return this.#foreground;
  }

  inspect(): unknown {
    return {
      since: this.#since,
      foreground: this.#foreground,
      readable: this.#readable.size,
      gaps: this.#gaps.size,
      undecryptable: this.#config.keys.waiting,
    };
  }

  opened(out: Effects): void {
    this.#foreground = true;
    this.#looking = false;
    this.#failures = 0;
    this.#poll(out);
  }

  /** The system suspends the application: its long poll ends. */
  closed(out: Effects): void {
    this.#foreground = false;
    this.#looking = false;
    if (this.#requesting) out.abandon(syncTag);
    if (this.#fillingGap) out.abandon(gapTag);
    this.#requesting = false;
    this.#fillingGap = false;
    out.cancelTimer(syncTimer);
    out.cancelTimer(gapTimer);
  }

  /** The session is another device's: what waits at the server waits for the one before. */
  startedAnew(out: Effects): void {
    if (!this.#foreground) return;
    this.closed(out);
    this.opened(out);
  }

  woken(out: Effects): void {
    if (this.#foreground) return;
    this.#owed = true;
    this.#failures = 0;
    this.#poll(out);
  }

  networkUp(out: Effects): void {
    this.#failures = 0;
    if (this.#foreground || this.#owed) this.#poll(out);
  }

  /** True when the timer was one of its own. */
  timer(timer: string, out: Effects): boolean {
    if (timer === syncTimer) this.#poll(out);
    else if (timer === gapTimer) this.#fillGap(out);
    else return false;
    return true;
  }

  /** The end of one of its requests; true when it was one. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag === syncTag) {
      this.#requesting = false;
      const answer = result.ok ? asMatrix(result.message) : undefined;
      if (answer?.kind === 'matrix.sync-answer') this.#synced(clock, answer, out);
      else this.#pollFailed(clock, out);
    } else if (tag === gapTag) {
      this.#fillingGap = false;
      this.#gapAnswered(clock, result, out);
    } else if (tag === keysTag) this.#toppingUp = false;
    else return tag.startsWith('receipt/');
    return true;
  }

  #poll(out: Effects): void {
    if (this.#requesting) return;
    this.#requesting = true;
    out.cancelTimer(syncTimer);
    const { session, homeserver, profile } = this.#config;
    const { userId, deviceId } = session;
    const poll = this.#foreground ? profile.poll : seconds(0);
    const request: Sync = {
      kind: 'matrix.sync',
      userId,
      deviceId,
      since: this.#since,
      timeoutMs: inMilliseconds(poll),
      carries: carriesNothing,
    };
    const timeout = seconds((poll + profile.slack) / seconds(1));
    out.request(homeserver, syncTag, request, this.#foreground ? { timeout, renewEvery: poll } : { timeout });
  }

  #pollFailed(clock: Clock, out: Effects): void {
    this.#failures++;
    if (!this.#foreground && this.#failures >= backgroundAttempts) return;
    out.setTimer(syncTimer, after(clock.now, this.#config.profile.waitAfterFailure(this.#failures)));
  }

  #synced(clock: Clock, answer: SyncAnswer, out: Effects): void {
    this.#failures = 0;
    this.#owed = false;
    for (const event of answer.toDevice)
      for (const message of this.#config.keys.take(event, out)) this.becameReadable(message, out);
    this.#config.onAnswer(clock, answer, out);
    let carried = 0;
    for (const timeline of answer.rooms) {
      carried = this.#receive(timeline, answer, carried, out);
      this.#config.onRoom(clock, timeline, this.#looking, out);
    }
    this.#looking = this.#foreground;
    this.#topUp(answer.oneTimeKeys, out);
    if (answer.nextBatch !== this.#since) {
      this.#since = answer.nextBatch;
      out.persist(sinceKey, this.#since);
    }
    this.#fillGap(out);
    if (this.#foreground) this.#poll(out);
  }

  /** Uploads one-time keys for those that are gone. What fails is made up for after the next sync. */
  #topUp(left: number | undefined, out: Effects): void {
    if (left === undefined || this.#toppingUp) return;
    this.#toppingUp = true;
    const { session, homeserver } = this.#config;
    const { userId, deviceId } = session;
    const oneTimeKeys = oneTimeKeysKept - left;
    const request: UploadKeys = {
      kind: 'matrix.upload-keys',
      userId,
      deviceId,
      oneTimeKeys,
      carries: carriesNothing,
    };
    out.request(homeserver, keysTag, request, { timeout: clientPatience.request });
  }

  /** Takes one room's events; `carried` counts the answer's user messages that earlier rooms used up. */
  #receive(timeline: RoomTimeline, answer: SyncAnswer, carried: number, out: Effects): number {
    const { roomId, events } = timeline;
    const before = this.#newest.get(roomId);
    if (timeline.limited) this.#addGap({ roomId, from: timeline.prevBatch, until: before }, out);
    const used = this.#read(roomId, events, answer.carries.slice(carried), out);
    const newest = events.at(-1);
    if (newest !== undefined) {
      this.#newest.set(roomId, newest.eventId);
      out.persist(`${newestPrefix}${roomId}`, newest.eventId);
      if (this.#foreground && this.#config.sendsReceipts) this.#sendReceipt(roomId, events, out);
    }
    return carried + used;
  }

  /** How many of `carries` the events used up. */
  #read(
    roomId: RoomId,
    events: readonly ClientEvent[],
    carries: readonly UserMessageId[],
    out: Effects,
  ): number {
    for (const event of events) if (event.stateKey !== undefined) this.#config.onEvent(roomId, event, out);
    let used = 0;
    pairUserMessages(
      events,
      carries,
      (event) => event.type,
      (event, message) => {
        if (message === undefined) return;
        used++;
        if (this.#isOwn(event.sender) || this.#readable.has(message)) return;
        if (this.#config.keys.canRead(roomId, event, message, out)) this.becameReadable(message, out);
      },
    );
    return used;
  }

  #isOwn(user: UserId): boolean {
    const { session, otherAccounts } = this.#config;
    return user === session.userId || otherAccounts?.includes(user) === true;
  }

  /** There is a key for a message that could not be read. */
  becameReadable(message: UserMessageId, out: Effects): void {
    this.#readable.add(message);
    this.#onReadable(message, out);
  }

  #sendReceipt(roomId: RoomId, events: readonly ClientEvent[], out: Effects): void {
    const newest = events.findLast(({ sender }) => sender !== this.#config.session.userId);
    if (newest === undefined) return;
    const { session, homeserver } = this.#config;
    const { userId, deviceId } = session;
    const receipt: SendReceipt = {
      kind: 'matrix.send-receipt',
      userId,
      deviceId,
      roomId,
      eventId: newest.eventId,
      carries: carriesNothing,
    };
    out.request(homeserver, `receipt/${roomId}`, receipt, { timeout: clientPatience.request });
  }

  // --- Gaps ---

  #fillGap(out: Effects): void {
    const [gap] = this.#gaps.values();
    if (gap === undefined || this.#fillingGap) return;
    this.#fillingGap = true;
    out.cancelTimer(gapTimer);
    const { session, homeserver } = this.#config;
    const { userId, deviceId } = session;
    const request: GetMessages = {
      kind: 'matrix.get-messages',
      userId,
      deviceId,
      roomId: gap.roomId,
      from: gap.from,
      limit: clientPages.gap,
      carries: carriesNothing,
    };
    // A server may have to fetch history from other servers first.
    out.request(homeserver, gapTag, request, { timeout: clientPatience.history });
  }

  #gapAnswered(clock: Clock, result: RequestResult, out: Effects): void {
    const [gap] = this.#gaps.values();
    if (gap === undefined) return;
    const page = result.ok ? asMatrix(result.message) : undefined;
    if (page?.kind !== 'matrix.messages') {
      this.#failures++;
      if (this.#foreground || this.#failures < backgroundAttempts)
        out.setTimer(gapTimer, after(clock.now, this.#config.profile.waitAfterFailure(this.#failures)));
      return;
    }
    this.#read(gap.roomId, page.events, page.carries, out);
    const reached = page.events.some(({ eventId }) => eventId === gap.until);
    const key = gapKey(gap);
    this.#gaps.delete(key);
    out.persist(key, undefined);
    if (!reached && page.end !== undefined) this.#addGap({ ...gap, from: page.end }, out);
    this.#fillGap(out);
  }

  #addGap(gap: Gap, out: Effects): void {
    const key = gapKey(gap);
    this.#gaps.set(key, gap);
    out.persist(key, gap);
  }
}

function gapKey({ roomId, from }: Gap): string {
  return `${gapPrefix}${roomId}/${from}`;
}
