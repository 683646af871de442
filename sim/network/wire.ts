// Bytes on connections: a FIFO stream in each direction. What is lost is sent again, later; what a fault strikes waits
// until the path heals; what waits too long ends the connection.
import { assert } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { PathState } from '../faults/verdict.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { NetworkReason } from '../observation.ts';
import {
  dataGiveUp,
  initialWindowSegments,
  leastRetransmissionSpread,
  segmentBytes,
  segmentOverheadBytes,
  tlsRecordOverheadBytes,
} from './assumptions.ts';
import type { Cargo, Connection, End, Flight } from './connection.ts';
import type { NetworkContext } from './context.ts';
import type { Transit } from './medium.ts';
import { nextTransmission, timeLost } from './retransmission.ts';

/** Who is told what happens on the wire. */
export interface WireListener {
  arrived(flight: Flight): void;
  /** Unacknowledged data for too long; `toServer`: the client is the one that gives up. */
  gaveUp(connection: Connection, toServer: boolean): void;
}

/** More transmissions of one segment than this are not drawn: the connection gives up before. */
const mostLosses = 15;

/** Carries what connections send. */
export class Wire {
  readonly #context: NetworkContext;
  readonly #listener: WireListener;
  readonly #arrival: EventKind;
  readonly #giveUp: EventKind;

  constructor(context: NetworkContext, listener: WireListener) {
    this.#context = context;
    this.#listener = listener;
    const { scheduler } = context.host;
    this.#arrival = scheduler.register('arrival', (_node, payload) => this.#arrive(payload as Flight));
    this.#giveUp = scheduler.register('give-up', (_node, payload) => {
      const connection = payload as Connection;
      connection.giveUp = undefined;
      const toServer = connection.toServer.some((flight) => flight.arrival === undefined);
      if (!connection.closed) this.#listener.gaveUp(connection, toServer);
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
    const { health } = this.#context;
    const state = this.state(connection);
    if (toServer ? state.deadToServer : state.deadToClient) return state.deadCause;
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
    const legs: Flight['legs'] = carriesWords(cargo) ? [] : noLegs;
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
      arrival: undefined,
    };
    const queue = toServer ? connection.toServer : connection.toClient;
    const behindStalled = queue.length > 0 && queue.at(-1)?.arrival === undefined;
    queue.push(flight);
    if (behindStalled) flight.transmittedAt = at;
    else this.#transmit(flight, at);
  }

  /** The path in this direction went dead: what is in flight is lost and will be sent again. */
  strike(connection: Connection, toServer: boolean, cause: CauseToken): void {
    for (const flight of toServer ? connection.toServer : connection.toClient) {
      if (flight.arrival === undefined) continue;
      this.#context.host.scheduler.cancel(flight.arrival);
      this.#stall(flight, cause);
    }
  }

  /** The sender has vanished: what has not left yet never will. */
  strikeUnsent(connection: Connection, toServer: boolean, cause: CauseToken): void {
    const { scheduler } = this.#context.host;
    for (const flight of toServer ? connection.toServer : connection.toClient) {
      if (flight.arrival === undefined || flight.transmittedAt <= scheduler.now) continue;
      scheduler.cancel(flight.arrival);
      this.#stall(flight, cause);
    }
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
    if (connection.stalledSince === undefined) return at;
    // Too late: who sent it gives up before it tries again.
    if (connection.giveUp !== undefined && connection.stalledSince + dataGiveUp <= at) return at;
    const { stalledSince } = connection;
    connection.stalledSince = undefined;
    if (connection.giveUp !== undefined) scheduler.cancel(connection.giveUp);
    connection.giveUp = undefined;
    for (const toServer of [true, false]) {
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
    this.#addLeg(flight, at, 'retransmitting', flight.connection.cause);
    flight.settledLegs = flight.legs.length;
    this.#transmit(flight, at);
  }

  /** What waits stands behind an exchange that has waited since then, and is sent again with it. */
  waitsSince(connection: Connection, since: Instant | undefined): void {
    const { stalledSince } = connection;
    if (since !== undefined && stalledSince !== undefined && since < stalledSince)
      connection.stalledSince = since;
  }

  /** Nothing on this connection arrives any more. */
  drop(connection: Connection): void {
    const { scheduler } = this.#context.host;
    for (const queue of [connection.toServer, connection.toClient]) {
      for (const flight of queue) if (flight.arrival !== undefined) scheduler.cancel(flight.arrival);
      queue.length = 0;
    }
    if (connection.giveUp !== undefined) scheduler.cancel(connection.giveUp);
    connection.giveUp = undefined;
    connection.stalledSince = undefined;
  }

  /** First retransmission time-out after a round trip was measured: RFC 6298 §2.2, with Linux's least spread. */
  measure(connection: Connection, roundTrip: Duration): void {
    connection.retransmissionTimeout = (roundTrip + leastRetransmissionSpread) as Duration;
  }

  #transmit(flight: Flight, at: Instant): void {
    const { connection, toServer } = flight;
    const { host, paths, field } = this.#context;
    const sender = toServer ? connection.client : connection.server;
    const receiver = toServer ? connection.server : connection.client;
    assert(
      sender !== undefined && receiver !== undefined,
      'a connection that carries something has two ends',
    );
    flight.transmittedAt = at;
    const cut = this.cutBy(connection, toServer);
    if (cut !== undefined || receiver.gone) {
      this.#stall(flight, cut ?? connection.cause);
      return;
    }
    const propagation = paths.oneWay(sender.station, receiver.station, at);
    const hindrance = field.hindrance(this.state(connection), propagation);
    if (hindrance.cause !== noCause) field.countContact(hindrance.cause);
    const losses = this.#losses(flight, sender, receiver, hindrance.lossProbability, at);
    if (losses.tail > mostLosses) {
      this.#stall(flight, hindrance.cause);
      return;
    }
    const line = sender.station.access?.up;
    const begin = line === undefined ? at : line.reserve(at, flight.bytes);
    if (begin > at) this.#addLeg(flight, begin, 'link-queue', noCause);
    let time = begin + (line === undefined ? 0 : line.serialisation(flight.bytes));
    const lost = timeLost(losses.tail, connection.retransmissionTimeout) + losses.body * 2 * propagation;
    if (lost > 0) this.#addLeg(flight, (time += lost) as Instant, 'retransmitting', hindrance.cause);
    time += propagation + hindrance.extraDelay + slowStartRounds(flight.bytes) * 2 * propagation;
    time = this.#receive(flight, receiver, time as Instant, hindrance.cause);
    flight.arrival = host.scheduler.schedule(
      time as Instant,
      this.#arrival,
      receiver.port.node,
      flight,
      flight.bytes,
    );
    host.countBytes('internet', wireBytes(flight.bytes) * (1 + losses.tail));
  }

  /** The last link, and the order of the stream: returns the arrival. */
  #receive(flight: Flight, receiver: End, at: Instant, cause: CauseToken): Instant {
    const { connection, toServer } = flight;
    const line = receiver.station.access?.down;
    let time: number = at;
    if (line !== undefined) {
      const begin = line.reserve(at, flight.bytes);
      if (begin > at) {
        this.#addLeg(flight, at, 'in-flight', cause);
        this.#addLeg(flight, begin, 'link-queue', noCause);
      }
      time = begin + line.serialisation(flight.bytes);
    }
    time = Math.max(time, toServer ? connection.lastArrivalAtServer : connection.lastArrivalAtClient);
    if (toServer) connection.lastArrivalAtServer = time as Instant;
    else connection.lastArrivalAtClient = time as Instant;
    this.#addLeg(flight, time as Instant, 'in-flight', cause);
    return time as Instant;
  }

  /**
   * Transmissions lost before one gets through. The last segments of a message are repaired by a time-out, since no
   * later ones tell of the loss (RFC 6298 §5); those before, by fast retransmit, one round trip each (RFC 5681 §3.2).
   */
  #losses(
    flight: Flight,
    sender: End,
    receiver: End,
    probability: number,
    at: Instant,
  ): { tail: number; body: number } {
    const passes =
      (1 - probability) *
      (1 - (sender.station.access?.profile.lossProbability ?? 0)) *
      (1 - (receiver.station.access?.profile.lossProbability ?? 0));
    if (passes >= 1) return noLosses;
    const { draw } = this.#context;
    const segments = Math.ceil(flight.bytes / segmentBytes);
    const tailSegments = Math.min(3, segments);
    let tailPasses = 1;
    for (let segment = 0; segment < tailSegments; segment++) tailPasses *= passes;
    let tail = 0;
    while (
      tail <= mostLosses &&
      draw('loss', sender.station.name, receiver.station.name, at, tail) >= tailPasses
    )
      tail++;
    const expected = (segments - tailSegments) * (1 - passes);
    const body =
      expected === 0
        ? 0
        : Math.floor(expected + draw('loss-body', sender.station.name, receiver.station.name, at));
    return { tail, body };
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
    if (connection.stalledSince !== undefined && connection.stalledSince <= since) return;
    connection.stalledSince = since;
    // A request that gives up first takes its connection with it.
    const { request } = connection;
    if (request !== undefined && request.options.timeout < dataGiveUp) return;
    if (connection.giveUp !== undefined) scheduler.cancel(connection.giveUp);
    const at = Math.max(scheduler.now, since + dataGiveUp) as Instant;
    connection.giveUp = scheduler.schedule(at, this.#giveUp, connection.client.port.node, connection);
  }

  #arrive(flight: Flight): void {
    const { connection, toServer } = flight;
    const queue = toServer ? connection.toServer : connection.toClient;
    assert(queue.shift() === flight, 'a connection delivers in order');
    flight.arrival = undefined;
    const receiver = toServer ? connection.server : connection.client;
    if (receiver !== undefined) receiver.heardAt = this.#context.host.scheduler.now;
    this.#listener.arrived(flight);
  }

  #addLeg({ legs, sentAt }: Flight, until: Instant, reason: NetworkReason, cause: CauseToken): void {
    if (legs === noLegs) return;
    if (legs.length === 0 || until > (legs.at(-1)?.until ?? sentAt)) legs.push({ until, reason, cause });
  }
}

/** The way of what carries nobody's words: blame never asks for it. */
const noLegs: Flight['legs'] = [];

function carriesWords(cargo: Cargo): boolean {
  switch (cargo.kind) {
    case 'message':
      return cargo.message.carries.length > 0;
    case 'request':
      return cargo.request.message.carries.length > 0;
    case 'response':
      return (cargo.result.message?.carries.length ?? 0) > 0;
    default:
      return false;
  }
}

const noLosses = Object.freeze({ tail: 0, body: 0 });

/** Bytes on the wire for a payload: headers of its segments and records. */
export function wireBytes(bytes: number): number {
  const segments = Math.max(1, Math.ceil(bytes / segmentBytes));
  return (
    bytes + segments * segmentOverheadBytes + Math.max(1, Math.ceil(bytes / 16_384)) * tlsRecordOverheadBytes
  );
}

/** Round trips that slow start adds: the window doubles each (RFC 5681 §3.1), from that of RFC 6928. */
export function slowStartRounds(bytes: number): number {
  let window = initialWindowSegments;
  let sent = window;
  let rounds = 0;
  while (sent * segmentBytes < bytes && rounds < 7) {
    window *= 2;
    sent += window;
    rounds++;
  }
  return rounds;
}

/** The way of a flight that has arrived, for the account of blame; undefined when it carries nobody's words. */
export function transitOf(flight: Flight): Transit | undefined {
  if (flight.legs === noLegs) return undefined;
  const { connection, toServer, sentAt, legs } = flight;
  const sender = toServer ? connection.client : connection.server;
  assert(sender !== undefined, 'what arrived was sent');
  return { from: sender.port.node, sentAt, legs };
}
