// Several architectures in one world as one system: each is deployed as it deploys itself, except that what it would put
// on people's devices is kept apart, to be put there together.
import type { Address, CoreFactory } from '../../protocol/core.ts';
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import type { NodeIndex } from '../observation.ts';
import type { Workload } from '../workload/workload.ts';
import type { Assumption, Component, World } from '../world.ts';
import type { Deployment, EndpointSpec, NodeSpec, WarmLink } from './system.ts';

/** What one architecture would put on a device. */
export interface DeviceShare {
  /** Short name of the architecture: a prefix of what it keeps and asks for. */
  readonly architecture: string;
  readonly factory: CoreFactory;
  readonly warmLinks: Omit<WarmLink, 'client' | 'part'>[];
}

/** One person's device and what several architectures would put there. */
export interface SharedDevice {
  readonly name: string;
  readonly person: PersonId;
  readonly device: 'phone' | 'computer';
  readonly shares: readonly DeviceShare[];
}

/** Deploys architectures side by side. */
export class CombinedDeployment {
  readonly #deployment: Deployment;
  readonly #devices = new Map<string, SharedDevice & { readonly shares: DeviceShare[] }>();
  readonly #nodes = new Map<string, NodeIndex>();
  readonly #endpoints = new Set<Address>();
  readonly #assumed = new Set<string>();

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** The deployment that one architecture is handed. */
  part(architecture: string, workload: Workload = this.#deployment.workload): Deployment {
    const deployment = this.#deployment;
    const kept: DeviceShare[] = [];
    return {
      get world(): World {
        return deployment.world;
      },
      workload,
      random: (name): RandomStream => deployment.random(`${architecture}/${name}`),
      exogenous: (...address) => deployment.exogenous(...address),
      addComponent: (component) => this.#addComponent(component),
      addNode: (node) => this.#addNode(architecture, node, kept),
      addEndpoint: (endpoint) => this.#addEndpoint(endpoint),
      addWarmLink: (link) => this.#addWarmLink(link, kept),
      assume: (assumption) => this.#assume(assumption),
      parameter: ({ name, ...declaration }) =>
        deployment.parameter({
          ...declaration,
          name: `${architecture}${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`,
        }),
    };
  }

  /** Devices in the order in which they were first named. */
  get devices(): readonly SharedDevice[] {
    return [...this.#devices.values()];
  }

  /** Puts a core made of the shares on a device, under which each share's connections are known by its prefix. */
  place({ name, person, device, shares }: SharedDevice, part: string, factory: CoreFactory): void {
    const parts = { [part]: factory };
    const client = this.#deployment.addNode({ name, person, device, parts, userPart: part });
    for (const { architecture, warmLinks } of shares)
      for (const link of warmLinks)
        this.#deployment.addWarmLink({ ...link, client, part, tag: `${architecture}/${link.tag}` });
  }

  #addComponent(component: Component): void {
    if (!this.#deployment.world.components.has(component.id)) this.#deployment.addComponent(component);
  }

  /** Nodes that two architectures share (push services) are there once. Devices have negative numbers until they are placed. */
  #addNode(architecture: string, node: NodeSpec, kept: DeviceShare[]): NodeIndex {
    if (node.person === undefined) {
      let index = this.#nodes.get(node.name);
      if (index === undefined) this.#nodes.set(node.name, (index = this.#deployment.addNode(node)));
      return index;
    }
    let device = this.#devices.get(node.name);
    if (device === undefined) {
      device = { name: node.name, person: node.person, device: node.device ?? 'phone', shares: [] };
      this.#devices.set(node.name, device);
    }
    const factory = present(node.parts[node.userPart ?? ''], `user part of ${node.name}`);
    const share: DeviceShare = { architecture, factory, warmLinks: [] };
    device.shares.push(share);
    return -kept.push(share);
  }

  #addEndpoint(endpoint: EndpointSpec): void {
    if (this.#endpoints.has(endpoint.name)) return;
    this.#endpoints.add(endpoint.name);
    this.#deployment.addEndpoint(endpoint);
  }

  #addWarmLink({ client, part, ...link }: WarmLink, kept: readonly DeviceShare[]): void {
    if (client >= 0) this.#deployment.addWarmLink({ client, part, ...link });
    else present(kept[-client - 1], 'share of a device').warmLinks.push(link);
  }

  #assume(assumption: Assumption): void {
    if (this.#assumed.has(assumption.path)) return;
    this.#assumed.add(assumption.path);
    this.#deployment.assume(assumption);
  }
}
