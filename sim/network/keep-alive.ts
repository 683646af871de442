// Keep-alives without events: pings follow from the connection's age, and a side that will hear nothing gets one
// event, at the instant at which it notices. SteppedKeepAlives is its slow twin.
import { never, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import { keepAliveOf, type Connection, type End, type Watch } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { wireBytes } from './wire.ts';

/** Who is told that a side has lost patience; `byClient`: which one. */
export type KeepAliveListener = (connection: Connection, byClient: boolean) => void;

/** The keep-alives of all links. The client pings and wants answers; the server wants to be pinged. */
export interface KeepAlives {
  /** The client knows of the link: pings begin. */
  begin(connection: Connection): void;
  /** The path or one end went silent: which sides notice, and when? */
  watch(connection: Connection): void;
  /** The first keep-alive that waits for retransmission, if any does. */
  waitingSince(connection: Connection): Instant | undefined;
  /** The path is alive, and what waited is sent again at `again`: sides that hear in time go on. */
  heal(connection: Connection, again: Instant): void;
  /** Something came to the server. */
  heard(connection: Connection): void;
  /** One side has closed: it neither pings nor waits any more. */
  leave(connection: Connection, isClient: boolean): void;
  /** Nobody watches any more. */
  forget(connection: Connection): void;
  /** The next ping at `now` or later; undefined without keep-alives. */
  nextPing(connection: Connection, now: Instant): Instant | undefined;
  /** Counts the bytes of pings and their answers up to now. */
  account(connection: Connection): void;
}

interface Ping {
  readonly sentAt: Instant;
  readonly arrivesAt: Instant;
  readonly answeredAt: Instant;
}

/**
 * Keep-alives as arithmetic: to the microsecond what pings sent one by one would bring about, through outages of both
 * directions that overlap. Less exact, by less than a second, where one direction alone is cut off while another fault
 * holds. Left out, and worth at most one retransmission: that a ping takes time on the device's own line, and that it
 * may share the retransmissions of a message that waits on the same link.
 */
export class QuietKeepAlives implements KeepAlives {
  readonly #context: NetworkContext;
  readonly #event: EventKind;

  constructor(context: NetworkContext, listener: KeepAliveListener) {
    this.#context = context;
    this.#event = context.host.scheduler.register('keep-alive', (_node, payload, byClient) => {
      const connection = payload as Connection;
      if (!connection.closed) listener(connection, byClient === 1);
    });
  }

  begin(): void {
    // Nothing to do: pings are counted when somebody asks.
  }

  heard(): void {
    // The connection's `heardAt` says it already.
  }

  watch(connection: Connection): void {
    const keepAlive = keepAliveOf(connection);
    const { client, server } = connection;
    if (keepAlive === undefined || server === undefined) return;
    const { every, giveUpAfter } = keepAlive;
    const last = this.#ping(connection, server, every, 0);
    const next = this.#ping(connection, server, every, 1);
    if (client.open && client.told) this.#watchAnswers(connection, server, last, next, giveUpAfter);
    const pingsStayAway = connection.wasDeadToServer || client.gone;
    if (server.open && server.told && pingsStayAway)
      this.#watchPings(connection, server, every, (every + giveUpAfter) as Duration);
  }

  waitingSince(connection: Connection): Instant | undefined {
    const { now } = this.#context.host.scheduler;
    let since: Instant | undefined;
    for (const watch of [connection.clientWatch, connection.serverWatch]) {
      if (watch === undefined || watch.satisfiedAt <= now || watch.base > now) continue;
      if (since === undefined || watch.base < since) since = watch.base;
    }
    return since;
  }

  heal(connection: Connection, again: Instant): void {
    const { client, server, clientWatch, serverWatch } = connection;
    if (server === undefined || connection.wasDeadToServer) return;
    const { paths, host } = this.#context;
    const { now } = host.scheduler;
    const arrival = (sentAt: Instant): Instant =>
      (sentAt + paths.oneWay(client.station, server.station, sentAt)) as Instant;
    if (serverWatch !== undefined && serverWatch.satisfiedAt > now) {
      // A ping that had not left yet goes as if nothing had been; messages that waited tell the server as much.
      const sentAt = serverWatch.base > now && connection.toServer.isEmpty ? serverWatch.base : again;
      serverWatch.base = sentAt;
      serverWatch.arrivesAt = serverWatch.satisfiedAt = arrival(sentAt);
      this.#disarm(serverWatch);
    }
    if (clientWatch === undefined || clientWatch.satisfiedAt <= now) return;
    const waited = clientWatch.base <= now;
    const answerWaited = waited && clientWatch.onlyAnswerWaits;
    if (!clientWatch.onlyAnswerWaits) {
      clientWatch.arrivesAt = arrival(waited ? again : clientWatch.base);
      clientWatch.base = clientWatch.arrivesAt;
      clientWatch.onlyAnswerWaits = true;
      if (waited) this.#queueBehind(connection, true, clientWatch.arrivesAt);
    }
    if (connection.wasDeadToClient) return;
    const answersAt = clientWatch.base <= now ? again : clientWatch.base;
    clientWatch.satisfiedAt = (answersAt +
      paths.oneWay(server.station, client.station, answersAt)) as Instant;
    if (answerWaited) this.#queueBehind(connection, false, clientWatch.satisfiedAt);
    this.#disarm(clientWatch);
  }

  leave(connection: Connection, isClient: boolean): void {
    const watch = isClient ? connection.clientWatch : connection.serverWatch;
    this.#context.host.scheduler.cancel(watch?.event);
    if (isClient) connection.clientWatch = undefined;
    else connection.serverWatch = undefined;
  }

  forget(connection: Connection): void {
    this.leave(connection, true);
    this.leave(connection, false);
  }

  nextPing(connection: Connection, now: Instant): Instant | undefined {
    return nextPingOf(connection, now);
  }

  account(connection: Connection): void {
    const keepAlive = keepAliveOf(connection);
    if (keepAlive === undefined || !connection.client.told) return;
    const { host } = this.#context;
    const until = host.scheduler.now;
    const count = (at: Instant): number =>
      Math.floor(Math.max(0, at - connection.openedAt) / keepAlive.every);
    const pings = count(until) - count(connection.accountedUntil);
    connection.accountedUntil = until;
    if (pings > 0) host.countBytes('internet', pings * 2 * wireBytes(keepAlive.pingBytes));
  }

  /** The client gives up when one ping has had no answer for so long. */
  #watchAnswers(connection: Connection, server: End, last: Ping, next: Ping, giveUpAfter: Duration): void {
    const { now } = this.#context.host.scheduler;
    const before = connection.clientWatch;
    const pingsLost = connection.wasDeadToServer || server.gone;
    // The exchange that trouble swallowed before and that is not yet made good, the one under way, or the one to come.
    const waits = before !== undefined && before.satisfiedAt > now && before.base <= now;
    const answerIsSafe = last.arrivesAt <= now && !connection.wasDeadToClient;
    const ping = last.answeredAt > now && !answerIsSafe ? last : next;
    const arrivesAt = waits ? before.arrivesAt : ping.arrivesAt;
    const onlyAnswerWaits = arrivesAt !== never && (arrivesAt <= now || !pingsLost);
    const sentAt = waits ? before.base : ping.sentAt;
    const base = onlyAnswerWaits ? arrivesAt : sentAt;
    const deadline = waits ? before.deadline : ((ping.sentAt + giveUpAfter) as Instant);
    connection.clientWatch = this.#arm(connection, before, connection.client, {
      base,
      onlyAnswerWaits,
      arrivesAt: onlyAnswerWaits ? arrivesAt : never,
      satisfiedAt: never,
      deadline,
      event: undefined,
    });
  }

  /** The server gives up when it has heard nothing for a period and the patience of its client. */
  #watchPings(connection: Connection, server: End, every: Duration, patience: Duration): void {
    const last = this.#ping(connection, server, every, 0);
    const { now } = this.#context.host.scheduler;
    const before = connection.serverWatch;
    const waits = before !== undefined && before.satisfiedAt > now;
    // What has left before its device vanished arrives all the same.
    const pathLives = !connection.wasDeadToServer;
    const underWay = waits && pathLives && before.base <= now && before.satisfiedAt !== never;
    const isLost = last.arrivesAt > now && !pathLives;
    const ping = isLost ? last : this.#ping(connection, server, every, 1);
    const nominal = (isLost ? this.#ping(connection, server, every, -1) : last).arrivesAt;
    const madeGood = before !== undefined && (!waits || underWay) ? before.satisfiedAt : 0;
    const heard = Math.max(server.heardAt, madeGood, waits ? 0 : nominal) + patience;
    const deadline = (waits ? Math.max(before.deadline, heard) : heard) as Instant;
    connection.serverWatch = this.#arm(connection, before, server, {
      base: waits ? before.base : ping.sentAt,
      onlyAnswerWaits: false,
      arrivesAt: never,
      satisfiedAt: never,
      deadline,
      event: undefined,
    });
  }

  #arm(connection: Connection, before: Watch | undefined, end: End, watch: Watch): Watch {
    const { scheduler } = this.#context.host;
    scheduler.cancel(before?.event);
    const at = Math.max(scheduler.now, watch.deadline) as Instant;
    const byClient = end === connection.client ? 1 : 0;
    watch.event = scheduler.schedule(at, this.#event, end.port.node, connection, byClient);
    return watch;
  }

  /** What is sent from now on arrives after the keep-alive that waits: a stream has one order. */
  #queueBehind(connection: Connection, toServer: boolean, at: Instant): void {
    if (toServer) connection.lastArrivalAtServer = Math.max(connection.lastArrivalAtServer, at) as Instant;
    else connection.lastArrivalAtClient = Math.max(connection.lastArrivalAtClient, at) as Instant;
  }

  #disarm(watch: Watch): void {
    if (watch.satisfiedAt > watch.deadline) return;
    this.#context.host.scheduler.cancel(watch.event);
    watch.event = undefined;
  }

  /** The last ping up to now (0), or one before or after it, as it goes when nothing is wrong. */
  #ping({ client, openedAt }: Connection, server: End, every: Duration, offset: -1 | 0 | 1): Ping {
    const { paths, host } = this.#context;
    const periods = Math.max(0, Math.floor((host.scheduler.now - openedAt) / every) + offset);
    const sentAt = (openedAt + periods * every) as Instant;
    // The opening itself counts as the first exchange, and it was answered.
    if (periods === 0) return { sentAt, arrivesAt: server.heardAt, answeredAt: sentAt };
    const arrivesAt = (sentAt + paths.oneWay(client.station, server.station, sentAt)) as Instant;
    const answeredAt = (arrivesAt + paths.oneWay(server.station, client.station, arrivesAt)) as Instant;
    return { sentAt, arrivesAt, answeredAt };
  }
}

/** The first ping of a link's schedule at `now` or later. */
export function nextPingOf(connection: Connection, now: Instant): Instant | undefined {
  const every = keepAliveOf(connection)?.every;
  if (every === undefined) return undefined;
  const periods = Math.max(1, Math.ceil((now - connection.openedAt) / every));
  return (connection.openedAt + periods * every) as Instant;
}
