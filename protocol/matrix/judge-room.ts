// A whole room judged from its events alone: verdicts, the state around each event, extremities, and where a server
// ends that receives the events in the order given. Pure; used for rooms that come as files.
import { present } from '../assert.ts';
import { compareCodePoints } from '../order.ts';
import type { Outcome } from '../outcome.ts';
import type { JsonObject } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import { parseEvent } from './event-format.ts';
import type { EventId, RoomId } from './ids.ts';
import { Room } from './room.ts';
import type { RoomVersionRules } from './room-version.ts';
import { checkEventSignatures, hasRequiredSignatures, type KeyLookup } from './signing.ts';
import type { StateMap } from './state-map.ts';

/** What is said of one event. */
export interface EventJudgement {
  readonly event: MatrixEvent;
  readonly accepted: boolean;
  readonly softFailed: boolean;
  readonly stage?: 'format' | 'independent' | 'auth_events' | 'state_before';
  readonly rule?: string;
  readonly reason?: string;
  readonly stateBefore: StateMap;
  readonly stateAfter: StateMap;
}

/** What is said of a room. */
export interface RoomJudgement {
  /** In the order given. */
  readonly events: readonly EventJudgement[];
  /** Accepted events that no accepted event follows, whatever a server would think of them now. */
  readonly forwardExtremities: readonly EventId[];
  readonly resolvedState: StateMap;
  /** A server that received the events in this order, soft failures and all. */
  readonly observer: { readonly forwardExtremities: readonly EventId[]; readonly resolvedState: StateMap };
}

/** What to judge. */
export interface RoomToJudge {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Predecessors and authorities come before the events that cite them. */
  readonly pdus: readonly JsonObject[];
  /** Left out: signatures must be present, and are not verified. */
  readonly keys?: KeyLookup;
}

/** Judges a room. Events that are no events of the version at all are refused as a value. */
export function judgeRoom({ rules, roomId, pdus, keys }: RoomToJudge): Outcome<RoomJudgement> {
  const room = new FormatCheckingRoom(rules, roomId, keys);
  for (const pdu of pdus) {
    const parsed = parseEvent(pdu, rules);
    if (!parsed.ok) return parsed;
    room.receive(parsed.value);
  }
  return { ok: true, value: room.judgement() };
}

type FormatRefusal = Extract<Outcome<never>, { ok: false }>;

/** A room that also keeps what fails on its form: it is rejected, and hands on the state before it. */
class FormatCheckingRoom {
  readonly #room: Room;
  readonly #keys: KeyLookup | undefined;
  readonly #events: MatrixEvent[] = [];
  readonly #refused = new Map<EventId, FormatRefusal>();

  constructor(rules: RoomVersionRules, roomId: RoomId, keys: KeyLookup | undefined) {
    this.#room = new Room({ rules, roomId });
    this.#keys = keys;
  }

  receive(event: MatrixEvent): void {
    const signed =
      this.#keys === undefined ? hasRequiredSignatures(event) : checkEventSignatures(event, this.#keys);
    this.#events.push(event);
    if (signed.ok) this.#room.receive(event);
    else {
      this.#refused.set(event.eventId, signed);
      this.#room.receiveRefused(event, signed);
    }
  }

  judgement(): RoomJudgement {
    const forwardExtremities = this.#uncoveredEvents();
    return {
      events: this.#events.map((event) => this.#judgementOf(event)),
      forwardExtremities,
      resolvedState: this.#room.stateAfterAll(forwardExtremities),
      observer: { forwardExtremities: this.#room.forwardExtremities, resolvedState: this.#room.currentState },
    };
  }

  #judgementOf(event: MatrixEvent): EventJudgement {
    const { eventId } = event;
    const verdict = present(this.#room.verdict(eventId), 'a verdict');
    const refusal = this.#refused.get(eventId);
    const states = {
      event,
      stateBefore: present(this.#room.stateBefore(eventId), 'state before'),
      stateAfter: present(this.#room.stateAfter(eventId), 'state after'),
    };
    if (verdict.kind === 'rejected') {
      const stage = refusal === undefined ? verdict.stage : 'format';
      return {
        ...states,
        accepted: false,
        softFailed: false,
        stage,
        rule: verdict.rule,
        reason: verdict.detail,
      };
    }
    if (verdict.kind === 'soft-failed')
      return { ...states, accepted: true, softFailed: true, rule: verdict.rule, reason: verdict.detail };
    return { ...states, accepted: true, softFailed: false };
  }

  /** Accepted events that are no ancestor of another accepted one, on through rejected events. */
  #uncoveredEvents(): readonly EventId[] {
    const isAccepted = (id: EventId): boolean => this.#room.verdict(id)?.kind !== 'rejected';
    const covered = new Set<EventId>();
    const stack = this.#events
      .filter(({ eventId }) => isAccepted(eventId))
      .flatMap(({ prevEvents }) => prevEvents);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (covered.has(id)) continue;
      covered.add(id);
      const event = this.#room.get(id);
      if (event !== undefined) stack.push(...event.prevEvents);
    }
    return this.#events
      .map(({ eventId }) => eventId)
      .filter((id) => isAccepted(id) && !covered.has(id))
      .sort(compareCodePoints);
  }
}
