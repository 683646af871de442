// A whole room judged from its events alone: verdicts, the state around each event, extremities, and where a server
// ends that receives the events in the order given. Pure; used for rooms that come as files.
import { present } from '../assert.ts';
import { compareCodePoints } from '../order.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import { ruleNumber } from './auth-rules/rule-numbers.ts';
import type { JsonObject } from './canonical-json.ts';
import { causalOrder } from './causal-order.ts';
import type { MatrixEvent } from './event.ts';
import { checkLimits, readEvent } from './event-format.ts';
import type { EventId, RoomId } from './ids.ts';
import { redact } from './redaction.ts';
import type { RejectionStage } from './room-verdict.ts';
import { Room } from './room.ts';
import type { RoomVersionRules } from './room-version.ts';
import { hasValidContentHash, type KeyLookup } from './signing.ts';
import { checkKnownSignatures, type KnownKeys } from './slice/check-form.ts';
import type { StateMap } from './state-map.ts';

/** What is said of one event. */
export interface EventJudgement {
  readonly event: MatrixEvent;
  readonly accepted: boolean;
  /** By the observer. */
  readonly softFailed: boolean;
  /** Its content was not what its hash says: it was judged as the redacted event, which `event` is then. */
  readonly redacted: boolean;
  /** Signatures count as form, as in the vectors. */
  readonly stage?: Exclude<RejectionStage, 'signature'>;
  /** The stable name of the rule that refused the event, or failed it softly. */
  readonly rule?: string;
  /** The rule's number in the specification of the room's version; left out for what is no authorisation rule. */
  readonly ruleNumber?: string;
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
  /** A server that received the events in this order, each after its causes, soft failures and all. */
  readonly observer: { readonly forwardExtremities: readonly EventId[]; readonly resolvedState: StateMap };
  /** The room as the observer holds it. */
  readonly room: Room;
}

/** Which room, and whose signatures can be told. */
interface JudgedRoomOptions {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Left out: signatures must be present, and are not verified. */
  readonly keys?: KeyLookup | undefined;
  /** Whether the keys of a server are known; those of all when left out. Other signatures are not verified. */
  readonly knowsKeysOf?: KnownKeys['knows'];
}

/** What to judge, as it travels. */
export interface RoomToJudge extends JudgedRoomOptions {
  /** In any order. */
  readonly pdus: readonly JsonObject[];
}

/** What to judge, where the events have been read already. */
export interface EventsToJudge extends JudgedRoomOptions {
  /** In any order. */
  readonly events: readonly MatrixEvent[];
  /** The events are sketches, which carry neither hashes nor signatures: neither is asked for. */
  readonly areSketches?: boolean;
  /** Sketches in the place of events that were refused for their form or signature. */
  readonly refused?: ReadonlySet<EventId>;
}

/**
 * Judges a room. Refused as a whole are PDUs that are no events of the version at all, two bodies under one id, and
 * graphs with a cycle or with missing events. Events of other rooms are rejected one by one.
 */
export function judgeRoom({ pdus, ...options }: RoomToJudge): Outcome<RoomJudgement> {
  const events: MatrixEvent[] = [];
  for (const [index, pdu] of pdus.entries()) {
    const read = readEvent(pdu, options.rules);
    if (!read.ok) return reject(read.rule, `event ${index}: ${read.detail}`);
    events.push(read.value);
  }
  return judgeEvents({ ...options, events });
}

/** The same for events that have been read. */
export function judgeEvents({
  rules,
  roomId,
  keys,
  knowsKeysOf = () => true,
  events,
  areSketches = false,
  refused,
}: EventsToJudge): Outcome<RoomJudgement> {
  const given: MatrixEvent[] = [];
  const redacted = new Set<MatrixEvent>();
  for (const event of events) {
    const intact = areSketches || hasValidContentHash(event.pdu);
    const read = intact ? accept(event) : readEvent(redact(event.pdu, rules), rules);
    if (!read.ok) return reject(read.rule, `${event.eventId}, redacted: ${read.detail}`);
    given.push(read.value);
    if (!intact) redacted.add(read.value);
  }
  const ordered = causalOrder(given);
  if (!ordered.ok) return ordered;
  const room = new Room({ rules, roomId });
  const areSigned = (event: MatrixEvent): Outcome<unknown> => {
    if (refused?.has(event.eventId) === true)
      return reject('signature.invalid', 'it stands for such an event');
    if (areSketches) return accept(event);
    return checkKnownSignatures(event, keys === undefined ? undefined : { find: keys, knows: knowsKeysOf });
  };
  for (const event of ordered.value) receive(event, room, areSigned);
  const forwardExtremities = uncoveredEvents(ordered.value, room);
  return accept({
    events: given.map((event) => judgementOf(event, redacted.has(event), room)),
    forwardExtremities,
    resolvedState: room.stateAfterAll(forwardExtremities),
    observer: { forwardExtremities: room.forwardExtremities, resolvedState: room.currentState },
    room,
  });
}

/** An event that fails on its form is kept all the same: it hands on the state before it. */
function receive(event: MatrixEvent, room: Room, areSigned: (event: MatrixEvent) => Outcome<unknown>): void {
  const { rules, roomId, eventId, pdu, type } = event;
  // A create event that names a room although its version forbids it is judged by the rule that says so.
  const namesRoomInVain =
    rules.roomIdIsCreateEvent && type === 'm.room.create' && pdu['room_id'] !== undefined;
  if (roomId !== room.roomId && !namesRoomInVain) {
    const otherRoom = { ok: false, rule: 'room.other-room', detail: `${eventId} is of ${roomId}` } as const;
    return room.receiveRefused(event, otherRoom, 'format');
  }
  const limits = checkLimits(event);
  if (!limits.ok) return room.receiveRefused(event, limits, 'format');
  const signed = areSigned(event);
  if (!signed.ok) return room.receiveRefused(event, signed, 'signature');
  room.receive(event);
}

function judgementOf(event: MatrixEvent, redacted: boolean, room: Room): EventJudgement {
  const { eventId, rules } = event;
  const verdict = present(room.verdict(eventId), 'a verdict');
  const states = {
    stateBefore: present(room.stateBefore(eventId), 'state before'),
    stateAfter: present(room.stateAfter(eventId), 'state after'),
  };
  if (verdict.kind === 'accepted') return { event, accepted: true, softFailed: false, redacted, ...states };
  const { rule, detail: reason } = verdict;
  const number = ruleNumber(rule, rules);
  const why = { rule, reason, ...(number === undefined ? {} : { ruleNumber: number }) };
  if (verdict.kind === 'soft-failed')
    return { event, accepted: true, softFailed: true, redacted, ...why, ...states };
  const stage = verdict.stage === 'signature' ? 'format' : verdict.stage;
  return { event, accepted: false, softFailed: false, redacted, stage, ...why, ...states };
}

/** Accepted events that are no ancestor of another accepted one, on through rejected events. */
function uncoveredEvents(events: readonly MatrixEvent[], room: Room): readonly EventId[] {
  const accepted = events.filter(({ eventId }) => room.verdict(eventId)?.kind !== 'rejected');
  const covered = new Set<EventId>();
  const stack = accepted.flatMap(({ prevEvents }) => prevEvents);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (covered.has(id)) continue;
    covered.add(id);
    for (const previous of room.get(id)?.prevEvents ?? []) stack.push(previous);
  }
  return accepted
    .map(({ eventId }) => eventId)
    .filter((id) => !covered.has(id))
    .sort(compareCodePoints);
}
