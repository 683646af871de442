// What a homeserver does for its own users' devices. https://spec.matrix.org/v1.16/client-server-api/
import type { Effects, RequestId, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { distributeBadly, ignoredBan } from './misbehaviour.ts';
import type { Clock } from '../time.ts';
import { clientEventOf } from './client-event.ts';
import type {
  ChangeMembership,
  ClientQuestion,
  JoinByAlias,
  EventSent,
  MatrixError,
  Messages,
  RoomTimeline,
  SendEvent,
  SendReceipt,
  SendState,
  Sync,
  SyncAnswer,
} from './client-messages.ts';
import type { DeviceServices } from './device-services.ts';
import type { MatrixEvent } from './event.ts';
import type { Backfiller, WaitingPage } from './federation/backfill.ts';
import { synapse } from './federation/constants.ts';
import type { Receipt } from './federation/event-sender.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import { serverNameOf, type EventId, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';
import { RoomDirectory } from './room-directory.ts';
import { createRoom } from './room-creation.ts';
import { tokenBefore, tokenBeforeInStream } from './room-history.ts';
import { userMessagesOf, type StoredEvent } from './stored-event.ts';
import { dummyEventType } from './dummy-events.ts';
import { readSinceToken, sinceToken, type SyncPosition } from './sync-position.ts';

const txnPrefix = 'client-txn/';

/** What a transaction id of a device led to. */
interface SentRecord {
  readonly eventId: EventId;
  readonly atMs: number;
}

/** Parts of the server that it asks. */
interface ClientApiParts {
  readonly users: LocalUsers;
  readonly backfiller: Backfiller;
  readonly devices: DeviceServices;
}

export class ClientApi {
  readonly directory: RoomDirectory;
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  readonly #backfiller: Backfiller;
  readonly #devices: DeviceServices;
  /** By user, device and transaction id, oldest first. */
  readonly #sent = new Map<string, SentRecord>();

  constructor(
    context: HomeserverContext,
    { users, backfiller, devices }: ClientApiParts,
    stored: StoredState | undefined,
  ) {
    this.directory = new RoomDirectory(context);
    this.#context = context;
    this.#users = users;
    this.#backfiller = backfiller;
    this.#devices = devices;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(txnPrefix)) this.#sent.set(key.slice(txnPrefix.length), value as SentRecord);
  }

  request(
    clock: Clock,
    id: RequestId,
    question: Exclude<ClientQuestion, ChangeMembership | JoinByAlias>,
    out: Effects,
  ): void {
    if (question.kind === 'matrix.log-in') return this.#devices.logIn(clock, id, question, out);
    const device = this.#users.deviceOf(question.userId, question.deviceId);
    if (device === undefined) return refuse(id, 401, 'M_UNKNOWN_TOKEN', out);
    switch (question.kind) {
      case 'matrix.send-event':
        return this.#sendEvent(clock, id, question, out);
      case 'matrix.send-state':
        return this.#sendState(clock, id, question, out);
      case 'matrix.sync':
        return this.#sync(id, device, question, out);
      case 'matrix.get-messages':
        return this.#messages(clock, { request: id, question }, true, out);
      case 'matrix.send-receipt':
        return this.#receipt(clock, id, question, out);
      case 'matrix.create-room':
        return createRoom(this.#context, clock, id, question, out);
      case 'matrix.get-public-rooms':
        return this.directory.request(id, question, out);
      case 'matrix.upload-media':
        out.spend(this.#context.config.costs.request);
        return out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
      case 'matrix.get-versions':
        return out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
      default:
        return this.#devices.request(clock, id, device, question, out);
    }
  }

  /** History came, or will not: pages that waited for it are answered with what there is. */
  historyCame(clock: Clock, pages: readonly WaitingPage[], out: Effects): void {
    for (const page of pages) this.#messages(clock, page, false, out);
  }

  /** Tells the long polls of a room's members. */
  announce(room: HostedRoom, stored: StoredEvent, clock: Clock, out: Effects): void {
    const { message } = stored;
    let isSaid = false;
    for (const userId of room.localMembers()) {
      for (const device of this.#users.devicesOf(userId)) {
        if (userId !== stored.event.sender && message !== undefined) {
          // Those whose long poll waits here get it now; for everybody else it lies here until their device asks.
          if (!isSaid)
            out.observe({
              kind: 'hold',
              messages: [message],
              reason: 'stored-for-recipient',
              cause: noCause,
            });
          isSaid = true;
          device.pusher?.notify(clock, stored, out);
        }
        if (device.poll !== undefined) this.#answerSync(device, device.poll.request, device.poll.since, out);
      }
    }
  }

  /**
   * The event that Synapse makes after a join from elsewhere, and when a room has too many extremities: handlers/message.py
   * (`_send_dummy_event_for_room`). Any local member who may will do; false when there is none. Others hear of it at once
   * (`proactively`), or when they ask.
   */
  makeDummyEvent(clock: Clock, room: HostedRoom, proactively: boolean, out: Effects): boolean {
    const wish = {
      type: dummyEventType,
      stateKey: undefined,
      content: {},
      originServerTs: clock.wall,
    };
    for (const sender of room.localMembers()) {
      if (!room.allows({ ...wish, sender })) continue;
      const event = room.build({ ...wish, sender });
      if (proactively) return this.sendOwn(clock, room, event, out);
      const arrival = { event, message: undefined, receipt: 'own', givenStates: undefined } as const;
      return this.#context.take(clock, room, arrival, out) === 'accepted';
    }
    return false;
  }

  /** Something came for devices of these users, or of their keys some are gone: their long polls are answered. */
  announceToDevice(users: Iterable<UserId>, out: Effects): void {
    for (const userId of users)
      for (const device of this.#users.devicesOf(userId))
        if (device.poll !== undefined && this.#hasNews(device, device.poll.since))
          this.#answerSync(device, device.poll.request, device.poll.since, out);
  }

  /** Judges, stores and distributes an event of a local user; false when it is not allowed. */
  sendOwn(clock: Clock, room: HostedRoom, event: MatrixEvent, out: Effects): boolean {
    const arrival = { event, message: undefined, receipt: 'own', givenStates: undefined } as const;
    if (this.#context.take(clock, room, arrival, out) !== 'accepted') return false;
    this.#distribute(clock, event.eventId, out);
    return true;
  }

  // --- Sending ---

  #sendEvent(clock: Clock, id: RequestId, question: SendEvent, out: Effects): void {
    const key = `${question.userId}/${question.deviceId}/${question.txnId}`;
    const known = this.#sent.get(key);
    if (known !== undefined) return out.respond(id, eventSent(known.eventId));
    const eventId = this.#make(
      clock,
      id,
      { ...question, type: question.eventType, stateKey: undefined },
      out,
    );
    if (eventId === undefined) return;
    const memory = synapse.clientTransactionMemory / synapse.clockStep;
    for (const [oldest, { atMs }] of this.#sent) {
      if (clock.wall - atMs <= memory) break;
      this.#sent.delete(oldest);
      out.persist(txnPrefix + oldest, undefined);
    }
    const record: SentRecord = { eventId, atMs: clock.wall };
    this.#sent.set(key, record);
    out.persist(txnPrefix + key, record);
    out.respond(id, eventSent(eventId));
    this.#distribute(clock, eventId, out);
  }

  #sendState(clock: Clock, id: RequestId, question: SendState, out: Effects): void {
    const { eventType, stateKey } = question;
    const eventId = this.#make(clock, id, { ...question, type: eventType, stateKey }, out);
    if (eventId === undefined) return;
    out.respond(id, eventSent(eventId));
    this.#distribute(clock, eventId, out);
  }

  /** Builds, judges and stores an event of a local user; undefined when it was refused (and the request answered). */
  #make(
    clock: Clock,
    id: RequestId,
    wish: (SendEvent | SendState) & { readonly type: string; readonly stateKey: string | undefined },
    out: Effects,
  ): EventId | undefined {
    const room = this.#context.room(wish.roomId);
    const { type, stateKey, userId: sender, content } = wish;
    const isMember = room?.localMembers().has(sender) === true;
    const ban = isMember || room === undefined ? undefined : ignoredBan(this.#context, room, sender);
    if (room === undefined || (!isMember && (ban === undefined || stateKey !== undefined))) {
      refuse(id, 403, 'M_FORBIDDEN', out);
      return undefined;
    }
    out.spend(this.#context.config.costs.sendEvent);
    const event =
      ban === undefined
        ? room.build({ type, stateKey, sender, content, originServerTs: clock.wall })
        : room.buildBeside(ban, { type, sender }, content, clock.wall);
    this.#context.config.pdus.learn(event, this.#context.signingKey);
    const receipt = ban === undefined ? 'own' : 'vouched';
    const arrival = { event, message: wish.carries[0], receipt, givenStates: undefined } as const;
    const verdict = this.#context.take(clock, room, arrival, out);
    if (verdict === 'accepted' || (ban !== undefined && verdict === 'soft-failed')) return event.eventId;
    refuse(id, 403, 'M_FORBIDDEN', out);
    return undefined;
  }

  /** To every other server that was in the room when the event was made. */
  #distribute(clock: Clock, eventId: EventId, out: Effects): void {
    const stored = this.#context.find(eventId);
    const room = stored === undefined ? undefined : this.#context.room(stored.event.roomId);
    if (stored === undefined || room === undefined) return;
    const { misbehaviour } = this.#context;
    if (misbehaviour === undefined)
      this.#context.sender.send(clock, stored, room.destinationsOf(stored), out);
    else distributeBadly(misbehaviour, this.#context, { clock, room, stored }, out);
  }

  #receipt(clock: Clock, id: RequestId, { roomId, userId, eventId }: SendReceipt, out: Effects): void {
    const room = this.#context.room(roomId);
    if (room?.localMembers().has(userId) !== true) return refuse(id, 403, 'M_FORBIDDEN', out);
    out.spend(this.#context.config.costs.request);
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
    const read = { data: { ts: clock.wall }, event_ids: [eventId] };
    const edu = { eduType: 'm.receipt', content: { [roomId]: { 'm.read': { [userId]: read } } } };
    const { sender: author, originServerTs } = this.#context.find(eventId)?.event ?? {};
    const receipt: Receipt = {
      edu,
      key: `m.receipt/${roomId}/${userId}`,
      eventAtMs: originServerTs ?? clock.wall,
      author: serverNameOf(author ?? ''),
    };
    this.#context.sender.sendReceipt(clock, receipt, room.otherServers(), out);
  }

  // --- Reading ---

  #sync(id: RequestId, device: SessionDevice, { since, timeoutMs }: Sync, out: Effects): void {
    const position = readSinceToken(since);
    device.pusher?.fetched(position.events);
    this.#devices.acknowledged(device, position, out);
    device.poll = undefined;
    if (timeoutMs > 0 && !this.#hasNews(device, position)) {
      device.poll = { request: id, since: position };
      return;
    }
    out.spend(this.#context.config.costs.sync);
    this.#answerSync(device, id, position, out);
  }

  #hasNews(device: SessionDevice, position: SyncPosition): boolean {
    for (const room of this.#users.roomsOf(device.userId))
      if (room.history.hasSince(position.events)) return true;
    return this.#devices.hasNews(device, position);
  }

  #answerSync(device: SessionDevice, id: RequestId, position: SyncPosition, out: Effects): void {
    device.poll = undefined;
    const { events: since } = position;
    const { parts, position: reached } = this.#devices.tell(device, position);
    const rooms: RoomTimeline[] = [];
    const carried: StoredEvent[] = [];
    for (const room of this.#users.roomsOf(device.userId)) {
      const typing = this.#devices.typingIn(room.roomId, position);
      if (!room.history.hasSince(since) && typing === undefined) continue;
      const { events, limited } = room.history.since(since, synapse.syncTimelineLimit);
      const [oldest] = events;
      if (oldest === undefined && typing === undefined) continue;
      rooms.push({
        roomId: room.roomId,
        events: events.map(({ event }) => clientEventOf(event)),
        limited,
        // Nobody asks for what lies before a timeline that is whole.
        prevBatch: oldest === undefined ? '' : limited ? tokenBeforeInStream(oldest) : tokenBefore(oldest),
        ...(typing === undefined ? {} : { typing }),
      });
      carried.push(...events);
    }
    const answer: SyncAnswer = {
      kind: 'matrix.sync-answer',
      ...parts,
      nextBatch: sinceToken(
        this.#context.streamPosition(),
        reached.toDevice,
        reached.deviceLists,
        reached.typing,
      ),
      rooms,
      carries: userMessagesOf(carried),
    };
    out.respond(id, answer);
  }

  #messages(clock: Clock, page: WaitingPage, mayBackfill: boolean, out: Effects): void {
    const { request, question } = page;
    const room = this.#context.room(question.roomId);
    if (room?.localMembers().has(question.userId) !== true) return refuse(request, 403, 'M_FORBIDDEN', out);
    const limit = Math.min(question.limit, synapse.messagesLimit);
    const { events, hasMore } = room.history.before(question.from, limit);
    const oldest = events.at(-1);
    const lowestDepth = oldest?.event.depth ?? 0;
    if (mayBackfill && this.#backfiller.hold(clock, room, page, lowestDepth, out)) return;
    out.spend(this.#context.config.costs.sync);
    const answer: Messages = {
      kind: 'matrix.messages',
      events: events.map(({ event }) => clientEventOf(event)),
      ...(hasMore && oldest !== undefined ? { end: tokenBefore(oldest) } : {}),
      carries: userMessagesOf(events),
    };
    out.respond(request, answer);
  }
}

function eventSent(eventId: EventId): EventSent {
  return { kind: 'matrix.event-sent', eventId, carries: carriesNothing };
}

function refuse(id: RequestId, status: number, errcode: string, out: Effects): void {
  const error: MatrixError = { kind: 'matrix.error', errcode, error: errcode, carries: carriesNothing };
  out.refuse(id, status, error);
}
