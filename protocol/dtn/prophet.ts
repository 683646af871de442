// PRoPHET: a copy goes to whoever is likelier to meet its destination. A. Lindgren, A. Doria, E. Davies, S. Grasic,
// RFC 6693 (2012), with the forwarding strategy GRTRMax (section 3.6): hand over when P(B,D) > P(A,D), the highest
// P(B,D) first.
import type { Instant } from '../time.ts';
import { Predictabilities } from './predictability.ts';
import type { Bundle, CreateDtnRouter, DtnRouter } from './router.ts';

class Prophet implements DtnRouter<Predictabilities> {
  readonly summary: Predictabilities;
  readonly #nodes: number;
  /** Comparisons change only at encounters: between them all values age alike. */
  revision = 0;

  constructor(node: number, nodes: number) {
    this.#nodes = nodes;
    this.summary = new Predictabilities(node, nodes);
  }

  contactBegins(peer: number, now: Instant): Predictabilities {
    this.summary.meets(peer, now);
    this.revision++;
    return this.summary.snapshot();
  }

  learns(peer: number, told: Predictabilities | undefined, now: Instant): void {
    if (told !== undefined) this.summary.learns(peer, told, now);
    this.revision++;
  }

  writes(told: Predictabilities, now: Instant): readonly number[] {
    return told.written(now);
  }

  reads(numbers: readonly number[], now: Instant): Predictabilities | undefined {
    // Whose they are matters to nobody who only looks them up.
    return Predictabilities.read(numbers, this.#nodes, this.#nodes, now);
  }

  offers(
    { destination }: Bundle,
    _peer: number,
    summary: Predictabilities | undefined,
    now: Instant,
  ): boolean {
    return summary !== undefined && summary.at(destination, now) > this.summary.at(destination, now);
  }

  rank({ destination }: Bundle, _peer: number, summary: Predictabilities | undefined, now: Instant): number {
    return summary?.at(destination, now) ?? 0;
  }
}

/** The PRoPHET router; its parameters are those of `predictability.ts`. */
export const createProphetRouter: CreateDtnRouter = ({ node, nodes }) => new Prophet(node, nodes);
