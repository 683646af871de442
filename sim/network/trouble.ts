// What faults and vanishing ends do to connections that exist: they stall, heal, are torn down, or die unnoticed until
// somebody misses an answer.
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import { isBeingSetUp, isThere, type Connection, type End } from './connection.ts';
import type { NetworkContext } from './context.ts';
import type { KeepAlives } from './keep-alive.ts';
import type { Links } from './links.ts';
import type { Requests } from './requests.ts';
import { nextTransmission } from './retransmission.ts';
import type { SetUps } from './set-up.ts';
import type { Wire } from './wire.ts';

/** The parts of the transport that trouble concerns. */
export interface TroubleOptions {
  readonly context: NetworkContext;
  readonly wire: Wire;
  readonly setUps: SetUps;
  readonly keepAlives: KeepAlives;
  readonly requests: Requests;
  readonly links: Links;
  /** The connection is no more. `keepLink`: an end has yet to hear of it, and may disconnect before it does. */
  dispose(connection: Connection, keepLink?: boolean): void;
}

/** A tear-down that comes to one end. */
interface Reset {
  readonly connection: Connection;
  readonly end: End;
  readonly failure: Failure;
}

/** Visits the connections that a change concerns, and no others. */
export class Trouble {
  readonly #context: NetworkContext;
  readonly #wire: Wire;
  readonly #setUps: SetUps;
  readonly #keepAlives: KeepAlives;
  readonly #requests: Requests;
  readonly #links: Links;
  readonly #dispose: TroubleOptions['dispose'];
  readonly #reset: EventKind;

  constructor(options: TroubleOptions) {
    const { context } = options;
    this.#context = context;
    this.#wire = options.wire;
    this.#setUps = options.setUps;
    this.#keepAlives = options.keepAlives;
    this.#requests = options.requests;
    this.#links = options.links;
    this.#dispose = (connection, keepLink) => options.dispose(connection, keepLink);
    this.#reset = context.host.scheduler.register('reset', (_node, payload) => {
      const { connection, end, failure } = payload as Reset;
      this.#links.endOne(connection, end, failure);
      if (!connection.client.told && connection.server?.told !== true) context.table.forgetLink(connection);
    });
    context.field.onChange((fault, places) => {
      for (const connection of context.table.at(places)) this.reassess(connection);
      for (const node of context.health.strandedNodes(fault))
        for (const connection of context.table.ofNode(node)) this.reassess(connection);
    });
  }

  /** Faults, or an end, have changed: what does it mean for this connection? */
  reassess(connection: Connection): void {
    if (connection.closed) return;
    const { now } = this.#context.host.scheduler;
    if (isBeingSetUp(connection, now)) {
      this.#setUps.reassess(connection);
      const { request } = connection;
      if (request !== undefined && connection.setUp?.failure !== undefined)
        this.#requests.expectSilence(request);
      return;
    }
    const refused = this.#refusedBy(connection);
    if (refused !== undefined) {
      this.#tearDown(connection, refused);
      return;
    }
    this.#followPath(connection);
  }

  #refusedBy(connection: Connection): CauseToken | undefined {
    const state = this.#wire.state(connection);
    if (state.refused) return state.refusedCause;
    // A server that is drained answers what it has taken in.
    const { server } = connection;
    if (server !== undefined && connection.request === undefined) {
      const drained = this.#context.field.drainedBy(server.station.place);
      if (drained !== undefined) return drained;
    }
    const flap = this.#setUps.outOfServiceBy(connection);
    return flap === noCause ? undefined : flap;
  }

  #followPath(connection: Connection): void {
    const toServer = this.#wire.cutBy(connection, true);
    const toClient = this.#wire.cutBy(connection, false);
    const wasDead = connection.wasDeadToServer || connection.wasDeadToClient;
    if (toServer !== undefined && !connection.wasDeadToServer) this.#wire.strike(connection, true, toServer);
    if (toClient !== undefined && !connection.wasDeadToClient) this.#wire.strike(connection, false, toClient);
    connection.wasDeadToServer = toServer !== undefined;
    connection.wasDeadToClient = toClient !== undefined;
    const isDead = connection.wasDeadToServer || connection.wasDeadToClient;
    if (isDead) {
      this.goneSilent(connection, toServer ?? toClient ?? noCause);
      if (wasDead) this.#halfHeal(connection);
    } else if (wasDead) this.#heal(connection);
  }

  /** Nothing more is heard from the other side: who waits may notice. */
  goneSilent(connection: Connection, cause: CauseToken): void {
    connection.cause = this.#context.field.union(connection.cause, cause);
    if (connection.request !== undefined) this.#requests.expectSilence(connection.request);
    this.#keepAlives.watch(connection);
  }

  /** One direction may be alive again: what waited for it goes. */
  #halfHeal(connection: Connection): void {
    if (connection.resets || connection.client.gone || connection.server?.gone === true) return;
    const again = this.#wire.resume(connection, this.#keepAlives.waitingSince(connection));
    this.#keepAlives.heal(connection, again);
  }

  #heal(connection: Connection): void {
    const { client, server } = connection;
    if (server === undefined) return;
    if (connection.resets) {
      this.#answerWithReset(connection);
      return;
    }
    const again = this.#wire.resume(connection, this.#keepAlives.waitingSince(connection));
    if (client.gone || server.gone) return;
    this.#keepAlives.heal(connection, again);
    const { request } = connection;
    if (request === undefined) return;
    const oneWay = this.#context.paths.oneWay(server.station, client.station, again);
    this.#requests.expectAnswer(connection, request, oneWay);
  }

  // --- Ends ---

  /** Both sides hear at once that the connection is torn down. */
  #tearDown(connection: Connection, cause: CauseToken): void {
    const { host, paths, field } = this.#context;
    const { client, server, request } = connection;
    const { now } = host.scheduler;
    field.countContact(cause);
    const failure: Failure = { kind: 'reset', definite: false, cause: field.union(connection.cause, cause) };
    const away = server === undefined ? 0 : paths.oneWay(server.station, client.station, now);
    this.#dispose(connection, true);
    if (request !== undefined) this.#requests.endLater(request, (now + away) as Instant, failure);
    else if (connection.link !== undefined) {
      this.#resetLater(connection, client, away as Duration, failure);
      if (server !== undefined) this.#resetLater(connection, server, 0 as Duration, failure);
    }
  }

  #resetLater(connection: Connection, end: End, after: Duration, failure: Failure): void {
    if (!end.open || end.gone) return;
    const { scheduler } = this.#context.host;
    const reset: Reset = { connection, end, failure };
    scheduler.schedule((scheduler.now + after) as Instant, this.#reset, end.port.node, reset);
  }

  /** A node is down. A process that ends closes its sockets; a machine that is off says nothing. */
  endVanished(connection: Connection, node: NodeIndex, cause: CauseToken, silent: boolean): void {
    const { client, server } = connection;
    this.#keepAlives.account(connection);
    for (const end of [client, server]) {
      if (end?.port.node !== node) continue;
      end.open = false;
      end.told = false;
      end.gone = true;
      this.#keepAlives.leave(connection, end === client);
    }
    if (
      server === undefined ||
      (client.gone && server.gone) ||
      (client.gone && connection.link === undefined)
    ) {
      this.#dispose(connection);
      return;
    }
    if (server.gone && isBeingSetUp(connection, this.#context.host.scheduler.now)) {
      server.open = true;
      server.gone = false;
      this.reassess(connection);
      return;
    }
    connection.cause = this.#context.field.union(connection.cause, cause);
    const cut = this.#wire.cutBy(connection, client.gone);
    if (!silent && cut === undefined) {
      this.#tearDown(connection, cause);
      return;
    }
    connection.resets = !silent;
    this.#wire.strike(connection, server.gone, cause);
    this.#wire.strikeUnsent(connection, client.gone, cause);
    this.goneSilent(connection, cause);
  }

  /** The machine runs again and knows nothing of its old connections. */
  machineIsBack(connection: Connection, node: NodeIndex): void {
    const { client, server } = connection;
    const mine = client.port.node === node ? client : server;
    if (connection.setUp !== undefined) this.reassess(connection);
    if (mine?.gone !== true || connection.closed) return;
    connection.resets = true;
    this.spokeToNobody(connection);
  }

  /** Who sends to a machine that knows of no such connection is told so: at its next retransmission or ping. */
  #answerWithReset(connection: Connection): void {
    const { host, paths, field } = this.#context;
    const { client, server } = connection;
    const { now } = host.scheduler;
    if (server === undefined) return;
    const survivor = client.gone ? server : client;
    const pinged = survivor === client ? this.#keepAlives.waitingSince(connection) : undefined;
    const waiting = Math.min(connection.stalledSince ?? Infinity, pinged ?? Infinity) as Instant;
    const again =
      waiting === Infinity ? undefined : nextTransmission(waiting, connection.retransmissionTimeout, now);
    const ping = survivor === client ? this.#keepAlives.nextPing(connection, now) : undefined;
    const speaks = Math.min(again ?? Infinity, ping ?? Infinity);
    if (speaks === Infinity) return;
    const after = (speaks - now + paths.roundTrip(client.station, server.station, now)) as Duration;
    const failure: Failure = {
      kind: 'reset',
      definite: false,
      cause: field.union(connection.cause, noCause),
    };
    const { request } = connection;
    if (request !== undefined) {
      this.#dispose(connection);
      this.#requests.endLater(request, (now + after) as Instant, failure);
    } else if (connection.link !== undefined) {
      this.#dispose(connection, true);
      this.#resetLater(connection, survivor, after, failure);
    }
  }

  /** The operating system forgets the connection and what it had to send: nobody is told. */
  gaveUp(connection: Connection, toServer: boolean): void {
    const end = toServer ? connection.client : connection.server;
    const { request } = connection;
    if (end === undefined) return;
    this.#wire.drop(connection);
    end.gone = true;
    connection.resets = true;
    const failure = this.#silence(connection, 'response');
    if (request !== undefined) {
      this.#dispose(connection);
      if (toServer) this.#requests.fail(request, failure);
      return;
    }
    this.#links.endOne(connection, end, failure);
    const other = toServer ? connection.server : connection.client;
    if (!isThere(other)) this.#dispose(connection);
    else this.goneSilent(connection, failure.cause);
  }

  /** One side has waited long enough and closes; if the path lives, the other side hears of it. */
  lostPatience(connection: Connection, byClient: boolean): void {
    const end = byClient ? connection.client : connection.server;
    const other = byClient ? connection.server : connection.client;
    if (end?.open !== true) return;
    this.#links.endOne(connection, end, this.#silence(connection, 'keep-alive'));
    if (!isThere(other)) this.#dispose(connection);
    else this.#links.close(connection, byClient, undefined);
  }

  #silence(connection: Connection, phase: 'response' | 'keep-alive'): Failure {
    const { cause } = connection;
    this.#context.field.countContact(cause);
    return { kind: 'timed-out', phase, definite: false, cause };
  }

  /** What waits on the connection goes to a machine that knows of none such; while the path is cut it goes on waiting. */
  spokeToNobody(connection: Connection): void {
    const isCut =
      this.#wire.cutBy(connection, true) !== undefined || this.#wire.cutBy(connection, false) !== undefined;
    if (!isCut) this.#answerWithReset(connection);
  }
}
