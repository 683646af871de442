// The line of all keys ("SNEK"): every node lets the next higher key know of it, and everybody on the way learns the route.
import type { SignatureScheme, Signer } from '../signatures.ts';
import { epoch, type Instant } from '../time.ts';
import { snake } from './constants.ts';
import { equalRoots, isWorse, type Bootstrap, type Watermark } from './frames.ts';
import { nextHopByKey, type NextHop, type Surroundings } from './next-hop.ts';
import { tickAt } from './next-tick.ts';
import { nodeKey, ordered, type NodeKey } from './node-key.ts';
import type { Peer, Peers, Turn } from './peers.ts';
import { isValid, RouteTable, type RouteEntry } from './route-table.ts';
import type { SpanningTree } from './spanning-tree.ts';
import { bootstrap, isSignedBy } from './statements.ts';

/** The timer of the snake. */
export const snakeTimer = 'snake';

export class Snake {
  readonly #self: NodeKey;
  readonly #signer: Signer;
  readonly #scheme: SignatureScheme;
  readonly #peers: Peers;
  readonly #tree: SpanningTree;
  readonly #routes = new RouteTable();
  /** The next lower key, as far as it has bootstrapped to here. */
  #descending: RouteEntry | undefined;
  #lastBootstrap = epoch;
  #began: Instant = epoch;
  #sweepAt: Instant = epoch;
  #timerAt: Instant | undefined;

  constructor(signer: Signer, scheme: SignatureScheme, peers: Peers, tree: SpanningTree) {
    this.#self = nodeKey(signer.publicKey);
    this.#signer = signer;
    this.#scheme = scheme;
    this.#peers = peers;
    this.#tree = tree;
  }

  get descending(): NodeKey | undefined {
    return this.#descending?.key;
  }

  get routes(): number {
    return this.#routes.size;
  }

  reset({ clock, out }: Turn): void {
    this.#routes.clear();
    this.#descending = undefined;
    this.bootstrapSoon(clock.now);
    this.#began = clock.now;
    this.#timerAt = undefined;
    out.cancelTimer(snakeTimer);
  }

  /** At the next tick. */
  bootstrapSoon(now: Instant): void {
    this.#lastBootstrap = (now - snake.bootstrapEvery) as Instant;
  }

  lost(peer: Peer, now: Instant): void {
    this.#routes.forget(peer);
    if (this.#descending?.source === peer) this.#setDescending(undefined, now);
  }

  /** Where a frame goes next. */
  nextHop(destination: NodeKey, watermark: Watermark, now: Instant): ReturnType<typeof nextHopByKey> {
    return nextHopByKey(destination, false, watermark, this.surroundings(now));
  }

  surroundings(now: Instant): Surroundings {
    const { root, parent } = this.#tree;
    return { self: this.#self, root, parent, peers: this.#peers, routes: this.#routes.all(), now };
  }

  /** A tick: what has run out goes, and the node bootstraps if it is time to (router/state_snek.go, _maintainSnake). */
  tick(turn: Turn): void {
    const { now } = turn.clock;
    this.#timerAt = undefined;
    const descending = this.#descending;
    if (
      descending !== undefined &&
      (!isValid(descending, now) || !equalRoots(descending.root, this.#tree.root))
    )
      this.#setDescending(undefined, now);
    this.#routes.expire(now);
    this.#sweepAt = (now + snake.routeLivesFor) as Instant;
    if (now - this.#lastBootstrap >= snake.bootstrapEvery) this.#bootstrap(turn);
  }

  /** Winds the clockwork for the first tick that has something to do. Called when an input has been dealt with. */
  schedule({ clock, out }: Turn): void {
    const due = this.#peers.size === 0 ? Infinity : this.#due();
    if (due === Infinity) {
      if (this.#timerAt !== undefined) out.cancelTimer(snakeTimer);
      this.#timerAt = undefined;
      return;
    }
    const at = tickAt(this.#began, snake.maintainEvery, Math.max(due, clock.now + 1));
    if (at === this.#timerAt) return;
    this.#timerAt = at;
    out.setTimer(snakeTimer, at);
  }

  #due(): number {
    const descending = this.#descending;
    const ends =
      descending === undefined
        ? Infinity
        : equalRoots(descending.root, this.#tree.root)
          ? descending.seenAt + snake.routeLivesFor
          : 0;
    const bootstraps =
      this.#tree.parent === undefined ? Infinity : this.#lastBootstrap + snake.bootstrapEvery;
    const sweeps = this.#routes.size > 0 ? this.#sweepAt : Infinity;
    return Math.min(ends, bootstraps, sweeps);
  }

  /** A bootstrap passes by or ends here (router/state_snek.go, _handleBootstrap; router/state_forward.go, _forward). */
  receive(from: Peer, frame: Bootstrap, turn: Turn): void {
    const { now } = turn.clock;
    const { hop, watermark } = nextHopByKey(frame.key, true, frame.watermark, this.surroundings(now));
    if (!this.#learn(from, hop, frame, now)) return;
    if (hop === undefined || hop === 'self' || hop === from || isWorse(watermark, frame.watermark)) return;
    hop.outbox.send({ ...frame, watermark }, turn);
  }

  #learn(from: Peer, hop: NextHop, frame: Bootstrap, now: Instant): boolean {
    if (!isSignedBy(frame, frame.key, this.#scheme)) return false;
    if (!equalRoots(frame.root, this.#tree.root)) return false;
    const known = this.#routes.get(frame.key, now);
    if (
      known !== undefined &&
      equalRoots(known.root, frame.root) &&
      frame.sequence <= known.watermark.sequence
    )
      return false;
    const { key, root, sequence } = frame;
    const onward = hop === 'self' ? undefined : hop;
    const route = { key, source: from, onward, seenAt: now, root, watermark: { key, sequence } };
    this.#routes.set(route);
    if (this.#isNearer(key, now)) this.#setDescending(route, now);
    return true;
  }

  /** Whether this key is the next lower one as far as the node knows. */
  #isNearer(key: NodeKey, now: Instant): boolean {
    if (key >= this.#self) return false;
    const current = this.#descending;
    if (current === undefined || !isValid(current, now) || current.key === key) return true;
    return ordered(current.key, key, this.#self);
  }

  #setDescending(route: RouteEntry | undefined, now: Instant): void {
    const before = this.#descending;
    if (before === undefined || route === undefined || before.key !== route.key) this.bootstrapSoon(now);
    this.#descending = route;
  }

  /** Nothing is above a root: it has nobody to bootstrap to. */
  #bootstrap(turn: Turn): void {
    const { parent, root } = this.#tree;
    if (parent === undefined) return;
    const { now, wall } = turn.clock;
    const frame = bootstrap(this.#signer, root, wall);
    const { hop, watermark } = nextHopByKey(this.#self, true, frame.watermark, this.surroundings(now));
    if (hop !== undefined && hop !== 'self') hop.outbox.send({ ...frame, watermark }, turn);
    this.#lastBootstrap = now;
  }
}
