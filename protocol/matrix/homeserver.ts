// A homeserver: its users' devices on one side, other servers on the other, rooms between them.
import { assertNever } from '../assert.ts';
import type {
  Core,
  CoreFactory,
  Effects,
  Input,
  OperatorOrder,
  RequestId,
  RequestResult,
  StoredState,
  Tag,
  TimerName,
} from '../core.ts';
import { ed25519Signer } from '../crypto.ts';
import { noCause } from '../failure.ts';
import type { UserMessageId } from '../message.ts';
import type { Clock } from '../time.ts';
import { AppserviceSender } from './appservice.ts';
import { ClientApi } from './client-api.ts';
import { ClientMembership } from './client-membership.ts';
import { isDeviceQuestion, type DeviceQuestion } from './device-messages.ts';
import { DeviceServices } from './device-services.ts';
import { DummyEvents } from './dummy-events.ts';
import type { MatrixEvent } from './event.ts';
import { Backfiller } from './federation/backfill.ts';
import { discoveryFor, type Discovery } from './federation/discovery.ts';
import { Door, type SignedQuestion } from './federation/door.ts';
import { KeyRing, type KeyNeeds } from './federation/key-ring.ts';
import { PullFailures } from './federation/pull-failures.ts';
import { TransactionReceiver } from './federation/receive-transaction.ts';
import { OriginLimits } from './federation/origin-limits.ts';
import type { Pulled } from './federation/pulled-events.ts';
import { RefusedEvents, type RefusalReason } from './federation/refused-events.ts';
import { RoomInboxes } from './federation/room-inbox.ts';
import type { EventSender } from './federation/event-sender.ts';
import { serveQuestion, type Question } from './federation/serve.ts';
import type { Edu } from './federation/messages.ts';
import type { HandshakeQuestion } from './federation/handshake-messages.ts';
import { isHandshake, serveHandshake } from './federation/serve-handshakes.ts';
import type { HomeserverConfig, WarmRoom } from './homeserver-config.ts';
import type { Arrival, HomeserverContext, HomeserverView, ReceivedInvite } from './homeserver-context.ts';
import { HomeserverStorage } from './homeserver-storage.ts';
import { HostedRoom, type Verdict } from './hosted-room.ts';
import { serverNameOf, type EventId, type RoomId, type ServerName, type UserId } from './ids.ts';
import { LocalUsers } from './local-users.ts';
import { asMatrix } from './messages.ts';
import { specifiedRoomVersions, type RoomVersionRules } from './room-version.ts';
import { isKeptBack, misbehaviours, type Misbehaviour } from './misbehaviour.ts';
import type { SigningKey } from './signing.ts';
import type { StoredEvent } from './stored-event.ts';
import { refusedPart, tellEntries, tellEntriesAgain } from './replica-entries.ts';

/** A handshake whose event is of a server whose keys are being fetched. */
interface AwaitingKeys {
  readonly id: RequestId;
  readonly question: HandshakeQuestion;
  readonly needs: KeyNeeds;
}

/** For findings about a run: what a hostile server never sent explains what others lack. */
const hostileKey = 'was-hostile';

class Homeserver implements Core, HomeserverContext, HomeserverView {
  readonly config: HomeserverConfig;
  readonly sender: EventSender;
  readonly keys: KeyRing;
  readonly pullFailures: PullFailures;
  readonly refused: RefusedEvents;
  readonly signingKey: SigningKey;
  readonly #storage: HomeserverStorage;
  readonly #users: LocalUsers;
  readonly #rooms = new Map<RoomId, HostedRoom>();
  readonly #events = new Map<EventId, StoredEvent>();
  /** What this server took in during the run, in order. */
  readonly #stream = new Map<number, StoredEvent>();
  readonly #inboxes: RoomInboxes;
  readonly #receiver: TransactionReceiver;
  readonly #backfiller: Backfiller;
  readonly #door: Door;
  readonly #discovery: Discovery | undefined;
  readonly #awaitingKeys: AwaitingKeys[] = [];
  /** How it is hostile; undefined while it is honest. */
  misbehaviour: Misbehaviour | undefined;
  /** Whether it ever was. */
  wasHostile: boolean;
  readonly #limits = new OriginLimits<Question | HandshakeQuestion | DeviceQuestion>();
  readonly #devices: DeviceServices;
  readonly #clientApi: ClientApi;
  readonly #membership: ClientMembership;
  readonly #dummies: DummyEvents | undefined;
  readonly #appservice: AppserviceSender | undefined;
  readonly #restarted: boolean;
  #position = 0;
  /** Counts down: what is fetched as history lies before everything that clients were told. */
  #historyPosition = 0;

  constructor(config: HomeserverConfig, stored: StoredState | undefined) {
    this.config = config;
    this.#restarted = stored !== undefined;
    this.wasHostile = stored?.get(hostileKey) === true;
    this.#appservice =
      config.appservice === undefined ? undefined : new AppserviceSender(config.appservice, stored);
    this.#storage = new HomeserverStorage(stored);
    const { delegations, profile, serverName, keyId } = config;
    this.signingKey = { server: serverName, keyId, signer: ed25519Signer(config.signingSeed) };
    this.keys = new KeyRing(this, stored);
    this.#discovery = discoveryFor(profile, delegations, config.random, stored === undefined);
    this.#door = new Door(this.keys, {
      question: (clock, id, question, out) => this.#question(clock, id, question, out),
      answer: (clock, tag, result, out) => this.#answer(clock, tag, result, out),
    });
    this.refused = new RefusedEvents(stored);
    this.pullFailures = new PullFailures(stored);
    this.#users = new LocalUsers(config.users, stored);
    this.sender = profile.makeSender(
      {
        serverName,
        random: config.random,
        connectTimeout: profile.connectTimeout,
        warmStreamOrdering: 0,
        eventAt: (streamOrdering) => this.#stream.get(streamOrdering),
        visibleExtremities: (roomId, destination) => {
          const room = this.#rooms.get(roomId);
          if (room?.hasServer(destination) !== true) return [];
          return room.forwardExtremities().filter(({ event }) => !isKeptBack(this, event));
        },
      },
      stored,
    );
    this.#inboxes = new RoomInboxes(this, stored);
    this.#receiver = new TransactionReceiver(this, this.#inboxes, stored);
    this.#backfiller = new Backfiller(this);
    this.#devices = new DeviceServices(this, this.#users, stored, (users, out) =>
      this.#clientApi.announceToDevice(users, out),
    );
    const parts = { users: this.#users, backfiller: this.#backfiller, devices: this.#devices };
    this.#clientApi = new ClientApi(this, parts, stored);
    this.#membership = new ClientMembership(this, this.#clientApi);
    this.#dummies = profile.shortensFronts
      ? new DummyEvents(this.#rooms, (clock, room, out) =>
          this.#clientApi.makeDummyEvent(clock, room, false, out),
        )
      : undefined;
    this.#rebuild();
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (this.#discovery === undefined) return this.#handle(clock, input, out);
    if (input.kind === 'timer' && this.#discovery.timer(clock, input.timer, out)) return;
    const finding = this.#discovery.effects(clock, out);
    if (input.kind !== 'response') return this.#handle(clock, input, finding);
    const ended = this.#discovery.answered(clock, input.tag, input.result, out);
    if (ended !== undefined) this.#handle(clock, { kind: 'response', ...ended }, finding);
  }

  #handle(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        return this.#start(clock, out);
      case 'request':
        return this.#request(clock, input, out);
      case 'response':
        return this.#response(clock, input.tag, input.result, out);
      case 'timer':
        return this.#timer(clock, input.timer, out);
      case 'operator':
        return this.#obey(input.order, clock, out);
      case 'link-up':
        // What waits for that server goes on.
        return this.sender.peerIsThere(clock, input.peer as string as ServerName, out);
      case 'user':
      case 'message':
      case 'link-down':
      case 'network':
      case 'push':
        return;
      default:
        return assertNever(input);
    }
  }

  #obey(order: OperatorOrder, clock: Clock, out: Effects): void {
    if (order === 'clear-back-offs') this.sender.clearBackoffs(clock, out);
    else this.misbehaviour = misbehaviours.find((each) => order === `turn/${each}`);
    if (this.misbehaviour === undefined || this.wasHostile) return;
    this.wasHostile = true;
    out.persist(hostileKey, true);
  }

  inspect(): unknown {
    return {
      serverName: this.config.serverName,
      streamPosition: this.#position,
      rooms: [...this.#rooms.values()].map((room) => ({ roomId: room.roomId, ...room.aspects() })),
      federation: this.sender.inspect(),
    };
  }

  // --- What is seen from outside ---

  get serverName(): ServerName {
    return this.config.serverName;
  }

  rooms(): Iterable<HostedRoom> {
    return this.#rooms.values();
  }

  isStaged(event: MatrixEvent): boolean {
    return this.#inboxes.holds(event);
  }

  // --- What its parts ask of it ---

  room(roomId: RoomId): HostedRoom | undefined {
    return this.#rooms.get(roomId);
  }

  streamPosition(): number {
    return this.#position;
  }

  find(eventId: EventId): StoredEvent | undefined {
    return this.#events.get(eventId);
  }

  take(clock: Clock, room: HostedRoom, arrival: Arrival, out: Effects): Verdict {
    const before = { state: room.currentState(), isJoined: room.isJoined };
    const { verdict, stored } = this.#apply(room, arrival);
    if (arrival.receipt === 'own' && verdict !== 'accepted') return verdict;
    this.#storage.append(room.roomId, false, arrival, out);
    this.refused.taken(arrival.event.eventId, out);
    if (verdict !== 'accepted') {
      out.observe({ kind: 'situation', name: `matrix.event.${verdict}` });
      const { event, message } = arrival;
      const kept = refusedPart(room, event, message);
      const from = serverNameOf(event.sender) ?? '';
      out.observe({ kind: 'refused', from, fate: verdict, rule: room.ruleAgainst(event.eventId), kept });
      return verdict;
    }
    if (!before.state.equals(room.currentState())) {
      this.#users.membersChanged(room);
      tellEntries(room, before, out);
    }
    if (arrival.receipt !== 'history') {
      this.#appservice?.notify(stored, out);
      this.#clientApi.announce(room, stored, clock, out);
    }
    this.#dummies?.noted(clock, room, out);
    // A server without members hears no more of the room: its copy is not to be compared with others.
    if (room.isJoined) out.observe({ kind: 'replica', object: room.roomId, aspects: room.aspects() });
    else out.observe({ kind: 'replica-gone', object: room.roomId });
    return verdict;
  }

  openRoom(roomId: RoomId, rules: RoomVersionRules, out: Effects): HostedRoom {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    this.#storage.openRoom(roomId, rules.id, out);
    return this.#addRoom({ roomId, rules, events: [] });
  }

  hasUser(userId: string): boolean {
    return this.#users.has(userId as UserId);
  }

  noteInvite(invite: ReceivedInvite, out: Effects): void {
    this.#membership.invited(invite);
    this.#storage.keepInvite(invite, out);
  }

  receiveEdu(clock: Clock, origin: ServerName, edu: Edu, out: Effects): void {
    this.#devices.receiveEdu(clock, origin, edu, out);
  }

  noteUnconnected({ signed: { event }, message }: Pulled, reason: RefusalReason, out: Effects): void {
    this.refused.note(event.eventId, reason, out);
    out.observe({
      kind: 'refused',
      from: serverNameOf(event.sender) ?? '',
      fate: 'unconnected',
      rule: reason,
    });
    if (message !== undefined) this.holdOutside(event.roomId, [message], out, serverNameOf(event.sender));
  }

  holdOutside(roomId: RoomId, messages: readonly UserMessageId[], out: Effects, origin?: ServerName): void {
    if (messages.length === 0) return;
    if (this.refused.hasUnverifiable(roomId))
      out.observe({ kind: 'hold', messages, reason: 'unverifiable', cause: this.keys.lastFailure });
    else {
      // It has not been asked for more while it is left alone.
      const cause = origin === undefined ? noCause : this.sender.causeOfBackoff(origin);
      out.observe({ kind: 'hold', messages, reason: 'catching-up', cause });
    }
  }

  sendDummyEvent(clock: Clock, room: HostedRoom, out: Effects): void {
    this.#clientApi.makeDummyEvent(clock, room, true, out);
  }

  takeOutlier(room: HostedRoom, event: MatrixEvent, message: Arrival['message'], out: Effects): void {
    const arrival: Arrival = { event, message, receipt: 'history', givenStates: undefined };
    this.#storage.append(room.roomId, true, arrival, out);
    room.takeOutlier(event, message);
    this.refused.taken(event.eventId, out);
  }

  // --- Inputs ---

  #start(clock: Clock, out: Effects): void {
    this.#storage.install(out);
    this.sender.start(clock, out);
    this.#devices.start(clock, out);
    if (this.#restarted) {
      this.#inboxes.restarted(clock, out);
      this.#appservice?.start(out);
    }
    for (const room of this.#rooms.values()) {
      this.#dummies?.noted(clock, room, out);
      if (this.#restarted) tellEntriesAgain(room, out);
      out.observe({ kind: 'replica', object: room.roomId, aspects: room.aspects() });
    }
  }

  #request(clock: Clock, { id, from, message }: Extract<Input, { kind: 'request' }>, out: Effects): void {
    const question = asMatrix(message);
    switch (question?.kind) {
      case 'matrix.transaction':
        // Handed on within the node (P2P), it does not say that its origin is there, nor did that sign this request.
        if (from.startsWith('local:')) return this.#receiver.receive(clock, id, question, out);
        return this.#door.question(clock, id, question, out);
      case 'matrix.get-missing-events':
      case 'matrix.get-backfill':
      case 'matrix.get-event':
      case 'matrix.get-state-ids':
      case 'matrix.get-state':
      case 'matrix.get-event-auth':
      case 'matrix.query-directory':
      case 'matrix.get-server-public-rooms':
      case 'matrix.make-membership':
      case 'matrix.send-membership':
      case 'matrix.invite':
      case 'matrix.claim-user-keys':
      case 'matrix.get-user-devices':
        return this.#door.question(clock, id, question, out);
      case 'matrix.get-server-keys':
        out.spend(this.config.costs.request);
        return this.keys.tellOwn(clock, id, out);
      case 'matrix.query-keys':
        out.spend(this.config.costs.request);
        return this.keys.query(clock, id, question, out);
      case 'matrix.change-membership':
        return this.#membership.request(clock, id, question, out);
      case 'matrix.join-by-alias':
        return this.#membership.joinByAlias(clock, id, question, out);
      case 'matrix.send-event':
      case 'matrix.send-state':
      case 'matrix.send-to-device':
      case 'matrix.sync':
      case 'matrix.get-messages':
      case 'matrix.send-receipt':
      case 'matrix.get-versions':
      case 'matrix.create-room':
      case 'matrix.upload-media':
      case 'matrix.get-public-rooms':
      case 'matrix.upload-keys':
      case 'matrix.claim-keys':
      case 'matrix.log-in':
      case 'matrix.remove-device':
      case 'matrix.query-devices':
      case 'matrix.back-up-keys':
      case 'matrix.get-backup':
      case 'matrix.send-typing':
      case 'matrix.set-presence':
        return this.#clientApi.request(clock, id, question, out);
      default:
        return out.refuse(id, 404);
    }
  }

  /** A question of a server that is who it says it is. */
  #question(clock: Clock, id: RequestId, question: SignedQuestion, out: Effects): void {
    // Before anything is made of it (Synapse, federation/transport/server/_base.py): who speaks may be asked for what is missing.
    this.sender.peerSpoke(clock, question.origin, out);
    this.#devices.peerSpoke(clock, question.origin, out);
    if (question.kind === 'matrix.transaction') this.#receiver.receive(clock, id, question, out);
    else if (this.#limits.admit(clock, id, question, out)) this.#serve(clock, id, question, out);
  }

  #serve(
    clock: Clock,
    id: RequestId,
    question: Question | HandshakeQuestion | DeviceQuestion,
    out: Effects,
  ): void {
    if (isDeviceQuestion(question)) return this.#devices.serve(id, question, out);
    if (!isHandshake(question)) return serveQuestion(this, id, question, out);
    const needs = this.keys.neededFor(question.kind === 'matrix.make-membership' ? [] : [question.pdu]);
    if (this.keys.ensure(clock, needs, out)) return serveHandshake(this, clock, id, question, out);
    this.#awaitingKeys.push({ id, question, needs });
  }

  /** Keys came, or did not: what waited for them goes on. */
  #keysSettled(clock: Clock, out: Effects): void {
    this.#receiver.keysSettled(clock, out);
    this.#door.keysSettled(clock, out);
    for (const waiting of this.#awaitingKeys.splice(0)) {
      if (this.keys.isFetching(waiting.needs)) this.#awaitingKeys.push(waiting);
      else serveHandshake(this, clock, waiting.id, waiting.question, out);
    }
  }

  #timer(clock: Clock, timer: TimerName, out: Effects): void {
    if (this.sender.timer(clock, timer, out)) return;
    if (this.#appservice?.timer(timer, out) === true) return;
    if (this.keys.timer(clock, timer, out)) return;
    if (this.#devices.timer(clock, timer, out)) return;
    if (this.#dummies?.timer(clock, timer, out) === true) return;
    if (this.#limits.timer(clock, timer, (id, question) => this.#serve(clock, id, question, out), out))
      return;
    this.#users.pusherOf(timer)?.retry(clock, out);
  }

  #response(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    if (this.sender.answered(clock, tag, result, out)) return;
    if (this.#clientApi.directory.answered(tag, result, out)) return;
    if (this.#appservice?.answered(clock, tag, result, out) === true) return;
    if (this.keys.answered(clock, tag, result, out)) return this.#keysSettled(clock, out);
    this.#door.answer(clock, tag, result, out);
  }

  /** An answer whose events can be checked, as far as they ever can. */
  #answer(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    if (this.#inboxes.answered(clock, tag, result, out)) return;
    if (this.#membership.answered(clock, tag, result, out)) return;
    if (this.#devices.answered(clock, tag, result, out)) return;
    const pages = this.#backfiller.answered(clock, tag, result, out);
    if (pages !== undefined) return this.#clientApi.historyCame(clock, pages, out);
    this.#users.pusherOf(tag)?.answered(clock, result, out);
  }

  // --- Rooms ---

  /** Rooms as they were when the run began, then everything taken in since, judged again in the same order. */
  #rebuild(): void {
    if (this.#storage.isLost) return;
    for (const warm of this.config.rooms) this.#addRoom(warm);
    for (const [roomId, version] of this.#storage.openedRooms) {
      const rules = specifiedRoomVersions.get(version);
      if (rules !== undefined) this.#addRoom({ roomId, rules, events: [] });
    }
    for (const invite of this.#storage.invites) this.#membership.invited(invite);
    for (const entry of this.#storage.log) {
      const room = this.#rooms.get(entry.roomId);
      if (room === undefined) continue;
      if (entry.isOutlier) room.takeOutlier(entry.event, entry.message);
      else if (this.#apply(room, entry).verdict === 'accepted') this.#users.membersChanged(room);
    }
  }

  #addRoom(warm: WarmRoom): HostedRoom {
    const room = new HostedRoom(warm, this.signingKey);
    this.#rooms.set(room.roomId, room);
    this.#users.membersChanged(room);
    return room;
  }

  #apply(room: HostedRoom, arrival: Arrival): { readonly verdict: Verdict; readonly stored: StoredEvent } {
    const { event, message, receipt, givenStates } = arrival;
    const isHistory = receipt === 'history';
    const verdict = room.judge(event, givenStates, receipt);
    const isShown = verdict === 'accepted';
    const streamOrdering = !isShown ? 0 : isHistory ? --this.#historyPosition : ++this.#position;
    const stored: StoredEvent = { event, streamOrdering, message };
    if (receipt === 'own' && !isShown) return { verdict, stored };
    this.#events.set(event.eventId, stored);
    room.keep(stored, { isShown, isHistory, isBehindGap: givenStates !== undefined });
    if (isShown && !isHistory) this.#stream.set(streamOrdering, stored);
    return { verdict, stored };
  }
}

/** A homeserver that has taken part in its rooms for long. */
export function createHomeserver(config: HomeserverConfig): CoreFactory {
  return (stored) => new Homeserver(config, stored);
}

/** A homeserver as it may be looked at; undefined when the core is none. */
export function homeserverView(core: Core): HomeserverView | undefined {
  return core instanceof Homeserver ? core : undefined;
}
