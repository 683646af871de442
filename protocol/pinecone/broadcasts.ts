// Wake-up broadcasts: whoever is awake lets the nodes around it know.
import type { SignatureScheme, Signer } from '../signatures.ts';
import { epoch, type Duration, type Instant } from '../time.ts';
import { peerCoordinates } from './announcements.ts';
import { broadcasting, hopLimits } from './constants.ts';
import { treeDistance } from './coordinates.ts';
import type { WakeUpBroadcast } from './frames.ts';
import { nextTick } from './next-tick.ts';
import type { NodeKey } from './node-key.ts';
import { linkRanks, type Peer, type Peers, type Turn } from './peers.ts';
import type { SpanningTree } from './spanning-tree.ts';
import { isSignedBy, wakeUpBroadcast } from './statements.ts';

/** The timer of broadcasts. */
export const broadcastTimer = 'broadcast';

interface BroadcastOptions {
  readonly signer: Signer;
  readonly signatures: SignatureScheme;
  /** How long the application has run when the node begins: its minutes are counted from its start. */
  readonly ranFor?: Duration;
}

interface Seen {
  readonly sequence: number;
  readonly at: Instant;
}

export class Broadcasts {
  readonly #signer: Signer;
  readonly #scheme: SignatureScheme;
  readonly #peers: Peers;
  readonly #tree: SpanningTree;
  readonly #ranFor: number;
  readonly #seen = new Map<NodeKey, Seen>();
  #began: Instant = epoch;

  constructor(
    { signer, signatures, ranFor = 0 as Duration }: BroadcastOptions,
    peers: Peers,
    tree: SpanningTree,
  ) {
    this.#signer = signer;
    this.#scheme = signatures;
    this.#ranFor = ranFor;
    this.#peers = peers;
    this.#tree = tree;
  }

  start({ clock }: Turn): void {
    this.#began = (clock.now - this.#ranFor) as Instant;
  }

  /** Begins with the first peer; without one there is nobody to hear. */
  schedule({ clock, out }: Turn): void {
    out.setTimer(broadcastTimer, nextTick(this.#began, broadcasting.every, clock.now));
  }

  reset({ out }: Turn): void {
    this.#seen.clear();
    out.cancelTimer(broadcastTimer);
  }

  tick(turn: Turn): void {
    const { now } = turn.clock;
    for (const [key, { at }] of this.#seen)
      if (now - at >= broadcasting.rememberedFor) this.#seen.delete(key);
    this.#flood(undefined, this.#own(turn), 'classic', turn);
    this.schedule(turn);
  }

  /** To a peer whose first announcement has come, unless the same node is a peer over another link already. */
  greet(peer: Peer, turn: Turn): void {
    for (const other of this.#peers)
      if (other !== peer && other.key === peer.key && other.announcement !== undefined) return;
    peer.outbox.send(this.#own(turn), turn);
  }

  /** Who is awake, when that is news; undefined otherwise. A wrong signature is the end of the link. */
  receive(from: Peer, frame: WakeUpBroadcast, turn: Turn): NodeKey | undefined | 'forged' {
    const { now } = turn.clock;
    const { source, root, sequence } = frame;
    if (!isSignedBy(frame, source, this.#scheme)) return 'forged';
    if (root.key !== this.#tree.root.key) return undefined;
    const known = this.#seen.get(source);
    if (known !== undefined && (now - known.at < broadcasting.leastGap || sequence <= known.sequence))
      return undefined;
    this.#seen.set(source, { sequence, at: now });
    if (frame.hopLimit > 1) {
      const hopLimit = frame.hopLimit - 1;
      const isNear = hopLimit >= hopLimits.broadcast - 1;
      this.#flood(from, { ...frame, hopLimit }, isNear ? 'classic' : 'tree', turn);
    }
    return source;
  }

  #own({ clock }: Turn): WakeUpBroadcast {
    return wakeUpBroadcast(this.#signer, this.#tree.root, clock.wall);
  }

  /** To all peers but the one it came from, once to each node; farther out only along the tree (router/state_forward.go, _flood). */
  #flood(from: Peer | undefined, frame: WakeUpBroadcast, kind: 'classic' | 'tree', turn: Turn): void {
    const chosen = new Map<NodeKey, Peer>();
    const own = kind === 'tree' ? this.#tree.coordinates() : [];
    for (const peer of this.#peers) {
      if (peer === from) continue;
      const heard = peer.announcement;
      if (kind === 'tree' && (heard === undefined || treeDistance(peerCoordinates(heard.update), own) !== 1))
        continue;
      const other = chosen.get(peer.key);
      if (other === undefined || isBetterLink(peer, other)) chosen.set(peer.key, peer);
    }
    for (const peer of chosen.values()) peer.outbox.send(frame, turn);
  }
}

/** A better kind of link, or one that is nearer to the root in time. */
function isBetterLink(left: Peer, right: Peer): boolean {
  if (linkRanks[left.traits.type] < linkRanks[right.traits.type]) return true;
  const [first, second] = [left.announcement, right.announcement];
  return first !== undefined && second !== undefined && first.order < second.order;
}
