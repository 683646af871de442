// A system's deployment as it is written down: nodes, names, open connections, components and assumptions.
import { assert, present } from '../../protocol/assert.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import type { ForeignCode } from '../foreign-code.ts';
import type { NodeIndex } from '../observation.ts';
import { createAddressedDraw, type AddressedDraw } from '../random/addressed.ts';
import { RandomStreams } from '../random/streams.ts';
import type { SimulationPlan } from '../simulation.ts';
import type { Deployment, EndpointSpec, NodeSpec, WarmLink } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import type { Assumption, Component, ComponentId, World } from '../world.ts';

/** Keeps what `System.deploy` says. */
export class DeploymentRecord implements Deployment {
  readonly workload: Workload;
  readonly nodes: NodeSpec[] = [];
  readonly nodesByName = new Map<string, NodeIndex>();
  readonly endpoints: EndpointSpec[] = [];
  readonly warmLinks: WarmLink[] = [];
  readonly assumptions: Assumption[] = [];
  readonly draw: AddressedDraw;
  readonly #plan: SimulationPlan;
  #foreign: ForeignCode | undefined;
  readonly #streams: RandomStreams;
  readonly #components: Map<ComponentId, Component>;

  constructor(plan: SimulationPlan) {
    this.workload = plan.workload;
    this.#plan = plan;
    this.#components = new Map(plan.world.components);
    this.draw = createAddressedDraw(plan.seed);
    this.#streams = new RandomStreams(`${plan.seed}/${plan.system.id}`);
    this.assumptions.push(...plan.world.assumptions);
  }

  /** The plan's world and what the system added to its copy. */
  get world(): World {
    return { ...this.#plan.world, components: this.#components };
  }

  foreign(): ForeignCode {
    const { foreign, seed, system } = this.#plan;
    return (this.#foreign ??= present(foreign, `foreign code for ${system.id}`)(seed));
  }

  random(name: string): RandomStream {
    return this.#streams.stream(name);
  }

  exogenous(...address: readonly (string | number)[]): number {
    return this.draw(...address);
  }

  addComponent(component: Component): void {
    assert(!this.#components.has(component.id), `two components are called ${component.id}`);
    for (const need of component.needs)
      assert(this.#components.has(need.on), `${component.id} needs ${need.on}, which does not exist`);
    this.#components.set(component.id, component);
  }

  addNode(node: NodeSpec): NodeIndex {
    assert(!this.nodesByName.has(node.name), `two nodes are called ${node.name}`);
    if (node.component !== undefined)
      present(this.#components.get(node.component), `component ${node.component} of ${node.name}`);
    const index = this.nodes.push(node) - 1;
    this.nodesByName.set(node.name, index);
    return index;
  }

  addEndpoint(endpoint: EndpointSpec): void {
    present(this.#components.get(endpoint.dnsZone), `zone ${endpoint.dnsZone} of ${endpoint.name}`);
    this.endpoints.push(endpoint);
  }

  addWarmLink(link: WarmLink): void {
    this.warmLinks.push(link);
  }

  assume(assumption: Assumption): void {
    this.assumptions.push(assumption);
  }

  parameter(declaration: Omit<Assumption, 'path'> & { readonly name: string }): number {
    const { name, value, ...rest } = declaration;
    assert(typeof value === 'number', `parameter ${name} is a number`);
    const chosen = this.#plan.parameters.get(name) ?? value;
    this.assumptions.push({ ...rest, path: `parameters.${this.#plan.system.id}.${name}`, value: chosen });
    return chosen;
  }
}
