// Places: the ends of paths, each a small set of components that traffic there depends on.
import { assert, present } from '../../protocol/assert.ts';
import type { ComponentIndex, DependencyGraph } from '../infrastructure/dependency-graph.ts';
import type { ComponentId } from '../world.ts';

/** Row of a place. */
export type PlaceIndex = number;

/** A place and what it stands on. */
export interface Place {
  readonly index: PlaceIndex;
  /** Names its components; the address of draws about it. */
  readonly name: string;
  readonly components: readonly ComponentIndex[];
  /** The components and all they cannot do without. */
  readonly closure: ReadonlySet<ComponentIndex>;
}

/** Three places name a path by one number below 2^53. */
const mostPlaces = 131_072;

/** The places of a simulation, made when first asked for. */
export class Places {
  readonly #graph: DependencyGraph;
  readonly #byName = new Map<string, Place>();
  readonly #all: Place[] = [];
  #asked = new Set<Place>();
  readonly #listeners: ((place: Place) => void)[] = [];

  constructor(graph: DependencyGraph) {
    this.#graph = graph;
  }

  /** Called with every place that is made from now on. */
  onNew(listener: (place: Place) => void): void {
    this.#listeners.push(listener);
  }

  /** The place that stands on these components. */
  of(...ids: readonly ComponentId[]): Place {
    const place = this.#named(ids);
    this.#asked.add(place);
    return place;
  }

  /** Every place that somebody asked for since {@link forgetAsked}. */
  asked(): Iterable<Place> {
    return this.#asked;
  }

  /** From here on counts who asks: what was asked for while everything was put together does not show an interest. */
  forgetAsked(): void {
    this.#asked = new Set();
  }

  #named(ids: readonly ComponentId[]): Place {
    const name = ids.join('+');
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    assert(this.#all.length < mostPlaces, 'more places than a path can name');
    const components = ids.map((id) => this.#graph.indexOf(id));
    const closure = new Set(components.flatMap((index) => this.#graph.hardClosure(index)));
    const place: Place = { index: this.#all.length, name, components, closure };
    this.#all.push(place);
    this.#byName.set(name, place);
    for (const listener of this.#listeners) listener(place);
    return place;
  }

  /** Every place that has been made. */
  all(): readonly Place[] {
    return this.#all;
  }

  at(index: PlaceIndex): Place {
    return present(this.#all[index], 'place', index);
  }
}

/** One number for a path from a client to a server through what stands in between. */
export function pathKey(client: Place, server: Place, via: Place): number {
  return (client.index * mostPlaces + server.index) * mostPlaces + via.index;
}
