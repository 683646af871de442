// What authorisation rules look at: the events by (type, state key) that they are judged against.
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';

/** Gives the event in force for a type and state key; undefined when there is none. */
export type AuthState = (type: string, stateKey: string) => MatrixEvent | undefined;

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

/** A user's membership in a state; `leave` when there is none. */
export function membershipOf(state: AuthState, user: string): string {
  const membership = state('m.room.member', user)?.content['membership'];
  return typeof membership === 'string' ? membership : 'leave';
}
