// Idle connections of each client to each endpoint, waiting for the next request.
import type { Duration, Instant } from '../../protocol/time.ts';
import { ByNumber } from '../by-number.ts';
import type { NodeIndex } from '../observation.ts';
import { pooledIdleLimit } from './assumptions.ts';
import type { Connection, Endpoint } from './connection.ts';

/** Pools without events: what has been idle for too long is closed when somebody looks, or in passing. */
export class Pools {
  readonly #idle = new ByNumber<Map<Endpoint, Connection[]>>();
  readonly #close: (connection: Connection) => void;
  /** All idle connections in the order in which they became idle, and when; entries of those in use again are stale. */
  #queue: Connection[] = [];
  #since: Instant[] = [];
  #head = 0;

  constructor(close: (connection: Connection) => void) {
    this.#close = close;
  }

  /** The connection that was used last, if one is fit for use. */
  take(node: NodeIndex, endpoint: Endpoint, now: Instant): Connection | undefined {
    const pool = this.#idle.get(node)?.get(endpoint);
    for (let connection = pool?.pop(); connection !== undefined; connection = pool?.pop()) {
      if (connection.closed) continue;
      if (isFresh(connection, endpoint.spec.connectionLifetime, now)) return connection;
      this.#close(connection);
    }
    return undefined;
  }

  /** A request on it has ended and it can carry another. */
  giveBack(connection: Connection, now: Instant): void {
    connection.request = undefined;
    if (connection.closed || connection.link !== undefined) return;
    connection.idleSince = now;
    const { node } = connection.client.port;
    let pools = this.#idle.get(node);
    if (pools === undefined) this.#idle.set(node, (pools = new Map<Endpoint, Connection[]>()));
    const pool = pools.get(connection.endpoint);
    if (pool === undefined) pools.set(connection.endpoint, [connection]);
    else pool.push(connection);
    this.#queue.push(connection);
    this.#since.push(now);
    this.#sweep(now);
  }

  /** No longer idle connections of this node. */
  forget(node: NodeIndex): void {
    this.#idle.set(node, undefined);
  }

  /** Closes what has been idle for too long: each entry is looked at once, so memory is bounded by recent use. */
  #sweep(now: Instant): void {
    for (;;) {
      const connection = this.#queue[this.#head];
      const since = this.#since[this.#head] ?? now;
      if (connection === undefined || since + pooledIdleLimit > now) break;
      this.#head++;
      if (connection.closed || connection.request !== undefined || connection.idleSince !== since) continue;
      const pool = this.#idle.get(connection.client.port.node)?.get(connection.endpoint);
      const position = pool?.indexOf(connection) ?? -1;
      if (position >= 0) pool?.splice(position, 1);
      this.#close(connection);
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#since = this.#since.slice(this.#head);
      this.#head = 0;
    }
  }
}

function isFresh(connection: Connection, lifetime: Duration | undefined, now: Instant): boolean {
  if (now - connection.idleSince >= pooledIdleLimit) return false;
  return lifetime === undefined || now - connection.openedAt < lifetime;
}
