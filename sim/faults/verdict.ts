// What the active faults do to a place or to a path between two, and which faults are to blame.
import type { CauseToken } from '../../protocol/failure.ts';
import { noCause } from '../../protocol/failure.ts';
import type { FaultIndex } from './timeline.ts';

/** Faults that take a place down, by manner; `noCause` where none does. */
export interface Outage {
  readonly isDown: boolean;
  readonly crash: CauseToken;
  readonly blackHole: CauseToken;
  readonly refuse: CauseToken;
}

/** Everything works. One object, so that the quiet case is a comparison. */
export const noOutage: Outage = Object.freeze({
  isDown: false,
  crash: noCause,
  blackHole: noCause,
  refuse: noCause,
});

/** What holds on a path now. A path is looked at from the side that opened the connection: the client's. */
export interface PathState {
  /** Nothing gets from the client to the server. */
  readonly deadToServer: boolean;
  /** Nothing gets from the server to the client. */
  readonly deadToClient: boolean;
  readonly deadCause: CauseToken;
  /** The server's side, or somebody in between, answers that nobody listens. */
  readonly refused: boolean;
  readonly refusedCause: CauseToken;
  /** Matters of degree, by kind, in the order of the timeline; their severity is asked per message. */
  readonly latency: readonly FaultIndex[];
  readonly loss: readonly FaultIndex[];
  readonly bandwidth: readonly FaultIndex[];
  readonly errors: readonly FaultIndex[];
}

/** No fault holds. One object, so that the quiet case is a comparison. */
export const quietPath: PathState = Object.freeze({
  deadToServer: false,
  deadToClient: false,
  deadCause: noCause,
  refused: false,
  refusedCause: noCause,
  latency: [],
  loss: [],
  bandwidth: [],
  errors: [],
});

/** What a message on a living path meets. */
export interface Hindrance {
  /** Microseconds on top of the propagation time. */
  readonly extraDelay: number;
  readonly lossProbability: number;
  /** Bytes per microsecond that a shaper lets through; Infinity when there is none. */
  readonly rate: number;
  readonly cause: CauseToken;
}

export const unhindered: Hindrance = Object.freeze({
  extraDelay: 0,
  lossProbability: 0,
  rate: Infinity,
  cause: noCause,
});
