// Why servers that share a room do not agree on it: every difference gets one cause of a closed list. What none of them
// explains is a mistake of the simulator, or a finding about the protocol.
import { compareCodePoints } from '../order.ts';
import type { Clock } from '../time.ts';
import type { MatrixEvent } from './event.ts';
import { dummyEventType } from './dummy-events.ts';
import type { HomeserverView } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import { serverNameOf, type EventId, type RoomId, type ServerName } from './ids.ts';

/** What servers of a room are compared by. */
export type AgreementAspect = 'state' | 'extremities' | 'history';

export type DivergenceCause =
  | 'in-flight' // queued, on its way, or waiting to be judged
  | 'back-off-pending' // its origin waits before it asks again
  | 'blacklisted' // its origin has given the server up, and has it queued
  | 'recorded-only' // its origin knows that it is wanted, and has it in no queue until the next one of the room
  | 'passed-over' // recorded so, and then later events went out first: its origin takes it for sent
  | 'withheld' // its origin is hostile, or was, and never sent it there
  | 'never-queued' // its origin had given the server up when the event was made
  | 'late-under-id' // it joined a transaction whose id had been answered for
  | 'dead-origin' // its origin is down or has forgotten it, and nobody else pushes it
  | 'not-repeated' // it was answered for, could not be taken then, and nobody sends it again
  | 'set-back' // it was answered for, and then forgotten with the disk, or a part of it
  | 'not-collected' // somebody in between keeps it for the server, which has not fetched it
  | 'on-request' // its origin made it to shorten a front, and sends it to whoever asks
  | 'tips-only-gap' // newer events came, this one waits until somebody scrolls to it
  | 'unverifiable-key' // nobody could tell a key of its server that was valid then
  | 'bad-signature'
  | 'access-list'
  | 'not-a-member' // it was not in the room then, as far as the origin or itself knew
  | 'soft-failure' // it is held, and kept out of the front
  | 'told-state' // it is judged by a state behind a gap, as another server told it
  | 'unexplained';

/** One server's lack of one event, or its different view of one. */
export interface Divergence {
  readonly roomId: RoomId;
  readonly aspect: AgreementAspect;
  readonly server: ServerName;
  /** The event that is missing, or seen differently; undefined when all are held alike. */
  readonly eventId: EventId | undefined;
  readonly cause: DivergenceCause;
}

/** The servers that are up, and what time it is for each of them. */
export interface DivergenceInput {
  readonly servers: readonly HomeserverView[];
  readonly clockOf: (server: ServerName) => Clock;
  /** Whether somebody in between keeps the event for the server until it fetches it; nobody does when left out. */
  readonly isKeptFor?: (server: ServerName, event: MatrixEvent) => boolean;
  /**
   * When the server last came back with less on its disk than it had written there, milliseconds since the Unix epoch; never
   * when left out.
   */
  readonly forgotAt?: (server: ServerName) => number | undefined;
}

interface Copy {
  readonly server: HomeserverView;
  readonly room: HostedRoom;
}

/** Every difference between servers that are up and joined, room by room. */
export function findDivergences({
  servers,
  clockOf,
  isKeptFor = () => false,
  forgotAt = () => undefined,
}: DivergenceInput): readonly Divergence[] {
  const copies = new Map<RoomId, Copy[]>();
  for (const server of servers) {
    for (const room of server.rooms()) {
      if (!room.isJoined) continue;
      const own = copies.get(room.roomId);
      if (own === undefined) copies.set(room.roomId, [{ server, room }]);
      else own.push({ server, room });
    }
  }
  const up = new Map(servers.map((server) => [server.serverName, server]));
  return [...copies].flatMap(([roomId, ofRoom]) =>
    new RoomDivergences(roomId, ofRoom, up, { clockOf, isKeptFor, forgotAt }).find(),
  );
}

class RoomDivergences {
  readonly #roomId: RoomId;
  readonly #copies: readonly Copy[];
  readonly #up: ReadonlyMap<ServerName, HomeserverView>;
  readonly #around: Required<Omit<DivergenceInput, 'servers'>>;
  #all: ReadonlyMap<EventId, MatrixEvent> | undefined;
  readonly #lacking = new Map<Copy, ReadonlyMap<EventId, DivergenceCause>>();
  /** Events by what they follow, in all copies together; made when first asked for. */
  #after: Map<EventId, MatrixEvent[]> | undefined;

  constructor(
    roomId: RoomId,
    copies: readonly Copy[],
    up: ReadonlyMap<ServerName, HomeserverView>,
    around: Required<Omit<DivergenceInput, 'servers'>>,
  ) {
    this.#roomId = roomId;
    this.#copies = copies;
    this.#up = up;
    this.#around = around;
  }

  find(): readonly Divergence[] {
    const distinct = (view: (room: HostedRoom) => string): boolean =>
      new Set(this.#copies.map(({ room }) => view(room))).size > 1;
    const isAlike =
      !distinct((room) => room.aspects().extremities) &&
      !distinct((room) => room.stateDigest()) &&
      !distinct((room) => String(room.taken));
    if (isAlike) return [];
    const found: Divergence[] = [];
    if (distinct((room) => room.aspects().extremities)) found.push(...this.#ofExtremities('extremities'));
    if (distinct((room) => room.stateDigest())) found.push(...this.#ofState());
    found.push(...this.#lacks('history'));
    return found;
  }

  /** Every event that is at somebody's front and not at everybody's, neither at it nor behind it. */
  #ofExtremities(aspect: AgreementAspect): readonly Divergence[] {
    const tips = new Map<EventId, MatrixEvent>();
    for (const { room } of this.#copies)
      for (const { event } of room.forwardExtremities()) tips.set(event.eventId, event);
    const found: Divergence[] = [];
    for (const tip of [...tips.values()].sort((left, right) =>
      compareCodePoints(left.eventId, right.eventId),
    )) {
      for (const copy of this.#copies) {
        const cause = this.#whyNotAtFront(copy, tip);
        if (cause !== undefined) found.push(this.#divergence(copy, aspect, tip.eventId, cause));
      }
    }
    // All tips are held by everybody, and yet fronts differ: somebody lacks what covers one of them.
    if (found.length === 0) found.push(...this.#ofCovering(aspect));
    return found;
  }

  #whyNotAtFront(copy: Copy, tip: MatrixEvent): DivergenceCause | undefined {
    const { room } = copy;
    if (!room.has(tip.eventId)) return this.#whyLacking(copy).get(tip.eventId);
    const verdict = room.verdictOf(tip.eventId);
    if (verdict === 'soft-failed') return 'soft-failure';
    if (verdict === 'rejected') return this.#restsOnTold(room) ? 'told-state' : 'unexplained';
    return undefined;
  }

  /** Events that some hold and others lack, or judge differently. */
  #ofCovering(aspect: AgreementAspect): readonly Divergence[] {
    const found = this.#lacks(aspect);
    if (found.length > 0) return found;
    for (const copy of this.#copies)
      for (const { eventId } of copy.room.graph())
        if (copy.room.verdictOf(eventId) === 'soft-failed')
          found.push(this.#divergence(copy, aspect, eventId, 'soft-failure'));
    if (found.length > 0) return found;
    const told = this.#copies.find(({ room }) => this.#restsOnTold(room));
    const [first] = this.#copies;
    const copy = told ?? first;
    return copy === undefined
      ? []
      : [this.#divergence(copy, aspect, undefined, told === undefined ? 'unexplained' : 'told-state')];
  }

  #ofState(): readonly Divergence[] {
    const fronts = new Set(this.#copies.map(({ room }) => room.aspects().extremities));
    if (fronts.size > 1) return this.#ofExtremities('state');
    const told = this.#copies.find(({ room }) => this.#restsOnTold(room));
    const [first] = this.#copies;
    const copy = told ?? first;
    if (copy === undefined) return [];
    return [this.#divergence(copy, 'state', undefined, told === undefined ? 'unexplained' : 'told-state')];
  }

  /** Events that a server does not have. */
  #lacks(aspect: AgreementAspect): Divergence[] {
    return this.#copies.flatMap((copy) =>
      [...this.#whyLacking(copy)].map(([eventId, cause]) => this.#divergence(copy, aspect, eventId, cause)),
    );
  }

  /** Events that anybody holds. */
  #held(): ReadonlyMap<EventId, MatrixEvent> {
    const held = new Map<EventId, MatrixEvent>();
    for (const { room } of this.#copies) for (const event of room.graph()) held.set(event.eventId, event);
    return held;
  }

  /** The causes of everything that one server lacks. What has none of its own comes with what builds on it, if that does. */
  #whyLacking(copy: Copy): ReadonlyMap<EventId, DivergenceCause> {
    const known = this.#lacking.get(copy);
    if (known !== undefined) return known;
    const { server, room } = copy;
    const all = (this.#all ??= this.#held());
    const causes = new Map<EventId, DivergenceCause>();
    for (const event of all.values())
      if (!room.has(event.eventId)) causes.set(event.eventId, this.#whyMissing(server, room, event));
    const stack = [...causes].filter(([, cause]) => cause !== 'unexplained').map(([id]) => id);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const cause = causes.get(id);
      for (const previous of all.get(id)?.prevEvents ?? []) {
        if (cause === undefined || causes.get(previous) !== 'unexplained') continue;
        causes.set(previous, cause);
        stack.push(previous);
      }
    }
    this.#lacking.set(copy, causes);
    return causes;
  }

  #whyMissing(server: HomeserverView, room: HostedRoom, event: MatrixEvent): DivergenceCause {
    if (server.isStaged(event)) return 'in-flight';
    const originName = serverNameOf(event.sender);
    const origin = originName === undefined ? undefined : this.#up.get(originName);
    const stored = origin?.find(event.eventId);
    const copyOfOrigin = origin?.room(event.roomId);
    const isAddressed =
      stored === undefined || copyOfOrigin?.destinationsOf(stored).includes(server.serverName) !== false;
    if (!isAddressed) return 'not-a-member';
    const standing =
      origin === undefined || stored === undefined
        ? undefined
        : origin.sender.standingOf(this.#around.clockOf(origin.serverName), server.serverName, stored);
    if (standing === 'queued') return 'in-flight';
    if (standing === 'waiting') return 'back-off-pending';
    if (standing === 'given-up') return 'blacklisted';
    if (standing === 'recorded') return 'recorded-only';
    if (standing === 'unqueued') return 'never-queued';
    if (standing === 'late-under-id' || standing === 'passed-over') return standing;
    if (this.#around.isKeptFor(server.serverName, event)) return 'not-collected';
    const reason = server.refused.get(event.eventId);
    if (reason === 'unverifiable-key') return reason;
    if (reason === 'signature') return 'bad-signature';
    if (reason === 'access-list') return reason;
    if (reason === 'not-joined') return 'not-a-member';
    if (origin?.wasHostile === true) return 'withheld';
    // What came is later: this one was skipped by catching up, or the pull stopped before it.
    if (this.#isBehind(room, event)) return 'tips-only-gap';
    if (event.type === dummyEventType && origin !== undefined) return 'on-request';
    if (standing === undefined) return 'dead-origin';
    if (reason !== undefined) return 'not-repeated';
    const forgotAt = this.#around.forgotAt(server.serverName) ?? -Infinity;
    return event.originServerTs <= forgotAt ? 'set-back' : 'unexplained';
  }

  /** Whether the room holds something that builds on the event. */
  #isBehind(room: HostedRoom, event: MatrixEvent): boolean {
    const after = (this.#after ??= this.#successors());
    const seen = new Set<EventId>();
    const stack = [event.eventId];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const { eventId } of after.get(id) ?? []) {
        if (room.has(eventId)) return true;
        if (seen.has(eventId)) continue;
        seen.add(eventId);
        stack.push(eventId);
      }
    }
    return false;
  }

  #successors(): Map<EventId, MatrixEvent[]> {
    const after = new Map<EventId, MatrixEvent[]>();
    for (const { room } of this.#copies) {
      for (const event of room.graph()) {
        for (const previous of event.prevEvents) {
          const known = after.get(previous);
          if (known === undefined) after.set(previous, [event]);
          else known.push(event);
        }
      }
    }
    return after;
  }

  #restsOnTold(room: HostedRoom): boolean {
    return room.toldByOthers().length > 0;
  }

  #divergence(
    { server }: Copy,
    aspect: AgreementAspect,
    eventId: EventId | undefined,
    cause: DivergenceCause,
  ): Divergence {
    return { roomId: this.#roomId, aspect, server: server.serverName, eventId, cause };
  }
}
