// Connections and what travels on them, as data.
import { present } from '../../protocol/assert.ts';
import type {
  Address,
  ConnectOptions,
  RequestId,
  RequestOptions,
  RequestResult,
  Tag,
} from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { SmallMap } from '../../protocol/small-map.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Place } from '../faults/places.ts';
import { quietPath, type PathState } from '../faults/verdict.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import type { EndpointSpec } from '../systems/system.ts';
import type { NamedZone } from './dns.ts';
import { FlightQueue } from './flight-queue.ts';
import type { Flow } from './flows.ts';
import type { Port, Transit } from './medium.ts';
import type { Station } from './station.ts';

/** A name that can be connected to, as the transport keeps it. */
export interface Endpoint {
  readonly spec: EndpointSpec;
  readonly name: NamedZone;
  /** The service record that leads to the name. */
  readonly service: NamedZone | undefined;
  /** Load balancer and services that stand between a client and a target. */
  readonly via: Place;
  readonly loadBalancer: Place | undefined;
  readonly certificate: Place | undefined;
}

/** One side of a connection. */
export interface End {
  readonly station: Station;
  readonly port: Port;
  /** It takes part: its node runs, its device is online, it has not closed. */
  open: boolean;
  /** It went without a word: its machine is off, or its device has left this network. */
  gone: boolean;
  /** When it last heard the other side. */
  heardAt: Instant;
  /** The core knows of the link. */
  told: boolean;
}

/** A request as long as its client waits. */
export interface Request {
  readonly id: RequestId;
  readonly from: Port;
  readonly tag: Tag;
  /** What its core has asked for and has no answer to, by tag. */
  readonly siblings: SmallMap<Tag, Request>;
  readonly message: Message;
  readonly options: RequestOptions;
  readonly startedAt: Instant;
  connection: Connection | undefined;
  /** First poll of a long poll left. */
  pollsSince: Instant;
  /** When the path went silent: the empty answer to the poll in hand is due then. */
  pollDue: Instant;
  timeout: EventHandle | undefined;
  /** Its client no longer waits. */
  ended: boolean;
  answered: boolean;
}

/** What a flight brings. */
export type Cargo =
  /** The client's upgrade request, and the server's consent: a link is up on each side when they arrive. */
  | { readonly kind: 'open' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'open-refused'; readonly failure: Failure }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'response'; readonly request: Request; readonly result: RequestResult }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly cause: CauseToken }
  /** Keep-alives as messages of their own: only the stepped variant sends them. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' };

/** Bytes under way in one direction of a connection. */
export interface Flight {
  readonly connection: Connection;
  readonly toServer: boolean;
  readonly cargo: Cargo;
  readonly bytes: number;
  /** When the sender wanted it to leave. */
  readonly sentAt: Instant;
  /** Parts of the way; those before `settledLegs` are past, the others as they will be if nothing happens. */
  readonly legs: Transit['legs'][number][];
  settledLegs: number;
  transmittedAt: Instant;
  /** Bytes that have not been sent yet. */
  left: number;
  /** While the bytes of a long message leave. */
  flow: Flow | undefined;
  /** Faults that a long message met when it began to leave. */
  flowCause: CauseToken;
  /** Undefined while it leaves, waits behind one that leaves, or waits for retransmission. */
  arrival: EventHandle | undefined;
  /** Behind it in the stream. */
  next: Flight | undefined;
}

/** The phases before a connection carries anything. */
export type SetUpPhase = 'resolving' | 'connecting' | 'securing';

/** How far a set-up is, and what comes of it as things stand. */
export interface SetUp {
  readonly startedAt: Instant;
  /** Ends of the phases as planned. */
  resolvedAt: Instant;
  connectedAt: Instant;
  /** End of the plan: ready, or failed. */
  endsAt: Instant;
  failure: Failure | undefined;
  /** Nothing gets through: the phase that waits, and when its exchange was first tried. */
  stalled: { readonly phase: SetUpPhase; readonly since: Instant } | undefined;
  cause: CauseToken;
  /** The failure or the operating system's patience. */
  event: EventHandle | undefined;
}

/** A keep-alive exchange that trouble may swallow, as one side sees it, and when that ends the link. */
export interface Watch {
  /** When the bytes that wait were first sent: the ping, or its answer when only that was lost. */
  base: Instant;
  /** The ping has arrived, its answer has not. */
  onlyAnswerWaits: boolean;
  /** When the ping is at the server, and what this side waits for is here, as things stand; `never` while cut off. */
  arrivesAt: Instant;
  satisfiedAt: Instant;
  readonly deadline: Instant;
  /** Pending while the deadline will be missed as things stand. */
  event: EventHandle | undefined;
}

/** A connection, from its first lookup to its end. */
export interface Connection {
  readonly id: number;
  readonly endpoint: Endpoint;
  readonly client: End;
  /** Known once the name is resolved. */
  server: End | undefined;
  /** The link's options and tag; undefined for pooled connections, which carry one request at a time. */
  readonly link: { readonly tag: Tag; readonly options: ConnectOptions } | undefined;
  /** What faults do to its path, as last looked up. */
  readonly path: { epoch: number; server: Place | undefined; state: PathState };
  /** The place the client was in when it connected: a device that moves leaves its connections behind. */
  readonly clientPlace: Place;
  setUp: SetUp | undefined;
  openedAt: Instant;
  closed: boolean;
  request: Request | undefined;
  readonly toServer: FlightQueue;
  readonly toClient: FlightQueue;
  lastArrivalAtServer: Instant;
  lastArrivalAtClient: Instant;
  retransmissionTimeout: Duration;
  /** Something waits for retransmission since then. */
  stalledSince: Instant | undefined;
  /** The path was dead and is alive again: what waited is sent again at this instant, and what is sent before it comes behind that. */
  resumesAt: Instant;
  /** Faults that stand behind its present or last trouble. */
  cause: CauseToken;
  wasDeadToServer: boolean;
  wasDeadToClient: boolean;
  giveUp: EventHandle | undefined;
  /** A machine that answers "no such connection" stands where one end was. */
  resets: boolean;
  attemptTimeout: EventHandle | undefined;
  clientWatch: Watch | undefined;
  serverWatch: Watch | undefined;
  idleSince: Instant;
  /** Keep-alives and polls are accounted for up to here. */
  accountedUntil: Instant;
}

/** The keep-alives of a link that wants them. */
export function keepAliveOf({ link }: Connection): ConnectOptions['keepAlive'] {
  return link?.options.keepAlive;
}

/** Whether nothing of what it is to carry has left yet, since name, TCP or TLS are not done. */
export function isBeingSetUp({ setUp }: Connection, now: Instant): boolean {
  return setUp !== undefined && (now < setUp.endsAt || setUp.stalled !== undefined);
}

/** Who sent a flight, and to whom. */
export function endsOf({ connection, toServer }: Flight): { readonly sender: End; readonly receiver: End } {
  const { client } = connection;
  const server = present(connection.server, 'server of a connection that carries something');
  return toServer ? { sender: client, receiver: server } : { sender: server, receiver: client };
}

/** Whether somebody is at this end who takes part. */
export function isThere(end: End | undefined): boolean {
  return end?.open === true && !end.gone;
}

/** Link names tell the two ends apart, since both may be on one node. */
export function linkName(connection: Connection, isClient: boolean): Address {
  return `link:${connection.id * 2 + (isClient ? 0 : 1)}` as Address;
}

/** A connection that begins. */
export function createConnection(
  id: number,
  endpoint: Endpoint,
  client: Station,
  port: Port,
  link: Connection['link'],
  now: Instant,
): Connection {
  return {
    id,
    endpoint,
    client: { station: client, port, open: true, gone: false, heardAt: now, told: false },
    server: undefined,
    link,
    path: { epoch: -1, server: undefined, state: quietPath },
    clientPlace: client.place,
    setUp: undefined,
    openedAt: now,
    closed: false,
    request: undefined,
    toServer: new FlightQueue(),
    toClient: new FlightQueue(),
    lastArrivalAtServer: now,
    lastArrivalAtClient: now,
    retransmissionTimeout: 0 as Duration,
    stalledSince: undefined,
    resumesAt: now,
    cause: noCause,
    wasDeadToServer: false,
    wasDeadToClient: false,
    giveUp: undefined,
    resets: false,
    attemptTimeout: undefined,
    clientWatch: undefined,
    serverWatch: undefined,
    idleSince: now,
    accountedUntil: now,
  };
}
