// Iterative auth checks: events in order, each judged by what has been resolved so far.
// https://spec.matrix.org/v1.16/rooms/v12/#definitions
import type { Outcome } from '../../outcome.ts';
import { checkStateDependentRules } from '../auth-rules.ts';
import { createKey, type AuthState } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import { noEvent, type AuthGraph } from './auth-graph.ts';
import { ConsultedAuthority, type ResolutionPhase, type ResolutionStep } from './explanation.ts';

/** What has been resolved so far, over the state that the checks began with. */
export class PartialState {
  readonly #start: (key: string) => number;
  readonly #resolved = new Map<string, number>();

  /** `start` gives the event of a key, or {@link noEvent}. */
  constructor(start: (key: string) => number) {
    this.#start = start;
  }

  get(key: string): number {
    return this.#resolved.get(key) ?? this.#start(key);
  }

  set(key: string, number: number): void {
    this.#resolved.set(key, number);
  }

  /** The entries that the checks have set. */
  resolved(): ReadonlyMap<string, number> {
    return this.#resolved;
  }
}

/** Applies those of the events to the state that their authority allows. */
export function iterativeAuthChecks(
  events: readonly number[],
  state: PartialState,
  graph: AuthGraph,
  phase: ResolutionPhase,
): void {
  const { rules, explain } = graph.context;
  for (const number of events) {
    const event = graph.event(number);
    if (event.stateMapKey === undefined) continue;
    // The specification would let in what was rejected by the state before it; Synapse does not, and neither does this.
    if (rules.reading === 'deployed' && graph.isRejected(number)) {
      const refusal = { rule: 'resolution.rejected', detail: 'the event was rejected when it was received' };
      explain?.({ kind: 'auth-check', phase, eventId: event.eventId, refusal, authority: [] });
      continue;
    }
    const authority = authorityOf(number, state, graph);
    const checked =
      explain === undefined
        ? checkStateDependentRules(event, authority)
        : explainedCheck({ event, authority, state, graph, phase, explain });
    if (checked.ok) state.set(event.stateMapKey, number);
  }
}

interface CheckToExplain {
  readonly event: MatrixEvent;
  readonly authority: AuthState;
  readonly state: PartialState;
  readonly graph: AuthGraph;
  readonly phase: ResolutionPhase;
  readonly explain: (step: ResolutionStep) => void;
}

function explainedCheck({
  event,
  authority,
  state,
  graph,
  phase,
  explain,
}: CheckToExplain): Outcome<unknown> {
  const watched = new ConsultedAuthority(authority, (key) =>
    hasAuthority(state.get(key), graph) ? 'partially-resolved-state' : 'auth-events',
  );
  const checked = checkStateDependentRules(event, watched.state);
  explain({
    kind: 'auth-check',
    phase,
    eventId: event.eventId,
    refusal: checked.ok ? undefined : { rule: checked.rule, detail: checked.detail },
    authority: watched.consulted,
  });
  return checked;
}

/**
 * Whether an entry of the partially resolved state counts. By the text also one that was rejected when it was received:
 * it has just been allowed anew.
 */
function hasAuthority(number: number, graph: AuthGraph): boolean {
  return number !== noEvent && (graph.context.rules.reading === 'text' || !graph.isRejected(number));
}

/** An event's authority: the partially resolved state, and for keys that it lacks the event's own auth events. */
function authorityOf(number: number, state: PartialState, graph: AuthGraph): AuthState {
  return (key) => {
    const resolved = state.get(key);
    if (hasAuthority(resolved, graph)) return graph.event(resolved);
    let cited = graph.cited(number, key);
    // From version 12 the create event is implied by the room id and never cited.
    if (cited === noEvent && key === createKey) cited = graph.impliedCreate(number);
    return cited === noEvent || graph.isRejected(cited) ? undefined : graph.event(cited);
  };
}
