// Looks on while a simulation runs, for traces and pictures. Changes nothing, and no digest knows of it.
import type { Input } from '../protocol/core.ts';
import type { CauseToken } from '../protocol/failure.ts';
import type { Instant } from '../protocol/time.ts';
import type { Transit } from './network/medium.ts';
import type { NodeIndex } from './observation.ts';

/** What a node's core has just been handed. */
export interface WatchedInput {
  readonly at: Instant;
  readonly node: NodeIndex;
  readonly part: string;
  readonly input: Input;
  /** How it came over a medium, and from whom; undefined for timers, people and failures. */
  readonly transit: Transit | undefined;
}

/** Told of inputs in the order in which cores take them, and of nodes that start and stop. */
export interface Watcher {
  took(seen: WatchedInput): void;
  /** `cause`: faults behind a stop. */
  running(node: NodeIndex, at: Instant, isRunning: boolean, cause: CauseToken): void;
}
