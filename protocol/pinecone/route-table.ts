// Routes that bootstraps have left behind: the way back to whoever bootstrapped.
import type { Instant } from '../time.ts';
import { snake } from './constants.ts';
import type { Root, Watermark } from './frames.ts';
import type { NodeKey } from './node-key.ts';
import type { Peer } from './peers.ts';

/** One node that has bootstrapped through here. */
export interface RouteEntry {
  readonly key: NodeKey;
  /** Where its bootstrap came from: the way to it. */
  readonly source: Peer;
  /** Where its bootstrap went on; undefined where it ended. */
  readonly onward: Peer | undefined;
  readonly seenAt: Instant;
  readonly root: Root;
  readonly watermark: Watermark;
}

/** Nothing is torn down: a route lives as long as bootstraps renew it (router/state_snek.go, valid). */
export function isValid({ seenAt }: RouteEntry, now: Instant): boolean {
  return now - seenAt < snake.routeLivesFor;
}

export class RouteTable {
  readonly #routes = new Map<NodeKey, RouteEntry>();

  get size(): number {
    return this.#routes.size;
  }

  all(): Iterable<RouteEntry> {
    return this.#routes.values();
  }

  /** A route that still holds. */
  get(key: NodeKey, now: Instant): RouteEntry | undefined {
    const route = this.#routes.get(key);
    return route !== undefined && isValid(route, now) ? route : undefined;
  }

  set(route: RouteEntry): void {
    this.#routes.set(route.key, route);
  }

  clear(): void {
    this.#routes.clear();
  }

  expire(now: Instant): void {
    for (const [key, route] of this.#routes) if (!isValid(route, now)) this.#routes.delete(key);
  }

  /** Every route through a peer that is gone. */
  forget(peer: Peer): void {
    for (const [key, { source, onward }] of this.#routes)
      if (source === peer || onward === peer) this.#routes.delete(key);
  }
}
