// What needs what: components as rows, closures of needs, and the errors a world can contain.
import { present } from '../../protocol/assert.ts';
import type { Component, ComponentId, Dependency } from '../world.ts';
import { nearest } from './near-misses.ts';

/** Row of a component in its graph. */
export type ComponentIndex = number;

/** What is wrong with a world: the rule it breaks, in words, and the component at which it shows. */
export interface GraphRejection {
  readonly ok: false;
  readonly rule:
    | 'graph.duplicate'
    | 'graph.unknown-need'
    | 'graph.cycle'
    | 'graph.quorum'
    | 'graph.outlives'
    | 'graph.failover';
  readonly detail: string;
  readonly component: ComponentId;
  /** Which of its needs or members, by position. */
  readonly need?: number;
  readonly member?: number;
}

export type GraphOutcome = { readonly ok: true; readonly value: DependencyGraph } | GraphRejection;

/** Components and their needs, checked: every need exists and no component needs itself in the end. */
export class DependencyGraph {
  readonly components: readonly Component[];
  readonly #index: ReadonlyMap<ComponentId, ComponentIndex>;
  readonly #hard: (readonly ComponentIndex[])[] = [];
  readonly #anyhow: (readonly ComponentIndex[])[] = [];

  /** Use `buildDependencyGraph`, which checks first. */
  constructor(components: readonly Component[]) {
    this.components = components;
    this.#index = new Map(components.map((component, index) => [component.id, index]));
  }

  has(id: ComponentId): boolean {
    return this.#index.has(id);
  }

  indexOf(id: ComponentId): ComponentIndex {
    return present(this.#index.get(id), 'component', id);
  }

  component(index: ComponentIndex): Component {
    return present(this.components[index], 'component');
  }

  /** The component and all it cannot do without for an instant, directly or through others, nearest first. */
  hardClosure(index: ComponentIndex): readonly ComponentIndex[] {
    return (this.#hard[index] ??= this.#closure(index, (component) =>
      component.needs.filter(isImmediate).map(({ on }) => on),
    ));
  }

  /** The same with what it can do without for a while, or without some of: whatever may bring it down at last. */
  wholeClosure(index: ComponentIndex): readonly ComponentIndex[] {
    return (this.#anyhow[index] ??= this.#closure(index, ({ needs, redundancy }) => [
      ...needs.filter(({ strength }) => strength === 'hard').map(({ on }) => on),
      ...(redundancy?.members ?? []),
    ]));
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

  #closure(index: ComponentIndex, next: (component: Component) => readonly ComponentId[]): ComponentIndex[] {
    const closure = [index];
    const seen = new Set(closure);
    for (let position = 0; position < closure.length; position++) {
      for (const id of next(this.component(present(closure[position], 'row')))) {
        const row = this.indexOf(id);
        if (seen.has(row)) continue;
        seen.add(row);
        closure.push(row);
      }
    }
    return closure;
  }
}

/** Whether a component falls at once with what it needs. */
export function isImmediate(need: Dependency): boolean {
  return need.strength === 'hard' && (need.outlives ?? 0) === 0;
}

/** Needs and members alike, as edges that may close a cycle. */
function edges({ needs, redundancy }: Component): readonly ComponentId[] {
  const undeclared = needs.filter(({ declaredCycle }) => declaredCycle !== true).map(({ on }) => on);
  return redundancy === undefined ? undeclared : [...undeclared, ...redundancy.members];
}

function findCycle(
  components: readonly Component[],
  index: ReadonlyMap<ComponentId, number>,
): readonly ComponentId[] {
  const unvisited = 0;
  const open = 1;
  const done = 2;
  const state = new Uint8Array(components.length);
  const step = (
    row: number,
  ): { readonly row: number; readonly to: readonly ComponentId[]; next: number } => ({
    row,
    to: edges(present(components[row], 'component')),
    next: 0,
  });
  for (let root = 0; root < components.length; root++) {
    if (state[root] !== unvisited) continue;
    // Depth first with its own stack: worlds come from users, and may be deep.
    const path = [step(root)];
    state[root] = open;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const on = top.to[top.next++];
      if (on === undefined) {
        state[top.row] = done;
        path.pop();
        continue;
      }
      const row = present(index.get(on), 'component', on);
      if (state[row] === open) {
        const rows = path.map((each) => each.row);
        return [...rows.slice(rows.indexOf(row)), row].map((each) => present(components[each], 'row').id);
      }
      if (state[row] === unvisited) {
        state[row] = open;
        path.push(step(row));
      }
    }
  }
  return [];
}

/** What is wrong with a component by itself; undefined when nothing is. */
function checkComponent(
  component: Component,
  index: ReadonlyMap<ComponentId, number>,
): GraphRejection | undefined {
  const { id, needs, redundancy } = component;
  const reject = (
    rule: GraphRejection['rule'],
    detail: string,
    where: Pick<GraphRejection, 'need' | 'member'> = {},
  ): GraphRejection => ({ ok: false, rule, detail, component: id, ...where });
  const unknown = (on: ComponentId): string => {
    const hints = nearest(on, index.keys());
    const advice = hints.length === 0 ? '' : `; did you mean ${hints.join(' or ')}?`;
    return `${id} needs ${on}, which does not exist${advice}`;
  };
  for (const [need, { on, strength, outlives }] of needs.entries()) {
    if (!index.has(on)) return reject('graph.unknown-need', unknown(on), { need });
    if (outlives !== undefined && strength !== 'hard')
      return reject('graph.outlives', `${id} outlives ${on} only where it needs it at all: as a hard need`, {
        need,
      });
  }
  if (redundancy === undefined) return undefined;
  const { members, atLeast, failover } = redundancy;
  for (const [member, on] of members.entries())
    if (!index.has(on)) return reject('graph.unknown-need', unknown(on), { member });
  const distinct = new Set(members).size;
  if (distinct < members.length) return reject('graph.quorum', `${id} lists a member twice`);
  if (atLeast < 1 || atLeast > members.length)
    return reject(
      'graph.quorum',
      `${id} needs at least ${atLeast} of ${members.length}: expected 1 to ${members.length}`,
    );
  if (failover !== undefined && atLeast !== 1)
    return reject(
      'graph.failover',
      `${id} fails over from one to another: expected at least 1, found ${atLeast}`,
    );
  return undefined;
}

/** Checks needs and builds the graph. Refused: an id twice, a need that does not exist, a quorum that cannot be, a cycle. */
export function buildDependencyGraph(components: Iterable<Component>): GraphOutcome {
  const all = [...components];
  const index = new Map<ComponentId, number>();
  for (const { id } of all) {
    if (index.has(id))
      return { ok: false, rule: 'graph.duplicate', detail: `two components are called ${id}`, component: id };
    index.set(id, index.size);
  }
  for (const component of all) {
    const problem = checkComponent(component, index);
    if (problem !== undefined) return problem;
  }
  const cycle = findCycle(all, index);
  const [first] = cycle;
  if (first !== undefined) {
    const detail = `a component needs itself: ${cycle.join(' -> ')}`;
    return { ok: false, rule: 'graph.cycle', detail, component: first };
  }
  return { ok: true, value: new DependencyGraph(all) };
}
