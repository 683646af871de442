// Requests and their answers over pooled connections: one request at a time on each, as HTTP/1.1 does it.
import type { Address, RequestId, RequestOptions, RequestResult, Tag } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { SmallMap } from '../../protocol/small-map.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import { ByNumber } from '../by-number.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import { emptyAnswerBytes } from './assumptions.ts';
import { isBeingSetUp, type Connection, type Endpoint, type Flight, type Request } from './connection.ts';
import type { NetworkContext } from './context.ts';
import type { Port } from './medium.ts';
import { OpenRequests } from './open-requests.ts';
import type { Pools } from './pools.ts';
import { nextTransmission } from './retransmission.ts';
import { transitOf } from './way.ts';
import { wireBytes, type Wire } from './wire.ts';

/** What requests need of the transport. */
export interface ConnectionOpener {
  /** A connection for one request: it calls `Requests.launch` when it is ready. */
  open(from: Port, endpoint: Endpoint, request: Request): Connection;
  /** The client closes it without a word to the core. */
  abort(connection: Connection): void;
  /** A request went to a machine that knows of no such connection. */
  spokeToNobody(connection: Connection): void;
}

/** How many servers that wait for each other are looked through for why the first is silent. */
const deepestWait = 3;

/** An end that comes to a request by itself: not as an answer over the wire. */
interface Ending {
  readonly request: Request;
  readonly failure: Failure;
}

/** All requests that wait for their end. */
export class Requests {
  readonly #context: NetworkContext;
  readonly #wire: Wire;
  readonly #pools: Pools;
  readonly #opener: ConnectionOpener;
  readonly #timeout: EventKind;
  readonly #ending: EventKind;
  /** By id, for answers; by client and tag, to abandon. */
  readonly #open = new OpenRequests();
  readonly #byTag = new ByNumber<Map<string, SmallMap<Tag, Request>>>();

  constructor(context: NetworkContext, wire: Wire, pools: Pools, opener: ConnectionOpener) {
    this.#context = context;
    this.#wire = wire;
    this.#pools = pools;
    this.#opener = opener;
    const { scheduler } = context.host;
    this.#timeout = scheduler.register('request-time-out', (_node, payload) =>
      this.#timeOut(payload as Request),
    );
    this.#ending = scheduler.register('request-end', (_node, payload) => {
      const { request, failure } = payload as Ending;
      this.fail(request, failure);
    });
  }

  /** Begins a request on an idle connection, or on one of its own. */
  begin(from: Port, endpoint: Endpoint, tag: Tag, message: Message, options: RequestOptions): void {
    const { host } = this.#context;
    const request = this.#register(from, tag, message, options);
    const idle = this.#pools.take(from.node, endpoint, host.scheduler.now);
    if (idle === undefined) {
      request.connection = this.#opener.open(from, endpoint, request);
      return;
    }
    idle.request = request;
    request.connection = idle;
    this.launch(idle, request, host.scheduler.now);
  }

  /** A request that fails where it begins, at once or after some time. */
  beginFailed(
    from: Port,
    tag: Tag,
    message: Message,
    options: RequestOptions,
    after: Duration,
    failure: Failure,
  ): void {
    const request = this.#register(from, tag, message, options);
    this.endLater(request, (this.#context.host.scheduler.now + after) as Instant, failure);
  }

  /** The request leaves over a connection that is ready then. */
  launch(connection: Connection, request: Request, at: Instant): void {
    const { host } = this.#context;
    const cause = connection.setUp?.cause ?? noCause;
    request.pollsSince = at;
    const bytes = host.byteLength(request.message);
    this.#wire.send(connection, true, { kind: 'request', request }, bytes, request.startedAt, at, cause);
    const { last: flight } = connection.toServer;
    const isPoll = request.options.renewEvery !== undefined;
    const late = !isPoll && connection.lastArrivalAtServer > deadlineOf(request, at);
    if (flight?.arrival === undefined || late) this.expectSilence(request);
    if (connection.resets) this.#opener.spokeToNobody(connection);
  }

  /** The path or the other end went silent: a time-out becomes possible. */
  expectSilence(request: Request): void {
    if (request.timeout !== undefined || request.ended) return;
    const { scheduler } = this.#context.host;
    const { renewEvery } = request.options;
    if (renewEvery !== undefined)
      request.pollDue = (currentPoll(request, scheduler.now) + renewEvery) as Instant;
    const at = Math.max(scheduler.now, deadlineOf(request, scheduler.now)) as Instant;
    request.timeout = scheduler.schedule(at, this.#timeout, request.from.node, request);
  }

  /** The path is alive again: a long poll goes on if its empty answer still comes in time. */
  expectAnswer(connection: Connection, request: Request, oneWay: Duration): void {
    if (request.options.renewEvery === undefined) return;
    if (!connection.toServer.isEmpty || !connection.toClient.isEmpty) return;
    const { scheduler } = this.#context.host;
    const { now } = scheduler;
    const again = nextTransmission(request.pollDue, connection.retransmissionTimeout, now);
    const deadline = deadlineOf(request, (request.pollDue - 1) as Instant);
    if (request.pollDue < now && again + oneWay > deadline) return;
    scheduler.cancel(request.timeout);
    request.timeout = undefined;
  }

  /** A request came to its server. */
  arrive(flight: Flight, request: Request): void {
    const { host, field } = this.#context;
    const { connection } = flight;
    const { server } = connection;
    if (server === undefined) return;
    const error = this.errorOn(connection, request.tag);
    if (error !== undefined) {
      const failure: Failure = { kind: 'status', status: error.status, definite: true, cause: error.cause };
      field.countContact(error.cause);
      this.#answer(request, { ok: false, failure }, emptyAnswerBytes);
      return;
    }
    const from = host.nodeName(request.from.node) as Address;
    const message = host.carry(request.message);
    host.deliver(server.port, { kind: 'request', id: request.id, from, message }, transitOf(flight));
    const patient = request.options.renewEvery !== undefined;
    if (!request.answered && !request.ended && !patient) this.expectSilence(request);
  }

  /** Faults that answer this request with an error in front of its server. */
  errorOn(
    connection: Connection,
    salt: string,
  ): { readonly status: number; readonly cause: CauseToken } | undefined {
    const { field, host } = this.#context;
    const { errors } = this.#wire.state(connection);
    if (errors.length === 0) return undefined;
    const { now } = host.scheduler;
    for (const index of errors) {
      const fault = field.fault(index);
      if (fault.kind !== 'error-rate') continue;
      const likely = fault.probability * field.timeline.severity(index, now);
      if (this.#context.draw('error', fault.id, connection.client.station.name, now, salt) < likely)
        return { status: fault.status, cause: field.blame(noCause, index) };
    }
    return undefined;
  }

  respond(from: Port, id: RequestId, result: RequestResult, bytes: number): void {
    const request = this.#open.get(id);
    if (request === undefined || request.answered) return;
    if (request.connection?.server?.port.node !== from.node) return;
    this.#answer(request, result, bytes);
  }

  /** An answer came to its client. */
  end(flight: Flight, request: Request, result: RequestResult): void {
    const { host, field } = this.#context;
    if (request.ended) return;
    this.#forget(request);
    this.#pools.giveBack(flight.connection, host.scheduler.now);
    // A server that is drained closes with its last answer.
    const { server } = flight.connection;
    if (server !== undefined && field.drainedBy(server.station.place) !== undefined)
      this.#opener.abort(flight.connection);
    const carried = result.ok ? { ok: true as const, message: host.carry(result.message) } : result;
    const input = { kind: 'response', tag: request.tag, result: carried } as const;
    host.deliver(request.from, input, transitOf(flight));
  }

  /** The request fails now. Its connection is the caller's concern. */
  fail(request: Request, failure: Failure): void {
    if (request.ended) return;
    this.#forget(request);
    this.#context.field.countContact(failure.cause);
    const result = { ok: false, failure } as const;
    this.#context.host.deliver(request.from, { kind: 'response', tag: request.tag, result }, undefined);
  }

  /** The request fails at an instant to come, unless it ends before. */
  endLater(request: Request, at: Instant, failure: Failure): void {
    const ending: Ending = { request, failure };
    this.#context.host.scheduler.schedule(at, this.#ending, request.from.node, ending);
  }

  isOpen(id: RequestId): boolean {
    return this.#open.get(id) !== undefined;
  }

  abandon(from: Port, tag: Tag): void {
    const request = this.#byTag.get(from.node)?.get(from.part)?.get(tag);
    if (request === undefined) return;
    this.#forget(request);
    if (request.connection !== undefined) this.#opener.abort(request.connection);
  }

  /** The client's node is down: nobody waits any more. */
  forgetAll(node: NodeIndex): void {
    for (const byTag of this.#byTag.get(node)?.values() ?? [])
      for (const request of [...byTag.values()]) this.#forget(request);
  }

  #register(from: Port, tag: Tag, message: Message, options: RequestOptions): Request {
    const { now } = this.#context.host.scheduler;
    const siblings = this.#tagsOf(from);
    const request: Request = {
      id: this.#open.nextId(),
      from,
      tag,
      siblings,
      message,
      options,
      startedAt: now,
      connection: undefined,
      pollsSince: now,
      pollDue: now,
      timeout: undefined,
      ended: false,
      answered: false,
    };
    this.#open.add(request);
    siblings.set(tag, request);
    return request;
  }

  #tagsOf({ node, part }: Port): SmallMap<Tag, Request> {
    let parts = this.#byTag.get(node);
    if (parts === undefined) this.#byTag.set(node, (parts = new Map<string, SmallMap<Tag, Request>>()));
    let tags = parts.get(part);
    if (tags === undefined) parts.set(part, (tags = new SmallMap<Tag, Request>()));
    return tags;
  }

  #answer(request: Request, result: RequestResult, bytes: number): void {
    const { connection } = request;
    if (connection === undefined || connection.closed) return;
    request.answered = true;
    const { now } = this.#context.host.scheduler;
    this.#accountPolls(request, now);
    this.#wire.send(connection, false, { kind: 'response', request, result }, bytes, now, now);
    const { last: flight } = connection.toClient;
    const late = connection.lastArrivalAtClient > deadlineOf(request, now);
    if (flight?.arrival === undefined || late) this.expectSilence(request);
  }

  #timeOut(request: Request): void {
    request.timeout = undefined;
    const { connection } = request;
    const inSetUp = connection !== undefined && isBeingSetUp(connection, this.#context.host.scheduler.now);
    const cause = this.#causeOfWait(request, deepestWait);
    if (connection !== undefined) this.#opener.abort(connection);
    const phase = inSetUp ? 'connect' : 'response';
    this.fail(request, { kind: 'timed-out', phase, definite: inSetUp, cause });
  }

  /**
   * Faults because of which a request has no answer yet: those of its way and of its server; where there are none, those
   * that hold up what its server has asked others for since.
   */
  #causeOfWait({ connection, startedAt }: Request, depth: number): CauseToken {
    if (connection === undefined) return noCause;
    const own = this.#causeOfSilence(connection);
    const { server } = connection;
    if (own !== noCause || server === undefined || depth === 0) return own;
    return this.causeOfErrands(server.port.node, startedAt, depth - 1);
  }

  /** Faults that hold up what a machine has asked others for at `since` or later. */
  causeOfErrands(node: NodeIndex, since: Instant, depth = deepestWait): CauseToken {
    let cause = noCause;
    for (const byTag of this.#byTag.get(node)?.values() ?? [])
      for (const errand of byTag.values())
        if (errand.startedAt >= since)
          cause = this.#context.field.union(cause, this.#causeOfWait(errand, depth));
    return cause;
  }

  #causeOfSilence(connection: Connection): CauseToken {
    const { field, host } = this.#context;
    const { server } = connection;
    const pressed = server === undefined ? noCause : host.pressedBy(server.port.node);
    const hindered = field.union(this.#wire.hinderedBy(connection), this.#slowedBy(connection));
    const setUp = connection.setUp?.cause ?? noCause;
    return field.union(field.union(connection.cause, pressed), field.union(setUp, hindered));
  }

  /** Faults because of which the server takes longer over each request. */
  #slowedBy({ server }: Connection): CauseToken {
    const component = server?.station.component;
    const { health } = this.#context;
    return component === undefined || health.workFactor(component) <= 1 ? noCause : health.causeOf(component);
  }

  #forget(request: Request): void {
    const { scheduler } = this.#context.host;
    request.ended = true;
    scheduler.cancel(request.timeout);
    request.timeout = undefined;
    this.#open.delete(request);
    const { siblings, tag } = request;
    if (siblings.get(tag) === request) siblings.delete(tag);
    if (request.connection?.request === request) request.connection.request = undefined;
  }

  /** Polls that came back empty so far. */
  #accountPolls(request: Request, now: Instant): void {
    const { renewEvery } = request.options;
    if (renewEvery === undefined) return;
    const polls = Math.floor((now - request.pollsSince) / renewEvery);
    const bytes = wireBytes(this.#context.host.byteLength(request.message)) + wireBytes(emptyAnswerBytes);
    if (polls > 0) this.#context.host.countBytes('internet', polls * bytes);
  }
}

/** When the client stops waiting. A long poll's silence is counted from the poll in hand. */
function deadlineOf(request: Request, now: Instant): Instant {
  const { timeout, renewEvery } = request.options;
  if (renewEvery === undefined) return (request.startedAt + timeout) as Instant;
  // A caller that allows less than a poll takes means the time beyond it.
  const allowed = timeout > renewEvery ? timeout : renewEvery + timeout;
  return (currentPoll(request, now) + allowed) as Instant;
}

/** When the long poll in hand was sent. */
function currentPoll(request: Request, now: Instant): Instant {
  const every = request.options.renewEvery ?? 1;
  const polls = Math.max(0, Math.floor((now - request.pollsSince) / every));
  return (request.pollsSince + polls * every) as Instant;
}
