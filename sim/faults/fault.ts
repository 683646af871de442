// The fault vocabulary: data, not code. What holds at an instant is computed from the set of active faults.
import type { Instant } from '../../protocol/time.ts';

/** Fields every fault has. */
export interface FaultBase {
  /** Unique in the scenario; legal in file names. */
  readonly id: string;
  /** For people: "DynamoDB's DNS record is empty". */
  readonly title: string;
  /** Which components, in the selector language (sim/infrastructure/selector.ts). */
  readonly target: string;
  readonly start: Instant;
  readonly end: Instant;
  /**
   * Grows linearly from nothing over this many microseconds after `start`, and shrinks likewise before `end`. What is
   * a matter of degree (a delay, a probability) grows; what is not (down, cut off) strikes one place after the other.
   */
  readonly rampUp?: number;
  readonly rampDown?: number;
  /** Active for the share `duty` (0 to 1) of each `period` microseconds, counted from `start`. */
  readonly flap?: { readonly period: number; readonly duty: number };
  readonly source: string;
  /** It may bite nowhere without failing the run. */
  readonly mayBeIdle?: boolean;
}

/** A change of components or paths over an interval. */
export type Fault = FaultBase &
  /**
   * Black hole: it runs, and nothing gets to or from it. Refuse: it answers that nobody listens and tears down what
   * is open. Crash: the machine is off and forgets what it did not store.
   */
  (
    | { readonly kind: 'down'; readonly manner: 'black-hole' | 'refuse' | 'crash' }
    | { readonly kind: 'error-rate'; readonly probability: number; readonly status: number }
    | { readonly kind: 'latency'; readonly addMs: number; readonly multiply: number }
    | { readonly kind: 'loss'; readonly probability: number }
    | { readonly kind: 'partition'; readonly from: string; readonly oneWay: boolean }
    | {
        readonly kind: 'dns';
        readonly answer: 'nxdomain' | 'servfail' | 'empty';
        readonly negativeTtlSeconds: number;
      }
    | { readonly kind: 'certificate-expired' }
    | { readonly kind: 'no-new-instances'; readonly probability: number; readonly withoutNetwork: boolean }
    | { readonly kind: 'load-balancer-flap'; readonly fraction: number; readonly periodSeconds: number }
    | { readonly kind: 'slow'; readonly factor: number }
  );

export type FaultKind = Fault['kind'];
