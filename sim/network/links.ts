// Connections that cores open and keep: how each side learns of them, and of their end.
import { present } from '../../protocol/assert.ts';
import type { Address, ConnectOptions, Tag } from '../../protocol/core.ts';
import { noCause, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import {
  endsOf,
  isThere,
  linkName,
  type Cargo,
  type Connection,
  type End,
  type Flight,
} from './connection.ts';
import type { NetworkContext } from './context.ts';
import { closeFrameBytes, consentBytes, emptyAnswerBytes, upgradeBytes } from './assumptions.ts';
import type { KeepAlives } from './keep-alive.ts';
import type { Port } from './medium.ts';
import type { Requests } from './requests.ts';
import { transitOf } from './way.ts';
import type { Wire } from './wire.ts';

/** What links need of the transport. */
export interface LinkOwner {
  /** The connection is no more: no events, no index. */
  dispose(connection: Connection): void;
  /** A message went to a machine that knows of no such connection. */
  spokeToNobody(connection: Connection): void;
}

/** An attempt that fails without a connection. */
interface Refusal {
  readonly port: Port;
  readonly tag: Tag;
  readonly failure: Failure;
}

/** All links of cores. */
export class Links {
  readonly #context: NetworkContext;
  readonly #wire: Wire;
  readonly #keepAlives: KeepAlives;
  readonly #requests: Requests;
  readonly #owner: LinkOwner;
  readonly #timeout: EventKind;
  readonly #refusal: EventKind;

  constructor(
    context: NetworkContext,
    wire: Wire,
    keepAlives: KeepAlives,
    requests: Requests,
    owner: LinkOwner,
  ) {
    this.#context = context;
    this.#wire = wire;
    this.#keepAlives = keepAlives;
    this.#requests = requests;
    this.#owner = owner;
    const { scheduler } = context.host;
    this.#timeout = scheduler.register('connect-time-out', (_node, payload) =>
      this.#timeOut(payload as Connection),
    );
    this.#refusal = scheduler.register('connect-end', (_node, payload) => {
      const { port, tag, failure } = payload as Refusal;
      this.#down(port, { tag }, failure);
    });
  }

  /** An attempt begins: it may take this long. */
  begin(connection: Connection, options: ConnectOptions): void {
    const { scheduler } = this.#context.host;
    const at = (scheduler.now + options.timeout) as Instant;
    connection.attemptTimeout = scheduler.schedule(
      at,
      this.#timeout,
      connection.client.port.node,
      connection,
    );
  }

  /** An attempt that fails where it begins. */
  beginFailed(port: Port, tag: Tag, at: Instant, failure: Failure): void {
    const refusal: Refusal = { port, tag, failure };
    this.#context.host.scheduler.schedule(at, this.#refusal, port.node, refusal);
  }

  /** TCP and TLS are done at `at`: the client asks for the link. */
  launch(connection: Connection, at: Instant): void {
    const { now } = this.#context.host.scheduler;
    this.#wire.send(connection, true, { kind: 'open' }, upgradeBytes, Math.min(now, at) as Instant, at);
  }

  /** A link that was opened long ago. `age`: how far it is into its keep-alive period. */
  warm(connection: Connection, server: End, age: number): void {
    const { now } = this.#context.host.scheduler;
    connection.openedAt = (now - age) as Instant;
    connection.accountedUntil = now;
    this.#opened(connection);
    this.#keepAlives.heard(connection);
    this.#tellServer(connection, server);
  }

  /** The upgrade request is at the server. */
  open(flight: Flight): void {
    const { connection } = flight;
    const { server } = connection;
    const { now } = this.#context.host.scheduler;
    if (server === undefined) return;
    const error = this.#requests.errorOn(connection, tagOf(connection));
    if (error !== undefined) {
      const failure: Failure = { kind: 'status', status: error.status, definite: true, cause: error.cause };
      this.#context.field.countContact(error.cause);
      this.#wire.send(connection, false, { kind: 'open-refused', failure }, emptyAnswerBytes, now, now);
      return;
    }
    // The consent leaves before anything that the server's core says on hearing of the link.
    this.#wire.send(connection, false, { kind: 'opened' }, consentBytes, now, now);
    this.#tellServer(connection, server);
  }

  /** The consent is at the client. */
  opened(flight: Flight): void {
    const { connection } = flight;
    if (!connection.client.open) return;
    const { now } = this.#context.host.scheduler;
    connection.openedAt = now;
    connection.accountedUntil = now;
    this.#opened(connection);
  }

  /** The attempt failed, certainly before any link was up. */
  fail(connection: Connection, failure: Failure): void {
    const { port } = connection.client;
    const tag = tagOf(connection);
    this.#owner.dispose(connection);
    this.#down(port, { tag }, failure);
  }

  send(from: Port, link: Address, message: Message): void {
    const side = this.#side(from, link);
    if (side === undefined) return;
    const { host } = this.#context;
    const { connection, isClient } = side;
    if (connection.closed) return;
    const { now } = host.scheduler;
    const bytes = host.byteLength(message);
    const carried = host.carry(message);
    this.#wire.send(connection, isClient, { kind: 'message', message: carried }, bytes, now, now);
    if (connection.resets) this.#owner.spokeToNobody(connection);
  }

  deliver(flight: Flight, message: Message): void {
    const { connection, toServer } = flight;
    const { receiver } = endsOf(flight);
    if (!receiver.told) return;
    const from = linkName(connection, !toServer);
    this.#context.host.deliver(receiver.port, { kind: 'message', from, message }, transitOf(flight));
  }

  disconnect(from: Port, link: Address, code: number | undefined): void {
    const side = this.#side(from, link);
    if (side === undefined) return;
    this.close(side.connection, side.isClient, code);
  }

  /** One side closes in order: it sees nothing more, the other learns of it behind all that was sent before. */
  close(connection: Connection, byClient: boolean, code: number | undefined): void {
    const { now } = this.#context.host.scheduler;
    const end = byClient ? connection.client : connection.server;
    const other = byClient ? connection.server : connection.client;
    if (end === undefined) return;
    if (!connection.closed) this.#keepAlives.account(connection);
    end.open = false;
    end.told = false;
    if (connection.closed) return;
    if (byClient) this.#noteSilence(connection);
    if (!isThere(other)) {
      this.#owner.dispose(connection);
      return;
    }
    const since = this.#keepAlives.waitingSince(connection);
    this.#keepAlives.leave(connection, byClient);
    this.#wire.send(
      connection,
      byClient,
      { kind: 'close', code, cause: this.#context.host.causeInHand },
      closeFrameBytes,
      now,
      now,
    );
    // The closing did not get through: the other side has to find out by itself.
    if (!this.#wire.isStalled(connection, byClient)) return;
    this.#wire.waitsSince(connection, since);
    this.#keepAlives.watch(connection);
  }

  /** A client that was never answered, and goes, was kept waiting by what its server waits for. */
  #noteSilence({ client, server, openedAt, lastArrivalAtClient }: Connection): void {
    if (server === undefined || lastArrivalAtClient > openedAt) return;
    const { host } = this.#context;
    host.hindered(client.port.node, this.#requests.causeOfErrands(server.port.node, openedAt));
  }

  /** The other side's orderly end has come. */
  closed(flight: Flight, { code, cause }: Extract<Cargo, { readonly kind: 'close' }>): void {
    const { connection } = flight;
    const failure: Failure = {
      kind: 'closed',
      definite: false,
      cause,
      ...(code === undefined ? {} : { code }),
    };
    this.endOne(connection, endsOf(flight).receiver, failure);
    this.#owner.dispose(connection);
  }

  /** One side learns that the link is down. */
  endOne(connection: Connection, end: End, failure: Failure): void {
    if (!connection.closed) this.#keepAlives.account(connection);
    const wasTold = end.told;
    const wasOpen = end.open;
    end.open = false;
    end.told = false;
    if (!wasOpen) return;
    const isClient = end === connection.client;
    if (wasTold) this.#down(end.port, { link: linkName(connection, isClient) }, failure);
    else if (isClient) this.#down(end.port, { tag: tagOf(connection) }, failure);
  }

  #opened(connection: Connection): void {
    const { client, endpoint } = connection;
    this.#context.host.scheduler.cancel(connection.attemptTimeout);
    connection.attemptTimeout = undefined;
    client.told = true;
    this.#keepAlives.begin(connection);
    const peer = endpoint.spec.name;
    const name = linkName(connection, true);
    const tag = tagOf(connection);
    this.#context.host.deliver(client.port, { kind: 'link-up', link: name, peer, tag }, undefined);
  }

  #tellServer(connection: Connection, server: End): void {
    const { host } = this.#context;
    server.told = true;
    // What waits for the device waits behind what else the server has to do before it hears of the link.
    const pressed = host.pressedBy(server.port.node);
    if (pressed !== noCause) host.hindered(connection.client.port.node, pressed);
    const peer = host.nodeName(connection.client.port.node) as Address;
    host.deliver(server.port, { kind: 'link-up', link: linkName(connection, false), peer }, undefined);
  }

  #timeOut(connection: Connection): void {
    connection.attemptTimeout = undefined;
    // It has left its network meanwhile, and knows.
    if (!connection.client.open) return;
    const cause = this.#context.field.union(connection.cause, connection.setUp?.cause ?? noCause);
    this.#context.field.countContact(cause);
    const failure: Failure = { kind: 'timed-out', phase: 'connect', definite: true, cause };
    const { server } = connection;
    const { port } = connection.client;
    const tag = tagOf(connection);
    // A server that has consented finds out by itself.
    if (server?.told === true && server.open) this.close(connection, true, undefined);
    else this.#owner.dispose(connection);
    this.#down(port, { tag }, failure);
  }

  #down(port: Port, name: { readonly link: Address } | { readonly tag: Tag }, failure: Failure): void {
    this.#context.host.deliver(port, { kind: 'link-down', ...name, failure }, undefined);
  }

  #side(
    from: Port,
    link: Address,
  ): { readonly connection: Connection; readonly isClient: boolean } | undefined {
    const found = this.#context.table.link(link);
    if (found === undefined) return undefined;
    const end = found.isClient ? found.connection.client : found.connection.server;
    return end?.open === true && end.told && isAt(end, from) ? found : undefined;
  }
}

function tagOf({ link }: Connection): Tag {
  return present(link, 'link of a connection').tag;
}

function isAt(end: End, port: { readonly node: NodeIndex; readonly part: string }): boolean {
  return end.port.node === port.node && end.port.part === port.part;
}
