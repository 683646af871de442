// The checks on receipt where events are missing: allowed, refused for certain, or not to be told.
// https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
import type { Outcome } from '../../outcome.ts';
import { checkStateDependentRules, checkStateIndependentRules, refuseCited } from '../auth-rules.ts';
import { createKey, type AuthState } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import { createEventId, type EventId } from '../ids.ts';
import type { RejectionStage } from '../room-verdict.ts';
import { missingAuthority, missingCreate, missingEntry, undecidedAuthority } from './gaps.ts';
import type { KnownState, Unknown } from './known-state.ts';
import type { SliceGraph } from './slice-graph.ts';

/** What a check says. */
export type Decision =
  | { readonly kind: 'allowed' }
  | {
      readonly kind: 'refused';
      readonly stage: RejectionStage;
      readonly rule: string;
      readonly detail: string;
    }
  | { readonly kind: 'unknown'; readonly why: Unknown };

const allowed: Decision = { kind: 'allowed' };

/** What is known of the events that others cite. */
export interface KnownVerdicts {
  readonly graph: SliceGraph;
  readonly isRejected: (id: EventId) => boolean;
  readonly isUndecided: (id: EventId) => boolean;
}

function decisionOf(stage: RejectionStage, outcome: Outcome<unknown>): Decision {
  return outcome.ok ? allowed : { kind: 'refused', stage, rule: outcome.rule, detail: outcome.detail };
}

/** The rules that need no state, and those judged against the event's own auth events. */
export function checkByAuthorities(event: MatrixEvent, known: KnownVerdicts): Decision {
  const gap = firstGap(event, known);
  if (gap !== undefined) return refusalInAnyCase(event, known) ?? { kind: 'unknown', why: gap };
  const { graph, isRejected } = known;
  const independent = checkStateIndependentRules(event, { find: graph.find, isRejected });
  if (!independent.ok) return decisionOf('independent', independent);
  const authorities = event.authEvents.flatMap((id) => graph.find(id) ?? []);
  return decisionOf(
    'auth_events',
    checkStateDependentRules(
      event,
      (key) => authorities.find(({ stateMapKey }) => stateMapKey === key) ?? impliedCreate(event, key, graph),
    ),
  );
}

/** The rules judged against the state before the event: known where they ask for nothing that is not. */
export function checkByState(event: MatrixEvent, state: KnownState, { graph }: KnownVerdicts): Decision {
  let gap: Unknown | undefined;
  const watched: AuthState = (key) => {
    const id = state.entries.getKey(key);
    if (id !== undefined) {
      const entry = graph.find(id);
      if (entry === undefined) gap ??= missingEntry(id);
      return entry;
    }
    if (!state.isOpen(key)) return impliedCreate(event, key, graph);
    gap ??= state.why;
    return undefined;
  };
  const outcome = checkStateDependentRules(event, watched);
  return gap === undefined ? decisionOf('state_before', outcome) : { kind: 'unknown', why: gap };
}

/** What the first two checks together say: the first refusal, and for want of one the first gap. */
export function firstDecision(decisions: readonly Decision[]): Decision {
  return (
    decisions.find(({ kind }) => kind === 'refused') ??
    decisions.find(({ kind }) => kind === 'unknown') ??
    allowed
  );
}

function impliedCreate(
  { rules, roomId }: MatrixEvent,
  key: string,
  graph: SliceGraph,
): MatrixEvent | undefined {
  return key === createKey && rules.roomIdIsCreateEvent ? graph.find(createEventId(roomId)) : undefined;
}

/** The first of the events needed to judge by authorities that is missing, or of unknown verdict. */
function firstGap(
  { rules, roomId, type, authEvents }: MatrixEvent,
  known: KnownVerdicts,
): Unknown | undefined {
  const { graph, isUndecided } = known;
  if (rules.roomIdIsCreateEvent && type !== 'm.room.create') {
    const create = createEventId(roomId);
    if (graph.find(create) === undefined || isUndecided(create)) return missingCreate(create);
  }
  for (const id of authEvents) {
    if (graph.find(id) === undefined) return missingAuthority(id);
    if (isUndecided(id)) return undecidedAuthority(id);
  }
  return undefined;
}

/** A refusal on account of the auth events at hand, whatever the missing ones are. An experiment's rules are not guessed. */
function refusalInAnyCase(event: MatrixEvent, { graph, isRejected }: KnownVerdicts): Decision | undefined {
  if (event.type === 'm.room.create' || event.rules.authRules?.stateIndependent !== undefined)
    return undefined;
  const seen: string[] = [];
  for (const id of event.authEvents) {
    const auth = graph.find(id);
    if (auth === undefined) continue;
    const refusal = refuseCited(event, auth, seen, isRejected);
    if (refusal !== undefined) return decisionOf('independent', refusal);
    if (auth.stateMapKey !== undefined) seen.push(auth.stateMapKey);
  }
  return undefined;
}
