// What the host of nodes asks of the world's health. Implemented over the dependency graph and the fault timeline.
import type { CauseToken } from '../../protocol/failure.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId } from '../world.ts';

/** What a crash leaves of a node's durable storage. */
export type DiskFate = 'kept' | 'rolled-back' | 'lost';

/** Told after the state of a component, its own or what it needs, has changed; ask for what it is now. */
export type HealthListener = (component: ComponentId) => void;

/** Which machines can run, and which devices the world can reach. */
export interface NodeHealth {
  /** Whether a machine that is this component runs: power, hardware, hard needs. Unreachable is not down. */
  isUp(component: ComponentId): boolean;
  /** Whether packets get to and from the component (an ISP, a machine). */
  isReachable(component: ComponentId): boolean;
  /** Faults behind the component being down, unreachable, slow or unable to start. */
  causeOf(component: ComponentId): CauseToken;
  /** Whether attempt number `attempt` (0 first) to boot the node succeeds: start-up needs, new instances. */
  canStart(component: ComponentId, node: NodeIndex, attempt: number): boolean;
  /** Work takes this many times as long: 1 unless a fault slows the component down. */
  workFactor(component: ComponentId): number;
  /** What is left of the disk of a node on this component, which is going down now. */
  diskAfterCrash(component: ComponentId): DiskFate;
  /** Whether any crash of the run may leave a disk rolled back. */
  readonly mayRollBack: boolean;
  onChange(listener: HealthListener): void;
}
