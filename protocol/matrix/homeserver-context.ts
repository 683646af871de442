// What the parts of a homeserver ask of it.
import type { Effects } from '../core.ts';
import type { UserMessageId } from '../message.ts';
import type { Clock } from '../time.ts';
import type { MatrixEvent } from './event.ts';
import type { KeyRing } from './federation/key-ring.ts';
import type { Edu } from './federation/messages.ts';
import type { PullFailures } from './federation/pull-failures.ts';
import type { Pulled } from './federation/pulled-events.ts';
import type { RefusalReason, RefusedEvents } from './federation/refused-events.ts';
import type { EventSender } from './federation/event-sender.ts';
import type { HomeserverConfig } from './homeserver-config.ts';
import type { HostedRoom, Verdict } from './hosted-room.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { EventId, RoomId, ServerName } from './ids.ts';
import type { Receipt } from './room.ts';
import type { RoomVersionRules } from './room-version.ts';
import type { SigningKey } from './signing.ts';
import type { StoredEvent } from './stored-event.ts';

/** How an event comes into a room. */
export interface Arrival {
  readonly event: MatrixEvent;
  readonly message: UserMessageId | undefined;
  /** Of history that fills a hole behind what is shown clients are not told by themselves. */
  readonly receipt: Receipt;
  /** States after its missing predecessors, as ids of their events, as another server told them. */
  readonly givenStates: readonly (readonly EventId[])[] | undefined;
}

export interface HomeserverContext {
  readonly config: HomeserverConfig;
  readonly sender: EventSender;
  readonly keys: KeyRing;
  readonly pullFailures: PullFailures;
  readonly refused: RefusedEvents;
  readonly signingKey: SigningKey;
  /** How it is hostile; undefined while it is honest. */
  readonly misbehaviour: Misbehaviour | undefined;
  room(roomId: RoomId): HostedRoom | undefined;
  rooms(): Iterable<HostedRoom>;
  /** Place in the server's stream of the newest event. */
  streamPosition(): number;
  /** The event, wherever this server holds it. */
  find(eventId: EventId): StoredEvent | undefined;
  /** Judges an event, stores it durably, and tells clients and pushers of it. */
  take(clock: Clock, room: HostedRoom, arrival: Arrival, out: Effects): Verdict;
  /** The room, which is made now if this server has none of it. */
  openRoom(roomId: RoomId, rules: RoomVersionRules, out: Effects): HostedRoom;
  /** Whether somebody has an account under this id here. */
  hasUser(userId: string): boolean;
  noteInvite(invite: ReceivedInvite, out: Effects): void;
  /** Something ephemeral came from another server. */
  receiveEdu(clock: Clock, origin: ServerName, edu: Edu, out: Effects): void;
  /** Says that an event could not be taken because something that it rests on is missing here. */
  noteUnconnected(pulled: Pulled, reason: RefusalReason, out: Effects): void;
  /** These are here outside the room's graph, or not taken, and nobody is told of them. */
  holdOutside(roomId: RoomId, messages: readonly UserMessageId[], out: Effects): void;
  /** Ties the room's extremities together with an event that nobody sees. */
  sendDummyEvent(clock: Clock, room: HostedRoom, out: Effects): void;
  /** Stores an event outside the graph: it may authorise others, and is never shown. */
  takeOutlier(room: HostedRoom, event: MatrixEvent, message: UserMessageId | undefined, out: Effects): void;
}

/** An invitation of a local user to a room that this server is not in. */
export interface ReceivedInvite {
  readonly roomId: RoomId;
  readonly userId: string;
  /** The inviter's server: it is in the room. */
  readonly from: ServerName;
}

/** What a look from outside may see of a homeserver: for tests and for findings of a run. Changes nothing. */
export type HomeserverView = Pick<HomeserverContext, 'room' | 'rooms' | 'refused' | 'sender' | 'find'> & {
  readonly serverName: ServerName;
  /** Whether it has ever been hostile. */
  readonly wasHostile: boolean;
  /** Whether the event waits here to be judged. */
  isStaged(event: MatrixEvent): boolean;
};
