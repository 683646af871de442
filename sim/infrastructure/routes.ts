// Cables and backbone routes between continents: which one the traffic between two places takes.
import type { AddressedDraw } from '../random/addressed.ts';
import type { Place, Places } from '../faults/places.ts';
import { continentCalled, type Continent } from './continents.ts';
import type { DependencyGraph } from './dependency-graph.ts';

/** All routes of a world. Where a world has none between two continents, traffic between them depends on none. */
export class Routes {
  readonly #graph: DependencyGraph;
  readonly #draw: AddressedDraw;
  readonly #between = new Map<string, Place[]>();
  readonly #continents = new Map<Place, Continent | undefined>();

  constructor(graph: DependencyGraph, places: Places, draw: AddressedDraw) {
    this.#graph = graph;
    this.#draw = draw;
    for (const { kind, id, attributes } of graph.components) {
      if (kind !== 'path') continue;
      const from = continentCalled(attributes['from'] ?? '');
      const to = continentCalled(attributes['to'] ?? '');
      if (from === undefined || to === undefined) continue;
      const key = pairOf(from, to);
      const routes = this.#between.get(key);
      const place = places.of(id);
      if (routes === undefined) this.#between.set(key, [place]);
      else routes.push(place);
    }
  }

  /** Routes that could carry what goes between two places; empty when it needs none. */
  between(left: Place, right: Place): readonly Place[] {
    const from = this.#continentOf(left);
    const to = this.#continentOf(right);
    if (from === undefined || to === undefined || from === to) return [];
    return this.#between.get(pairOf(from, to)) ?? [];
  }

  /** Routes that what comes from or goes to the place may take. */
  of(place: Place): readonly Place[] {
    const continent = this.#continentOf(place);
    if (continent === undefined) return [];
    return [...this.#between].flatMap(([key, routes]) => (key.split('+').includes(continent) ? routes : []));
  }

  /**
   * The one of several routes that traffic between two places takes: always the same while all of them work, another
   * one when it does not.
   */
  choose(left: Place, right: Place, working: readonly Place[], all: readonly Place[]): Place | undefined {
    const uniform = this.#draw('route', left.name, right.name);
    const preferred = all[Math.floor(uniform * all.length)];
    if (preferred !== undefined && working.includes(preferred)) return preferred;
    return working[Math.floor(this.#draw('route-instead', left.name, right.name) * working.length)];
  }

  /** By the country that the place stands in; undefined when it stands in none. */
  #continentOf(place: Place): Continent | undefined {
    if (this.#continents.has(place)) return this.#continents.get(place);
    let continent: Continent | undefined;
    for (const index of place.closure) {
      const { kind, attributes } = this.#graph.component(index);
      if (kind === 'country') continent ??= continentCalled(attributes['continent'] ?? '');
    }
    this.#continents.set(place, continent);
    return continent;
  }
}

function pairOf(left: Continent, right: Continent): string {
  return left < right ? `${left}+${right}` : `${right}+${left}`;
}
