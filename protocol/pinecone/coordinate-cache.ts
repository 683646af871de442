// Where senders were in the tree when they last wrote: answers take the tree, which is shorter than the line of keys.
import type { Instant } from '../time.ts';
import { snake } from './constants.ts';
import type { Coordinates } from './coordinates.ts';
import type { NodeKey } from './node-key.ts';

export class CoordinateCache {
  /** In the order of learning. */
  readonly #entries = new Map<NodeKey, { readonly coordinates: Coordinates; readonly at: Instant }>();

  get(key: NodeKey, now: Instant): Coordinates | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.at < snake.coordinatesLiveFor ? entry.coordinates : undefined;
  }

  learn(key: NodeKey, coordinates: Coordinates, now: Instant): void {
    this.#entries.delete(key);
    for (const [other, { at }] of this.#entries) {
      if (now - at < snake.coordinatesLiveFor) break;
      this.#entries.delete(other);
    }
    this.#entries.set(key, { coordinates, at: now });
  }

  /** Under another root they mean other places. */
  clear(): void {
    this.#entries.clear();
  }
}
