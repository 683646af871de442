// What one room has resolved lately: an event that merges forks finds the state that another was judged against.
import { compareNumbers } from '../order.ts';
import type { StateMap } from './state-map.ts';

/** Resolutions kept; beyond it the cache begins anew. Few, since each may hold a wide state. */
const mostResolutions = 64;

/** Resolved states by the states they were resolved from, told apart as objects: equal copies are resolved again. */
export class ResolutionCache {
  readonly #ordinals = new Map<StateMap, number>();
  readonly #resolutions = new Map<string, StateMap>();

  /** The resolution of distinct states, in any order. */
  resolution(states: readonly StateMap[], resolve: () => StateMap): StateMap {
    if (this.#resolutions.size >= mostResolutions) this.clear();
    const key = states
      .map((state) => this.#ordinalOf(state))
      .sort(compareNumbers)
      .join();
    let resolved = this.#resolutions.get(key);
    if (resolved === undefined) this.#resolutions.set(key, (resolved = resolve()));
    return resolved;
  }

  /** To be called when an event that states name is judged anew. */
  clear(): void {
    this.#ordinals.clear();
    this.#resolutions.clear();
  }

  #ordinalOf(state: StateMap): number {
    let ordinal = this.#ordinals.get(state);
    if (ordinal === undefined) this.#ordinals.set(state, (ordinal = this.#ordinals.size));
    return ordinal;
  }
}
