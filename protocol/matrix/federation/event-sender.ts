// What a homeserver asks of the sending side of its federation, whichever implementation it follows.
import type { Effects, RequestResult, Tag } from '../../core.ts';
import type { CauseToken } from '../../failure.ts';
import type { RandomStream } from '../../random-stream.ts';
import type { Clock, Duration, Instant } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { RoomId, ServerName, UserId } from '../ids.ts';
import type { StoredEvent } from '../stored-event.ts';
import type { Edu } from './messages.ts';

/** What the sender asks of its server. */
export interface SenderOptions {
  readonly serverName: ServerName;
  readonly random: RandomStream;
  /** Of the profile: one attempt at a connection. */
  readonly connectTimeout: Duration | undefined;
  /** Up to where every destination has everything when the run begins. */
  readonly warmStreamOrdering: number;
  /** The event at a place of the server's stream. */
  readonly eventAt: (streamOrdering: number) => StoredEvent | undefined;
  /** The room's forward extremities that the destination may see. */
  readonly visibleExtremities: (roomId: RoomId, destination: ServerName) => readonly StoredEvent[];
}

/**
 * How far a destination has come with an own event. `sent`: it answered for it, or for a later one of the room; `queued`:
 * it is on its way or waits its turn; `waiting`: for the end of a back-off; `given-up`: until the destination speaks;
 * `recorded`: it is known to be wanted, and in no queue until the next one of its room; `unqueued`: nothing will send it;
 * `late-under-id`: it was answered for, and may not have been looked at, as it joined a transaction whose id had been used.
 */
export type Standing =
  'sent' | 'passed-over' | 'queued' | 'waiting' | 'given-up' | 'recorded' | 'unqueued' | 'late-under-id';

/** A read receipt on its way. */
export interface Receipt {
  readonly edu: Edu;
  /** The same for every receipt of a person in a room. */
  readonly key: string;
  /** When the event that was read was made, milliseconds by its author's server, and that server. */
  readonly eventAtMs: number;
  readonly author: ServerName | undefined;
}

/**
 * What a question is for, as far as a back-off goes. `join`: to join or knock; `question`: for what is in rooms, for keys and
 * devices. Others are named for what they are.
 */
export type Purpose = 'question' | 'join' | 'leave' | 'invite' | 'directory';

export interface EventSender {
  inspect(): unknown;
  /** First input after construction or a restart. */
  start(clock: Clock, out: Effects): void;
  /** An event of this server's own for these servers. */
  send(clock: Clock, stored: StoredEvent, destinations: readonly ServerName[], out: Effects): void;
  /** Something ephemeral for these servers. Later ones replace earlier ones of the same key. */
  sendEdu(
    clock: Clock,
    edu: Edu,
    key: string | undefined,
    destinations: readonly ServerName[],
    out: Effects,
  ): void;
  /** Whether somebody is there; what is newer replaces what still waits. `state`: as in `m.presence`. */
  sendPresence(
    clock: Clock,
    state: JsonObject & { readonly user_id: UserId },
    destinations: readonly ServerName[],
    out: Effects,
  ): void;
  /** A read receipt: those whom it need not reach at once may get it with something else. */
  sendReceipt(clock: Clock, receipt: Receipt, destinations: readonly ServerName[], out: Effects): void;
  /**
   * Something that is no event and must not be lost: kept on disk until the destination has it. `supersedes`: what still
   * waits and need not go out any more.
   */
  sendDurableEdu(
    clock: Clock,
    edu: Edu,
    destination: ServerName,
    out: Effects,
    supersedes?: (earlier: Edu) => boolean,
  ): void;
  /** Whether the server may be asked now; a `question` unless said otherwise, here and below. */
  mayAsk(clock: Clock, destination: ServerName, purpose?: Purpose): boolean;
  /** When it may be asked if it does not speak before; undefined: not until then. */
  askableFrom(destination: ServerName): Instant | undefined;
  /** Faults for which the server may not be asked now. */
  causeOfBackoff(destination: ServerName): CauseToken;
  /** A request from this server came in: it is there. */
  peerSpoke(clock: Clock, origin: ServerName, out: Effects): void;
  /** A transport that knows who can be reached says so (P2P). */
  peerIsThere(clock: Clock, peer: ServerName, out: Effects): void;
  /** How a question to this server ended: what fails counts like a failed transaction, where it counts. */
  questionEnded(
    clock: Clock,
    destination: ServerName,
    result: RequestResult,
    out: Effects,
    purpose?: Purpose,
  ): void;
  /** True when the answer was to a transaction. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean;
  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean;
  /** How far the destination has come with an own event that it should get. */
  standingOf(clock: Clock, destination: ServerName, stored: StoredEvent): Standing;
  /** An operator forgets what is held against other servers: every one of them may be asked at once. */
  clearBackoffs(clock: Clock, out: Effects): void;
}
