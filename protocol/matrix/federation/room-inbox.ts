// Events from other servers that wait to be judged, room by room, in the order in which they came. An event whose
// predecessors are missing here holds up its room while they are fetched from the server that sent it.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/federation_server.py (staging area) and
// synapse/handlers/federation_event.py.
import type { Effects, RequestResult, StoredState, Tag } from '../../core.ts';
import { noCause, type CauseToken } from '../../failure.ts';
import type { UserMessageId } from '../../message.ts';
import type { Clock, Instant } from '../../time.ts';
import type { MatrixEvent } from '../event.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { RoomId, ServerName } from '../ids.ts';
import { MissingEventsPull, type PushedEvent } from './missing-events.ts';
import { readPdu, type SignedPdu } from './pdu-checks.ts';
import type { Pdu } from './messages.ts';

/** An event that was taken durably and answered for, and is not judged yet. */
export interface StagedEvent extends PushedEvent {
  readonly number: number;
}

/** What is persisted of it. */
interface StagedRecord {
  readonly origin: ServerName;
  readonly pdu: Pdu;
  readonly message: UserMessageId | undefined;
}

interface Inbox {
  readonly room: HostedRoom;
  readonly staged: StagedEvent[];
  pull: MissingEventsPull | undefined;
  /** When the newest pull began. */
  pullSince: Instant;
}

const stagedPrefix = 'staged/';
const pullPrefix = 'pull/';

export class RoomInboxes {
  readonly #context: HomeserverContext;
  readonly #inboxes = new Map<RoomId, Inbox>();
  readonly #left: readonly (readonly [string, StagedRecord])[];
  #nextNumber = 1;

  constructor(context: HomeserverContext, stored: StoredState | undefined) {
    this.#context = context;
    const left: (readonly [string, StagedRecord])[] = [];
    for (const [key, value] of stored ?? [])
      if (key.startsWith(stagedPrefix)) left.push([key, value as StagedRecord]);
    this.#left = left;
  }

  /** What was staged before a crash is judged now. */
  restarted(clock: Clock, out: Effects): void {
    for (const [key, { origin, pdu, message }] of this.#left) {
      const number = Number(key.slice(stagedPrefix.length));
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      const read = readPdu(this.#context, pdu);
      if (read.ok) this.#add({ number, origin, signed: read.value, message });
      else out.persist(key, undefined);
    }
    this.drain(clock, out);
  }

  /**
   * Judges a lone event that nothing holds up, without staging it first: it is stored durably before the answer either
   * way. False when it must be staged.
   */
  judgeAtOnce(clock: Clock, { event }: SignedPdu, message: UserMessageId | undefined, out: Effects): boolean {
    const room = this.#context.room(event.roomId);
    if (room === undefined || this.#inboxes.has(event.roomId)) return false;
    if (room.has(event.eventId)) return true;
    if (!room.isJoined) return this.#notJoined(event, out);
    if (!isComplete(room, event)) return false;
    this.#context.take(clock, room, { event, message, receipt: 'new', givenStates: undefined }, out);
    return true;
  }

  stage(origin: ServerName, signed: SignedPdu, message: UserMessageId | undefined, out: Effects): void {
    const number = this.#nextNumber++;
    const record: StagedRecord = { origin, pdu: signed.event, message };
    out.persist(`${stagedPrefix}${number}`, record);
    this.#add({ number, origin, signed, message });
  }

  /** Whether the event waits here to be judged. */
  holds({ roomId, eventId }: MatrixEvent): boolean {
    return this.#inboxes.get(roomId)?.staged.some(({ signed }) => signed.event.eventId === eventId) === true;
  }

  /** Judges what can be judged, in every room. */
  drain(clock: Clock, out: Effects): void {
    for (const [roomId, inbox] of this.#inboxes) {
      this.#drainRoom(clock, inbox, out);
      if (inbox.staged.length === 0 && inbox.pull === undefined) this.#inboxes.delete(roomId);
    }
  }

  /** True when the answer was to one of the pulls. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(pullPrefix)) return false;
    const roomId = tag.slice(pullPrefix.length, tag.indexOf(' ')) as RoomId;
    const inbox = this.#inboxes.get(roomId);
    if (inbox?.pull === undefined) return true;
    if (!result.ok && result.failure.cause !== noCause) this.#sayWhy(inbox, result.failure.cause, out);
    if (inbox.pull.answered(clock, result, out)) this.#pulled(clock, inbox, out);
    return true;
  }

  /** What is staged has waited for somebody who did not answer. */
  #sayWhy({ staged, pullSince: since }: Inbox, cause: CauseToken, out: Effects): void {
    const messages = staged.flatMap(({ message }) => (message === undefined ? [] : [message]));
    if (messages.length > 0) out.observe({ kind: 'hold', messages, reason: 'catching-up', cause, since });
  }

  #add(staged: StagedEvent): void {
    const { roomId } = staged.signed.event;
    let inbox = this.#inboxes.get(roomId);
    if (inbox === undefined) {
      const room = this.#context.room(roomId);
      if (room === undefined) return;
      inbox = { room, staged: [], pull: undefined, pullSince: 0 as Instant };
      this.#inboxes.set(roomId, inbox);
    }
    inbox.staged.push(staged);
  }

  #drainRoom(clock: Clock, inbox: Inbox, out: Effects): void {
    while (inbox.pull === undefined) {
      const [staged] = inbox.staged;
      if (staged === undefined) return;
      const { room } = inbox;
      const { event } = staged.signed;
      if (room.has(event.eventId) || (!room.isJoined && this.#notJoined(event, out)))
        this.#finish(inbox, staged, out);
      else if (isComplete(room, event)) {
        this.#take(clock, inbox, staged, out);
        this.#finish(inbox, staged, out);
      } else {
        const tag = `${pullPrefix}${room.roomId} ${staged.number}`;
        inbox.pullSince = clock.now;
        inbox.pull = new MissingEventsPull(this.#context, room, staged, tag);
        if (staged.message !== undefined)
          out.observe({ kind: 'hold', messages: [staged.message], reason: 'catching-up', cause: noCause });
        if (inbox.pull.begin(clock, out)) this.#pulled(clock, inbox, out);
      }
    }
  }

  /** Everything that could be fetched was, and the event was judged if it can be. */
  #pulled(clock: Clock, inbox: Inbox, out: Effects): void {
    inbox.pull = undefined;
    const [staged] = inbox.staged;
    if (staged === undefined) return;
    this.#finish(inbox, staged, out);
    this.#prune(inbox, out);
    this.#drainRoom(clock, inbox, out);
  }

  /** A long queue is thinned out to the events that no other one in it follows: the rest can be fetched from them. */
  #prune(inbox: Inbox, out: Effects): void {
    const { stagedBeforePruning = Infinity } = this.#context.config.profile;
    if (inbox.staged.length < stagedBeforePruning) return;
    const followed = new Set(inbox.staged.flatMap(({ signed }) => signed.event.prevEvents));
    for (const staged of inbox.staged.filter(({ signed }) => followed.has(signed.event.eventId))) {
      inbox.staged.splice(inbox.staged.indexOf(staged), 1);
      out.persist(`${stagedPrefix}${staged.number}`, undefined);
      out.observe({ kind: 'situation', name: 'matrix.federation.pruned' });
      out.observe({ kind: 'refused', from: staged.origin, fate: 'dropped', rule: 'staging-full' });
      this.#context.refused.note(staged.signed.event.eventId, 'pruned', out);
    }
  }

  #take(clock: Clock, { room }: Inbox, staged: StagedEvent, out: Effects): void {
    const { signed, message } = staged;
    const arrival = { event: signed.event, message, receipt: 'new', givenStates: undefined } as const;
    this.#context.take(clock, room, arrival, out);
  }

  /** A server that thinks that this one is still in the room: what it sends is dropped. */
  #notJoined({ eventId }: MatrixEvent, out: Effects): true {
    out.observe({ kind: 'situation', name: 'matrix.pdu.not-joined' });
    this.#context.refused.note(eventId, 'not-joined', out);
    return true;
  }

  #finish(inbox: Inbox, staged: StagedEvent, out: Effects): void {
    inbox.staged.shift();
    out.persist(`${stagedPrefix}${staged.number}`, undefined);
  }
}

/** Whether nothing that the event rests on is missing. */
function isComplete(room: HostedRoom, event: MatrixEvent): boolean {
  return room.missingPredecessors(event).length === 0 && room.missingAuthorities(event).length === 0;
}
