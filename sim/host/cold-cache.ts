// What a machine's software keeps in memory, and lacks after a start: its first work takes longer.
import type { CauseToken } from '../../protocol/failure.ts';
import { noCause } from '../../protocol/failure.ts';
import { exp } from '../random/elementary.ts';

/** How much in-memory caches matter. */
export interface CacheSpec {
  /** How many times as long work takes while they are empty; 1: they do not matter. */
  readonly coldFactor: number;
  /** Requests after which what is missing has fallen to 1/e. */
  readonly warmAfter: number;
}

/** Below this nobody could tell the difference. */
const warm = 0.01;

/** The caches of one machine: full at the start of a run, as after long use, and empty after a restart. */
export class ColdCache {
  readonly #spec: CacheSpec;
  /** By how much work takes longer now. */
  #excess = 0;
  #served = 0;
  #cause: CauseToken = noCause;

  constructor(spec: CacheSpec) {
    this.#spec = spec;
  }

  /** How many times as long work takes now. */
  get factor(): number {
    return 1 + this.#excess;
  }

  /** Faults because of which it does; `noCause` when it does not. */
  get cause(): CauseToken {
    return this.#cause;
  }

  /** Memory is lost. */
  chill(cause: CauseToken): void {
    this.#excess = Math.max(0, this.#spec.coldFactor - 1);
    this.#served = 0;
    this.#cause = this.#excess === 0 ? noCause : cause;
  }

  /** A request was looked at: what it needed is in memory now. */
  served(): void {
    if (this.#excess === 0) return;
    const { coldFactor, warmAfter } = this.#spec;
    this.#excess = (coldFactor - 1) * exp(-++this.#served / warmAfter);
    if (this.#excess >= warm) return;
    this.#excess = 0;
    this.#cause = noCause;
  }
}
