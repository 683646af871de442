// Bytes on connections: a FIFO stream in each direction. What is lost is sent again, later; what a fault strikes waits
// until the path heals; what waits too long ends the connection.
import { assert } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Hindrance, PathState } from '../faults/verdict.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import {
  dataGiveUp,
  initialWindowSegments,
  leastRetransmissionSpread,
  segmentBytes,
  segmentOverheadBytes,
  tlsRecordOverheadBytes,
} from './assumptions.ts';
import { endsOf, type Cargo, type Connection, type End, type Flight } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { Flows } from './flows.ts';
import { nextTransmission, timeLost } from './retransmission.ts';
import { drawLosses, mostLosses, passingShare } from './segment-loss.ts';
import { addLeg, carriesWords, noLegs } from './way.ts';

/** Who is told what happens on the wire. */
export interface WireListener {
  arrived(flight: Flight): void;
  /** Unacknowledged data for too long; `toServer`: the client is the one that gives up. */
  gaveUp(connection: Connection, toServer: boolean): void;
}

/** Carries what connections send. */
export class Wire {
  readonly #context: NetworkContext;
  readonly #listener: WireListener;
  readonly #arrival: EventKind;
  readonly #giveUp: EventKind;
  readonly #flows: Flows;
  /** Also of what carries nobody's words. */
  readonly #keepsAllWays: boolean;

  constructor(context: NetworkContext, listener: WireListener) {
    this.#context = context;
    this.#listener = listener;
    this.#keepsAllWays = context.host.isWatched === true;
    const { scheduler } = context.host;
    this.#flows = new Flows(context, (flight) => this.#sent(flight));
    this.#arrival = scheduler.register('arrival', (_node, payload) => this.#arrive(payload as Flight));
    this.#giveUp = scheduler.register('give-up', (_node, payload) => {
      const connection = payload as Connection;
      connection.giveUp = undefined;
      if (connection.closed) return;
      const toServer = hasToRepeat(connection, true);
      // What one had to say who has gone meanwhile is forgotten without anybody's giving up.
      if (toServer || hasToRepeat(connection, false)) this.#listener.gaveUp(connection, toServer);
      else this.drop(connection);
    });
  }

  /** What active faults do to the connection's path. */
  state(connection: Connection): PathState {
    const { field } = this.#context;
    const { path } = connection;
    const epoch = field.epoch();
    const server = connection.server?.station.place ?? connection.clientPlace;
    if (path.epoch !== epoch || path.server !== server) {
      path.epoch = epoch;
      path.server = server;
      path.state = field.path(connection.clientPlace, server, connection.endpoint.via);
    }
    return path.state;
  }

  /** Faults because of which nothing gets through in this direction; undefined when something does. */
  cutBy(connection: Connection, toServer: boolean): CauseToken | undefined {
    return this.#cutIn(this.state(connection), connection, toServer);
  }

  #cutIn(state: PathState, connection: Connection, toServer: boolean): CauseToken | undefined {
    const { health } = this.#context;
    if (toServer ? state.deadToServer : state.deadToClient) return state.deadCause;
    if (!health.strandsAny) return undefined;
    const stranded = health.strandedBy(connection.client.port.node);
    if (stranded !== noCause) return stranded;
    if (connection.server === undefined) return undefined;
    const serverStranded = health.strandedBy(connection.server.port.node);
    return serverStranded === noCause ? undefined : serverStranded;
  }

  /** Sends. `at` is when it can leave: later than `sentAt` while the connection is set up, which `setUpBy` may delay. */
  send(
    connection: Connection,
    toServer: boolean,
    cargo: Cargo,
    bytes: number,
    sentAt: Instant,
    at: Instant,
    setUpBy: CauseToken = noCause,
  ): void {
    const legs: Flight['legs'] = this.#keepsAllWays || carriesWords(cargo) ? [] : noLegs;
    if (legs !== noLegs && at > sentAt) legs.push({ until: at, reason: 'connection-set-up', cause: setUpBy });
    const flight: Flight = {
      connection,
      toServer,
      cargo,
      bytes,
      sentAt,
      legs,
      settledLegs: legs.length,
      transmittedAt: at,
      left: bytes,
      flow: undefined,
      flowCause: noCause,
      arrival: undefined,
      next: undefined,
    };
    const queue = toServer ? connection.toServer : connection.toClient;
    const before = queue.last;
    const hasToWait = before !== undefined && before.arrival === undefined;
    queue.push(flight);
    if (!hasToWait) this.#transmit(flight, at);
  }

  /** The path in this direction went dead: what is in flight is lost and will be sent again. */
  strike(connection: Connection, toServer: boolean, cause: CauseToken): void {
    for (const flight of toServer ? connection.toServer : connection.toClient)
      if (this.#halt(flight)) this.#stall(flight, cause);
  }

  /** The sender has vanished: what has not left yet never will. */
  strikeUnsent(connection: Connection, toServer: boolean, cause: CauseToken): void {
    const { scheduler } = this.#context.host;
    for (const flight of toServer ? connection.toServer : connection.toClient) {
      if (flight.flow === undefined && flight.transmittedAt <= scheduler.now) continue;
      if (this.#halt(flight)) this.#stall(flight, cause);
    }
  }

  /** Takes a flight off the wire; false when it was not on it. */
  #halt(flight: Flight): boolean {
    if (flight.flow !== undefined) this.#flows.stop(flight);
    else if (flight.arrival === undefined) return false;
    else {
      this.#context.host.scheduler.cancel(flight.arrival);
      flight.left = flight.bytes;
    }
    return true;
  }

  /** Whether what was sent last in this direction waits for the path to heal, rather than for its turn. */
  isStalled(connection: Connection, toServer: boolean): boolean {
    const { last } = toServer ? connection.toServer : connection.toClient;
    return last !== undefined && last.arrival === undefined && last.flow === undefined && !isBehindFlow(last);
  }

  /**
   * The path is alive again: senders notice at their next retransmission, whose instant is returned.
   * `since`: an exchange (a keep-alive) that has waited since then as well.
   */
  resume(connection: Connection, since: Instant | undefined): Instant {
    const { scheduler } = this.#context.host;
    const waiting = Math.min(connection.stalledSince ?? Infinity, since ?? Infinity) as Instant;
    if (waiting === Infinity) return scheduler.now;
    const at = nextTransmission(waiting, connection.retransmissionTimeout, scheduler.now);
    connection.resumesAt = at;
    if (connection.stalledSince === undefined) return at;
    // Too late: who sent it gives up before it tries again.
    if (connection.giveUp !== undefined && connection.stalledSince + dataGiveUp <= at) return at;
    const { stalledSince } = connection;
    connection.stalledSince = undefined;
    scheduler.cancel(connection.giveUp);
    connection.giveUp = undefined;
    for (const toServer of [true, false]) {
      // Who has gone sends nothing again.
      const sender = toServer ? connection.client : connection.server;
      if (sender?.gone !== false) continue;
      const cut = this.cutBy(connection, toServer) !== undefined;
      for (const flight of toServer ? connection.toServer : connection.toClient) {
        if (flight.arrival !== undefined) continue;
        if (cut) this.#waits(connection, stalledSince);
        else this.#retransmit(flight, at);
      }
    }
    return at;
  }

  #retransmit(flight: Flight, at: Instant): void {
    addLeg(flight, at, 'retransmitting', flight.connection.cause);
    flight.settledLegs = flight.legs.length;
    this.#transmit(flight, at);
  }

  /** What waits stands behind an exchange that has waited since then, and is sent again with it. */
  waitsSince(connection: Connection, since: Instant | undefined): void {
    const { stalledSince } = connection;
    if ((since ?? Infinity) < (stalledSince ?? -Infinity)) connection.stalledSince = since;
  }

  /** Nothing on this connection arrives any more. */
  drop(connection: Connection): void {
    const { scheduler } = this.#context.host;
    for (const queue of [connection.toServer, connection.toClient]) {
      for (const flight of queue) this.#halt(flight);
      queue.clear();
    }
    scheduler.cancel(connection.giveUp);
    connection.giveUp = undefined;
    connection.stalledSince = undefined;
  }

  /** Faults because of which messages of the connection take longer now, or need repeating. */
  hinderedBy(connection: Connection): CauseToken {
    return this.#context.field.hindrance(this.state(connection), 0).cause;
  }

  /** First retransmission time-out after a round trip was measured: RFC 6298 §2.2, with Linux's least spread. */
  measure(connection: Connection, roundTrip: Duration): void {
    connection.retransmissionTimeout = (roundTrip + leastRetransmissionSpread) as Duration;
  }

  #transmit(flight: Flight, at: Instant): void {
    const { connection, toServer } = flight;
    const { host, paths, field } = this.#context;
    const { sender, receiver } = endsOf(flight);
    flight.transmittedAt = at;
    if (isBehindFlow(flight)) return;
    const state = this.state(connection);
    const cut = this.#cutIn(state, connection, toServer);
    if (cut !== undefined || receiver.gone) {
      this.#stall(flight, cut ?? connection.cause);
      return;
    }
    const propagation = paths.oneWay(sender.station, receiver.station, at);
    const isLong = flight.left > initialWindowSegments * segmentBytes;
    // A long message is held back by the rate while its bytes leave.
    const hindrance = field.hindrance(state, propagation, isLong ? 0 : flight.left);
    field.countContact(hindrance.cause);
    if (isLong) {
      this.#beginFlow(flight, sender, receiver, hindrance, at);
      return;
    }
    const losses = drawLosses(
      this.#context.draw,
      flight.bytes,
      passingShare(sender, receiver, hindrance.lossProbability),
      sender.station,
      receiver.station,
      at,
    );
    if (losses.tail > mostLosses) {
      this.#stall(flight, hindrance.cause);
      return;
    }
    const line = sender.station.access?.up;
    const begin = line === undefined ? at : line.reserve(at, flight.bytes);
    if (begin > at) addLeg(flight, begin, 'link-queue', noCause);
    let time = begin + (line === undefined ? 0 : line.serialisation(flight.bytes));
    const lost = timeLost(losses.tail, connection.retransmissionTimeout) + losses.body * 2 * propagation;
    if (lost > 0) addLeg(flight, (time += lost) as Instant, 'retransmitting', hindrance.cause);
    time += propagation + hindrance.extraDelay;
    time = this.#receive(flight, receiver, time as Instant, hindrance.cause);
    this.#schedule(flight, receiver, time as Instant);
    host.countBytes('internet', wireBytes(flight.bytes) * (1 + losses.tail));
  }

  /** A long message: how long its bytes take to leave depends on who else sends meanwhile. */
  #beginFlow(flight: Flight, sender: End, receiver: End, hindrance: Hindrance, at: Instant): void {
    const { connection } = flight;
    const { paths, host, field } = this.#context;
    const lines = [sender.station.access?.up, receiver.station.access?.down].filter(
      (line) => line !== undefined,
    );
    const lossProbability = 1 - passingShare(sender, receiver, hindrance.lossProbability);
    host.countBytes('internet', Math.round(wireBytes(flight.left) / Math.max(0.01, 1 - lossProbability)));
    flight.flowCause = hindrance.cause;
    this.#flows.begin(
      flight,
      {
        lines,
        roundTrip: (paths.roundTrip(sender.station, receiver.station, at) +
          2 * hindrance.extraDelay) as Duration,
        lossProbability,
        retransmissionTimeout: connection.retransmissionTimeout,
        shaping: () => field.hindrance(this.state(connection), 0),
      },
      at,
    );
  }

  /** The last byte of a long message has left: it arrives, and what waited behind it goes. */
  #sent(flight: Flight): void {
    const { connection, toServer } = flight;
    const { host, paths, field } = this.#context;
    const { now } = host.scheduler;
    const { sender, receiver } = endsOf(flight);
    const propagation = paths.oneWay(sender.station, receiver.station, now);
    const hindrance = field.hindrance(this.state(connection), propagation);
    const time = Math.max(
      now + propagation + hindrance.extraDelay,
      toServer ? connection.lastArrivalAtServer : connection.lastArrivalAtClient,
    ) as Instant;
    addLeg(flight, time, 'in-flight', field.union(flight.flowCause, hindrance.cause));
    this.#schedule(flight, receiver, time);
    for (const next of toServer ? connection.toServer : connection.toClient)
      if (next.arrival === undefined) this.#transmit(next, now);
  }

  #schedule(flight: Flight, receiver: End, at: Instant): void {
    const { connection, toServer, bytes } = flight;
    if (toServer) connection.lastArrivalAtServer = at;
    else connection.lastArrivalAtClient = at;
    const { scheduler } = this.#context.host;
    flight.arrival = scheduler.schedule(at, this.#arrival, receiver.port.node, flight, bytes);
  }

  /** The last link, and the order of the stream: returns the arrival. */
  #receive(flight: Flight, receiver: End, at: Instant, cause: CauseToken): Instant {
    const line = receiver.station.access?.down;
    let time: number = at;
    if (line !== undefined) {
      const begin = line.reserve(at, flight.bytes);
      if (begin > at) {
        addLeg(flight, at, 'in-flight', cause);
        addLeg(flight, begin, 'link-queue', noCause);
      }
      time = begin + line.serialisation(flight.bytes);
    }
    return this.#inOrder(flight, time as Instant, cause);
  }

  /**
   * Bytes that could arrive then, and come behind all that was sent before. Where that waits for its next retransmission after a
   * fault has ended, the fault stands behind the wait of both.
   */
  #inOrder(flight: Flight, at: Instant, cause: CauseToken): Instant {
    const { connection, toServer } = flight;
    const before = toServer ? connection.lastArrivalAtServer : connection.lastArrivalAtClient;
    if (before <= at || flight.transmittedAt >= connection.resumesAt) {
      const time = Math.max(at, before) as Instant;
      addLeg(flight, time, 'in-flight', cause);
      return time;
    }
    addLeg(flight, at, 'in-flight', cause);
    addLeg(flight, before, 'in-flight', this.#context.field.union(cause, connection.cause));
    return before;
  }

  #stall(flight: Flight, cause: CauseToken): void {
    const { connection } = flight;
    flight.arrival = undefined;
    if (flight.legs !== noLegs) flight.legs.length = flight.settledLegs;
    this.#context.field.countContact(cause);
    connection.cause = this.#context.field.union(connection.cause, cause);
    this.#context.host.hindered(connection.client.port.node, cause);
    this.#waits(connection, flight.transmittedAt);
  }

  /** Something on the connection waits for retransmission since then: its sender gives up at last. */
  #waits(connection: Connection, since: Instant): void {
    const { scheduler } = this.#context.host;
    if ((connection.stalledSince ?? Infinity) <= since) return;
    connection.stalledSince = since;
    // A request that gives up first takes its connection with it.
    const { request } = connection;
    if (request !== undefined && request.options.timeout < dataGiveUp) return;
    scheduler.cancel(connection.giveUp);
    const at = Math.max(scheduler.now, since + dataGiveUp) as Instant;
    connection.giveUp = scheduler.schedule(at, this.#giveUp, connection.client.port.node, connection);
  }

  #arrive(flight: Flight): void {
    const { connection, toServer } = flight;
    const queue = toServer ? connection.toServer : connection.toClient;
    assert(queue.shift() === flight, 'a connection delivers in order');
    flight.arrival = undefined;
    endsOf(flight).receiver.heardAt = this.#context.host.scheduler.now;
    this.#listener.arrived(flight);
  }
}

/** Whether a side that is still there has sent something that waits for retransmission. */
function hasToRepeat({ client, server, toServer, toClient }: Connection, byClient: boolean): boolean {
  const sender = byClient ? client : server;
  if (sender?.gone !== false) return false;
  return [...(byClient ? toServer : toClient)].some(({ arrival }) => arrival === undefined);
}

/** Bytes on the wire for a payload: headers of its segments and records. */
export function wireBytes(bytes: number): number {
  const segments = Math.max(1, Math.ceil(bytes / segmentBytes));
  return (
    bytes + segments * segmentOverheadBytes + Math.max(1, Math.ceil(bytes / 16_384)) * tlsRecordOverheadBytes
  );
}

/** The stream keeps its order: behind a long message that leaves, others wait for their turn. */
function isBehindFlow(flight: Flight): boolean {
  const { connection, toServer } = flight;
  let { first: other } = toServer ? connection.toServer : connection.toClient;
  for (; other !== undefined && other !== flight; other = other.next)
    if (other.flow !== undefined) return true;
  return false;
}
