// Authorisation rules: may this event be, given these others? One decision function for all room versions, which
// differ in traits. Comments give a rule's number where it is the same in most versions; all numbers are in
// auth-rules/rule-numbers.ts. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules and its siblings
import { accept, reject, type Outcome, type Rejection } from '../outcome.ts';
import { checkCreate } from './auth-rules/create.ts';
import { checkMember } from './auth-rules/member.ts';
import { checkPowerLevels } from './auth-rules/power-levels.ts';
import { checkRedaction } from './auth-rules/redaction.ts';
import { checkAliases } from './auth-rules/aliases.ts';
import { mayTakePart } from './auth-rules/federate.ts';
import { createKey, membershipOf, powerLevelsKey, type AuthState, type EventLookup } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { JudgedAgainst } from './experiment.ts';
import { createEventId, type EventId } from './ids.ts';
import { powerLevelsOf, requiredPowerLevel, userPowerLevel } from './power-levels.ts';

/** What an event's place in the room says about the events it cites. */
export interface CitedEvents {
  readonly find: EventLookup;
  readonly isRejected: (eventId: EventId) => boolean;
}

/**
 * Rules that need no state: the create event's own, and that the cited auth events are the right ones, each once,
 * none rejected, of this room, the create event among them.
 */
export function checkStateIndependentRules(event: MatrixEvent, cited: CitedEvents): Outcome<MatrixEvent> {
  const hook = event.rules.authRules?.stateIndependent;
  return hook === undefined
    ? specifiedStateIndependentRules(event, cited)
    : hook(event, cited, () => specifiedStateIndependentRules(event, cited));
}

function specifiedStateIndependentRules(event: MatrixEvent, cited: CitedEvents): Outcome<MatrixEvent> {
  const { rules } = event;
  if (event.type === 'm.room.create') return checkCreate(event); // 1
  if (rules.roomIdIsCreateEvent) {
    // Since v12, 2: the room id must be the event id of an accepted create event, with ! instead of $.
    const create = createEventId(event.roomId);
    if (cited.find(create)?.type !== 'm.room.create' || cited.isRejected(create))
      return reject('room-id.no-create', 'the room id is not that of an accepted create event');
  }
  const seen: string[] = [];
  for (const id of event.authEvents) {
    const auth = cited.find(id);
    if (auth === undefined) return reject('auth-events.unknown', `${id} is not known`);
    const refusal = refuseCited(event, auth, seen, cited.isRejected);
    if (refusal !== undefined) return refusal;
    if (auth.stateMapKey !== undefined) seen.push(auth.stateMapKey);
  }
  // v1 to v11, 2.4: no create event among the entries.
  if (!rules.roomIdIsCreateEvent && !seen.includes(createKey))
    return reject('auth-events.no-create', 'no m.room.create among the auth events');
  return accept(event);
}

/** What one cited auth event does wrong by itself or beside others, whose keys are `seen`; undefined when nothing. */
export function refuseCited(
  event: MatrixEvent,
  auth: MatrixEvent,
  seen: readonly string[],
  isRejected: CitedEvents['isRejected'],
): Rejection | undefined {
  // 2.5 (v12: 3.4): entries of another room. Asked first, as Synapse does: nothing else is known of those.
  if (auth.roomId !== event.roomId)
    return reject('auth-events.other-room', `${auth.eventId} is of another room`);
  const key = auth.stateMapKey;
  // 2.1 (v12: 3.1): duplicate entries for a given type and state_key pair.
  if (key !== undefined && seen.includes(key)) return reject('auth-events.duplicate', `two of ${auth.type}`);
  // 2.2 (v12: 3.2): entries whose type and state_key do not match those of the selection algorithm.
  if (key === undefined || !event.authKeys.includes(key))
    return reject('auth-events.unexpected', `${auth.type} is no authority for ${event.type}`);
  // 2.3 (v12: 3.3): entries which were themselves rejected.
  return isRejected(auth.eventId)
    ? reject('auth-events.rejected', `${auth.eventId} was rejected`)
    : undefined;
}

/** Rules that are judged against a state: the event's auth events, the state before it, or the current state. */
export function checkStateDependentRules(
  event: MatrixEvent,
  state: AuthState,
  against: JudgedAgainst = 'resolution',
): Outcome<MatrixEvent> {
  const hook = event.rules.authRules?.stateDependent;
  return hook === undefined
    ? specifiedStateDependentRules(event, state)
    : hook(event, state, () => specifiedStateDependentRules(event, state), against);
}

function specifiedStateDependentRules(event: MatrixEvent, state: AuthState): Outcome<MatrixEvent> {
  const { rules, type, sender, stateKey } = event;
  if (type === 'm.room.create') return accept(event);
  const create = state(createKey);
  if (create === undefined) return reject('state.no-create', 'the room has no create event');
  // 3 (v12: 4): a room that does not federate keeps other servers' users out.
  if (!mayTakePart(sender, create)) return reject('federate.refused', 'the room does not federate');
  // v1 to v5, 4: aliases belong to the server named in the state key.
  if (rules.specialCaseAliases && type === 'm.room.aliases') return checkAliases(event);
  if (type === 'm.room.member') return checkMember(event, state);
  if (membershipOf(state, sender) !== 'join') return reject('sender.not-joined', `${sender} is not joined`);
  const level = userPowerLevel(sender, state, rules);
  const levels = powerLevelsOf(state(powerLevelsKey));
  if (type === 'm.room.third_party_invite') {
    return level >= levels.invite
      ? accept(event)
      : reject('third-party-invite.level', 'inviting needs a higher level');
  }
  const required = requiredPowerLevel(type, stateKey !== undefined, levels);
  if (required > level)
    return reject('send.level', `${type} needs level ${required}, ${sender} has ${level}`);
  if (stateKey?.startsWith('@') === true && stateKey !== sender)
    return reject('state-key.other-user', 'the state key is another user');
  if (type === 'm.room.power_levels') return checkPowerLevels(event, state, level);
  if (type === 'm.room.redaction' && rules.redactionAuthorisedOnReceipt)
    return checkRedaction(event, level, levels);
  return accept(event);
}
