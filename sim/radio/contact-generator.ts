// Contacts of nodes that move: exact times, as a trace.
import type { Instant } from '../../protocol/time.ts';
import { Kernel } from '../kernel/kernel.ts';
import { ContactFinder } from './contact-finder.ts';
import type { ContactTrace } from './contact-trace.ts';
import type { PositionSource } from './movement.ts';

/** What is in contact when. */
export interface ContactGeneratorOptions {
  readonly positions: PositionSource;
  readonly nodes: readonly string[];
  /** Metres: two nodes are in contact while they are no further from each other. */
  readonly range: number;
  /** The trace ends there; contacts that last longer stay open in it. */
  readonly until: Instant;
}

/** Every contact between nodes that move, from instant 0 on. */
export function generateContacts({ positions, nodes, range, until }: ContactGeneratorOptions): ContactTrace {
  const rows = new TraceRows();
  const kernel = new Kernel({ horizon: until, limits: { events: Infinity, eventsPerInstant: Infinity } });
  const finder = new ContactFinder({
    scheduler: kernel,
    positions,
    range: () => range,
    greatestRange: range,
    onContact: (left, right, _range, inRange) => rows.push(kernel.now, left, right, inRange),
  });
  for (const node of nodes.keys()) finder.switchOn(node);
  while (kernel.step() === 'event');
  return rows.trace(nodes);
}

class TraceRows {
  readonly #at: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #begins: number[] = [];

  push(at: Instant, left: number, right: number, begins: boolean): void {
    this.#at.push(at);
    this.#left.push(left);
    this.#right.push(right);
    this.#begins.push(begins ? 1 : 0);
  }

  trace(nodes: readonly string[]): ContactTrace {
    return {
      nodes,
      at: Float64Array.from(this.#at),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      begins: Uint8Array.from(this.#begins),
    };
  }
}
