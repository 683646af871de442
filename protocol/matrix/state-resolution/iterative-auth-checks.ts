// Iterative auth checks: events in order, each judged by what has been resolved so far.
// https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { authEventKeys } from '../auth-events.ts';
import { checkStateDependentRules } from '../auth-rules.ts';
import { stateMapKey } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import type { ResolutionContext } from '../state-resolution.ts';

/** The state after applying those of the events that their authority allows. */
export function iterativeAuthChecks(
  events: readonly EventId[],
  start: ReadonlyMap<string, EventId>,
  context: ResolutionContext,
): Map<string, EventId> {
  const resolved = new Map(start);
  for (const id of events) {
    const event = context.find(id);
    if (event?.stateKey === undefined) continue;
    if (isAllowed(event, resolved, context)) resolved.set(stateMapKey(event.type, event.stateKey), id);
  }
  return resolved;
}

/** Judged by its own auth events, overlaid with the partially resolved state for the keys it depends on. */
function isAllowed(
  event: MatrixEvent,
  resolved: ReadonlyMap<string, EventId>,
  context: ResolutionContext,
): boolean {
  const authority = new Map<string, MatrixEvent>();
  const add = (id: EventId): void => {
    const auth = context.find(id);
    if (auth?.stateKey !== undefined && !context.isRejected(id))
      authority.set(stateMapKey(auth.type, auth.stateKey), auth);
  };
  // From version 12 the create event is implied by the room id and never cited.
  if (context.rules.roomIdIsCreateEvent) add(`$${event.roomId.slice(1)}` as EventId);
  for (const id of event.authEvents) add(id);
  for (const key of authEventKeys(event, context.rules)) {
    const id = resolved.get(key);
    if (id !== undefined) add(id);
  }
  return checkStateDependentRules(event, (type, stateKey) => authority.get(stateMapKey(type, stateKey))).ok;
}
