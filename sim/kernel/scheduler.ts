// What parts of the simulator may ask of the kernel.
import type { Brand } from '../../protocol/brand.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';

/** A registered kind of event. */
export type EventKind = Brand<number, 'EventKind'>;

/** Names one scheduled event; stale once it fired or was cancelled. */
export type EventHandle = Brand<number, 'EventHandle'>;

/** What happens when an event of a kind is due. `node` and `extra` are whatever was scheduled, -1 and 0 by default. */
export type EventHandler = (node: NodeIndex, payload: unknown, extra: number) => void;

/** The future, ordered by (instant, sequence). No closure per event: register a handler per kind once. */
export interface Scheduler {
  readonly now: Instant;
  /** `label` goes into the digest. */
  register(label: string, handler: EventHandler): EventKind;
  /** `at` must not lie in the past. */
  schedule(at: Instant, kind: EventKind, node?: NodeIndex, payload?: unknown, extra?: number): EventHandle;
  /** Does nothing to a stale handle, nor to none. */
  cancel(handle: EventHandle | undefined): void;
}
