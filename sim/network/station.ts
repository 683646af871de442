// Where nodes stand in the network: their place for faults, their site for delays, their own line.
import { assert, InvariantViolation, present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { never, type Duration, type Instant } from '../../protocol/time.ts';
import { ByNumber } from '../by-number.ts';
import type { Places, Place } from '../faults/places.ts';
import type { DependencyGraph } from '../infrastructure/dependency-graph.ts';
import type { NodeIndex } from '../observation.ts';
import { hashedName, type AddressedDraw, type HashedName } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import type { AccessProfile, ComponentId, Location } from '../world.ts';
import { AccessLink } from './access-link.ts';

/** A device's access network as it uses it now. */
export interface Access {
  readonly profile: AccessProfile;
  readonly up: AccessLink;
  readonly down: AccessLink;
  /** The round trip drawn for one stretch of time. */
  readonly drawn: { stretch: number; roundTrip: Duration };
}

/** A node in the network. */
export interface Station {
  readonly node: NodeIndex;
  readonly name: string;
  /** The name, for draws about it. */
  readonly hashed: HashedName;
  readonly component: ComponentId | undefined;
  readonly location: Location;
  /** The number of the location among those of all stations. */
  readonly site: number;
  /** Devices of people have a line of their own; it changes as they move. Undefined while they have no network. */
  access: Access | undefined;
  readonly isDevice: boolean;
  /** The components that its traffic depends on. */
  place: Place;
  /** Whose resolver it asks. */
  resolver: string;
  /** Faults behind its being down, while it is. */
  downCause: CauseToken;
  /** When it failed; `never` while it is up or was halted in order. */
  downSince: Instant;
}

/** What stations are made from. */
export interface StationsOptions {
  readonly graph: DependencyGraph;
  readonly places: Places;
  readonly nodes: readonly NodeSpec[];
  readonly workload: Workload;
  readonly draw: AddressedDraw;
  accessOf(node: NodeIndex): AccessProfile | undefined;
}

/** How long a device's radio conditions stay as they were drawn. Assumed. */
const accessDrawMicroseconds = 3_600_000_000;

/** All nodes as stations, made when first asked for. */
export class Stations {
  readonly #options: StationsOptions;
  readonly #stations = new ByNumber<Station>();
  readonly #sites = new Map<Location, number>();
  #byName: ReadonlyMap<string, NodeIndex> | undefined;

  constructor(options: StationsOptions) {
    this.#options = options;
  }

  of(node: NodeIndex): Station {
    let station = this.#stations.get(node);
    if (station === undefined) this.#stations.set(node, (station = this.#make(node)));
    return station;
  }

  /** The node of this name, if there is one. */
  called(name: string): NodeIndex | undefined {
    this.#byName ??= new Map(this.#options.nodes.map((node, index) => [node.name, index]));
    return this.#byName.get(name);
  }

  /** The device's access network is another one, or none. */
  accessChanged(node: NodeIndex): void {
    const station = this.of(node);
    const profile = this.#options.accessOf(node);
    station.access = profile === undefined ? undefined : lineOf(profile);
    if (profile === undefined) return;
    const { place, resolver } = this.#standing(node, profile);
    station.place = place;
    station.resolver = resolver;
  }

  /** Round trip of a device to its provider's first router at an instant; 0 for machines in data centres. */
  accessRoundTrip(station: Station, at: Instant): Duration {
    const { access } = station;
    if (access === undefined) return 0 as Duration;
    const { profile, drawn } = access;
    const stretch = Math.floor(at / accessDrawMicroseconds);
    if (drawn.stretch !== stretch) {
      const uniform = this.#options.draw('access-rtt', station.hashed, profile.isp, stretch);
      drawn.stretch = stretch;
      drawn.roundTrip = logNormal(uniform, profile.medianRttMs * 1_000, profile.sigma) as Duration;
    }
    return drawn.roundTrip;
  }

  #make(node: NodeIndex): Station {
    const spec = present(this.#options.nodes[node], `node ${node}`);
    const isDevice = spec.person !== undefined;
    const profile = isDevice ? this.#options.accessOf(node) : undefined;
    const location = this.#locate(spec);
    return {
      node,
      name: spec.name,
      hashed: hashedName(spec.name),
      component: spec.component,
      location,
      site: this.#siteOf(location),
      access: profile === undefined ? undefined : lineOf(profile),
      isDevice,
      downCause: noCause,
      downSince: never,
      ...this.#standing(node, profile),
    };
  }

  #siteOf(location: Location): number {
    let site = this.#sites.get(location);
    if (site === undefined) this.#sites.set(location, (site = this.#sites.size));
    return site;
  }

  #standing(node: NodeIndex, profile: AccessProfile | undefined): { place: Place; resolver: string } {
    const { places, nodes, workload } = this.#options;
    const spec = present(nodes[node], `node ${node}`);
    if (spec.person !== undefined) {
      const city = present(workload.people[spec.person], `person ${spec.person}`).city.component;
      // A device that has not been online yet stands only in its city.
      return profile === undefined
        ? { place: places.of(city), resolver: city }
        : { place: places.of(profile.isp, profile.site ?? city), resolver: profile.isp };
    }
    const component = present(spec.component, `component of node ${spec.name}`);
    return { place: places.of(component), resolver: this.#resolverOf(component) };
  }

  /** Machines ask the resolver of the region that they stand in, or else one of their own. */
  #resolverOf(component: ComponentId): string {
    const { graph } = this.#options;
    const region = graph
      .hardClosure(graph.indexOf(component))
      .find((index) => graph.component(index).kind === 'region');
    return region === undefined ? component : graph.component(region).id;
  }

  #locate(spec: NodeSpec): Location {
    const { graph, workload } = this.#options;
    if (spec.person !== undefined)
      return present(workload.people[spec.person], `person ${spec.person}`).city.location;
    assert(spec.component !== undefined, `node ${spec.name} is neither a component nor a person's device`);
    for (const index of graph.hardClosure(graph.indexOf(spec.component))) {
      const { location } = graph.component(index);
      if (location !== undefined) return location;
    }
    throw new InvariantViolation(`nothing says where ${spec.component} stands, nor anything that it needs`);
  }
}

function lineOf(profile: AccessProfile): Access {
  return {
    profile,
    up: new AccessLink(profile.upBitsPerSecond),
    down: new AccessLink(profile.downBitsPerSecond),
    drawn: { stretch: -1, roundTrip: 0 as Duration },
  };
}
