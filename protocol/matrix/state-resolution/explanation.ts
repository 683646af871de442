// Why a resolution ended as it did: its steps as they were taken, and what became of each candidate.
import type { EventId } from '../ids.ts';

/** Which pass of the algorithm judged an event. In version 1 there is one. */
export type ResolutionPhase = 'power' | 'mainline' | 'v1';

/** One step of a resolution, in the order in which it was taken. */
export type ResolutionStep =
  | { readonly kind: 'conflict'; readonly key: string; readonly candidates: readonly EventId[] }
  | {
      readonly kind: 'full-conflicted-set';
      readonly conflictedStateSet: readonly EventId[];
      readonly authDifference: readonly EventId[];
      /** Empty before version 2.1. */
      readonly conflictedStateSubgraph: readonly EventId[];
    }
  | {
      readonly kind: 'power-ordering';
      readonly order: readonly {
        readonly eventId: EventId;
        /** Infinity for creators from version 12. */
        readonly senderPowerLevel: number;
        readonly originServerTs: number;
      }[];
    }
  | {
      readonly kind: 'mainline-ordering';
      /** Newest first. */
      readonly mainline: readonly EventId[];
      readonly order: readonly {
        readonly eventId: EventId;
        /** 0 is the newest mainline event, Infinity none. */
        readonly mainlinePosition: number;
        readonly originServerTs: number;
      }[];
    }
  | {
      readonly kind: 'depth-ordering';
      readonly key: string;
      /** Shallowest first; at equal depth the larger SHA-1 of the id. */
      readonly order: readonly { readonly eventId: EventId; readonly depth: number }[];
    }
  | {
      readonly kind: 'auth-check';
      readonly phase: ResolutionPhase;
      readonly eventId: EventId;
      /** The rule that refused the event; undefined when it was allowed. */
      readonly rule: string | undefined;
    };

/** What became of one candidate for a conflicted key. */
export type CandidateFate =
  | { readonly kind: 'won' }
  /** Allowed, and then replaced by a later one of the order. */
  | { readonly kind: 'replaced'; readonly phase: ResolutionPhase; readonly by: EventId | undefined }
  | { readonly kind: 'refused'; readonly phase: ResolutionPhase; readonly rule: string }
  /** Version 1 stops at the first refusal; what follows is not asked for. */
  | { readonly kind: 'not-reached' };

/** One conflicted key. */
export interface ExplainedKey {
  readonly key: string;
  /** Undefined when no candidate was allowed. */
  readonly winner: EventId | undefined;
  readonly candidates: readonly { readonly eventId: EventId; readonly fate: CandidateFate }[];
}

/** Takes down the steps of one resolution; hand its {@link Explanation.note} to the resolution as `explain`. */
export class Explanation {
  readonly steps: ResolutionStep[] = [];

  readonly note = (step: ResolutionStep): void => {
    this.steps.push(step);
  };

  /** Every conflicted key with what became of its candidates. `winnerOf` reads the resolved state. */
  conflicts(winnerOf: (key: string) => EventId | undefined): readonly ExplainedKey[] {
    const checks = new Map<EventId, Extract<ResolutionStep, { kind: 'auth-check' }>>();
    for (const step of this.steps) if (step.kind === 'auth-check') checks.set(step.eventId, step);
    return this.steps.flatMap((step) => {
      if (step.kind !== 'conflict') return [];
      const winner = winnerOf(step.key);
      const candidates = step.candidates.map((eventId) => ({
        eventId,
        fate: fateOf(eventId, winner, checks.get(eventId)),
      }));
      return [{ key: step.key, winner, candidates }];
    });
  }
}

function fateOf(
  eventId: EventId,
  winner: EventId | undefined,
  check: Extract<ResolutionStep, { kind: 'auth-check' }> | undefined,
): CandidateFate {
  if (eventId === winner) return { kind: 'won' };
  if (check === undefined) return { kind: 'not-reached' };
  if (check.rule === undefined) return { kind: 'replaced', phase: check.phase, by: winner };
  return { kind: 'refused', phase: check.phase, rule: check.rule };
}
