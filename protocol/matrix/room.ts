// One room at one server: the graph of its events, the verdict on each, the states between them, and its extremities.
// https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
import { assert, present } from '../assert.ts';
import { sha256Hex } from '../crypto.ts';
import { compareCodePoints } from '../order.ts';
import type { Outcome } from '../outcome.ts';
import { authEventKeys, type AuthSubject } from './auth-events.ts';
import { checkStateDependentRules, checkStateIndependentRules } from './auth-rules.ts';
import { createKey, type AuthState } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { WarmRoom } from './homeserver-config.ts';
import { createEventId, type EventId, type RoomId } from './ids.ts';
import { ResolutionCache } from './resolution-cache.ts';
import { AuthorityDigest, RoomMemo } from './room-memo.ts';
import { rejected, type RoomVerdict } from './room-verdict.ts';
import type { RoomVersionRules } from './room-version.ts';
import { authChainOf, CommonEvents, sortedIdsOf, stateOfEvents, type SharedStateIds } from './state-ids.ts';
import type { StateMap } from './state-map.ts';
import { resolveState, type ResolutionContext } from './state-resolution.ts';
import { EventNumbers } from './state-resolution/auth-graph.ts';

const accepted: RoomVerdict = { kind: 'accepted' };

interface Entry {
  readonly event: MatrixEvent;
  readonly verdict: RoomVerdict;
  /** Undefined for outliers: they are no part of the graph. */
  readonly stateBefore: StateMap | undefined;
  readonly stateAfter: StateMap | undefined;
}

/** Which room, by which rules. */
export interface RoomOptions {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Shared by all servers of a run. Left out: the one of the warm start, or none. `off` works everything out anew. */
  readonly memo?: RoomMemo | 'off' | undefined;
}

/**
 * Where an event that is judged comes from. `own`: it was made here, and is kept only if it is accepted; `vouched`: this server puts it into
 * the room, or was let in by it, and it is kept unless it is rejected. `history` was fetched to fill a hole behind what is known already: it is not
 * held against the current state, and the front stays where it is.
 */
export type Receipt = 'own' | 'vouched' | 'new' | 'history';

/** What a new local event is to cite. */
export interface DraftReferences {
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
  readonly depth: number;
}

/** The room as after long quiet use; shared by all servers that begin with the same events. */
interface WarmStart {
  readonly entries: ReadonlyMap<EventId, Entry>;
  readonly extremities: ReadonlySet<EventId>;
  readonly memo: RoomMemo;
  readonly common: CommonEvents;
}

// A function of the events alone; the list is the key and keeps the value alive.
const warmStarts = new WeakMap<readonly MatrixEvent[], WarmStart>();
const noEntries: ReadonlyMap<EventId, Entry> = new Map();
const nothingInCommon = new CommonEvents(() => false);

/** A room's graph at one server. */
export class Room {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  #warm: ReadonlyMap<EventId, Entry> = noEntries;
  #common = nothingInCommon;
  readonly #entries = new Map<EventId, Entry>();
  #extremities: Set<EventId> = new Set<EventId>();
  /** What later fetched history follows: it leaves the front with the next event that is none (Synapse, persist_events.py). */
  readonly #behindHistory = new Set<EventId>();
  /** Missing predecessors of accepted events: when they come they are behind the front already. */
  readonly #missing = new Set<EventId>();
  #currentState: StateMap | undefined;
  #extremitiesDigest: string | undefined;
  #resolution: ResolutionContext;
  /** What this room has resolved lately; where a memo is shared, that remembers instead. */
  readonly #resolved = new ResolutionCache();
  #memo: RoomMemo | undefined;
  readonly #authority = new AuthorityDigest();

  constructor(options: RoomOptions) {
    this.rules = options.rules;
    this.roomId = options.roomId;
    this.#memo = options.memo === 'off' ? undefined : options.memo;
    this.#resolution = {
      rules: options.rules,
      find: (id) => this.get(id),
      isRejected: (id) => this.verdict(id)?.kind === 'rejected',
      numbers: new EventNumbers((id) => this.get(id)),
    };
  }

  /**
   * A room that has been quiet for long. Its events, predecessors first, are known to be accepted and to stand in one line;
   * or they are judged once, where it is told which of them were refused before. Shared between servers that begin with the
   * same list.
   */
  static warm(options: RoomOptions, { events, refusals }: Pick<WarmRoom, 'events' | 'refusals'>): Room {
    const room = new Room(options);
    let start = warmStarts.get(events);
    if (start === undefined) {
      for (const event of events) room.#begin(event, refusals);
      const memo = new RoomMemo();
      for (const event of events) memo.variantOf(event);
      const entries = new Map(room.#entries);
      const common = new CommonEvents((id) => entries.has(id));
      start = { entries, extremities: new Set(room.#extremities), memo, common };
      warmStarts.set(events, start);
      room.#entries.clear();
    }
    if (options.memo === undefined) room.#memo = start.memo;
    room.#warm = start.entries;
    room.#common = start.common;
    room.#extremities = new Set(start.extremities);
    return room;
  }

  /** Takes in an event of the past. */
  #begin(event: MatrixEvent, refusals: WarmRoom['refusals']): void {
    if (refusals === undefined) return this.#insert(event, accepted, this.#resolvedBefore(event));
    const refusal = refusals.get(event.eventId);
    if (refusal === undefined) this.receive(event);
    else this.receiveRefused(event, { ok: false, ...refusal }, refusal.stage);
  }

  has(eventId: EventId): boolean {
    return this.#entry(eventId)?.stateAfter !== undefined;
  }

  /** The event, outliers included. */
  get(eventId: EventId): MatrixEvent | undefined {
    return this.#entry(eventId)?.event;
  }

  verdict(eventId: EventId): RoomVerdict | undefined {
    return this.#entry(eventId)?.verdict;
  }

  /** Events in the graph, outliers not counted. */
  *events(): Generator<MatrixEvent> {
    for (const [id, entry] of this.#warm) if (!this.#entries.has(id)) yield entry.event;
    yield* this.arrivals();
  }

  /** Predecessors of the event that this room does not hold in its graph. */
  missingPrevEvents(event: MatrixEvent): readonly EventId[] {
    return event.prevEvents.filter((id) => !this.has(id));
  }

  /** Authorities of the event that this room does not hold at all. */
  missingAuthEvents(event: MatrixEvent): readonly EventId[] {
    return event.authEvents.filter((id) => this.#entry(id) === undefined);
  }

  /** Checks 4 to 6 on receipt, and the event's place in the graph. All predecessors and authorities are here. */
  receive(event: MatrixEvent, receipt: Receipt = 'new'): RoomVerdict {
    const known = this.#entry(event.eventId);
    if (known?.stateAfter !== undefined) return known.verdict;
    assert(this.missingPrevEvents(event).length === 0, `predecessors of ${event.eventId} are missing`);
    return this.#judge(event, this.#resolvedBefore(event), receipt);
  }

  /**
   * The same for an event some of whose predecessors are missing; another server told the states after those, as ids of
   * their events. What is not here of them is left out.
   */
  receiveWithStates(
    event: MatrixEvent,
    told: readonly (readonly EventId[])[],
    receipt: Receipt = 'new',
  ): RoomVerdict {
    for (const ids of told) this.#trustForeignState(ids);
    const known = event.prevEvents.flatMap((id) => this.stateAfter(id) ?? []);
    const stateBefore = this.#resolveStates(new Set([...known, ...told.map((ids) => this.stateOf(ids))]));
    const verdict = this.#judge(event, stateBefore, receipt);
    // What was failed softly follows nothing in the front: what it rests on may still become an extremity.
    if (verdict.kind === 'accepted') for (const id of this.missingPrevEvents(event)) this.#missing.add(id);
    return verdict;
  }

  /** Whether an event that follows the current state would be accepted. Changes nothing. */
  wouldAccept(event: MatrixEvent): boolean {
    if (this.missingAuthEvents(event).length > 0 || this.#judgeByAuthorities(event) !== undefined)
      return false;
    return checkStateDependentRules(event, this.authState(this.currentState), 'current-state').ok;
  }

  /** Keeps an event in the graph as rejected for a reason that lies outside it: its form, its signatures. */
  receiveRefused(
    event: MatrixEvent,
    { rule, detail }: Extract<Outcome<never>, { ok: false }>,
    stage: 'format' | 'signature',
  ): void {
    this.#insert(event, { kind: 'rejected', stage, rule, detail }, this.#resolvedBefore(event));
  }

  /** Keeps an event outside the graph: it may be an authority. Judged by its own authorities alone. */
  addOutlier(event: MatrixEvent): RoomVerdict {
    const known = this.#entry(event.eventId);
    if (known !== undefined) return known.verdict;
    const verdict = this.#judgeByAuthorities(event) ?? accepted;
    this.#keep({ event, verdict, stateBefore: undefined, stateAfter: undefined });
    return verdict;
  }

  get extremityCount(): number {
    return this.#extremities.size;
  }

  /** The events that nothing accepted follows, by code point. */
  get forwardExtremities(): readonly EventId[] {
    return [...this.#extremities].sort(compareCodePoints);
  }

  /** Predecessors that are known to be missing. */
  get backwardExtremities(): readonly EventId[] {
    return [...this.#missing].filter((id) => !this.has(id)).sort(compareCodePoints);
  }

  /** Equal for servers whose extremities are equal. */
  get extremitiesDigest(): string {
    this.#extremitiesDigest ??=
      this.#extremities.size === 1
        ? [...this.#extremities].join('')
        : sha256Hex(this.forwardExtremities.join('\n'));
    return this.#extremitiesDigest;
  }

  /** The state resolved over the forward extremities. */
  get currentState(): StateMap {
    this.#currentState ??= this.#resolve([...this.#extremities]);
    return this.#currentState;
  }

  stateBefore(eventId: EventId): StateMap | undefined {
    return this.#entry(eventId)?.stateBefore;
  }

  stateAfter(eventId: EventId): StateMap | undefined {
    return this.#entry(eventId)?.stateAfter;
  }

  /** What a new event here should cite: at most `limit` extremities, the deepest first. */
  draftReferences(subject: AuthSubject, limit: number): DraftReferences {
    const tips = [...this.#extremities]
      .map((id) => present(this.get(id), 'a forward extremity'))
      .sort((left, right) => right.depth - left.depth || compareCodePoints(left.eventId, right.eventId))
      .slice(0, limit);
    const state = this.currentState;
    return {
      prevEvents: tips.map(({ eventId }) => eventId),
      authEvents: authEventKeys(subject, this.rules).flatMap((key) => state.getKey(key) ?? []),
      depth: tips.reduce((depth, tip) => Math.max(depth, tip.depth), 0) + 1,
    };
  }

  /** Resolves states by this room's rules and events. */
  resolve(states: readonly StateMap[]): StateMap {
    return resolveState(states, this.#resolution);
  }

  // --- States as lists of ids ---

  /** Those of the events that this room does not hold at all. */
  unheld(ids: readonly EventId[]): readonly EventId[] {
    return this.#common.othersIn(ids).filter((id) => !this.#entries.has(id));
  }

  /** The ids of a state's events, by code point. */
  idsOf(state: StateMap): readonly EventId[] {
    return this.#sharedIds?.ids(state) ?? sortedIdsOf(state);
  }

  /** The state made of those of the events that are here. */
  stateOf(ids: readonly EventId[]): StateMap {
    const shared = this.#sharedIds?.state(ids);
    if (shared !== undefined && this.unheld(ids).length === 0) return shared;
    return stateOfEvents(ids.flatMap((id) => this.get(id) ?? []));
  }

  /** A state, moved on by an event of it. */
  successorOf(state: StateMap, { stateMapKey, eventId }: MatrixEvent): StateMap {
    return stateMapKey === undefined ? state : this.#successor(state, stateMapKey, eventId);
  }

  /** Everything that the events rest on, by code point. */
  authChain(ids: readonly EventId[]): readonly EventId[] {
    const shared = this.#sharedIds;
    const walk = (): readonly EventId[] => authChainOf(ids, (id) => this.get(id));
    return shared === undefined || this.unheld(ids).length > 0 ? walk() : shared.authChain(ids, walk);
  }

  /** Undefined where this room holds other bodies than those seen first, or shares nothing. */
  get #sharedIds(): SharedStateIds | undefined {
    return this.#authority.hasVariants ? undefined : this.#memo?.stateIds;
  }

  /** What an event would cite that stands in the graph where this one does. */
  referencesBeside(subject: AuthSubject, { eventId, prevEvents, depth }: MatrixEvent): DraftReferences {
    const state = this.stateBefore(eventId) ?? this.currentState;
    const authEvents = authEventKeys(subject, this.rules).flatMap((key) => state.getKey(key) ?? []);
    return { prevEvents, authEvents, depth };
  }

  /** The state made of these events' states after them. */
  stateAfterAll(eventIds: readonly EventId[]): StateMap {
    return this.#resolve(eventIds);
  }

  /** What its states are resolved by. */
  get resolutionContext(): ResolutionContext {
    return this.#resolution;
  }

  /** Events that came since the room began here, outliers not counted. */
  *arrivals(): Generator<MatrixEvent> {
    for (const { event, stateAfter } of this.#entries.values()) if (stateAfter !== undefined) yield event;
  }

  /** A state as the authorisation rules look at it. */
  authState(state: StateMap): AuthState {
    return this.#asAuthState((key) => state.getKey(key));
  }

  #asAuthState(entryOf: (key: string) => EventId | undefined): AuthState {
    return (key) => {
      const id = entryOf(key);
      if (id !== undefined) return this.get(id);
      return key === createKey && this.rules.roomIdIsCreateEvent
        ? this.get(createEventId(this.roomId))
        : undefined;
    };
  }

  #entry(id: EventId): Entry | undefined {
    return this.#entries.get(id) ?? this.#warm.get(id);
  }

  #judgeByAuthorities(event: MatrixEvent): RoomVerdict | undefined {
    const independent = checkStateIndependentRules(event, this.#resolution);
    if (!independent.ok) return rejected('independent', independent);
    const authorities = event.authEvents.map((id) => present(this.get(id), 'an authority'));
    const cited: AuthState = (key) => {
      for (const authority of authorities) if (authority.stateMapKey === key) return authority;
      return key === createKey && this.rules.roomIdIsCreateEvent
        ? this.get(createEventId(event.roomId))
        : undefined;
    };
    const byAuthorities = checkStateDependentRules(event, cited, 'auth-events');
    return byAuthorities.ok ? undefined : rejected('auth_events', byAuthorities);
  }

  #judge(event: MatrixEvent, stateBefore: StateMap, receipt: Receipt): RoomVerdict {
    const verdict = this.#judgeByAuthorities(event) ?? this.#judgeByStates(event, stateBefore, receipt);
    if (isKept(verdict, receipt)) this.#insert(event, verdict, stateBefore, receipt);
    return verdict;
  }

  /** Check 5 against the state before, check 6 against the current state, which is skipped at the front. */
  #judgeByStates(event: MatrixEvent, stateBefore: StateMap, receipt: Receipt): RoomVerdict {
    const before = checkStateDependentRules(event, this.authState(stateBefore), 'state-before');
    if (!before.ok) return rejected('state_before', before);
    // A room that only begins here, in the middle of its graph, has no current state to hold against the event.
    if (receipt === 'history' || this.#extremities.size === 0 || this.#isAtFront(event)) return accepted;
    const current = checkStateDependentRules(
      event,
      this.#currentAuthState(event, stateBefore),
      'current-state',
    );
    return current.ok ? accepted : { kind: 'soft-failed', rule: current.rule, detail: current.detail };
  }

  /**
   * The current state for check 6. Behind a gap this server's view may be the outdated one: then it is the resolution of
   * both, as Synapse does it (github.com/element-hq/synapse, synapse/handlers/federation_event.py `_check_for_soft_fail`).
   */
  #currentAuthState(event: MatrixEvent, stateBefore: StateMap): AuthState {
    if (this.missingPrevEvents(event).length === 0)
      return this.#asAuthState((key) => this.#currentEntry(key));
    return this.authState(this.#resolveStates(new Set([this.currentState, stateBefore])));
  }

  /** An entry of the current state. Where all extremities agree on it there is no need to resolve their states. */
  #currentEntry(key: string): EventId | undefined {
    const agreed = this.#currentState === undefined ? this.#agreedEntry(key) : undefined;
    return agreed ?? this.currentState.getKey(key);
  }

  #agreedEntry(key: string): EventId | undefined {
    let agreed: EventId | undefined;
    for (const tip of this.#extremities) {
      const entry = this.stateAfter(tip)?.getKey(key);
      if (entry === undefined || (agreed !== undefined && entry !== agreed)) return undefined;
      agreed = entry;
    }
    return agreed;
  }

  #isAtFront(event: MatrixEvent): boolean {
    return (
      event.prevEvents.length === this.#extremities.size &&
      event.prevEvents.every((id) => this.#extremities.has(id))
    );
  }

  #insert(event: MatrixEvent, verdict: RoomVerdict, stateBefore: StateMap, receipt: Receipt = 'new'): void {
    const { eventId, stateMapKey: key } = event;
    const changes = verdict.kind !== 'rejected' && key !== undefined;
    const stateAfter = changes ? this.#successor(stateBefore, key, eventId) : stateBefore;
    this.#keep({ event, verdict, stateBefore, stateAfter });
    if (verdict.kind !== 'accepted') return;
    if (receipt === 'history') return event.prevEvents.forEach((id) => this.#behindHistory.add(id));
    const wasFront = this.#isAtFront(event);
    this.#cover(event.prevEvents);
    for (const tip of this.#extremities) if (this.#behindHistory.has(tip)) this.#extremities.delete(tip);
    if (this.#missing.has(eventId)) this.#currentState = undefined;
    else this.#extremities.add(eventId);
    this.#extremitiesDigest = undefined;
    this.#currentState = wasFront && this.#extremities.size === 1 ? stateAfter : undefined;
  }

  #keep(entry: Entry): void {
    const { event, verdict } = entry;
    if (this.#entry(event.eventId) !== undefined) this.#forgetResolutions();
    this.#entries.set(event.eventId, entry);
    if (this.#memo === undefined) return;
    this.#authority.setRejected(event.eventId, verdict.kind === 'rejected');
    this.#authority.setVariant(event.eventId, this.#memo.variantOf(event));
  }

  /** An event is held in another body than before, or judged anew: nothing worked out from it may be used again. */
  #forgetResolutions(): void {
    this.#resolved.clear();
    this.#resolution = { ...this.#resolution, numbers: new EventNumbers((id) => this.get(id)) };
  }

  /**
   * A state from another server may name events that are rejected here. What follows from it depends on more than the
   * memo's keys say, and is worked out here alone from now on.
   */
  #trustForeignState(ids: readonly EventId[]): void {
    if (this.#memo === undefined) return;
    if (this.#common.othersIn(ids).some((id) => this.verdict(id)?.kind === 'rejected'))
      this.#memo = undefined;
  }

  /** What an accepted event leaves behind the front: its predecessors, on through rejected and soft-failed ones. */
  #cover(prevEvents: readonly EventId[]): void {
    const stack = [...prevEvents];
    const seen = new Set<EventId>();
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      this.#extremities.delete(id);
      const entry = this.#entry(id);
      if (entry !== undefined && entry.verdict.kind !== 'accepted') stack.push(...entry.event.prevEvents);
    }
  }

  #successor(state: StateMap, key: string, eventId: EventId): StateMap {
    return this.#memo === undefined ? state.setKey(key, eventId) : this.#memo.successor(state, key, eventId);
  }

  #resolvedBefore(event: MatrixEvent): StateMap {
    return this.#resolve(event.prevEvents);
  }

  #resolve(eventIds: readonly EventId[]): StateMap {
    return this.#resolveStates(
      new Set(eventIds.map((id) => present(this.stateAfter(id), `state after ${id}`))),
    );
  }

  #resolveStates(states: ReadonlySet<StateMap>): StateMap {
    const [only] = states;
    if (states.size === 1 && only !== undefined) return only;
    const distinct = [...states];
    const memo = this.#memo;
    if (memo === undefined)
      return this.#resolved.resolution(distinct, () => resolveState(distinct, this.#resolution));
    // Rooms share the numbers of their events, unless this one holds other bodies under the same ids.
    const { numbers } = this.#authority.hasVariants ? this.#resolution : memo;
    return memo.resolution(distinct, this.#authority.name, () =>
      resolveState(distinct, { ...this.#resolution, numbers }),
    );
  }
}

function isKept({ kind }: RoomVerdict, receipt: Receipt): boolean {
  if (receipt === 'own') return kind === 'accepted';
  return receipt !== 'vouched' || kind !== 'rejected';
}
