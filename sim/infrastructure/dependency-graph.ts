// What needs what: components as rows, the closure of hard needs, and the errors a world can contain.
import { present } from '../../protocol/assert.ts';
import { accept, reject, type Outcome } from '../../protocol/outcome.ts';
import type { Component, ComponentId, Dependency } from '../world.ts';
import { nearest } from './near-misses.ts';

/** Row of a component in its graph. */
export type ComponentIndex = number;

/** Components and their needs, checked: every need exists and no component needs itself in the end. */
export class DependencyGraph {
  readonly components: readonly Component[];
  readonly #index: ReadonlyMap<ComponentId, ComponentIndex>;
  readonly #hard: (readonly ComponentIndex[])[] = [];

  /** Use `buildDependencyGraph`, which checks first. */
  constructor(components: readonly Component[]) {
    this.components = components;
    this.#index = new Map(components.map((component, index) => [component.id, index]));
  }

  has(id: ComponentId): boolean {
    return this.#index.has(id);
  }

  indexOf(id: ComponentId): ComponentIndex {
    return present(this.#index.get(id), `component ${id}`);
  }

  component(index: ComponentIndex): Component {
    return present(this.components[index], 'component');
  }

  /** The component and all it cannot do without, directly or through others, nearest first. */
  hardClosure(index: ComponentIndex): readonly ComponentIndex[] {
    const known = this.#hard[index];
    if (known !== undefined) return known;
    const closure = [index];
    const seen = new Set(closure);
    for (let position = 0; position < closure.length; position++) {
      for (const need of this.component(present(closure[position], 'row')).needs) {
        const row = this.indexOf(need.on);
        if (need.strength !== 'hard' || seen.has(row)) continue;
        seen.add(row);
        closure.push(row);
      }
    }
    this.#hard[index] = closure;
    return closure;
  }

  /** What the component, or something it cannot do without, needs in this strength. */
  needs(index: ComponentIndex, strength: Dependency['strength']): readonly ComponentIndex[] {
    const rows = this.hardClosure(index).flatMap((row) =>
      this.component(row)
        .needs.filter((need) => need.strength === strength)
        .map((need) => this.indexOf(need.on)),
    );
    return [...new Set(rows)];
  }
}

function findCycle(
  components: readonly Component[],
  index: ReadonlyMap<ComponentId, number>,
): readonly string[] {
  const unvisited = 0;
  const open = 1;
  const done = 2;
  const state = new Uint8Array(components.length);
  for (let root = 0; root < components.length; root++) {
    if (state[root] !== unvisited) continue;
    // Depth first with its own stack: worlds come from users, and may be deep.
    const path: { readonly row: number; next: number }[] = [{ row: root, next: 0 }];
    state[root] = open;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = components[top.row]?.needs[top.next++];
      if (need === undefined) {
        state[top.row] = done;
        path.pop();
        continue;
      }
      const row = index.get(need.on);
      if (row === undefined || need.declaredCycle === true) continue;
      if (state[row] === open) {
        const rows = path.map((step) => step.row);
        return [...rows.slice(rows.indexOf(row)), row].map((step) => components[step]?.id ?? '');
      }
      if (state[row] === unvisited) {
        state[row] = open;
        path.push({ row, next: 0 });
      }
    }
  }
  return [];
}

/** Checks needs and builds the graph. Refused: an id twice, a need that does not exist, a cycle (named). */
export function buildDependencyGraph(components: Iterable<Component>): Outcome<DependencyGraph> {
  const all = [...components];
  const index = new Map<ComponentId, number>();
  for (const component of all) {
    if (index.has(component.id))
      return reject('graph.duplicate', `two components are called ${component.id}`);
    index.set(component.id, index.size);
  }
  for (const component of all) {
    for (const need of component.needs) {
      if (index.has(need.on)) continue;
      const hints = nearest(need.on, index.keys());
      const advice = hints.length === 0 ? '' : `; did you mean ${hints.join(' or ')}?`;
      return reject('graph.unknown-need', `${component.id} needs ${need.on}, which does not exist${advice}`);
    }
  }
  const cycle = findCycle(all, index);
  if (cycle.length > 0) return reject('graph.cycle', `a component needs itself: ${cycle.join(' -> ')}`);
  return accept(new DependencyGraph(all));
}
