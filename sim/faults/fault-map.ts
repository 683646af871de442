// Where faults strike: which components each one means, and which places it therefore reaches.
import { assert, present } from '../../protocol/assert.ts';
import type { ComponentIndex, DependencyGraph } from '../infrastructure/dependency-graph.ts';
import { matchSelector, parseSelector } from '../infrastructure/selector.ts';
import type { FaultIndex, FaultTimeline } from './timeline.ts';

/** How a fault reaches a component: not at all; only what crosses a gateway the component lies behind; altogether. */
export type Reach = 0 | 1 | 2;

/** Reach of one selector over all components. */
export interface Footprint {
  /** By component index, through hard needs. */
  readonly reach: Uint8Array;
  /** Gateways meant by the selector: a path is concerned when it has one of them on exactly one of its sides. */
  readonly gateways: ReadonlySet<ComponentIndex>;
  /** Components that the selector itself matches. */
  readonly matched: number;
}

/** Footprints of every fault of a timeline on one graph. */
export class FaultMap {
  readonly #targets: readonly Footprint[];
  readonly #sources: readonly (Footprint | undefined)[];

  /** Selectors must parse; one that matches nothing here (a host of another system) reaches nothing. */
  constructor(graph: DependencyGraph, timeline: FaultTimeline) {
    this.#targets = timeline.faults.map((fault) => footprint(graph, fault.target));
    this.#sources = timeline.faults.map((fault) =>
      fault.kind === 'partition' ? footprint(graph, fault.from) : undefined,
    );
  }

  target(fault: FaultIndex): Footprint {
    return present(this.#targets[fault], `footprint of fault ${fault}`);
  }

  /** The other side of a partition. */
  source(fault: FaultIndex): Footprint {
    return present(this.#sources[fault], `other side of fault ${fault}`);
  }

  /** Whether a change of the fault can concern the component. */
  concerns(fault: FaultIndex, component: ComponentIndex): boolean {
    const target = this.#targets[fault]?.reach[component] ?? 0;
    return target > 0 || (this.#sources[fault]?.reach[component] ?? 0) > 0;
  }
}

function footprint(graph: DependencyGraph, text: string): Footprint {
  const selector = parseSelector(text);
  assert(selector.ok, selector.ok ? '' : selector.detail);
  const meant = new Set(matchSelector(selector.value, graph.components).map(({ id }) => graph.indexOf(id)));
  const gateways = new Set([...meant].filter((index) => graph.component(index).kind === 'country'));
  const reach = new Uint8Array(graph.components.length);
  for (let index = 0; index < reach.length; index++) {
    for (const need of graph.hardClosure(index)) {
      if (!meant.has(need)) continue;
      // A country component is its gateway: what stays inside does not pass it.
      const level = gateways.has(need) ? 1 : 2;
      if (level > (reach[index] ?? 0)) reach[index] = level;
    }
  }
  return { reach, gateways, matched: meant.size };
}
