// What requests and links of a live node have in common: whom a name leads to, who of the peers is there, how talks begin.
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Address, Input } from '../../protocol/core.ts';
import type { Message, UserMessageId } from '../../protocol/message.ts';
import { after, type Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import { nearResolverRoundTrip } from '../network/assumptions.ts';
import type { Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { EndpointSpec } from '../systems/system.ts';
import type { Frame } from './frames.ts';
import type { LiveWorld } from './live-world.ts';
import { Courier, createTalk, type Talk } from './talk.ts';
import type { Line, Ways } from './ways.ts';

/** What the Internet of one node is made of. */
export interface LiveInternetOptions {
  readonly world: LiveWorld;
  readonly ways: Ways;
  readonly self: NodeIndex;
  /** Which of the node's processes this is: names are never used twice. */
  readonly life: number;
  /** Hands an input to a core of the node. */
  accept(part: string, input: Input, transit: Transit | undefined): void;
  /** Puts a frame onto the connection with a peer. */
  transmit(to: NodeIndex, frame: Frame): void;
  countBytes(bytes: number): void;
}

/** Nobody answered. */
export const timedOut = (phase: 'connect' | 'response' | 'keep-alive', cause: CauseToken): Failure => ({
  kind: 'timed-out',
  phase,
  definite: phase === 'connect',
  cause,
});

/** One node's view of the others. */
export class Dialling {
  readonly courier: Courier;
  readonly #options: LiveInternetOptions;
  readonly #later: EventKind;
  /** Peers that do not run, and the faults behind that. */
  readonly #absent = new Map<NodeIndex, CauseToken>();
  #nextId = 1;

  /** `receive`: takes what the node sends to itself; `refused`: is told of connections that are not to be had. */
  constructor(
    options: LiveInternetOptions,
    receive: (from: NodeIndex, frame: Frame) => void,
    refused: (talk: Talk, failure: Failure) => void,
  ) {
    const { world, ways, self } = options;
    this.#options = options;
    this.#later = world.scheduler.register('live-later', (_node, payload) => (payload as () => void)());
    this.courier = new Courier({
      world,
      ways,
      absentBy: (peer) => this.#absent.get(peer),
      refused: (talk, cause) =>
        void this.at(this.refusalAt(talk), () => refused(talk, { kind: 'refused', definite: true, cause })),
      transmit: (to, frame) =>
        to === self
          ? void this.at(world.scheduler.now, () => receive(self, frame))
          : options.transmit(to, frame),
      countBytes: (bytes) => options.countBytes(bytes),
    });
  }

  get now(): Instant {
    return this.#options.world.scheduler.now;
  }

  get ownName(): string {
    return this.#options.world.nodes[this.#options.self]?.name ?? '';
  }

  /** Unique in the life of this process. */
  nextNumber(): number {
    return this.#nextId++;
  }

  at(instant: Instant, happen: () => void): EventHandle {
    return this.#options.world.scheduler.schedule(instant, this.#later, -1, happen);
  }

  // --- Who is there ---

  goes(node: NodeIndex, cause: CauseToken): void {
    this.#absent.set(node, cause);
  }

  /** The peer is there again; returns the faults because of which it was not. */
  returns(node: NodeIndex): CauseToken {
    const cause = this.#absent.get(node) ?? noCause;
    this.#absent.delete(node);
    return cause;
  }

  isAbsent(node: NodeIndex): boolean {
    return this.#absent.has(node);
  }

  /** Why nothing can be sent to a name at all; undefined when it can be tried. */
  localFailure(endpoint: EndpointSpec | undefined): Failure | undefined {
    if (this.#options.ways.isOffline(this.#options.self))
      return { kind: 'offline', definite: true, cause: noCause };
    return endpoint === undefined
      ? { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: noCause }
      : undefined;
  }

  endpoint(name: Address): EndpointSpec | undefined {
    return this.#options.world.endpoints.get(name);
  }

  /** When a resolver has answered. */
  lookUpEnds(): Instant {
    return after(this.now, nearResolverRoundTrip);
  }

  /** Tells of a refusal where nobody listens and somebody says so. */
  isRefused(talk: Talk, fail: (failure: Failure) => void): boolean {
    const { ways } = this.#options;
    const cause = ways.refusedBy(talk.line) ?? this.#absent.get(talk.peer);
    if (cause === undefined || ways.cutBy(talk.line, true) !== undefined) return false;
    this.at(ways.refusalAt(talk.line, this.now), () => fail({ kind: 'refused', definite: true, cause }));
    return true;
  }

  /** When a refusal of what waits is heard of. */
  refusalAt(talk: Talk): Instant {
    return this.#options.ways.refusalAt(talk.line, this.courier.triesAgainAt(talk));
  }

  /** Faults behind a silence, or behind its end. */
  causeOf(talk: Talk, further: CauseToken = noCause): CauseToken {
    const { causes } = this.#options.world;
    const known = causes.union(talk.cause, further);
    return causes.union(known, this.courier.blockedBy(talk) ?? noCause);
  }

  // --- How talks begin ---

  /** To the target of the name that serves this node now. */
  lineTo(endpoint: EndpointSpec): Line {
    const { world, self } = this.#options;
    const { loadBalancer, needs = [], targets, name } = endpoint;
    const up = targets.filter(({ node }) => !this.#absent.has(node));
    const candidates = up.length === 0 ? targets : up;
    const isOnly = candidates.length === 1;
    const uniform = isOnly ? 0 : world.deployment.draw('target', name, this.ownName, this.now);
    const server = candidates[Math.floor(uniform * candidates.length)]?.node ?? self;
    const between = [...(loadBalancer === undefined ? [] : [loadBalancer]), ...needs];
    return { client: self, server, via: world.internet.field.places.of(...between) };
  }

  partOf({ targets }: EndpointSpec, server: NodeIndex): string {
    return targets.find(({ node }) => node === server)?.part ?? '';
  }

  /** `isSetUp`: on a connection that is open already. */
  begin(line: Line, isSetUp: boolean): Talk {
    const { ways, self, life } = this.#options;
    return createTalk({
      id: `${self}.${life}/${this.nextNumber()}`,
      line,
      isClient: true,
      peer: line.server,
      readyAt: isSetUp ? this.now : after(this.now, ways.setUpTime(line)),
      isSetUp,
    });
  }

  /** The other end of what a peer has begun. */
  answering(id: string, client: NodeIndex): Talk {
    const { world, self } = this.#options;
    const line = { client, server: self, via: world.internet.field.places.of() };
    return createTalk({ id, line, isClient: false, peer: client, readyAt: this.now, isSetUp: true });
  }

  /** Says that nothing is known here of what a peer has spoken of. */
  tellUnknown(id: string, peer: NodeIndex): void {
    this.courier.post(this.answering(id, peer), { kind: 'unknown', id }, undefined);
  }

  // --- What comes ---

  decode({ header, body }: Frame): Message | undefined {
    if (body.length === 0) return undefined;
    const { plan, causes } = this.#options.world;
    const message = plan.system.codec.decode(body, (header.carries ?? []) as readonly UserMessageId[]);
    if (message === undefined || header.status !== undefined) return message;
    const { faults, passedOn } = header;
    if (faults === undefined && passedOn === undefined) return message;
    return {
      ...message,
      ...(faults === undefined ? {} : { cause: causes.intern(faults) }),
      ...(passedOn === undefined ? {} : { passedOn }),
    };
  }

  /** The way so far; its last part ends now, where the real way has ended. */
  transitOf(from: NodeIndex, { header }: Frame): Transit {
    const { causes } = this.#options.world;
    const { now } = this;
    const sentAt = (header.sentAt ?? now) as Instant;
    const legs = (header.legs ?? []).map(({ until, reason, faults }) => ({
      until: until as Instant,
      reason,
      cause: causes.intern(faults),
    }));
    const last = legs.pop() ?? { reason: 'in-flight' as const, cause: noCause };
    const arrival = Math.max(now, sentAt, legs.at(-1)?.until ?? 0) as Instant;
    return { from, sentAt, legs: [...legs, { ...last, until: arrival }] };
  }

  internFaults(faults: readonly string[]): CauseToken {
    return this.#options.world.causes.intern(faults);
  }

  faultsBehind(cause: CauseToken): readonly string[] {
    return this.#options.world.causes.faults(cause);
  }

  cancel(handle: EventHandle): void {
    this.#options.world.scheduler.cancel(handle);
  }
}
