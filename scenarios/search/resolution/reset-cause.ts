// What a state reset comes from: where the authority that refused the newest entry stands to it. MSC4297 is about the first
// two causes (its problems A and B); the others are in version 2.1 as they were in version 2.
// https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/4297-state-resolution-v2_1.md
import { checkStateDependentRules } from '../../../protocol/matrix/auth-rules.ts';
import { createKey } from '../../../protocol/matrix/auth-state.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { createEventId, type EventId } from '../../../protocol/matrix/ids.ts';
import { resolveState } from '../../../protocol/matrix/state-resolution.ts';
import {
  ResolutionLog,
  type AuthCheck,
  type ConsultedEvent,
} from '../../../protocol/matrix/state-resolution/explanation.ts';
import type { StateReset } from '../../../protocol/matrix/stored-state/state-reset.ts';
import type { OpenProblem } from './problem.ts';

/**
 * `agreed-state`: refused by an entry on which all states agree, and which the lost one does not rest on: it came after it
 * or at the same time, and the checks begin with it as they do in version 2, without having put it to the question itself.
 * `agreed-in-subgraph`: the same, but the entry was put to the question like those in conflict, since the conflicted state
 * subgraph of version 2.1 brought it in. No earlier version has this.
 * `replaced-authority`: refused by authority that had been replaced before the lost entry was made, or for want of any.
 * `later-event`: refused by an entry in conflict that came after it, or at the same time; the states that have the lost
 * entry know it already (otherwise it would be a revocation, and this no reset).
 * `order`: allowed, and an older entry was allowed after it; or this happened to what it rests on.
 */
export type ResetCause =
  'agreed-state' | 'agreed-in-subgraph' | 'replaced-authority' | 'later-event' | 'order';

/** The auth checks of a resolution by event. */
export function authChecksOf({ states, context }: OpenProblem): ReadonlyMap<EventId, AuthCheck> {
  const log = new ResolutionLog();
  resolveState(states, { ...context, explain: log.note });
  return new Map(log.steps.flatMap((step) => (step.kind === 'auth-check' ? [[step.eventId, step]] : [])));
}

/** The cause of a reset. */
export function resetCause(
  reset: StateReset,
  problem: OpenProblem,
  checks: ReadonlyMap<EventId, AuthCheck>,
): ResetCause {
  const refused = reset.lost.filter((_id, index) => reset.refusals[index] !== undefined);
  const causes = refused.map((id) => refusalCause(id, problem, checks, new Set()));
  return rank.find((cause) => causes.includes(cause)) ?? 'order';
}

const rank: readonly ResetCause[] = [
  'agreed-state',
  'replaced-authority',
  'agreed-in-subgraph',
  'later-event',
  'order',
];

/** Why one event was refused: by what the check found in place of what the event cites. */
function refusalCause(
  id: EventId,
  problem: OpenProblem,
  checks: ReadonlyMap<EventId, AuthCheck>,
  seen: Set<EventId>,
): ResetCause {
  seen.add(id);
  const { states, context, ancestry } = problem;
  const found = new Set<ResetCause>();
  const event = context.find(id);
  if (event === undefined) return 'later-event';
  for (const { key, eventId } of decisive(event, checks.get(id)?.authority ?? [], problem)) {
    const cited = citedBy(event, key, problem);
    const citedCheck = cited === undefined ? undefined : checks.get(cited);
    // What it cites has fallen itself, refused or overtaken: the cause is that of the other fall.
    if (cited !== undefined && citedCheck?.refusal !== undefined && !seen.has(cited))
      found.add(refusalCause(cited, problem, checks, seen));
    else if (eventId === undefined || (cited !== undefined && ancestry.isBefore(eventId, cited)))
      found.add(citedCheck === undefined ? 'replaced-authority' : 'order');
    else if (ancestry.isBefore(eventId, id)) {
      // It was there when the lost entry was made, and had given way to what that cites. The create event is not always cited.
      if (cited !== undefined) found.add('order');
    } else if (states.some((state) => state.getKey(key) !== eventId)) found.add('later-event');
    else found.add(checks.has(eventId) ? 'agreed-in-subgraph' : 'agreed-state');
  }
  return rank.find((cause) => found.has(cause)) ?? 'later-event';
}

/** The event of a key that an event cites as its authority; undefined where it cites none, the create event included. */
function citedBy({ authEvents }: MatrixEvent, key: string, { context }: OpenProblem): EventId | undefined {
  return authEvents.find((each) => context.find(each)?.stateMapKey === key);
}

/**
 * What a check found in place of what the event cites, as far as it refuses the event: each that does so by itself, the rest
 * being as cited. All of it where only several together do.
 */
function decisive(
  event: MatrixEvent,
  authority: readonly ConsultedEvent[],
  problem: OpenProblem,
): readonly ConsultedEvent[] {
  const { find, isRejected, rules } = problem.context;
  const cited = (key: string): MatrixEvent | undefined => {
    const implied = key === createKey && rules.roomIdIsCreateEvent ? createEventId(event.roomId) : undefined;
    const id = citedBy(event, key, problem) ?? implied;
    return id === undefined || isRejected(id) ? undefined : find(id);
  };
  const other = authority.filter(({ key, eventId }) => eventId !== citedBy(event, key, problem));
  const alone = other.filter(
    ({ key, eventId }) =>
      !checkStateDependentRules(event, (asked) => {
        if (asked !== key) return cited(asked);
        return eventId === undefined ? undefined : find(eventId);
      }).ok,
  );
  return alone.length > 0 ? alone : other;
}
