// When a node was down and when a device could not get through, as its host saw it: what a server that stores
// somebody's messages cannot know, and blame must.
import type { CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';

/** A stretch of trouble; `end` is undefined while it lasts. */
export interface Trouble {
  readonly start: Instant;
  end: Instant | undefined;
  readonly cause: CauseToken;
}

const noTroubles: readonly Trouble[] = [];

/** Troubles of nodes in the order of their beginning; those of one node never overlap. */
export class TroubleLog {
  readonly #byNode = new Map<NodeIndex, Trouble[]>();

  /** A trouble begins; one that lasts under another cause ends. */
  begin(node: NodeIndex, at: Instant, cause: CauseToken): void {
    let troubles = this.#byNode.get(node);
    if (troubles === undefined) {
      troubles = [];
      this.#byNode.set(node, troubles);
    }
    const last = troubles.at(-1);
    if (last !== undefined && last.end === undefined) {
      if (last.cause === cause) return;
      last.end = at;
    }
    troubles.push({ start: at, end: undefined, cause });
  }

  /** The trouble that lasts, if any, is over. */
  end(node: NodeIndex, at: Instant): void {
    const last = this.#byNode.get(node)?.at(-1);
    if (last !== undefined) last.end ??= at;
  }

  /** Troubles of the node that overlap [start, end), earliest first. */
  during(node: NodeIndex, start: Instant, end: Instant): readonly Trouble[] {
    const troubles = this.#byNode.get(node);
    if (troubles === undefined) return noTroubles;
    // They are sorted by start and disjoint: skip by bisection to the first that ends after `start`.
    let low = 0;
    let high = troubles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const ends = troubles[middle]?.end;
      if (ends !== undefined && ends <= start) low = middle + 1;
      else high = middle;
    }
    const first = troubles[low];
    if (first === undefined || first.start >= end) return noTroubles;
    const found: Trouble[] = [];
    for (let index = low; index < troubles.length; index++) {
      const trouble = troubles[index];
      if (trouble === undefined || trouble.start >= end) break;
      found.push(trouble);
    }
    return found;
  }
}
