// Puts the Internet, the health of the world and the faults together for one simulation.
import { assert } from '../../protocol/assert.ts';
import type { CauseTable } from '../causes.ts';
import { FaultField } from '../faults/fault-field.ts';
import { FaultTimeline } from '../faults/timeline.ts';
import type { Action } from '../faults/action.ts';
import { effectOf } from '../faults/action-effects.ts';
import type { Fault } from '../faults/fault.ts';
import { Operators, type Machines, type OperatorListener } from '../faults/operators.ts';
import { buildDependencyGraph } from '../infrastructure/dependency-graph.ts';
import { WorldHealth } from '../infrastructure/health.ts';
import type { PushWays } from '../host/surroundings.ts';
import type { NodeIndex } from '../observation.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import type { AccessProfile, ComponentId, World } from '../world.ts';
import { Conduct } from './conduct.ts';
import { ConnectionTable } from './connection-table.ts';
import { Resolvers } from './dns.ts';
import type { MediumHost } from './medium.ts';
import { ForeignLoad, type ForeignLoadOptions } from './foreign-load.ts';
import { Paths, type Perturbation } from './path.ts';
import { Stations } from './station.ts';
import { Internet } from './transport.ts';
import { WrongClocks } from './wrong-clocks.ts';

/** What the networked part of a simulation is made from. */
export interface InternetOptions {
  readonly host: MediumHost;
  /** With the components that the system added. */
  readonly world: World;
  readonly workload: Workload;
  readonly faults: readonly Fault[];
  /** What operators do; none unless given. */
  readonly actions?: readonly Action[] | undefined;
  /** By node index. */
  readonly nodes: readonly NodeSpec[];
  readonly causes: CauseTable;
  readonly perturb?: Perturbation | undefined;
  /** Test mode: every keep-alive is a message of its own. Same outcome, other events. */
  readonly stepKeepAlives?: boolean | undefined;
  accessOf(node: NodeIndex): AccessProfile | undefined;
}

/** The Internet with the health and the faults that it stands on. */
export interface CreatedInternet {
  readonly internet: Internet;
  readonly health: WorldHealth;
  readonly field: FaultField;
  readonly clocks: WrongClocks;
  readonly stations: Stations;
  readonly paths: Paths;
  readonly conduct: Conduct;
  readonly pushWays: PushWays;
  /** From now on operators watch and act. To be called once, before the first event. */
  operate(machines: Machines, listener: OperatorListener): void;
  /** As {@link Surroundings.touched}. */
  touched(): boolean;
  /** From now on strangers' requests arrive, where faults send them. To be called once, before the first event. */
  load(arrived: ForeignLoadOptions['arrived']): void;
}

/** Fails on a world whose graph is broken: scenarios check theirs with `buildDependencyGraph` before. */
export function createInternet(options: InternetOptions): CreatedInternet {
  const { host, world, workload, nodes, causes, perturb } = options;
  const { scheduler, draw } = host;
  const graph = buildDependencyGraph(world.components.values());
  assert(graph.ok, graph.ok ? '' : graph.detail);
  const { actions = [] } = options;
  const effects = actions.flatMap((action) => effectOf(action) ?? []);
  const timeline = new FaultTimeline([...options.faults, ...effects]);
  const actsAtOnce = actions.some((action) => effectOf(action) === undefined && 'target' in action);
  const field = new FaultField({ scheduler, graph: graph.value, timeline, causes, draw });
  const nodeName = (node: NodeIndex): string => host.nodeName(node);
  const nodesOf = nodesByComponent(nodes);
  const runs = (component: ComponentId): boolean | undefined =>
    nodesOf.get(component)?.some((node) => host.isUp(node));
  const health = new WorldHealth({ field, scheduler, draw, nodeName, runs });
  const accessOf = (node: NodeIndex): AccessProfile | undefined => options.accessOf(node);
  const { places } = field;
  const stations = new Stations({ graph: graph.value, places, nodes, workload, draw, accessOf });
  const paths = new Paths({ world, stations, draw, perturb });
  const resolvers = new Resolvers(field, draw, () => host.scheduler.now);
  const table = new ConnectionTable((place) => field.concerns(place));
  const internet = new Internet(
    { host, draw, field, health, stations, paths, resolvers, table },
    options.stepKeepAlives,
  );
  const clocks = new WrongClocks({ field, scheduler, stations, draw });
  return {
    internet,
    health,
    field,
    clocks,
    stations,
    paths,
    conduct: new Conduct({ field, scheduler, stations, draw, machines: [...nodesOf.values()].flat() }),
    pushWays: {
      closedBy(service, device) {
        const server = stations.of(service).place;
        const state = field.path(stations.of(device).place, server, server);
        return state.deadToClient || state.deadToServer ? state.deadCause : undefined;
      },
      onChange: (listener) => field.onAnyChange(listener),
    },
    operate(machines, listener) {
      new Operators({ scheduler, field, causes, actions, nodes: nodesOf, machines, listener });
    },
    touched: () =>
      field.isNear || actsAtOnce || [...nodesOf.keys()].some((id) => field.concernsComponent(id)),
    load(arrived) {
      new ForeignLoad({ field, scheduler, stations, draw, machines: [...nodesOf.values()].flat(), arrived });
    },
  };
}

/** Nodes by the component that they are. */
function nodesByComponent(nodes: readonly NodeSpec[]): ReadonlyMap<ComponentId, readonly NodeIndex[]> {
  const found = new Map<ComponentId, NodeIndex[]>();
  for (const [node, { component }] of nodes.entries()) {
    if (component === undefined) continue;
    const neighbours = found.get(component);
    if (neighbours === undefined) found.set(component, [node]);
    else neighbours.push(node);
  }
  return found;
}
