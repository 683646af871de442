// How much a node has sent of what, for reports of control traffic.
import type { Effects } from '../core.ts';
import type { Frame } from './frames.ts';

type Kind = Frame['kind'];

/** Frames and bytes by kind. */
export class FrameCounts {
  readonly #frames = new Map<Kind, { frames: number; bytes: number }>();
  readonly #reported = new Map<string, number>();

  sent(kind: Kind, bytes: number): void {
    const entry = this.#frames.get(kind);
    if (entry === undefined) this.#frames.set(kind, { frames: 1, bytes });
    else {
      entry.frames++;
      entry.bytes += bytes;
    }
  }

  /** So far. */
  totals(): Readonly<Record<string, { readonly frames: number; readonly bytes: number }>> {
    return Object.fromEntries(
      [...this.#frames].map(([kind, { frames, bytes }]) => [kind, { frames, bytes }]),
    );
  }

  /** Tells what came since the last report: the protocol's own bytes, and those of traffic. */
  report(out: Effects): void {
    let control = 0;
    let traffic = 0;
    for (const [kind, { bytes }] of this.#frames)
      if (kind === 'pinecone.traffic') traffic += bytes;
      else control += bytes;
    this.#tell('pinecone.control-bytes', control, out);
    this.#tell('pinecone.traffic-bytes', traffic, out);
  }

  #tell(name: string, total: number, out: Effects): void {
    const by = total - (this.#reported.get(name) ?? 0);
    this.#reported.set(name, total);
    if (by > 0) out.observe({ kind: 'counter', name, by });
  }
}
