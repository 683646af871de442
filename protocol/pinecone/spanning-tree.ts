// The spanning tree: everybody under the highest key that is heard of, and what an announcement changes in it.
import { accept, reject, type Outcome } from '../outcome.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { after, epoch, type Instant } from '../time.ts';
import { announce, checkAnnouncement, coordinatesOf, passedBy, type RootUpdate } from './announcements.ts';
import { tree } from './constants.ts';
import type { Coordinates } from './coordinates.ts';
import type { Root, TreeAnnouncement } from './frames.ts';
import { nextTick } from './next-tick.ts';
import { nodeKey, type NodeKey } from './node-key.ts';
import type { HeardAnnouncement, Peer, Peers, Turn } from './peers.ts';

/** Timers of the tree. */
export const announceTimer = 'tree/announce';
export const parentTimer = 'tree/parent';

/** What to do about an announcement. */
type Reaction =
  'nothing' | 'pass-on' | 'take-as-parent' | 'choose-parent' | 'be-root-and-wait' | 'tell-stronger-root';

/** What an announcement came to. */
export interface Received {
  /** The first that this link's peer has sent. */
  readonly isFirst: boolean;
  readonly hasNewParent: boolean;
}

/** What a new announcement says (router/state_tree.go, determineAnnouncementAction). */
function reactionTo(isFromParent: boolean, isLoop: boolean, announced: Root, current: Root): Reaction {
  const isStronger = announced.key > current.key;
  const isWeaker = announced.key < current.key;
  if (!isFromParent) {
    if (isLoop) return 'nothing'; // a child tells where it is
    if (isStronger) return 'take-as-parent';
    return isWeaker ? 'tell-stronger-root' : 'choose-parent';
  }
  if (isLoop || isWeaker) return 'be-root-and-wait';
  if (isStronger || announced.sequence > current.sequence) return 'pass-on';
  // The parent repeats itself: it has a new place in the tree, which may hang below ours.
  return announced.sequence === current.sequence ? 'be-root-and-wait' : 'nothing';
}

export class SpanningTree {
  readonly #self: NodeKey;
  readonly #signer: Signer;
  readonly #scheme: SignatureScheme;
  readonly #peers: Peers;
  readonly #onRootChange: () => void;
  #parent: Peer | undefined;
  /** Of one's own announcements as root. Goes on through everything but a restart. */
  #sequence = 0;
  #order = 0;
  #isWaiting = false;
  #began: Instant = epoch;

  constructor(signer: Signer, scheme: SignatureScheme, peers: Peers, onRootChange: () => void) {
    this.#self = nodeKey(signer.publicKey);
    this.#signer = signer;
    this.#scheme = scheme;
    this.#peers = peers;
    this.#onRootChange = onRootChange;
  }

  /** Undefined while the node is a root. */
  get parent(): Peer | undefined {
    return this.#parent;
  }

  /** What the node tells its peers: its parent's announcement, or itself as root. */
  get update(): RootUpdate {
    const heard = this.#parent?.announcement;
    return heard === undefined
      ? { root: { key: this.#self, sequence: this.#sequence }, hops: [] }
      : heard.update;
  }

  get root(): Root {
    return this.update.root;
  }

  coordinates(): Coordinates {
    return coordinatesOf(this.update);
  }

  /** Begins, or begins anew when the last peer is gone. */
  reset({ clock, out }: Turn): void {
    this.#setParent(undefined);
    this.#order = 0;
    this.#isWaiting = false;
    this.#sequence++;
    this.#began = clock.now;
    out.cancelTimer(parentTimer);
    out.cancelTimer(announceTimer);
  }

  /** A link to a peer stands: it learns where it would be below this node. */
  greet(peer: Peer, turn: Turn): void {
    this.#tell(peer, turn);
    if (this.#peers.size === 1) this.#announceLater(turn);
  }

  /** A peer is gone. True when there is another parent now. */
  lost(peer: Peer, turn: Turn): boolean {
    peer.announcement = undefined;
    return this.#parent === peer && this.#chooseParent(turn);
  }

  /** True when there is another parent now. */
  timer(timer: string, turn: Turn): boolean {
    if (timer === announceTimer) this.#maintain(turn);
    if (timer !== parentTimer) return false;
    this.#isWaiting = false;
    return this.#chooseParent(turn);
  }

  /** Takes in what a peer announces; a rejection is the end of the link. */
  receive(peer: Peer, update: TreeAnnouncement, turn: Turn): Outcome<Received> {
    const checked = checkAnnouncement(update, peer.key, this.#scheme);
    if (!checked.ok) return checked;
    const before = peer.announcement;
    const { root } = update;
    if (before?.update.root.key === root.key && root.sequence < before.update.root.sequence)
      return reject('replay', 'an older announcement of the same root');
    const current = this.update;
    this.#order++;
    peer.announcement = { update, receivedAt: turn.clock.now, order: this.#order };
    const isFirst = before === undefined;
    if (this.#isWaiting) return accept({ isFirst, hasNewParent: false });
    const isLoop = passedBy(update, this.#self);
    const reaction = reactionTo(peer === this.#parent, isLoop, root, current.root);
    return accept({ isFirst, hasNewParent: this.#react(reaction, peer, current, isFirst, turn) });
  }

  #react(reaction: Reaction, peer: Peer, before: RootUpdate, isFirst: boolean, turn: Turn): boolean {
    switch (reaction) {
      case 'nothing':
        return false;
      case 'pass-on':
        this.#tellAll(turn);
        return false;
      case 'take-as-parent':
        this.#setParent(peer);
        this.#tellAll(turn);
        return false;
      case 'choose-parent':
        return this.#chooseParent(turn);
      case 'be-root-and-wait':
        this.#isWaiting = true;
        this.#beRoot(turn);
        turn.out.setTimer(parentTimer, after(turn.clock.now, tree.waitForParent));
        return false;
      case 'tell-stronger-root':
        // To a peer's first announcement one's own is already on its way.
        if (!isFirst) peer.outbox.send(announce(before, peer.port, this.#signer), turn);
        return false;
    }
  }

  /** The best of what the peers have announced (router/state_tree.go, _selectNewParent). True when it is another one. */
  #chooseParent(turn: Turn): boolean {
    let root = this.root;
    if (root.key < this.#self) root = { key: this.#self, sequence: 0 };
    let order = Infinity;
    let best: Peer | undefined;
    for (const peer of this.#peers) {
      const heard = peer.announcement;
      if (heard === undefined || !this.#isBetter(heard, root, order, turn.clock.now)) continue;
      ({ root } = heard.update);
      ({ order } = heard);
      best = peer;
    }
    if (best === undefined) {
      this.#beRoot(turn);
      return false;
    }
    if (best === this.#parent) return false;
    this.#setParent(best);
    this.#tellAll(turn);
    return true;
  }

  #isBetter(
    { update, receivedAt, order }: HeardAnnouncement,
    root: Root,
    bestOrder: number,
    now: Instant,
  ): boolean {
    if (now - receivedAt >= tree.announcementLivesFor || passedBy(update, this.#self)) return false;
    if (update.root.key !== root.key) return update.root.key > root.key;
    if (update.root.sequence !== root.sequence) return update.root.sequence > root.sequence;
    return order < bestOrder;
  }

  #beRoot(turn: Turn): void {
    if (this.#parent === undefined) return;
    this.#setParent(undefined);
    this.#began = turn.clock.now;
    this.#maintain(turn);
  }

  #setParent(peer: Peer | undefined): void {
    const before = this.root.key;
    this.#parent = peer;
    if (this.root.key !== before) this.#onRootChange();
  }

  /** A root announces itself anew from time to time. */
  #maintain(turn: Turn): void {
    this.#announceLater(turn);
    if (this.#parent !== undefined) return;
    this.#sequence++;
    this.#tellAll(turn);
  }

  #announceLater({ clock, out }: Turn): void {
    out.setTimer(announceTimer, nextTick(this.#began, tree.announceEvery, clock.now));
  }

  #tellAll(turn: Turn): void {
    for (const peer of this.#peers) this.#tell(peer, turn);
  }

  #tell(peer: Peer, turn: Turn): void {
    peer.outbox.send(announce(this.update, peer.port, this.#signer), turn);
  }
}
