// Authorisation rules: may this event be, given these others? One decision function for all room versions, which
// differ in traits. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules and its siblings
import { accept, reject, type Outcome } from '../outcome.ts';
import { checkCreate } from './auth-rules/create.ts';
import { checkMember } from './auth-rules/member.ts';
import { checkPowerLevels } from './auth-rules/power-levels.ts';
import { checkRedaction } from './auth-rules/redaction.ts';
import { membershipOf, stateMapKey, type AuthState, type EventLookup } from './auth-state.ts';
import { authEventKeys } from './auth-events.ts';
import type { MatrixEvent } from './event.ts';
import { mayTakePart } from './auth-rules/federate.ts';
import { serverNameOf, type EventId } from './ids.ts';
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
  const { rules } = event;
  if (event.type === 'm.room.create') return checkCreate(event);
  const expected = authEventKeys(event, rules);
  const seen = new Set<string>();
  for (const id of event.authEvents) {
    const auth = cited.find(id);
    if (auth === undefined) return reject('auth-events.unknown', `${id} is not known`);
    if (auth.roomId !== event.roomId) return reject('auth-events.other-room', `${id} is of another room`);
    const key = stateMapKey(auth.type, auth.stateKey ?? '');
    // 2.1 (v12: 3.1): duplicate entries for a given type and state_key pair.
    if (auth.stateKey !== undefined && seen.has(key))
      return reject('auth-events.duplicate', `two of ${auth.type}`);
    // 2.2 (v12: 3.2): entries whose type and state_key do not match those of the selection algorithm.
    if (auth.stateKey === undefined || !expected.includes(key)) {
      return reject('auth-events.unexpected', `${auth.type} is no authority for ${event.type}`);
    }
    // 2.3 (v12: 3.3): entries which were themselves rejected.
    if (cited.isRejected(id)) return reject('auth-events.rejected', `${id} was rejected`);
    seen.add(key);
  }
  if (rules.roomIdIsCreateEvent) {
    // v12, 2: the room id must be the event id of an accepted create event, with ! instead of $.
    const createId = `$${event.roomId.slice(1)}` as EventId;
    if (cited.find(createId)?.type !== 'm.room.create' || cited.isRejected(createId)) {
      return reject('auth-events.no-create', 'the room id is not that of an accepted create event');
    }
  } else if (!seen.has(stateMapKey('m.room.create', ''))) {
    return reject('auth-events.no-create', 'no m.room.create among the auth events'); // 2.4
  }
  return accept(event);
}

/** Rules that are judged against a state: the event's auth events, the state before it, or the current state. */
export function checkStateDependentRules(event: MatrixEvent, state: AuthState): Outcome<MatrixEvent> {
  const { rules, type, sender, stateKey } = event;
  if (type === 'm.room.create') return accept(event);
  const create = state('m.room.create', '');
  if (create === undefined) return reject('state.no-create', 'the room has no create event');
  // 3: a room that does not federate keeps other servers' users out.
  if (!mayTakePart(sender, create)) return reject('federate.refused', 'the room does not federate');
  if (rules.specialCaseAliases && type === 'm.room.aliases') {
    // 4 (v1 to v5): aliases belong to the server named in the state key.
    if (stateKey === undefined) return reject('aliases.no-state-key', 'm.room.aliases without state_key');
    if (serverNameOf(sender) !== stateKey) return reject('aliases.other-server', 'aliases of another server');
    return accept(event);
  }
  if (type === 'm.room.member') return checkMember(event, state);
  // Sender must be joined.
  if (membershipOf(state, sender) !== 'join') return reject('sender.not-joined', `${sender} is not joined`);
  const level = userPowerLevel(sender, state, rules);
  const levels = powerLevelsOf(state('m.room.power_levels', ''));
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
  if (type === 'm.room.power_levels') return checkPowerLevels(event, state);
  if (type === 'm.room.redaction' && rules.redactionAuthorisedOnReceipt)
    return checkRedaction(event, level, levels);
  return accept(event);
}
