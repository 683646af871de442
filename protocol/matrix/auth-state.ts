// What authorisation rules look at: the events by (type, state key) that they are judged against.
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';

/** Gives the event in force for a {@link stateMapKey}; undefined when there is none. */
export type AuthState = (key: string) => MatrixEvent | undefined;

/** Finds an event by id. */
export type EventLookup = (eventId: EventId) => MatrixEvent | undefined;

/** `type` and `state_key` as one map key. */
export function stateMapKey(type: string, stateKey: string): string {
  return `${type}\0${stateKey}`;
}

/** The reverse of {@link stateMapKey}. */
export function splitStateMapKey(key: string): readonly [type: string, stateKey: string] {
  const separator = key.indexOf('\0');
  return [key.slice(0, separator), key.slice(separator + 1)];
}

// The keys that rules ask for.
export const createKey: string = stateMapKey('m.room.create', '');
export const powerLevelsKey: string = stateMapKey('m.room.power_levels', '');
export const joinRulesKey: string = stateMapKey('m.room.join_rules', '');

/** The key of a user's membership. */
export function memberKey(user: string): string {
  return `m.room.member\0${user}`;
}

/** A user's membership in a state; `leave` when there is none. */
export function membershipOf(state: AuthState, user: string): string {
  const membership = state(memberKey(user))?.content['membership'];
  return typeof membership === 'string' ? membership : 'leave';
}
