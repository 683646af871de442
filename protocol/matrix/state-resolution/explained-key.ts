// What became of each event that might have stood for a key.
import type { EventId } from '../ids.ts';
import type { StateMap } from '../state-map.ts';
import type { AuthGraph } from './auth-graph.ts';
import type { Comparison } from './explain-comparison.ts';
import type { ConsultedEvent, ResolutionPhase, ResolutionStep } from './explanation.ts';

/** One key for which more than one event was in play. */
export interface ExplainedKey {
  /** As made by stateMapKey. */
  readonly key: string;
  /**
   * Why there is something to tell: states disagree; or no state has the key and the full conflicted set holds events
   * for it; or all states agree and the full conflicted set holds other events for it, which play a part on the way.
   */
  readonly origin: 'conflicted' | 'in-no-state' | 'unconflicted';
  /** Undefined when the resolved state lacks the key. */
  readonly winner: EventId | undefined;
  /** In the order in which the algorithm came to them; those that it never came to are last. */
  readonly contenders: readonly Contender[];
}

/** One event that might have stood for a key. */
export interface Contender {
  readonly eventId: EventId;
  /** Places, in the list of states, of those that have it. */
  readonly states: readonly number[];
  /** Part of the full conflicted set by virtue of what; empty in version 1. */
  readonly memberships: readonly ('conflicted-state-set' | 'auth-difference' | 'conflicted-state-subgraph')[];
  /** Where it stood in its ordering, from 1; undefined where it was in none. */
  readonly place?: { readonly phase: ResolutionPhase; readonly position: number; readonly of: number };
  readonly fate: Fate;
}

/** What became of a contender. */
export type Fate =
  /** Allowed, and the last one allowed for its key. */
  | { readonly kind: 'won' }
  /** All states have it, so that it stands whatever else happened. */
  | { readonly kind: 'unconflicted' }
  /** Version 1: the shallowest stands without a check when no deeper one is allowed after it. */
  | { readonly kind: 'won-unchecked' }
  /** Allowed, and then replaced by one that came later. */
  | { readonly kind: 'replaced'; readonly by: EventId; readonly comparison: Comparison }
  /** Allowed, but the states agree on another event, which is put back at the end. */
  | { readonly kind: 'overruled'; readonly by: EventId }
  | Refused
  /** Version 1 never asked: it stops at the first refusal, or at the deepest event that is allowed. */
  | { readonly kind: 'not-reached' }
  /** The event itself is not to be had. */
  | { readonly kind: 'missing' }
  /** An algorithm of the user's own did not say. */
  | { readonly kind: 'not-told' };

/** Refused by an authorisation rule. */
export interface Refused {
  readonly kind: 'refused';
  readonly phase: ResolutionPhase;
  readonly rule: string;
  /** The rule's number in the specification of the room version; undefined for what is no authorisation rule. */
  readonly ruleNumber: string | undefined;
  readonly detail: string;
  /** What the rules looked at. */
  readonly authority: readonly ConsultedEvent[];
}

/** What conclusions are drawn from. */
export interface Contest {
  readonly states: readonly StateMap[];
  readonly resolved: StateMap;
  readonly steps: readonly ResolutionStep[];
  readonly graph: AuthGraph;
  readonly numberOfRule: (rule: string) => string | undefined;
}

/** Places of the states that have this event for the key. */
export function statesWith(key: string, eventId: EventId, states: readonly StateMap[]): readonly number[] {
  return states.flatMap((state, index) => (state.getKey(key) === eventId ? [index] : []));
}
