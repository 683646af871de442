// Keep-alives without events: pings follow from the connection's age, and a side that will hear nothing gets one
// event, at the instant at which it notices.
import type { Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { Connection, Watch } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { wireBytes } from './wire.ts';

/** Who is told that a side has lost patience; `byClient`: which one. */
export type KeepAliveListener = (connection: Connection, byClient: boolean) => void;

/** The keep-alives of all links. The client pings; the server expects to be pinged. */
export class KeepAlives {
  readonly #context: NetworkContext;
  readonly #event: EventKind;

  constructor(context: NetworkContext, listener: KeepAliveListener) {
    this.#context = context;
    this.#event = context.host.scheduler.register('keep-alive', (_node, payload, byClient) => {
      const connection = payload as Connection;
      if (!connection.closed) listener(connection, byClient === 1);
    });
  }

  /** The path or one end went silent: works out which sides notice, and when. */
  watch(connection: Connection): void {
    const keepAlive = connection.link?.options.keepAlive;
    const { server } = connection;
    if (keepAlive === undefined || server === undefined) return;
    const { now } = this.#context.host.scheduler;
    const ping = this.#lastPing(connection, keepAlive.every, now);
    const failing = ping.answeredAt > now ? ping.sentAt : ((ping.sentAt + keepAlive.every) as Instant);
    if (connection.client.open && connection.client.told) {
      const base = this.#stillWaits(connection.clientWatch, now) ?? failing;
      const deadline = (base + keepAlive.giveUpAfter) as Instant;
      connection.clientWatch = this.#arm(connection, connection.clientWatch, base, deadline, true);
    }
    if (server.open && server.told) {
      // It hears each ping as it comes; `heardAt` knows of everything else.
      const pingHeard = ping.arrivedAt <= now ? ping.arrivedAt : ping.arrivedAt - keepAlive.every;
      const heard = Math.max(server.heardAt, Math.min(pingHeard, now));
      const deadline = (heard + keepAlive.every + keepAlive.giveUpAfter) as Instant;
      connection.serverWatch = this.#arm(connection, connection.serverWatch, failing, deadline, false);
    }
  }

  /** The first keep-alive that waits for an answer, if any. */
  waitingSince(connection: Connection): Instant | undefined {
    const { clientWatch, serverWatch } = connection;
    return clientWatch?.base ?? serverWatch?.base;
  }

  /** The path is alive, and what waited is sent again at `again`: sides that hear in time go on. */
  heal(connection: Connection, again: Instant): void {
    const { server } = connection;
    const { scheduler } = this.#context.host;
    if (server === undefined) return;
    const { paths } = this.#context;
    const there = paths.oneWay(connection.client.station, server.station, again);
    const back = paths.oneWay(server.station, connection.client.station, (again + there) as Instant);
    for (const watch of [connection.clientWatch, connection.serverWatch]) {
      if (watch?.event === undefined) continue;
      // A ping that had not yet left when the path healed goes as if nothing had been.
      const from = Math.max(watch.base, Math.min(again, Math.max(watch.base, again)));
      const heard = (watch.base > scheduler.now ? watch.base : from) + there;
      const answered = watch === connection.clientWatch ? heard + back : heard;
      watch.answeredAt = answered as Instant;
      if (answered > watch.deadline) continue;
      scheduler.cancel(watch.event);
      watch.event = undefined;
    }
  }

  /** Nobody watches any more. */
  forget(connection: Connection): void {
    for (const watch of [connection.clientWatch, connection.serverWatch])
      if (watch?.event !== undefined) this.#context.host.scheduler.cancel(watch.event);
    connection.clientWatch = undefined;
    connection.serverWatch = undefined;
  }

  /** The next ping at `now` or later. */
  nextPing(connection: Connection, now: Instant): Instant | undefined {
    const every = connection.link?.options.keepAlive?.every;
    if (every === undefined) return undefined;
    return (connection.openedAt + Math.ceil((now - connection.openedAt) / every) * every) as Instant;
  }

  /** Counts the bytes of pings and their answers up to now. */
  account(connection: Connection): void {
    const keepAlive = connection.link?.options.keepAlive;
    if (keepAlive === undefined || !connection.client.told) return;
    const { host } = this.#context;
    const until = host.scheduler.now;
    const count = (at: Instant): number =>
      Math.floor(Math.max(0, at - connection.openedAt) / keepAlive.every);
    const pings = count(until) - count(connection.accountedUntil);
    connection.accountedUntil = until;
    if (pings > 0) host.countBytes('internet', pings * 2 * wireBytes(keepAlive.pingBytes));
  }

  #lastPing(
    connection: Connection,
    every: number,
    now: Instant,
  ): { readonly sentAt: Instant; readonly arrivedAt: Instant; readonly answeredAt: Instant } {
    const { paths } = this.#context;
    const { client, server } = connection;
    const periods = Math.max(0, Math.floor((now - connection.openedAt) / every));
    const sentAt = (connection.openedAt + periods * every) as Instant;
    // The opening itself counts as the first exchange, and it was answered.
    if (periods === 0 || server === undefined) return { sentAt, arrivedAt: sentAt, answeredAt: sentAt };
    const arrivedAt = (sentAt + paths.oneWay(client.station, server.station, sentAt)) as Instant;
    const answeredAt = (arrivedAt + paths.oneWay(server.station, client.station, arrivedAt)) as Instant;
    return { sentAt, arrivedAt, answeredAt };
  }

  /** The exchange that already waits, when the path dies again before it was answered. */
  #stillWaits(watch: Watch | undefined, now: Instant): Instant | undefined {
    if (watch === undefined || watch.base > now) return undefined;
    return watch.event !== undefined || watch.answeredAt > now ? watch.base : undefined;
  }

  #arm(
    connection: Connection,
    before: Watch | undefined,
    base: Instant,
    deadline: Instant,
    byClient: boolean,
  ): Watch {
    const { scheduler } = this.#context.host;
    if (before?.event !== undefined) {
      if (before.deadline <= deadline) return before;
      scheduler.cancel(before.event);
    }
    const at = Math.max(scheduler.now, deadline) as Instant;
    const node = byClient ? connection.client.port.node : (connection.server?.port.node ?? -1);
    const event = scheduler.schedule(at, this.#event, node, connection, byClient ? 1 : 0);
    return { base, deadline, event, answeredAt: Infinity as Instant };
  }
}
