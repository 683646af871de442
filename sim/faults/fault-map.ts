// Where faults strike: which components each one means, and which places it therefore reaches.
import { assert, present } from '../../protocol/assert.ts';
import type { ComponentIndex, DependencyGraph } from '../infrastructure/dependency-graph.ts';
import { matchSelector, parseSelector } from '../infrastructure/selector.ts';
import type { Fault } from './fault.ts';
import type { FaultIndex, FaultTimeline } from './timeline.ts';

/** How a fault reaches a component: not at all; only what crosses a border the component lies behind; altogether. */
export type Reach = 0 | 1 | 2;

/** Reach of one selector over all components. */
export interface Footprint {
  /** By component index, through hard needs that nothing bridges. */
  readonly reach: Uint8Array;
  /** Borders meant by the selector: a path is concerned when it has one of them on exactly one of its sides. */
  readonly borders: ReadonlySet<ComponentIndex>;
  /** By component index: 1 where the reach may come to matter, by needs that a battery bridges or by redundancy. */
  readonly concerns: Uint8Array;
}

/** Footprints of one fault: of its target, and of the second selector that some kinds have. */
interface Footprints {
  readonly target: Footprint;
  readonly other: Footprint | undefined;
}

/** Footprints of every fault of a timeline on one graph. */
export class FaultMap {
  readonly #footprints: readonly Footprints[];

  /** Selectors must parse; one that matches nothing here (a host of another system) reaches nothing. */
  constructor(graph: DependencyGraph, timeline: FaultTimeline) {
    this.#footprints = timeline.faults.map((fault) => {
      const other = otherSelector(fault);
      return {
        target: footprint(graph, fault.target, bordersOf(fault)),
        other: other === undefined ? undefined : footprint(graph, other, 'countries'),
      };
    });
  }

  target(fault: FaultIndex): Footprint {
    return this.#of(fault).target;
  }

  /** Of the second selector: the other side of a partition or path, the service that is blocked, whom a border lets through. */
  other(fault: FaultIndex): Footprint | undefined {
    return this.#of(fault).other;
  }

  /** Whether a change of the fault can concern the component. */
  concerns(fault: FaultIndex, component: ComponentIndex): boolean {
    const { target, other } = this.#of(fault);
    return target.concerns[component] === 1 || other?.concerns[component] === 1;
  }

  #of(fault: FaultIndex): Footprints {
    return present(this.#footprints[fault], 'footprint of fault', fault);
  }
}

/** The second selector of a fault, where its kind has one. */
export function otherSelector(fault: Fault): string | undefined {
  switch (fault.kind) {
    case 'partition':
    case 'latency':
    case 'loss':
    case 'bandwidth':
    case 'corruption':
      return fault.from;
    case 'blocking':
      return fault.service;
    case 'shutdown':
      return fault.except;
    default:
      return undefined;
  }
}

/**
 * Which of the components that a fault means are borders, so that it touches only what crosses them. A country is its
 * gateway: what stays inside does not pass it, unless the network inside fails as well.
 */
type Borders = 'countries' | 'all' | 'none';

function bordersOf(fault: Fault): Borders {
  if (fault.kind === 'bgp-withdrawal') return 'all';
  if (fault.kind === 'shutdown') return fault.domestic === 'up' ? 'all' : 'none';
  // Who is kept from a service, or whose clocks are wrong, is whoever stands there.
  return ['blocking', 'power-loss', 'clock', 'radio-jamming', 'duplication'].includes(fault.kind)
    ? 'none'
    : 'countries';
}

/** How far a selector reaches. Its text must parse. */
export function footprint(graph: DependencyGraph, text: string, mode: Borders): Footprint {
  const selector = parseSelector(text);
  assert(selector.ok, selector.ok ? '' : selector.detail);
  const meant = new Set(matchSelector(selector.value, graph.components).map(({ id }) => graph.indexOf(id)));
  const borders = new Set(
    [...meant].filter(
      (index) => mode === 'all' || (mode === 'countries' && graph.component(index).kind === 'country'),
    ),
  );
  const reach = new Uint8Array(graph.components.length);
  const concerns = new Uint8Array(graph.components.length);
  if (meant.size === 0) return { reach, borders, concerns };
  for (let index = 0; index < reach.length; index++) {
    for (const need of graph.hardClosure(index)) {
      if (!meant.has(need)) continue;
      const level = borders.has(need) ? 1 : 2;
      if (level > (reach[index] ?? 0)) reach[index] = level;
    }
    if (graph.wholeClosure(index).some((need) => meant.has(need))) concerns[index] = 1;
  }
  return { reach, borders, concerns };
}
