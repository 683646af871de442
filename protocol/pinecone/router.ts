// A node of a Pinecone network: links in, links out, frames between them, datagrams for whoever sits on top.
import type { Address, Input, TimerName } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { UserMessageId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { after, type Duration, type Instant } from '../time.ts';
import { announceTimer, parentTimer, SpanningTree } from './spanning-tree.ts';
import { Broadcasts, broadcastTimer } from './broadcasts.ts';
import { isLinkMessage } from './codec.ts';
import { hopLimits, linking } from './constants.ts';
import type { Coordinates } from './coordinates.ts';
import { CoordinateCache } from './coordinate-cache.ts';
import { FrameCounts } from './frame-counts.ts';
import { firstWatermark, isWorse, type Frame, type Handshake, type Traffic } from './frames.ts';
import { greet, refusalOf } from './handshake.ts';
import { nextHopByTree, type NextHop } from './next-hop.ts';
import { keepAliveTimer, PeerWatch } from './peer-watch.ts';
import { nodeKey, type NodeKey } from './node-key.ts';
import { Outbox, writeTimer } from './outbox.ts';
import { Peers, type LinkTraits, type Peer, type Turn } from './peers.ts';
import { Snake, snakeTimer } from './snake.ts';

/** Who sits on top of a router. */
export interface UpperLayer {
  /** A datagram for this node. */
  datagram(from: NodeKey, payload: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void;
  /** A datagram for a node to which nothing leads on from here. */
  strayed(from: NodeKey, payload: Uint8Array, turn: Turn): void;
  /** A node in the surroundings is awake. */
  awake(node: NodeKey, turn: Turn): void;
  /** A direct peer came or went. */
  peersChanged(turn: Turn): void;
}

/** How a router is set up. */
export interface RouterConfig {
  readonly signer: Signer;
  readonly signatures: SignatureScheme;
  readonly random: RandomStream;
  /** Drops traffic that has come too far, as the applications have it; the library itself does not unless told. */
  readonly limitsHops: boolean;
  /** How long the application has run when the node begins, where not all begin together. */
  readonly ranFor?: Duration;
  /** What a link is, from how it came up. */
  traits(input: Extract<Input, { kind: 'link-up' }>): LinkTraits;
  /** Faults behind the node's being without links that it should have; none when left out. */
  readonly cause?: () => CauseToken;
}

const handshakeTimer = 'handshake/';

export class Router {
  readonly key: NodeKey;
  readonly #config: RouterConfig;
  readonly #upper: UpperLayer;
  readonly #peers = new Peers();
  /** Links that have not shown yet who is at their other end. */
  readonly #strangers = new Map<Address, LinkTraits>();
  readonly #tree: SpanningTree;
  readonly #snake: Snake;
  readonly #broadcasts: Broadcasts;
  readonly #cache = new CoordinateCache();
  readonly #counts = new FrameCounts();
  readonly #watch: PeerWatch;

  constructor(config: RouterConfig, upper: UpperLayer) {
    const { signer, signatures } = config;
    this.#config = config;
    this.#upper = upper;
    this.key = nodeKey(signer.publicKey);
    this.#tree = new SpanningTree(signer, signatures, this.#peers, () => this.#cache.clear());
    this.#snake = new Snake(signer, signatures, this.#peers, this.#tree);
    this.#broadcasts = new Broadcasts(config, this.#peers, this.#tree);
    this.#watch = new PeerWatch(this.#peers, (peer, turn) => this.#stop(peer, 'silent', turn));
  }

  /** True when the input was one of its own. */
  step(input: Input, turn: Turn): boolean {
    const isOwn = this.#take(input, turn);
    if (isOwn) this.#snake.schedule(turn);
    return isOwn;
  }

  /** Sends a datagram to a node, wherever it is. */
  send(to: NodeKey, payload: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void {
    const frame: Traffic = {
      kind: 'pinecone.traffic',
      hopLimit: hopLimits.traffic,
      destination: this.#cache.get(to, turn.clock.now) ?? [],
      source: this.#tree.coordinates(),
      destinationKey: to,
      sourceKey: this.key,
      watermark: firstWatermark,
      payload,
      carries,
      passedOn: false,
    };
    this.#route(undefined, frame, turn);
    this.#snake.schedule(turn);
  }

  /** Keys of the direct peers, by port. */
  peerKeys(): readonly NodeKey[] {
    return [...this.#peers].map(({ key }) => key);
  }

  /** Links that are up, strangers' included. */
  links(): readonly Address[] {
    return [...this.#peers].map(({ link }) => link).concat([...this.#strangers.keys()]);
  }

  inspect(): RouterView {
    const { parent, root } = this.#tree;
    return {
      key: this.key,
      peers: this.peerKeys(),
      root,
      parent: parent?.key,
      coordinates: this.#tree.coordinates(),
      descending: this.#snake.descending,
      routes: this.#snake.routes,
      sent: this.#counts.totals(),
    };
  }

  #take(input: Input, turn: Turn): boolean {
    switch (input.kind) {
      case 'start':
        this.#broadcasts.start(turn);
        this.#tree.reset(turn);
        this.#snake.reset(turn);
        return false;
      case 'link-up':
        this.#meet(input, turn);
        return true;
      case 'link-down':
        return input.link !== undefined && this.#linkDown(input.link, turn);
      case 'message':
        return this.#message(input, turn);
      case 'timer':
        return this.#timer(input.timer, turn);
      default:
        return false;
    }
  }

  #timer(timer: TimerName, turn: Turn): boolean {
    if (timer === snakeTimer) this.#snake.tick(turn);
    else if (timer === broadcastTimer) {
      this.#broadcasts.tick(turn);
      this.#counts.report(turn.out);
    } else if (timer === announceTimer || timer === parentTimer) {
      if (this.#tree.timer(timer, turn)) this.#snake.bootstrapSoon(turn.clock.now);
    } else if (timer.startsWith(writeTimer))
      this.#peers.at(Number(timer.slice(writeTimer.length)))?.outbox.writable(turn);
    else if (timer.startsWith(keepAliveTimer)) this.#watch.timer(timer, turn);
    else if (timer.startsWith(handshakeTimer)) {
      const link = timer.slice(handshakeTimer.length) as Address;
      if (this.#strangers.delete(link)) turn.out.disconnect(link);
    } else return false;
    return true;
  }

  // --- Links ---

  #meet(input: Extract<Input, { kind: 'link-up' }>, { clock, out }: Turn): void {
    this.#strangers.set(input.link, this.#config.traits(input));
    out.send(input.link, greet(this.#config.signer));
    out.setTimer(handshakeTimer + input.link, after(clock.now, linking.handshakeWithin));
  }

  #linkDown(link: Address, turn: Turn): boolean {
    if (this.#strangers.delete(link)) {
      turn.out.cancelTimer(handshakeTimer + link);
      return true;
    }
    const peer = this.#peers.of(link);
    if (peer === undefined) return false;
    this.#remove(peer, turn);
    return true;
  }

  #message({ from, message }: Extract<Input, { kind: 'message' }>, turn: Turn): boolean {
    if (!isLinkMessage(message)) return false;
    const peer = this.#peers.of(from);
    const stranger = this.#strangers.get(from);
    if (peer !== undefined) {
      peer.lastHeard = turn.clock.now;
      // A second handshake is garbage where a frame should begin.
      if (message.kind === 'pinecone.handshake') this.#stop(peer, 'no-frame', turn);
      else this.#frame(peer, message, turn);
    } else if (stranger !== undefined) {
      if (message.kind === 'pinecone.handshake') this.#admit(from, stranger, message, turn);
      else this.#turnAway(from, 'no-handshake', turn);
    }
    return true;
  }

  #admit(link: Address, traits: LinkTraits, handshake: Handshake, turn: Turn): void {
    const refusal = refusalOf(handshake, this.#config.signatures);
    const port = this.#peers.freePort();
    if (refusal !== undefined || port === undefined) return this.#turnAway(link, refusal ?? 'no-port', turn);
    turn.out.cancelTimer(handshakeTimer + link);
    this.#strangers.delete(link);
    const outbox = new Outbox(link, port, traits, this.#config.random, this.#counts);
    const { key } = handshake;
    const peer: Peer = {
      port,
      link,
      key,
      traits,
      outbox,
      announcement: undefined,
      lastHeard: turn.clock.now,
    };
    this.#peers.add(peer);
    if (this.#peers.size === 1) this.#broadcasts.schedule(turn);
    this.#tree.greet(peer, turn);
    this.#watch.begin(peer, turn);
    this.#upper.peersChanged(turn);
  }

  #turnAway(link: Address, reason: string, { out }: Turn): void {
    this.#strangers.delete(link);
    out.cancelTimer(handshakeTimer + link);
    out.observe({ kind: 'situation', name: `pinecone.handshake-refused-${reason}` });
    out.disconnect(link);
  }

  /** What a peer does wrong is the end of the link. */
  #stop(peer: Peer, reason: string, turn: Turn): void {
    turn.out.observe({ kind: 'situation', name: `pinecone.peer-stopped-${reason}` });
    turn.out.disconnect(peer.link);
    this.#remove(peer, turn);
  }

  /** A peer is gone (router/state.go, _portDisconnected). */
  #remove(peer: Peer, turn: Turn): void {
    this.#peers.remove(peer);
    this.#watch.end(peer, turn);
    for (const frame of peer.outbox.close(turn)) this.#dropped(frame, 'link-down', turn);
    if (this.#peers.size === 0) {
      this.#counts.report(turn.out);
      this.#tree.reset(turn);
      this.#snake.reset(turn);
      this.#broadcasts.reset(turn);
      this.#cache.clear();
    } else {
      this.#snake.lost(peer, turn.clock.now);
      if (this.#tree.lost(peer, turn)) this.#snake.bootstrapSoon(turn.clock.now);
    }
    this.#upper.peersChanged(turn);
  }

  // --- Frames ---

  #frame(peer: Peer, frame: Frame, turn: Turn): void {
    switch (frame.kind) {
      case 'pinecone.keep-alive':
        return;
      case 'pinecone.announcement': {
        const received = this.#tree.receive(peer, frame, turn);
        if (!received.ok) return this.#stop(peer, received.rule, turn);
        if (received.value.hasNewParent) this.#snake.bootstrapSoon(turn.clock.now);
        if (received.value.isFirst) this.#broadcasts.greet(peer, turn);
        return;
      }
      case 'pinecone.bootstrap':
        return this.#snake.receive(peer, frame, turn);
      case 'pinecone.broadcast': {
        const awake = this.#broadcasts.receive(peer, frame, turn);
        if (awake === 'forged') return this.#stop(peer, 'forged-broadcast', turn);
        if (awake !== undefined && awake !== this.key) this.#upper.awake(awake, turn);
        return;
      }
      case 'pinecone.traffic':
        return this.#route(peer, frame, turn);
    }
  }

  /** Traffic for here, or on to the next hop (router/state_forward.go, _forward). */
  #route(from: Peer | undefined, frame: Traffic, turn: Turn): void {
    const { now } = turn.clock;
    if (frame.destinationKey === this.key) {
      if (frame.source.length > 0) this.#cache.learn(frame.sourceKey, frame.source, now);
      return this.#upper.datagram(frame.sourceKey, frame.payload, frame.carries, turn);
    }
    if (from !== undefined && frame.carries.length > 0)
      turn.out.observe({ kind: 'not-kept', messages: frame.carries });
    const { hop, destination, watermark } = this.#nextHop(from, frame, now);
    if (this.#config.limitsHops && frame.hopLimit <= 1) return this.#dropped(frame, 'hop-limit', turn);
    if (hop === undefined || hop === 'self') {
      this.#dropped(frame, 'no-route', turn);
      // The library takes a frame that leads no farther for one of its own.
      if (from !== undefined && !isWorse(watermark, frame.watermark))
        this.#upper.strayed(frame.sourceKey, frame.payload, turn);
      return;
    }
    if (hop === from || isWorse(watermark, frame.watermark)) return this.#dropped(frame, 'loop', turn);
    const hopLimit = this.#config.limitsHops ? frame.hopLimit - 1 : frame.hopLimit;
    const passedOn = from !== undefined;
    const lost = hop.outbox.send({ ...frame, hopLimit, destination, watermark, passedOn }, turn);
    if (lost !== undefined) this.#dropped(lost, 'queue-full', turn);
  }

  /** By coordinates while the frame has some and they lead nearer; else by key, and by key from then on. */
  #nextHop(
    from: Peer | undefined,
    { destination, destinationKey, watermark }: Traffic,
    now: Instant,
  ): { readonly hop: NextHop; readonly destination: Coordinates; readonly watermark: Traffic['watermark'] } {
    if (destination.length > 0) {
      const surroundings = this.#snake.surroundings(now);
      const hop = nextHopByTree(destination, this.#tree.coordinates(), from, surroundings);
      if (hop !== undefined) return { hop, destination, watermark };
    }
    return { ...this.#snake.nextHop(destinationKey, watermark, now), destination: [] };
  }

  #dropped(frame: Traffic, reason: string, { out }: Turn): void {
    out.observe({ kind: 'situation', name: `pinecone.dropped-${reason}` });
    if (frame.carries.length === 0 || frame.sourceKey === this.key) return;
    const cause = this.#config.cause?.() ?? noCause;
    out.observe({ kind: 'hold', messages: frame.carries, reason: 'dropped', cause });
  }
}

/** What there is to see of a router. */
export interface RouterView {
  readonly key: NodeKey;
  readonly peers: readonly NodeKey[];
  readonly root: { readonly key: NodeKey; readonly sequence: number };
  readonly parent: NodeKey | undefined;
  readonly coordinates: Coordinates;
  /** The next lower key. */
  readonly descending: NodeKey | undefined;
  readonly routes: number;
  readonly sent: ReturnType<FrameCounts['totals']>;
}
