// The world around live nodes, as every process of a run computes it for itself: who there is, which faults hold where, how
// far it is from one node to another. The same code and the same data as in the simulator, paced by the real clock.
import type { Address } from '../../protocol/core.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import { CauseTable } from '../causes.ts';
import { DeploymentRecord } from '../host/deployment-record.ts';
import { isComputer } from '../host/devices.ts';
import { createInternet, type CreatedInternet } from '../network/create-internet.ts';
import type { MediumHost } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { SimulationPlan } from '../simulation.ts';
import type { EndpointSpec, NodeSpec } from '../systems/system.ts';
import type { Interval, Workload } from '../workload/workload.ts';
import type { AccessProfile } from '../world.ts';

/** What a process knows of the world. */
export interface LiveWorld {
  readonly plan: SimulationPlan;
  readonly deployment: DeploymentRecord;
  readonly nodes: readonly NodeSpec[];
  readonly causes: CauseTable;
  readonly scheduler: Scheduler;
  /** Health, faults, distances. Its Internet carries nothing: Hyperswarm does. */
  readonly internet: CreatedInternet;
  readonly endpoints: ReadonlyMap<Address, EndpointSpec>;
  /** The access network that a device uses now. */
  accessOf(node: NodeIndex): AccessProfile | undefined;
}

/** Deploys the plan's system. `isUp`: whether a node runs, as far as the process knows. */
export function createLiveWorld(
  plan: SimulationPlan,
  scheduler: Scheduler,
  isUp: (node: NodeIndex) => boolean,
): LiveWorld {
  const deployment = new DeploymentRecord(plan);
  plan.system.deploy(deployment);
  const { nodes, draw } = deployment;
  const causes = new CauseTable();
  const accessOf = (node: NodeIndex): AccessProfile | undefined =>
    accessAt(plan.workload, nodes[node], scheduler.now);
  const internet = createInternet({
    host: quietHost({ scheduler, draw, isUp, nodeName: (node) => nodes[node]?.name ?? '' }),
    world: deployment.world,
    workload: plan.workload,
    faults: plan.faults,
    nodes,
    causes,
    accessOf,
  });
  const endpoints = new Map(deployment.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return { plan, deployment, nodes, causes, scheduler, internet, endpoints, accessOf };
}

/** For a medium that never has anything to carry. */
function quietHost(parts: Pick<MediumHost, 'scheduler' | 'draw' | 'isUp' | 'nodeName'>): MediumHost {
  return {
    ...parts,
    causeInHand: 0 as CauseToken,
    deliver: () => undefined,
    pressedBy: () => 0 as CauseToken,
    byteLength: () => 0,
    carry: (message: Message) => message,
    hindered: () => undefined,
    countBytes: () => undefined,
    countScanning: () => undefined,
  };
}

/** The access network that a person's device uses at an instant; undefined while it has none, and for other nodes. */
export function accessAt(
  { people }: Workload,
  spec: NodeSpec | undefined,
  at: Instant,
): AccessProfile | undefined {
  const person = spec?.person === undefined ? undefined : people[spec.person];
  if (spec === undefined || person === undefined) return undefined;
  const computer = isComputer(spec) ? person.computer : undefined;
  const offline = computer === undefined ? person.device.offline : computer.asleep;
  if (isWithin(offline, at)) return undefined;
  return computer === undefined ? person.stays.findLast(({ start }) => start <= at)?.access : computer.access;
}

function isWithin(intervals: readonly Interval[], at: Instant): boolean {
  return intervals.some(({ start, end }) => start <= at && at < end);
}

/** Nodes with which a node may ever talk: one of two has to have a name. */
export function peersOf({ nodes, endpoints }: LiveWorld, self: NodeIndex): readonly NodeIndex[] {
  const named = new Set([...endpoints.values()].flatMap(({ targets }) => targets.map(({ node }) => node)));
  return [...nodes.keys()].filter((node) => node !== self && (named.has(node) || named.has(self)));
}
