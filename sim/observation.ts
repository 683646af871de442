// The closed union of facts that a simulation emits. Reports are functions of these and of nothing else.
import type { EntryChange, HoldReason, RefusalFate } from '../protocol/core.ts';
import type { CauseToken, Failure } from '../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../protocol/message.ts';
import type { TaskId } from '../protocol/task.ts';
import type { Instant } from '../protocol/time.ts';

/** Row number of a node in its simulation. */
export type NodeIndex = number;

/** Where a message was, and why, during part of its way. */
export interface Span {
  readonly start: Instant;
  readonly end: Instant;
  /** The node that held it, or the node that sent it when `reason` is one of the network's. */
  readonly holder: NodeIndex;
  readonly reason: HoldReason | NetworkReason;
  /** Faults that stand behind the reason; 0 is none. `SimulationResult.causes` tells which. */
  readonly cause: CauseToken;
}

/** Reasons that the network gives. */
export type NetworkReason =
  | 'in-flight' // propagation, serialisation and ordinary jitter
  | 'connection-set-up' // name, TCP, TLS
  | 'retransmitting' // bytes lost on a path
  | 'link-queue' // behind other bytes on a constrained link
  | 'server-queue' // the receiving node's processor is busy with what came before
  | 'device-asleep' // radio or application not listening
  | 'holder-down'; // the node that holds it has crashed or was halted

/** A typed fact. `at` is when it became true. */
export type Observation =
  | { readonly kind: 'sent'; readonly at: Instant; readonly message: UserMessageId }
  | { readonly kind: 'resent'; readonly at: Instant; readonly message: UserMessageId }
  | { readonly kind: 'accepted'; readonly at: Instant; readonly message: UserMessageId }
  /** First time on this person's device. The spans cover [sent, at) without gap or overlap. */
  | {
      readonly kind: 'delivered';
      readonly at: Instant;
      readonly message: UserMessageId;
      readonly person: PersonId;
      readonly spans: readonly Span[];
    }
  | {
      readonly kind: 'duplicate';
      readonly at: Instant;
      readonly message: UserMessageId;
      readonly person: PersonId;
    }
  /** At the horizon: still not delivered, and where the copy that came furthest is. Spans as above. */
  | {
      readonly kind: 'undelivered';
      readonly at: Instant;
      readonly message: UserMessageId;
      readonly person: PersonId;
      readonly spans: readonly Span[];
    }
  | {
      readonly kind: 'attempt-failed';
      readonly at: Instant;
      readonly message: UserMessageId;
      readonly failure: Failure['kind'];
      readonly cause: CauseToken;
    }
  | {
      readonly kind: 'failed';
      readonly at: Instant;
      readonly message: UserMessageId;
      readonly cause: CauseToken;
    }
  /** Somebody sets out to do something that the system offers. */
  | { readonly kind: 'task-begun'; readonly at: Instant; readonly task: TaskId }
  | { readonly kind: 'task-done'; readonly at: Instant; readonly task: TaskId }
  | {
      readonly kind: 'task-failed';
      readonly at: Instant;
      readonly task: TaskId;
      readonly step: string;
      readonly failure: Failure['kind'];
      /** Of an answer that is an error. */
      readonly status?: number;
      readonly shown: boolean;
      readonly cause: CauseToken;
    }
  | {
      readonly kind: 'replica';
      readonly at: Instant;
      readonly node: NodeIndex;
      readonly object: string;
      readonly aspects: Readonly<Record<string, string>>;
    }
  /** As `CoreFact` says it. */
  | {
      readonly kind: 'replica-entries';
      readonly at: Instant;
      readonly node: NodeIndex;
      readonly object: string;
      readonly since: 'last' | 'start' | 'nothing';
      readonly changes: readonly EntryChange[];
    }
  /** A node keeps part of a shared object without effect, which another node had sent. */
  | {
      readonly kind: 'refused';
      readonly at: Instant;
      readonly node: NodeIndex;
      readonly from: string;
      readonly fate: RefusalFate;
      readonly rule: string;
      readonly object: string;
      readonly id: string;
      readonly isSpeech: boolean;
      readonly message?: UserMessageId;
      readonly disputed: readonly string[];
    }
  | { readonly kind: 'replica-gone'; readonly at: Instant; readonly node: NodeIndex; readonly object: string }
  | { readonly kind: 'fault'; readonly at: Instant; readonly fault: string; readonly active: boolean }
  | { readonly kind: 'action'; readonly at: Instant; readonly action: string }
  /** Bytes, and time that radios sent and looked for others, since the last such fact: per hour and at the end. */
  | {
      readonly kind: 'traffic';
      readonly at: Instant;
      readonly internetBytes: number;
      readonly radioBytes: number;
      readonly radioAirMicroseconds: number;
      readonly radioScanMicroseconds: number;
    };

/** Takes observations as they happen. Synchronous; keeps what it wants to keep. */
export interface ObservationSink {
  record(observation: Observation): void;
}
