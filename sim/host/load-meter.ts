// How much each node works: sums, and the busiest minute. No digest knows of it.
import type { Duration, Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';

const minute = 60_000_000;

/** Counts inputs and work as they come, in order of time. */
export class LoadMeter {
  readonly #inputs: Float64Array;
  readonly #busy: Float64Array;
  readonly #thisMinute: Float64Array;
  readonly #minute: Int32Array;
  readonly #busiest: Float64Array;

  constructor(nodes: number) {
    this.#inputs = new Float64Array(nodes);
    this.#busy = new Float64Array(nodes);
    this.#thisMinute = new Float64Array(nodes);
    this.#minute = new Int32Array(nodes);
    this.#busiest = new Float64Array(nodes);
  }

  took(node: NodeIndex): void {
    this.#inputs[node] = (this.#inputs[node] ?? 0) + 1;
  }

  /** A processor of the node is taken for so long. */
  works(node: NodeIndex, at: Instant, work: Duration): void {
    const now = Math.floor(at / minute);
    const before = this.#minute[node] === now ? (this.#thisMinute[node] ?? 0) : 0;
    this.#minute[node] = now;
    this.#thisMinute[node] = before + work;
    this.#busy[node] = (this.#busy[node] ?? 0) + work;
    this.#busiest[node] = Math.max(this.#busiest[node] ?? 0, before + work);
  }

  of(node: NodeIndex): { readonly busy: number; readonly busiestMinute: number; readonly inputs: number } {
    return {
      busy: this.#busy[node] ?? 0,
      busiestMinute: this.#busiest[node] ?? 0,
      inputs: this.#inputs[node] ?? 0,
    };
  }
}
