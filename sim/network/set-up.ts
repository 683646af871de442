// How a connection comes to be: the name, the TCP handshake, the TLS handshake; each can fail in its own way, or wait.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import { after, never, type Duration, type Instant } from '../../protocol/time.ts';
import { isOutOfService } from '../faults/load-balancer-flap.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import {
  dataGiveUp,
  handshakeBytes,
  initialRetransmission,
  nearResolverRoundTrip,
  refusedShareOfFlapping,
  resolverAttempts,
  resolverTimeout,
  synGiveUp,
  tcpRoundTrips,
  tlsRoundTrips,
} from './assumptions.ts';
import type { Connection, Endpoint, SetUp, SetUpPhase } from './connection.ts';
import type { NetworkContext } from './context.ts';
import type { Resolution, Resolvers } from './dns.ts';
import { nextTransmission } from './retransmission.ts';
import { lostConnecting, lostSecuring, setUpWay, type SetUpWay } from './set-up-way.ts';
import type { TargetChoice } from './target-choice.ts';
import type { Wire } from './wire.ts';

/** Who is told how set-ups end. */
export interface SetUpListener {
  /** Data may leave at `readyAt`, which may lie ahead; it is called again when something postpones it. */
  ready(connection: Connection, readyAt: Instant): void;
  failed(connection: Connection, failure: Failure): void;
}

/** Sets connections up. In quiet operation this takes no event: the outcome and its instant are known at once. */
export class SetUps {
  readonly #context: NetworkContext;
  readonly #wire: Wire;
  readonly #targets: TargetChoice;
  readonly #listener: SetUpListener;
  readonly #end: EventKind;

  constructor(context: NetworkContext, wire: Wire, targets: TargetChoice, listener: SetUpListener) {
    this.#context = context;
    this.#wire = wire;
    this.#targets = targets;
    this.#listener = listener;
    this.#end = context.host.scheduler.register('set-up-end', (_node, payload) =>
      this.#fail(payload as Connection),
    );
  }

  begin(connection: Connection): void {
    const { now } = this.#context.host.scheduler;
    connection.setUp = {
      startedAt: now,
      resolvedAt: now,
      connectedAt: now,
      endsAt: now,
      failure: undefined,
      stalled: undefined,
      cause: noCause,
      event: undefined,
    };
    this.#plan(connection, connection.setUp, 'resolving', now);
  }

  /** Faults changed while the connection is being set up. */
  reassess(connection: Connection): void {
    const setUp = present(connection.setUp, 'set-up of a connection that is being set up');
    const { now } = this.#context.host.scheduler;
    if (setUp.stalled !== undefined) {
      const { phase, since } = setUp.stalled;
      if (this.#cutBy(connection, phase) !== undefined) return;
      const again = nextTransmission(since, this.#retryTimeout(connection, phase), now);
      // The last try is over: what heals now is not tried any more.
      if (again >= setUp.endsAt) return;
      this.#plan(connection, setUp, phase, again);
      return;
    }
    const phase: SetUpPhase =
      now < setUp.resolvedAt ? 'resolving' : now < setUp.connectedAt ? 'connecting' : 'securing';
    const began = { resolving: setUp.startedAt, connecting: setUp.resolvedAt, securing: setUp.connectedAt };
    // A plan that is still resolving has its handshake ahead: what cuts that counts as well.
    const phases: readonly SetUpPhase[] = phase === 'resolving' ? ['resolving', 'connecting'] : [phase];
    for (const ahead of phases) {
      const cut = this.#cutBy(connection, ahead);
      if (cut === undefined) continue;
      this.#wire.drop(connection);
      this.#stall(connection, setUp, ahead, began[ahead], cut);
      return;
    }
    if (setUp.failure !== undefined || this.#refusal(connection, now) === undefined) return;
    this.#wire.drop(connection);
    if (phase === 'resolving') this.#plan(connection, setUp, 'connecting', setUp.resolvedAt);
    else this.#plan(connection, setUp, phase, now);
  }

  /** The attempt is over, one way or the other. */
  forget(connection: Connection): void {
    this.#context.host.scheduler.cancel(connection.setUp?.event);
    connection.setUp = undefined;
  }

  /** Plans everything from this phase on, begun at `at`, as things stand now. */
  #plan(connection: Connection, setUp: SetUp, from: SetUpPhase, at: Instant): void {
    const { host, stations, resolvers } = this.#context;
    host.scheduler.cancel(setUp.event);
    setUp.event = undefined;
    setUp.stalled = undefined;
    let time: number = at;
    if (from === 'resolving') {
      const cut = this.#cutBy(connection, 'resolving');
      if (cut !== undefined) return this.#stall(connection, setUp, 'resolving', at, cut);
      const { station } = connection.client;
      const answer = resolve(resolvers, station.resolver, connection.endpoint, at);
      time += answer.recursion;
      time += station.isDevice ? stations.accessRoundTrip(station, at) : nearResolverRoundTrip;
      setUp.cause = this.#context.field.union(setUp.cause, answer.cause);
      setUp.resolvedAt = setUp.connectedAt = time as Instant;
      if (answer.answer !== 'address') {
        const failure: Failure = {
          kind: 'unresolved',
          answer: answer.answer,
          definite: true,
          cause: answer.cause,
        };
        return this.#planNoConnection(connection, setUp, time, failure);
      }
    }
    const server = this.#targets.choose(connection, at);
    const way = setUpWay(this.#context, this.#wire.state(connection), connection.client, server, at);
    const { roundTrip } = way;
    this.#wire.measure(connection, roundTrip);
    if (from !== 'securing') {
      const cut = this.#cutBy(connection, 'connecting');
      if (cut !== undefined) return this.#stall(connection, setUp, 'connecting', time as Instant, cut);
      const refusal = this.#refusal(connection, time as Instant);
      if (refusal?.silent === true)
        return this.#stall(connection, setUp, 'connecting', time as Instant, refusal.cause);
      if (refusal !== undefined) {
        const failure: Failure = { kind: 'refused', definite: true, cause: refusal.cause };
        return this.#planNoConnection(connection, setUp, time + roundTrip, failure);
      }
      const lost = lostConnecting(this.#context, connection, way, time as Instant);
      if (lost === undefined) return this.#stall(connection, setUp, 'connecting', time as Instant, way.cause);
      setUp.cause = this.#context.field.union(setUp.cause, way.cause);
      time += lost + roundTrip * tcpRoundTrips;
      setUp.connectedAt = time as Instant;
      if (time > patienceEndsAt(connection, setUp))
        return this.#planNoConnection(connection, setUp, time, timedOut(setUp.cause));
    }
    this.#secure(connection, setUp, time as Instant, way);
  }

  #secure(connection: Connection, setUp: SetUp, at: Instant, way: SetUpWay): void {
    const refusal = this.#refusal(connection, at);
    if (refusal !== undefined)
      return this.#planFailure(connection, setUp, at, {
        kind: 'reset',
        definite: true,
        cause: refusal.cause,
      });
    const expired = this.#certificateExpiredBy(connection, at);
    const lost = lostSecuring(this.#context, connection, way, at);
    if (lost === undefined) return this.#stall(connection, setUp, 'securing', at, way.cause);
    setUp.cause = this.#context.field.union(setUp.cause, way.cause);
    const endsAt = at + lost + way.throttled + way.roundTrip * tlsRoundTrips;
    if (expired !== noCause)
      return this.#planFailure(connection, setUp, endsAt, { kind: 'tls', definite: true, cause: expired });
    setUp.endsAt = endsAt as Instant;
    setUp.failure = undefined;
    this.#context.host.countBytes('internet', handshakeBytes);
    this.#listener.ready(connection, setUp.endsAt);
  }

  /** As `#planFailure`, before the TCP connection stands: the client may not wait for it so long. */
  #planNoConnection(connection: Connection, setUp: SetUp, at: number, failure: Failure): void {
    const patienceEnds = patienceEndsAt(connection, setUp);
    if (at <= patienceEnds) this.#planFailure(connection, setUp, at, failure);
    else this.#planFailure(connection, setUp, patienceEnds, timedOut(failure.cause));
  }

  #planFailure(connection: Connection, setUp: SetUp, at: number, failure: Failure): void {
    const { scheduler } = this.#context.host;
    this.#context.field.countContact(failure.cause);
    setUp.endsAt = Math.max(at, scheduler.now) as Instant;
    setUp.failure = failure;
    setUp.cause = this.#context.field.union(setUp.cause, failure.cause);
    setUp.event = scheduler.schedule(setUp.endsAt, this.#end, connection.client.port.node, connection);
  }

  /** Nothing gets through: retries go on until the path heals or somebody gives up. */
  #stall(connection: Connection, setUp: SetUp, phase: SetUpPhase, since: Instant, cause: CauseToken): void {
    const patience = {
      resolving: resolverTimeout * resolverAttempts,
      connecting: synGiveUp,
      securing: dataGiveUp,
    }[phase];
    const failure: Failure =
      phase === 'resolving'
        ? { kind: 'unresolved', answer: 'silence', definite: true, cause }
        : timedOut(cause);
    this.#context.host.scheduler.cancel(setUp.event);
    if (phase === 'securing') this.#planFailure(connection, setUp, since + patience, failure);
    else this.#planNoConnection(connection, setUp, since + patience, failure);
    setUp.stalled = { phase, since };
    connection.cause = setUp.cause;
    this.#context.host.hindered(connection.client.port.node, cause);
  }

  #fail(connection: Connection): void {
    const { setUp } = connection;
    if (setUp?.failure === undefined) return;
    setUp.event = undefined;
    const cause = this.#context.field.union(setUp.cause, setUp.failure.cause);
    this.#listener.failed(connection, { ...setUp.failure, cause });
  }

  #retryTimeout(connection: Connection, phase: SetUpPhase): Duration {
    if (phase === 'resolving') return resolverTimeout;
    return phase === 'connecting' ? initialRetransmission : connection.retransmissionTimeout;
  }

  /** Faults because of which this phase gets no answer; undefined when it does. */
  #cutBy(connection: Connection, phase: SetUpPhase): CauseToken | undefined {
    const { field, health } = this.#context;
    if (phase === 'resolving') {
      const stranded = health.strandedBy(connection.client.port.node);
      if (stranded !== noCause) return stranded;
      const own = field.path(connection.clientPlace, connection.clientPlace, connection.clientPlace);
      return own.deadToServer ? own.deadCause : undefined;
    }
    const { server } = connection;
    if (server?.station.component !== undefined && !health.isUp(server.station.component))
      return health.causeOf(server.station.component);
    return this.#wire.cutBy(connection, true) ?? this.#wire.cutBy(connection, false);
  }

  /** Why the server's side does not take the connection; `silent`: it says nothing at all. */
  #refusal(
    connection: Connection,
    at: Instant,
  ): { readonly silent: boolean; readonly cause: CauseToken } | undefined {
    const { host } = this.#context;
    const { server } = connection;
    if (server === undefined) return undefined;
    const state = this.#wire.state(connection);
    if (state.refused) return { silent: false, cause: state.refusedCause };
    const drained = this.#context.field.drainedBy(server.station.place);
    if (drained !== undefined) return { silent: false, cause: drained };
    const flap = this.outOfServiceBy(connection);
    if (flap !== noCause) {
      const uniform = this.#context.draw(
        'flap-manner',
        connection.client.station.name,
        server.station.name,
        at,
      );
      return { silent: uniform >= refusedShareOfFlapping, cause: flap };
    }
    if (host.isUp(server.port.node)) return undefined;
    return { silent: false, cause: server.station.downCause };
  }

  /** Flaps of the load balancer that have taken the connection's target out of service. */
  outOfServiceBy(connection: Connection): CauseToken {
    const { field, host } = this.#context;
    const { loadBalancer } = connection.endpoint;
    const { server } = connection;
    let cause = noCause;
    if (loadBalancer === undefined || server === undefined) return cause;
    const { now } = host.scheduler;
    if (field.healthChecksOff(loadBalancer) !== undefined) return cause;
    for (const index of field.active()) {
      const fault = field.fault(index);
      if (fault.kind !== 'load-balancer-flap' || !field.strikes(index, loadBalancer, now)) continue;
      const severity = field.timeline.severity(index, now);
      if (isOutOfService(fault, severity, server.station.name, now, this.#context.draw))
        cause = field.blame(cause, index);
    }
    return cause;
  }

  #certificateExpiredBy(connection: Connection, at: Instant): CauseToken {
    const { field } = this.#context;
    const { certificate } = connection.endpoint;
    let cause = noCause;
    if (certificate === undefined) return cause;
    const { name } = connection.client.station;
    for (const index of field.active()) {
      const fault = field.fault(index);
      if (fault.kind !== 'certificate-expired' || !field.strikes(index, certificate, at)) continue;
      // Who has a newer trust store does not notice: the draw is the client's for good.
      if (this.#context.draw('trust-store', fault.id, name) >= (fault.clients ?? 1)) continue;
      cause = field.blame(cause, index);
    }
    return cause;
  }
}

/** When whoever asks gives a connection up that does not come to stand. */
function patienceEndsAt({ request }: Connection, { startedAt }: SetUp): Instant {
  const patience = request?.options.connectTimeout;
  return patience === undefined ? never : after(startedAt, patience);
}

function timedOut(cause: CauseToken): Failure {
  return { kind: 'timed-out', phase: 'connect', definite: true, cause };
}

/** What a name says; behind a service, its record first, which whoever asks has kept for the case that nobody answers for it. */
function resolve(
  resolvers: Resolvers,
  resolver: string,
  { name, service }: Endpoint,
  at: Instant,
): Resolution {
  if (service === undefined) return resolvers.resolve(resolver, name, at);
  const record = resolvers.resolve(resolver, service, at);
  const isMissing = record.answer === 'nxdomain' || record.answer === 'empty';
  if (isMissing) return record;
  const address = resolvers.resolve(resolver, name, at);
  return { ...address, recursion: (record.recursion + address.recursion) as Duration };
}
