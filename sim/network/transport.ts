// The Internet: names, connections, requests and links between nodes, on paths that faults can meet.
import { present } from '../../protocol/assert.ts';
import type { Address, ConnectOptions, RequestId, RequestOptions, Tag } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { never, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { EndpointSpec, WarmLink } from '../systems/system.ts';
import type { ComponentId } from '../world.ts';
import { emptyAnswerBytes, nearResolverRoundTrip } from './assumptions.ts';
import {
  createConnection,
  isBeingSetUp,
  type Connection,
  type Endpoint,
  type Flight,
  type Request,
} from './connection.ts';
import type { NetworkContext } from './context.ts';
import { Datagrams, isDatagramAddress } from './datagrams.ts';
import type { NamedZone } from './dns.ts';
import { QuietKeepAlives, type KeepAliveListener, type KeepAlives } from './keep-alive.ts';
import { Links } from './links.ts';
import type { InternetMedium, Port } from './medium.ts';
import { Pools } from './pools.ts';
import { Requests } from './requests.ts';
import { SetUps } from './set-up.ts';
import { SteppedKeepAlives } from './stepped-keep-alive.ts';
import { TargetChoice } from './target-choice.ts';
import { Trouble } from './trouble.ts';
import { Wire } from './wire.ts';

/** The Internet of one simulation. */
export class Internet implements InternetMedium {
  readonly #context: NetworkContext;
  readonly #endpoints = new Map<Address, Endpoint>();
  readonly #wire: Wire;
  readonly #targets: TargetChoice;
  readonly #setUps: SetUps;
  readonly #keepAlives: KeepAlives;
  readonly #stepped: SteppedKeepAlives | undefined;
  readonly #requests: Requests;
  readonly #links: Links;
  readonly #datagrams: Datagrams;
  readonly #pools: Pools;
  readonly #trouble: Trouble;
  #lastConnection = 0;

  /** `stepKeepAlives`: send every ping as an event of its own (tests). Same outcome. */
  constructor(context: NetworkContext, stepKeepAlives = false) {
    this.#context = context;
    this.#datagrams = new Datagrams(context);
    this.#pools = new Pools((connection) => this.#dispose(connection));
    this.#targets = new TargetChoice(context);
    this.#wire = new Wire(context, {
      arrived: (flight) => this.#arrived(flight),
      gaveUp: (connection, toServer) => this.#trouble.gaveUp(connection, toServer),
    });
    this.#setUps = new SetUps(context, this.#wire, this.#targets, {
      ready: (connection, at) => this.#ready(connection, at),
      failed: (connection, failure) => this.#failed(connection, failure),
    });
    const lostPatience: KeepAliveListener = (connection, byClient) =>
      this.#trouble.lostPatience(connection, byClient);
    this.#stepped = stepKeepAlives
      ? new SteppedKeepAlives(context, () => this.#wire, lostPatience)
      : undefined;
    this.#keepAlives = this.#stepped ?? new QuietKeepAlives(context, lostPatience);
    this.#requests = new Requests(context, this.#wire, this.#pools, {
      open: (from, endpoint, request) => this.#open(from, endpoint, undefined, request),
      abort: (connection) => this.#dispose(connection),
      spokeToNobody: (connection) => this.#trouble.spokeToNobody(connection),
    });
    this.#links = new Links(context, this.#wire, this.#keepAlives, this.#requests, {
      dispose: (connection) => this.#dispose(connection),
      spokeToNobody: (connection) => this.#trouble.spokeToNobody(connection),
    });
    this.#trouble = new Trouble({
      context,
      wire: this.#wire,
      setUps: this.#setUps,
      keepAlives: this.#keepAlives,
      requests: this.#requests,
      links: this.#links,
      dispose: (connection, keepLink) => this.#dispose(connection, keepLink),
    });
  }

  // --- What the host of nodes calls ---

  addEndpoint(spec: EndpointSpec): void {
    const { places, graph } = this.#context.field;
    const between = [...(spec.loadBalancer === undefined ? [] : [spec.loadBalancer]), ...(spec.needs ?? [])];
    const recordIn = (name: string, zone: ComponentId): NamedZone => ({
      name,
      zone: places.of(zone),
      ttl: seconds(spec.ttlSeconds),
      rarelyAsked: graph.component(graph.indexOf(zone)).attributes['asked'] === 'rarely',
    });
    const { name, dnsZone, serviceZone } = spec;
    this.#endpoints.set(name, {
      spec,
      name: recordIn(serviceZone === undefined ? name : `host of ${name}`, dnsZone),
      service: serviceZone === undefined ? undefined : recordIn(name, serviceZone),
      via: places.of(...between),
      loadBalancer: spec.loadBalancer === undefined ? undefined : places.of(spec.loadBalancer),
      certificate: spec.certificate === undefined ? undefined : places.of(spec.certificate),
    });
  }

  openWarmLinks(links: readonly WarmLink[]): void {
    const { host, stations, table, paths } = this.#context;
    const { now } = host.scheduler;
    for (const { client, part, to, tag, options, target } of links) {
      const station = stations.of(client);
      if (station.isDevice && station.access === undefined) continue;
      const endpoint = present(this.#endpoints.get(to), `endpoint ${to} of a warm link`);
      const port = { node: client, part };
      const connection = createConnection(
        ++this.#lastConnection,
        endpoint,
        station,
        port,
        { tag, options },
        now,
      );
      table.add(connection);
      const server = this.#targets.choose(connection, now, target);
      this.#wire.measure(connection, paths.roundTrip(station, server.station, now));
      const every = options.keepAlive?.every ?? 0;
      this.#links.warm(
        connection,
        server,
        Math.floor(this.#context.draw('link-age', station.name, to, tag) * every),
      );
      this.#trouble.reassess(connection);
    }
  }

  request(from: Port, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    const endpoint = this.#endpoints.get(to);
    const failure = this.#localFailure(from.node, endpoint);
    if (endpoint !== undefined && failure === undefined)
      this.#requests.begin(from, endpoint, tag, message, options);
    else if (failure !== undefined)
      this.#requests.beginFailed(from, tag, message, options, this.#lookUpTime(from.node), failure);
  }

  abandon(from: Port, tag: Tag): void {
    this.#requests.abandon(from, tag);
  }

  respond(from: Port, request: RequestId, message: Message): void {
    const { host } = this.#context;
    this.#requests.respond(from, request, { ok: true, message }, host.byteLength(message));
  }

  refuse(
    from: Port,
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void {
    // 4xx and 503 say that nothing was done; other 5xx leave it open (RFC 9110 §15.5, §15.6).
    const definite = status < 500 || status === 503;
    const failure: Failure = {
      kind: 'status',
      status,
      definite,
      cause: this.#context.host.causeInHand,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    const result = { ok: false, failure, ...(message === undefined ? {} : { message }) } as const;
    const bytes = message === undefined ? emptyAnswerBytes : this.#context.host.byteLength(message);
    this.#requests.respond(from, request, result, bytes);
  }

  isAwaited(request: RequestId): boolean {
    return this.#requests.isOpen(request);
  }

  connect(from: Port, to: Address, tag: Tag, options: ConnectOptions): void {
    const endpoint = this.#endpoints.get(to);
    const failure = this.#localFailure(from.node, endpoint);
    if (failure !== undefined || endpoint === undefined) {
      const at = (this.#context.host.scheduler.now + this.#lookUpTime(from.node)) as Instant;
      if (failure !== undefined) this.#links.beginFailed(from, tag, at, failure);
      return;
    }
    this.#open(from, endpoint, { tag, options }, undefined);
  }

  send(from: Port, link: Address, message: Message): void {
    if (isDatagramAddress(link)) this.#datagrams.send(from, link, message);
    else this.#links.send(from, link, message);
  }

  disconnect(from: Port, link: Address, code: number | undefined): void {
    this.#links.disconnect(from, link, code);
  }

  nodeChanged(node: NodeIndex, up: boolean, cause: CauseToken): void {
    const { table, stations, health } = this.#context;
    const station = stations.of(node);
    if (up) {
      station.downCause = noCause;
      station.downSince = never;
      for (const connection of table.ofNode(node)) this.#trouble.machineIsBack(connection, node);
      return;
    }
    station.downCause = cause;
    // A machine that is halted in order is taken out of service first; one that fails is found out.
    station.downSince = cause === noCause ? never : this.#context.host.scheduler.now;
    this.#pools.forget(node);
    this.#requests.forgetAll(node);
    const silent = station.component !== undefined && !health.isUp(station.component);
    for (const connection of table.ofNode(node)) this.#trouble.endVanished(connection, node, cause, silent);
  }

  deviceNetworkChanged(node: NodeIndex, _up: boolean, cause: CauseToken): void {
    const { table, stations } = this.#context;
    // Online or not, what it had is tied to the address that it no longer has.
    for (const connection of table.ofNode(node)) {
      const { client } = connection;
      const failure: Failure = { kind: 'offline', definite: false, cause };
      if (client.port.node !== node) continue;
      const { request } = connection;
      if (request !== undefined) {
        const unsent = isBeingSetUp(connection, this.#context.host.scheduler.now);
        this.#dispose(connection);
        this.#requests.fail(request, { ...failure, definite: unsent });
      } else if (connection.link === undefined) this.#dispose(connection);
      else {
        const { told } = client;
        this.#links.endOne(connection, client, failure);
        client.gone = true;
        this.#keepAlives.leave(connection, true);
        this.#wire.strike(connection, false, cause);
        this.#wire.strikeUnsent(connection, true, cause);
        if (told || connection.server?.told === true) this.#trouble.goneSilent(connection, cause);
        else this.#dispose(connection);
      }
    }
    this.#pools.forget(node);
    stations.accessChanged(node);
  }

  /** Counts the bytes of keep-alives up to now: call before traffic is reported. */
  settle(): void {
    for (const connection of this.#context.table.links()) this.#keepAlives.account(connection);
  }

  // --- Beginning ---

  #localFailure(node: NodeIndex, endpoint: Endpoint | undefined): Failure | undefined {
    const station = this.#context.stations.of(node);
    if (station.isDevice && station.access === undefined)
      return { kind: 'offline', definite: true, cause: noCause };
    if (endpoint === undefined)
      return { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: noCause };
    return undefined;
  }

  #lookUpTime(node: NodeIndex): Duration {
    const { stations, host } = this.#context;
    const station = stations.of(node);
    if (!station.isDevice) return nearResolverRoundTrip;
    return station.access === undefined
      ? (0 as Duration)
      : stations.accessRoundTrip(station, host.scheduler.now);
  }

  #open(from: Port, endpoint: Endpoint, link: Connection['link'], request: Request | undefined): Connection {
    const { stations, host, table } = this.#context;
    const { now } = host.scheduler;
    const connection = createConnection(
      ++this.#lastConnection,
      endpoint,
      stations.of(from.node),
      from,
      link,
      now,
    );
    connection.request = request;
    if (request !== undefined) request.connection = connection;
    table.add(connection);
    if (link !== undefined) this.#links.begin(connection, link.options);
    this.#setUps.begin(connection);
    if (request !== undefined && connection.setUp?.failure !== undefined)
      this.#requests.expectSilence(request);
    return connection;
  }

  #ready(connection: Connection, at: Instant): void {
    connection.openedAt = at;
    if (connection.request !== undefined) this.#requests.launch(connection, connection.request, at);
    else if (connection.link !== undefined) this.#links.launch(connection, at);
  }

  #failed(connection: Connection, failure: Failure): void {
    const { request } = connection;
    if (connection.link !== undefined) this.#links.fail(connection, failure);
    else {
      this.#dispose(connection);
      if (request !== undefined) this.#requests.fail(request, failure);
    }
  }

  // --- Under way ---

  #arrived(flight: Flight): void {
    const { connection, cargo } = flight;
    if (flight.toServer) {
      this.#setUps.forget(connection);
      this.#keepAlives.heard(connection);
    }
    switch (cargo.kind) {
      case 'request':
        return this.#requests.arrive(flight, cargo.request);
      case 'response':
        return this.#requests.end(flight, cargo.request, cargo.result);
      case 'open':
        return this.#links.open(flight);
      case 'opened':
        return this.#links.opened(flight);
      case 'open-refused':
        return this.#links.fail(connection, cargo.failure);
      case 'message':
        return this.#links.deliver(flight, cargo.message);
      case 'ping':
        return this.#stepped?.pinged(connection);
      case 'pong':
        return this.#stepped?.ponged(connection);
      case 'close':
        return this.#links.closed(flight, cargo);
    }
  }

  // --- The end ---

  /** `keepLink`: an end has yet to hear of it, and may disconnect before it does. */
  #dispose(connection: Connection, keepLink = false): void {
    if (connection.closed) return;
    connection.closed = true;
    const { host, table } = this.#context;
    this.#keepAlives.account(connection);
    this.#wire.drop(connection);
    this.#setUps.forget(connection);
    this.#keepAlives.forget(connection);
    host.scheduler.cancel(connection.attemptTimeout);
    connection.attemptTimeout = undefined;
    table.remove(connection, keepLink && connection.link !== undefined);
  }
}
