// A node as its host keeps it: cores that share fate, clock and disk.
import type { Core, CoreFactory, Input, TimerName } from '../../protocol/core.ts';
import { SmallMap } from '../../protocol/small-map.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import type { Port, Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { NodeSpec } from '../systems/system.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import { ColdCache } from './cold-cache.ts';
import { InputQueue } from './input-queue.ts';
import { TokenBucket } from './token-bucket.ts';
import { NodeClock } from './node-clock.ts';
import { DurableStorage } from './storage.ts';

/** A timer that was set and has not been handled. */
export interface PendingTimer {
  readonly part: HostedPart;
  readonly name: TimerName;
  handle: EventHandle;
}

/** One core of a node. */
export interface HostedPart {
  readonly node: HostedNode;
  /** As in its port. */
  readonly name: string;
  readonly port: Port;
  readonly index: number;
  readonly factory: CoreFactory;
  readonly storage: DurableStorage;
  readonly timers: SmallMap<TimerName, PendingTimer>;
  /** Undefined while the node is down. */
  core: Core | undefined;
}

/** An input that waits for its node's processor. */
export interface WaitingInput {
  readonly part: HostedPart;
  readonly input: Input;
  readonly transit: Transit | undefined;
  /** The timer behind a `timer` input: if it is not the part's any more, the input is void. */
  readonly timer: PendingTimer | undefined;
  readonly arrivedAt: Instant;
  /** A crash in between voids the input. */
  readonly incarnation: number;
  /** Inputs are numbered as they come. */
  readonly number: number;
}

/** Work that a stranger's request asks of a machine. */
export interface ForeignWork {
  readonly work: Duration;
  readonly cause: CauseToken;
  readonly number: number;
}

/** One machine or device. What every input asks for comes first, so that it lies together. */
export interface HostedNode {
  readonly index: NodeIndex;
  up: boolean;
  /** Processors at work. */
  busy: number;
  readonly processors: number;
  /** Counts crashes: what belongs to an earlier life is void. */
  incarnation: number;
  /** Somebody's. */
  readonly isDevice: boolean;
  readonly clock: NodeClock;
  /** Of its parts the first, and mostly the only one. */
  firstPart: HostedPart | undefined;
  /** Faults that took its disk, or part of it: what it refuses later may be because of them. */
  forgotBy: CauseToken;
  readonly name: string;
  readonly spec: NodeSpec;
  readonly parts: ReadonlyMap<string, HostedPart>;
  readonly waiting: InputQueue;
  readonly cache: ColdCache | undefined;
  /** What of others' requests it lets in; undefined: all. */
  readonly admission: TokenBucket | undefined;
  /** When a fault took its disk, or part of it, or a backup was put in its place; the last time. */
  forgotAt: Instant | undefined;
  /** Faults that have filled the queue, until it is empty. */
  pressedBy: CauseToken;
}

/** A node that does not run yet. */
export function createNode(
  index: NodeIndex,
  spec: NodeSpec,
  epochWallMs: number,
  deviceSkewMs: number,
): HostedNode {
  const clock = spec.clock ?? { skewMs: deviceSkewMs, driftPartsPerMillion: 0 };
  const parts = new Map<string, HostedPart>();
  const node: HostedNode = {
    index,
    up: false,
    busy: 0,
    processors: spec.processors ?? 1,
    incarnation: 0,
    isDevice: spec.person !== undefined,
    clock: new NodeClock(epochWallMs, clock),
    firstPart: undefined,
    forgotBy: noCause,
    name: spec.name,
    spec,
    parts,
    waiting: new InputQueue(spec.queue ?? {}),
    cache: spec.cache === undefined ? undefined : new ColdCache(spec.cache),
    admission: spec.queue?.admission === undefined ? undefined : new TokenBucket(spec.queue.admission),
    forgotAt: undefined,
    pressedBy: noCause,
  };
  for (const [name, factory] of Object.entries(spec.parts)) {
    const part: HostedPart = {
      node,
      name,
      port: { node: index, part: name },
      index: parts.size,
      factory,
      storage: new DurableStorage(),
      timers: new SmallMap(),
      core: undefined,
    };
    parts.set(name, part);
    node.firstPart ??= part;
  }
  return node;
}
