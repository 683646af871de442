// What the processes of a live run tell each other over their channel. Causes travel as ids of faults: each process numbers
// its own.
import type { Address, CoreFact, Input } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message, UserMessageId } from '../../protocol/message.ts';
import type { Instant, WallTime } from '../../protocol/time.ts';
import type { CauseTable } from '../causes.ts';
import type { Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { SharedObject } from '../systems/system.ts';
import type { FrameLeg } from './frames.ts';

/** Signals that end a run in order. They may reach every one of its processes, and only the coordinator obeys. */
export const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Which node a process is, and where everything is. */
export interface NodeSetup {
  readonly node: string;
  /** Counts the processes that the node has had: 0 first. */
  readonly life: number;
  /** Of the local DHT. */
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
  /** Of the whole run; removed at its end. */
  readonly folder: string;
}

/** To a node's process. */
export type ToNode =
  /** Connect with the peers. */
  | { readonly kind: 'dial' }
  | { readonly kind: 'build'; readonly isRestart: boolean }
  /** `beganAt`: what the machine's monotonic clock shows at the epoch, nanoseconds. */
  | { readonly kind: 'epoch'; readonly beganAt: bigint }
  | { readonly kind: 'begin' }
  | {
      readonly kind: 'input';
      readonly part: string;
      readonly input: Input;
      readonly transit?: WireTransit;
      /** The scenario's time at which a person acts. */
      readonly wall?: WallTime;
    }
  | { readonly kind: 'network' }
  | {
      readonly kind: 'peer';
      readonly node: NodeIndex;
      readonly up: boolean;
      readonly isSilent: boolean;
      readonly faults: readonly string[];
    }
  | { readonly kind: 'look' }
  | { readonly kind: 'end' };

/** From a node's process. */
export type FromNode =
  | { readonly kind: 'listening' | 'connected' | 'built' }
  | {
      readonly kind: 'told';
      readonly entries: readonly Told[];
      /** How often each fault has changed what the node sent, so far. */
      readonly contacts: Contacts;
    }
  | { readonly kind: 'outside'; readonly at: Instant; readonly to: Address; readonly message: Message }
  | ({ readonly kind: 'seen' } & NodeAtEnd)
  | { readonly kind: 'failed'; readonly reason: string; readonly isUnavailable: boolean };

export type Contacts = readonly (readonly [fault: string, times: number])[];

/** Something that happened at a node. */
export type Told = { readonly at: Instant } & (
  | { readonly kind: 'fact'; readonly fact: CoreFact; readonly faults: readonly string[] }
  | {
      readonly kind: 'arrived';
      readonly messages: readonly UserMessageId[];
      readonly transit: WireTransit;
      /** By whoever sent it. */
      readonly passedOn?: boolean;
    }
  | { readonly kind: 'computing'; readonly messages: readonly UserMessageId[] }
);

/** What a node is at the end. */
export interface NodeAtEnd {
  /** By part, as its cores describe themselves. */
  readonly inspection: unknown;
  readonly objects: readonly SharedObject[];
  /** By how much each event of its own clock came late, microseconds. */
  readonly lateness: readonly number[];
  readonly bytes: number;
  readonly events: number;
}

/** A way with faults by their ids. */
export interface WireTransit extends Omit<Transit, 'legs'> {
  readonly legs: readonly FrameLeg[];
}

export function toWire(causes: CauseTable, { from, sentAt, legs }: Transit): WireTransit {
  const named = legs.map(({ until, reason, cause }) => ({ until, reason, faults: causes.faults(cause) }));
  return { from, sentAt, legs: named };
}

export function fromWire(causes: CauseTable, { from, sentAt, legs }: WireTransit): Transit {
  const numbered = legs.map(({ until, reason, faults }) => ({
    until: until as Instant,
    reason,
    cause: causes.intern(faults),
  }));
  return { from, sentAt, legs: numbered };
}

/** The cause that a fact gives. */
export function causeOf(fact: CoreFact): CauseToken {
  if ('cause' in fact) return fact.cause;
  return 'failure' in fact ? fact.failure.cause : noCause;
}

/** The fact with the cause as this process numbers it. */
export function withCause(fact: CoreFact, cause: CauseToken): CoreFact {
  if ('cause' in fact) return { ...fact, cause };
  return 'failure' in fact ? { ...fact, failure: { ...fact.failure, cause } } : fact;
}
