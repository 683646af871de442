// Why a server does not take what another one had allowed: the keys of the state on which the two differ.
import { authEventKeys } from './auth-events.ts';
import type { AuthState } from './auth-state.ts';
import { checkStateDependentRules } from './auth-rules.ts';
import type { MatrixEvent } from './event.ts';
import type { Room } from './room.ts';

/**
 * Keys of which the event cites another entry than the room holds where it refused the event: the state before it for
 * a rejected one, the current state for a soft-failed one. Those with which the event would be allowed, taken from its
 * sender's view one at a time; where no one of them is enough, all on which the two differ. None for an event that
 * breaks the rules by its sender's own view.
 */
export function disputedKeys(room: Room, event: MatrixEvent): readonly string[] {
  const verdict = room.verdict(event.eventId);
  if (verdict === undefined || verdict.kind === 'accepted') return [];
  if (verdict.kind === 'rejected' && verdict.stage !== 'state_before') return [];
  const phase = verdict.kind === 'rejected' ? 'state-before' : 'current-state';
  const state = phase === 'state-before' ? room.stateBefore(event.eventId) : room.currentState;
  if (state === undefined) return [];
  const ours = room.authState(state);
  const cited = new Map(
    event.authEvents.flatMap((id) => {
      const authority = room.get(id);
      return authority?.stateMapKey === undefined ? [] : [[authority.stateMapKey, authority] as const];
    }),
  );
  const differing = authEventKeys(event, room.rules).filter((key) => ours(key) !== cited.get(key));
  const decisive = differing.filter((disputed) => {
    const theirs: AuthState = (key) => (key === disputed ? cited.get(key) : ours(key));
    return checkStateDependentRules(event, theirs, phase).ok;
  });
  return decisive.length > 0 ? decisive : differing;
}
