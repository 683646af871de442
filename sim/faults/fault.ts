// The fault vocabulary: data, not code. What holds at an instant is computed from the set of active faults.
import type { Instant } from '../../protocol/time.ts';
import type { OutageManner } from '../world.ts';

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
  /** The action that ends it, should it not have ended by then. */
  readonly endsWith?: string;
  readonly source: string;
  /** It may bite nowhere without failing the run, for this reason. */
  readonly mayBeIdle?: string;
}

/** Limits what happens on paths to what goes between the target and these; all that touches the target when left out. */
export interface BetweenTwo {
  readonly from?: string;
}

/** What a crash leaves of a machine's disk: all, all up to the last sync, or nothing. */
export type DiskAfterCrash = 'kept' | 'rolled-back' | 'lost';

/** What resolvers answer. `stale`: the record's last value goes on being served, although nobody is there any more. */
export type DnsFaultAnswer = 'nxdomain' | 'servfail' | 'empty' | 'stale' | 'silence';

/** How a network keeps its users from a service. */
export type BlockingManner = 'black-hole' | 'reset' | 'nxdomain';

/** A change of components or paths over an interval. */
export type Fault = FaultBase &
  /** `disk`: of what crashes; kept unless said. */
  (
    | { readonly kind: 'down'; readonly manner: OutageManner; readonly disk?: DiskAfterCrash }
    /** What stands in the area is without mains; what has a battery lasts as long as that (`Dependency.outlives`). */
    | { readonly kind: 'power-loss' }
    | { readonly kind: 'error-rate'; readonly probability: number; readonly status: number }
    | ({ readonly kind: 'latency'; readonly addMs: number; readonly multiply: number } & BetweenTwo)
    | ({ readonly kind: 'loss'; readonly probability: number } & BetweenTwo)
    /** Each connection gets at most this much in each direction, as a shaper makes it. */
    | ({ readonly kind: 'bandwidth'; readonly bitsPerSecond: number } & BetweenTwo)
    /** Damaged segments and frames: checksums find them, so that they have to be sent again. */
    | ({ readonly kind: 'corruption'; readonly probability: number } & BetweenTwo)
    /** `share`: of the pairs of places between the two sides that cannot reach each other; the choice holds throughout; all unless said. */
    | { readonly kind: 'partition'; readonly from: string; readonly oneWay: boolean; readonly share?: number }
    | { readonly kind: 'dns'; readonly answer: DnsFaultAnswer; readonly negativeTtlSeconds: number }
    /** The routes to what stands behind the target are gone: `share` of the places there cannot be reached from outside. */
    | { readonly kind: 'bgp-withdrawal'; readonly share: number }
    /** `clients`: share of them whose trust stores have nothing newer; all unless said. */
    | { readonly kind: 'certificate-expired'; readonly clients?: number }
    | { readonly kind: 'no-new-instances'; readonly probability: number; readonly withoutNetwork: boolean }
    | { readonly kind: 'load-balancer-flap'; readonly fraction: number; readonly periodSeconds: number }
    | { readonly kind: 'slow'; readonly factor: number }
    /** Servers there turn hostile in a way that their software has; others take no notice. */
    | { readonly kind: 'byzantine'; readonly behaviour: string; readonly share?: number }
    /** Strangers send each machine so many requests a second, each of which takes so long: they queue with all others. */
    | { readonly kind: 'overload'; readonly requestsPerSecond: number; readonly costMs: number }
    /** This share of the frames on the air there is drowned. */
    | { readonly kind: 'radio-jamming'; readonly probability: number }
    /** This share of the frames to radios there arrives twice. Streams have no duplicates: TCP takes them out. */
    | { readonly kind: 'duplication'; readonly probability: number }
    /** Wall clocks there are wrong by so many milliseconds; a ramp is a drift. `share`: of the machines and devices. */
    | { readonly kind: 'clock'; readonly skewMs: number; readonly share?: number }
    /** The border is closed; `domestic`: whether the network inside works; `except`: whom it lets through. */
    | { readonly kind: 'shutdown'; readonly domestic: 'up' | 'down'; readonly except?: string }
    /** Those in the target cannot use the service that stands behind the components or names selected. */
    | { readonly kind: 'blocking'; readonly service: string; readonly manner: BlockingManner }
    // What operators do, as long as it lasts: entries of the timeline like faults.
    /** Out of rotation: no new connections, and open ones are closed. */
    | { readonly kind: 'drained' }
    /** Nobody looks whether it works: it is neither taken out of service nor failed over from. */
    | { readonly kind: 'health-checks-off' }
    /** So many times its capacity. */
    | { readonly kind: 'added-capacity'; readonly factor: number }
  );

export type FaultKind = Fault['kind'];

/** An entry of the timeline as the simulation keeps it. */
export type TimelineEntry = Fault & {
  /** The action that this entry is the effect of; entries of faults have none. */
  readonly doneBy?: string;
  /** The fault to which the action answers, and to which its harm is charged. */
  readonly because?: string;
};

/** Kinds that hold or do not; the others are matters of degree, asked when something happens. */
export const wholeKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'down',
  'power-loss',
  'partition',
  'bgp-withdrawal',
  'shutdown',
  'blocking',
  'load-balancer-flap',
  'no-new-instances',
  'dns',
  'certificate-expired',
  'drained',
  'health-checks-off',
]);

/**
 * Kinds that leave no trace in a wait: nobody is told that a frame was jammed, that a peer lies, or that a packet was
 * dropped because somebody's clock is wrong.
 */
export const tracelessKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'byzantine',
  'clock',
  'radio-jamming',
  'duplication',
]);
