// What devices, power and push services ask of whatever runs the nodes: the simulator's host, or processes in real time.
import type { Input } from '../../protocol/core.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Port, Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { HostedNode } from './node.ts';
import type { DiskFate } from './node-health.ts';

/** Runs the nodes of one system. */
export interface NodeHost {
  node(index: NodeIndex): HostedNode;
  isUp(index: NodeIndex): boolean;
  /** Hands an input to a core. Nothing happens when its node is down. */
  deliver(port: Port, input: Input, transit: Transit | undefined): void;
  /** Hands an input to the part that stands for the person or device. */
  deliverToUser(index: NodeIndex, input: Input, transit?: Transit): void;
  /** Builds the node's cores from what is stored; they answer from now on. */
  build(index: NodeIndex): void;
  /** The first input of each of the node's cores. */
  begin(index: NodeIndex): void;
  /** Both. */
  start(index: NodeIndex): void;
  /** Memory, timers and work are gone; connections break. */
  stop(index: NodeIndex, disk: DiskFate, cause: CauseToken): void;
  /** The node will come back with less on its disk than it has written there. */
  forgets(node: HostedNode, cause: CauseToken): void;
  /** What the node tries to get through is held up from now on, without having failed. */
  hindered(index: NodeIndex, cause: CauseToken): void;
}
