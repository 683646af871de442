// The steps of a resolution as they were taken, told to whoever wants to know. explain.ts draws conclusions from them.
import type { AuthState } from '../auth-state.ts';
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
  | AuthCheck;

/** One event put before the authorisation rules. */
export interface AuthCheck {
  readonly kind: 'auth-check';
  readonly phase: ResolutionPhase;
  readonly eventId: EventId;
  /** What refused the event; undefined when it was allowed. */
  readonly refusal: Refusal | undefined;
  /** What the rules looked at, in the order in which they first asked for it. */
  readonly authority: readonly ConsultedEvent[];
}

export interface Refusal {
  /** The stable name of the rule. */
  readonly rule: string;
  readonly detail: string;
}

/** An event that a rule asked for. */
export interface ConsultedEvent {
  readonly key: string;
  /** Undefined where there was none. */
  readonly eventId: EventId | undefined;
  /** The state resolved so far (with what it began with), or for want of it there the judged event's own auth events. */
  readonly from: 'partially-resolved-state' | 'auth-events';
}

/** Takes down the steps of one resolution; hand its {@link ResolutionLog.note} to the resolution as `explain`. */
export class ResolutionLog {
  readonly steps: ResolutionStep[] = [];

  readonly note = (step: ResolutionStep): void => {
    this.steps.push(step);
  };
}

/** An authority that remembers what it was asked for. */
export class ConsultedAuthority {
  readonly #consulted = new Map<string, ConsultedEvent>();
  /** The same answers as the state that is watched. */
  readonly state: AuthState;

  /** `origin` says where the watched state has the event of a key from. */
  constructor(watched: AuthState, origin: (key: string) => ConsultedEvent['from']) {
    this.state = (key) => {
      const event = watched(key);
      if (!this.#consulted.has(key))
        this.#consulted.set(key, { key, eventId: event?.eventId, from: origin(key) });
      return event;
    };
  }

  get consulted(): readonly ConsultedEvent[] {
    return [...this.#consulted.values()];
  }
}
