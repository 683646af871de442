// One room at one server: its graph and state, what of it clients are shown, and who takes part in it.
import { compareCodePoints } from '../order.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './canonical-json.ts';
import { disputedKeys } from './disputed-keys.ts';
import { buildEvent, type EventDraft } from './event-builder.ts';
import type { MatrixEvent } from './event.ts';
import { synapse } from './federation/constants.ts';
import type { WarmRoom } from './homeserver-config.ts';
import { serverNameOf, type EventId, type RoomId, type ServerName, type UserId } from './ids.ts';
import { RoomHistory } from './room-history.ts';
import { stateResetsOf, type MergeReset } from './room-resets.ts';
import type { RoomVersionRules } from './room-version.ts';
import { Room, type Receipt } from './room.ts';
import { serverAclOf } from './server-acl.ts';
import type { SigningKey } from './signing.ts';
import { joinRulesKey, memberKey, powerLevelsKey, splitStateMapKey, stateMapKey } from './auth-state.ts';
import { powerLevelsOf, userPowerLevel } from './power-levels.ts';
import type { StateMap } from './state-map.ts';
import type { StoredEvent } from './stored-event.ts';

/** What this server thinks of an event. */
export type Verdict = 'accepted' | 'soft-failed' | 'rejected';

/** What a local user wants to say or set. */
export interface EventWish {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly originServerTs: number;
}

/** How a judged event is kept. */
export interface Keeping {
  readonly isShown: boolean;
  readonly isHistory: boolean;
  readonly isBehindGap: boolean;
}

/** Who is in the room by a state. A function of the state alone. */
interface Members {
  readonly users: ReadonlyMap<ServerName, ReadonlySet<UserId>>;
  readonly servers: ReadonlySet<ServerName>;
}

const serverAclKey = stateMapKey('m.room.server_acl', '');

const nobody: ReadonlySet<UserId> = new Set();

/** Servers of a run share states, so that each is read once. */
const membersByState = new WeakMap<StateMap, Members>();

export class HostedRoom {
  readonly history = new RoomHistory();
  readonly #room: Room;
  /** The state with which the run began; undefined for a room that came later. */
  readonly stateAtStart: StateMap | undefined;
  readonly #key: SigningKey;
  #minDepth: number;
  readonly #stored = new Map<EventId, StoredEvent>();
  /** Taken outside the graph; some are in it since. */
  readonly #outliers = new Map<EventId, StoredEvent>();
  /** Events behind a gap: some of their predecessors were missing when they came. */
  readonly #behindGap: MatrixEvent[] = [];

  /** A room as it was when the run began, or one without events that is about to be joined. */
  constructor(warm: WarmRoom, key: SigningKey) {
    const { roomId, rules, events } = warm;
    this.#room = events.length === 0 ? new Room({ roomId, rules }) : Room.warm({ roomId, rules }, warm);
    this.stateAtStart = events.length === 0 ? undefined : this.#room.currentState;
    this.#minDepth = events.length === 0 ? Infinity : 1;
    this.#key = key;
  }

  get roomId(): RoomId {
    return this.#room.roomId;
  }

  get rules(): RoomVersionRules {
    return this.#room.rules;
  }

  /** Nothing below this depth is asked for when predecessors are missing: the room begins there for this server. */
  get minDepth(): number {
    return this.#minDepth;
  }

  /** For comparison with other servers' copies. */
  aspects(): { readonly extremities: string; readonly state: string } {
    return { extremities: this.#room.extremitiesDigest, state: this.stateDigest() };
  }

  /** The state resolved over the room's front. */
  currentState(): StateMap {
    return this.#room.currentState;
  }

  /** Equal states have equal digests. */
  stateDigest(): string {
    return this.#room.currentState.digest;
  }

  /** The same as others can compute it: SHA-256 of the state's entries. */
  stateSha256(): string {
    return this.#room.currentState.sha256();
  }

  // --- Events ---

  /** Whether the event is part of the room's graph here. */
  has(eventId: EventId): boolean {
    return this.#room.has(eventId);
  }

  /** Those of the events that are not here at all. */
  unheld(ids: readonly EventId[]): readonly EventId[] {
    return this.#room.unheld(ids);
  }

  /** Whether the event is here at all, be it outside the graph. */
  holds(eventId: EventId): boolean {
    return this.#room.get(eventId) !== undefined;
  }

  find(eventId: EventId): StoredEvent | undefined {
    const stored = this.#stored.get(eventId) ?? this.#outliers.get(eventId);
    if (stored !== undefined) return stored;
    const event = this.#room.get(eventId);
    return event === undefined ? undefined : { event, streamOrdering: 0, message: undefined };
  }

  events(ids: readonly EventId[]): readonly MatrixEvent[] {
    return ids.map((id) => this.#room.get(id)).filter((event) => event !== undefined);
  }

  get extremityCount(): number {
    return this.#room.extremityCount;
  }

  forwardExtremities(): readonly StoredEvent[] {
    return this.#room.forwardExtremities.map((id) => this.find(id)).filter((stored) => stored !== undefined);
  }

  missingPredecessors(event: MatrixEvent): readonly EventId[] {
    return this.#room.missingPrevEvents(event);
  }

  missingAuthorities(event: MatrixEvent): readonly EventId[] {
    return this.#room.missingAuthEvents(event);
  }

  /** Missing predecessors of events at this depth or above it. */
  missingBehind(lowestDepth: number): readonly EventId[] {
    const near = this.#behindGap.filter(({ depth }) => depth >= lowestDepth);
    return [...new Set(near.flatMap((event) => this.missingPredecessors(event)))];
  }

  /**
   * Judges an event by the rules and gives it its place; its authorities are here. `givenStates`: the states after those
   * of its predecessors that are missing here, as another server told them.
   */
  judge(
    event: MatrixEvent,
    givenStates: readonly (readonly EventId[])[] | undefined,
    receipt: Receipt,
  ): Verdict {
    if (givenStates === undefined) return this.#room.receive(event, receipt).kind;
    this.#behindGap.push(event);
    return this.#room.receiveWithStates(event, givenStates, receipt).kind;
  }

  /** Keeps an event outside the graph, unless its authorities are missing. */
  takeOutlier(event: MatrixEvent, message: StoredEvent['message']): void {
    if (this.missingAuthorities(event).length > 0) return;
    this.#room.addOutlier(event);
    this.#outliers.set(event.eventId, { event, streamOrdering: 0, message });
  }

  keep(stored: StoredEvent, { isShown, isHistory, isBehindGap }: Keeping): void {
    this.#stored.set(stored.event.eventId, stored);
    if (stored.event.depth < this.#minDepth) this.#minDepth = stored.event.depth;
    if (isShown) this.history.add(stored, isHistory, isBehindGap);
  }

  /** An event of a local user as this server signs it. Whether it is allowed is judged like any other's. */
  build({ type, stateKey, sender, content, originServerTs }: EventWish): MatrixEvent {
    const references = this.#room.draftReferences(
      { type, stateKey, sender, content },
      synapse.maximumPrevEvents,
    );
    const draft = { type, stateKey, roomId: this.roomId, sender, content, originServerTs, ...references };
    return this.#signed(draft);
  }

  #signed(draft: EventDraft): MatrixEvent {
    return buildEvent(draft, this.rules, this.#key, { cited: (id) => this.#room.get(id)?.pdu });
  }

  /** What the sender of `said` says, with these words, in the place of the graph at which `beside` stands. */
  buildBeside(
    beside: MatrixEvent,
    { type, sender }: Pick<MatrixEvent, 'type' | 'sender'>,
    content: JsonObject,
    originServerTs: number,
  ): MatrixEvent {
    const references = this.#room.referencesBeside({ type, stateKey: undefined, sender, content }, beside);
    const draft = { type, roomId: this.roomId, sender, content, originServerTs, ...references };
    return this.#signed(draft);
  }

  /** An event that cites what it is told to cite, right or wrong. */
  buildFrom(draft: Omit<EventDraft, 'roomId'>): MatrixEvent {
    return buildEvent({ ...draft, roomId: this.roomId }, this.rules, this.#key);
  }

  /** The event that a user of another server is to sign, without hash and signature. */
  template(wish: EventWish): JsonObject {
    const { hashes: _hashes, signatures: _signatures, ...template } = this.build(wish).pdu;
    return template;
  }

  /** Whether the rules let such an event be, now. */
  allows(wish: EventWish): boolean {
    return this.#room.wouldAccept(this.build(wish));
  }

  // --- State ---

  isRejected(eventId: EventId): boolean {
    return this.#room.verdict(eventId)?.kind === 'rejected';
  }

  /** What this server thinks of an event; undefined when it is not here. */
  verdictOf(eventId: EventId): Verdict | undefined {
    return this.#room.verdict(eventId)?.kind;
  }

  /** The rule because of which an event has no effect here; empty where it has, or is not here. */
  ruleAgainst(eventId: EventId): string {
    const verdict = this.#room.verdict(eventId);
    if (verdict === undefined || verdict.kind === 'accepted') return '';
    return verdict.kind === 'rejected' ? `${verdict.stage}: ${verdict.rule}` : verdict.rule;
  }

  /** Keys of the state on which this server and the event's sender differed, such that it has no effect here. */
  disputedBy(event: MatrixEvent): readonly string[] {
    return disputedKeys(this.#room, event);
  }

  /** Equal where the states after the event are equal; undefined when the event is not in the graph here. */
  stateDigestAfter(eventId: EventId): string | undefined {
    return this.#room.stateAfter(eventId)?.digest;
  }

  /** Events taken in since the run began. */
  get taken(): number {
    return this.#stored.size;
  }

  /** Every event of the graph here. */
  graph(): Iterable<MatrixEvent> {
    return this.#room.events();
  }

  /** Events whose state before them another server told, because predecessors were missing when they came. */
  toldByOthers(): readonly MatrixEvent[] {
    return this.#behindGap;
  }

  /** Resets in the merges of states that differ, and the event before which each was made. */
  stateResets(): Generator<MergeReset> {
    return stateResetsOf(this.#room);
  }

  /** Ids of the state before an event; undefined where this server does not know it, or rejected the event. */
  stateIdsBefore(eventId: EventId): readonly EventId[] | undefined {
    const state = this.isRejected(eventId) ? undefined : this.#room.stateBefore(eventId);
    return state === undefined ? undefined : this.#room.idsOf(state);
  }

  /** Everything that these events rest on. */
  authChainIds(ids: readonly EventId[]): readonly EventId[] {
    return this.#room.authChain(ids);
  }

  /** The state before an event (by its ids) moved on by the event itself, if it is here. */
  stateAfter(stateIds: readonly EventId[], eventId: EventId): readonly EventId[] {
    const event = this.#room.get(eventId);
    if (event?.stateMapKey === undefined || this.isRejected(eventId)) return stateIds;
    // What is not here yet may still come before the state is used.
    const unheld = this.#room.unheld(stateIds);
    const after = this.#room.idsOf(this.#room.successorOf(this.#room.stateOf(stateIds), event));
    return unheld.length === 0 ? after : [...after, ...unheld];
  }

  // --- Joining by membership of another room ---

  /** Whether somebody of this server must vouch for the user's join: the rule is restricted, and nobody invited them. */
  needsAuthoriser(userId: string): boolean {
    const { restrictedJoins, knockRestrictedJoins } = this.rules;
    const rule = this.#content(joinRulesKey)?.['join_rule'];
    const isRestricted =
      (rule === 'restricted' && restrictedJoins) || (rule === 'knock_restricted' && knockRestrictedJoins);
    const membership = this.#content(memberKey(userId))?.['membership'];
    return isRestricted && membership !== 'join' && membership !== 'invite';
  }

  /** Whether anybody may enter. */
  get isPublic(): boolean {
    return this.#content(joinRulesKey)?.['join_rule'] === 'public';
  }

  /** Rooms whose members the join rule lets in. */
  roomsThatAllow(): readonly RoomId[] {
    const allow = this.#content(joinRulesKey)?.['allow'];
    if (!Array.isArray(allow)) return [];
    return (allow as readonly JsonValue[]).flatMap((each): string[] => {
      const { type, room_id } = isJsonObject(each) ? each : {};
      return type === 'm.room_membership' && typeof room_id === 'string' ? [room_id] : [];
    }) as RoomId[];
  }

  /** A member of this server who may invite. */
  localInviter(): UserId | undefined {
    const state = this.#room.authState(this.#room.currentState);
    const { invite } = powerLevelsOf(state(powerLevelsKey));
    return [...this.localMembers()].find((user) => userPowerLevel(user, state, this.rules) >= invite);
  }

  #content(key: string): JsonObject | undefined {
    const id = this.#room.currentState.getKey(key);
    return id === undefined ? undefined : this.#room.get(id)?.content;
  }

  // --- Who takes part ---

  hasUser(userId: string): boolean {
    return this.#content(memberKey(userId))?.['membership'] === 'join';
  }

  localMembers(): ReadonlySet<UserId> {
    return this.membersOf(this.#key.server);
  }

  get joinedMembers(): number {
    let count = 0;
    for (const users of this.#membersOf(this.#room.currentState).users.values()) count += users.size;
    return count;
  }

  membersOf(server: ServerName): ReadonlySet<UserId> {
    return this.#membersOf(this.#room.currentState).users.get(server) ?? nobody;
  }

  /** The event that made the user what they are in the room. */
  memberEventOf(userId: string): MatrixEvent | undefined {
    const id = this.#room.currentState.getKey(memberKey(userId));
    return id === undefined ? undefined : this.#room.get(id);
  }

  /** Whether the room's access control list lets the server take part; everybody may where there is none. */
  allowsServer(server: ServerName): boolean {
    const id = this.#room.currentState.getKey(serverAclKey);
    const event = id === undefined ? undefined : this.#room.get(id);
    return event === undefined || serverAclOf(event)(server);
  }

  /** Whether this server is in the room itself. */
  get isJoined(): boolean {
    return this.hasServer(this.#key.server);
  }

  hasServer(server: ServerName): boolean {
    return this.#membersOf(this.#room.currentState).servers.has(server);
  }

  otherServers(): readonly ServerName[] {
    const { servers } = this.#membersOf(this.#room.currentState);
    return [...servers].filter((server) => server !== this.#key.server);
  }

  /**
   * Servers that get an own event: those in the room when it was made, and that of somebody whose invitation it takes back
   * (Synapse, synapse/federation/sender/__init__.py, `handle_event`). Of an invitation or a ban others hear nothing.
   */
  destinationsOf({ event }: StoredEvent): readonly ServerName[] {
    const before = this.#room.stateBefore(event.eventId) ?? this.#room.currentState;
    const servers = new Set(this.#membersOf(before).servers);
    const invited = this.#takesBackInviteOf(event);
    if (invited !== undefined) servers.add(invited);
    servers.delete(this.#key.server);
    return [...servers];
  }

  #takesBackInviteOf({ type, stateKey, sender, content, authEvents }: MatrixEvent): ServerName | undefined {
    if (type !== 'm.room.member' || content['membership'] !== 'leave' || sender === stateKey)
      return undefined;
    const isInvite = authEvents.some((id) => {
      const cited = this.#room.get(id);
      return cited?.stateKey === stateKey && cited?.content['membership'] === 'invite';
    });
    return isInvite ? serverNameOf(stateKey ?? '') : undefined;
  }

  #membersOf(state: StateMap): Members {
    let members = membersByState.get(state);
    if (members === undefined) {
      const users = new Map<ServerName, Set<UserId>>();
      for (const [key, id] of state.entries()) {
        const [type, stateKey] = splitStateMapKey(key);
        if (type !== 'm.room.member' || this.#room.get(id)?.content['membership'] !== 'join') continue;
        const server = serverNameOf(stateKey);
        if (server === undefined) continue;
        const ofServer = users.get(server);
        if (ofServer === undefined) users.set(server, new Set([stateKey as UserId]));
        else ofServer.add(stateKey as UserId);
      }
      members = { users, servers: new Set([...users.keys()].sort(compareCodePoints)) };
      membersByState.set(state, members);
    }
    return members;
  }
}
