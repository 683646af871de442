// Which peer brings a frame nearer: along the tree by coordinates, or down the keys. Pure functions of what a node knows.
import type { Instant } from '../time.ts';
import { peerCoordinates } from './announcements.ts';
import { treeDistance, type Coordinates } from './coordinates.ts';
import { equalRoots, isWorse, type Root, type Watermark } from './frames.ts';
import { ordered, type NodeKey } from './node-key.ts';
import { linkRanks, type HeardAnnouncement, type Peer } from './peers.ts';
import { isValid, type RouteEntry } from './route-table.ts';

/** What a node knows of its surroundings. */
export interface Surroundings {
  readonly self: NodeKey;
  readonly root: Root;
  readonly parent: Peer | undefined;
  readonly peers: Iterable<Peer>;
  readonly routes: Iterable<RouteEntry>;
  readonly now: Instant;
}

/** The next hop: a peer, or the node itself; undefined when there is none. */
export type NextHop = Peer | 'self' | undefined;

/**
 * The peer that is nearest to the coordinates, if it is nearer than the node itself (router/state_tree.go,
 * getNextHopTree). Peers under another root, or another announcement of it, do not count, nor does who sent the frame.
 */
export function nextHopByTree(
  destination: Coordinates,
  own: Coordinates,
  from: Peer | undefined,
  { root, peers }: Surroundings,
): NextHop {
  let bestDistance = treeDistance(own, destination);
  if (bestDistance === 0) return 'self';
  let best: Peer | undefined;
  for (const peer of peers) {
    const heard = peer.announcement;
    if (heard === undefined || peer === from || !equalRoots(root, heard.update.root)) continue;
    const distance = treeDistance(peerCoordinates(heard.update), destination);
    if (distance >= bestDistance) continue;
    best = peer;
    bestDistance = distance;
  }
  return best;
}

/** Where a frame would go, and the key that it would be nearer to. */
interface Candidate {
  readonly key: NodeKey;
  readonly sequence: number;
  readonly hop: NextHop;
}

/** Looks for the lowest known key that is not below the destination. */
class Search {
  readonly #destination: NodeKey;
  readonly #isBootstrap: boolean;
  best: Candidate;

  constructor(destination: NodeKey, isBootstrap: boolean, start: Candidate) {
    this.#destination = destination;
    this.#isBootstrap = isBootstrap;
    this.best = start;
  }

  /** Takes a candidate that is better, or the destination itself. */
  offer(key: NodeKey, sequence: number, hop: Peer): void {
    const isDestination =
      !this.#isBootstrap && key === this.#destination && this.best.key !== this.#destination;
    if (isDestination || ordered(this.#destination, key, this.best.key)) this.best = { key, sequence, hop };
  }
}

/**
 * The peer on the way to the lowest known key at or above the destination (router/state_snek.go, getNextHopSNEK). A
 * bootstrap looks for the next key above its own author's. Returns the watermark that the frame gets.
 */
export function nextHopByKey(
  destination: NodeKey,
  isBootstrap: boolean,
  watermark: Watermark,
  surroundings: Surroundings,
): { readonly hop: NextHop; readonly watermark: Watermark } {
  const { self, root, parent, peers, routes, now } = surroundings;
  if (!isBootstrap && self === destination) return { hop: 'self', watermark };
  const start: Candidate = { key: self, sequence: 0, hop: isBootstrap ? undefined : 'self' };
  const search = new Search(destination, isBootstrap, start);
  if (parent !== undefined) {
    // What lies above one's own key is surely reached by way of the root, which has the highest.
    if ((isBootstrap && self === destination) || ordered(self, destination, root.key))
      search.best = { key: root.key, sequence: 0, hop: parent };
    offerAncestors(search, parent);
  }
  for (const peer of peers) offerAncestors(search, peer);
  for (const peer of peers)
    if (peer.announcement !== undefined && peer.key === search.best.key)
      search.best = { key: peer.key, sequence: 0, hop: peer };
  for (const route of routes) {
    if (!isValid(route, now) || isWorse(route.watermark, watermark)) continue;
    search.offer(route.key, route.watermark.sequence, route.source);
  }
  const { key, sequence, hop } = search.best;
  return { hop: bestLink(key, hop, peers), watermark: { key, sequence } };
}

function offerAncestors(search: Search, peer: Peer): void {
  for (const { key } of peer.announcement?.update.hops ?? []) search.offer(key, 0, peer);
}

/** Among several links to the node itself: the better kind, then the one nearer to the root in time. */
function bestLink(key: NodeKey, hop: NextHop, peers: Iterable<Peer>): NextHop {
  if (hop === undefined || hop === 'self' || hop.announcement === undefined) return hop;
  let best = hop;
  let heard: HeardAnnouncement = hop.announcement;
  for (const peer of peers) {
    if (peer.key !== key || peer.announcement === undefined) continue;
    const rank = linkRanks[peer.traits.type] - linkRanks[best.traits.type];
    const isNearer =
      rank === 0 &&
      equalRoots(peer.announcement.update.root, heard.update.root) &&
      peer.announcement.order < heard.order;
    if (rank >= 0 && !isNearer) continue;
    best = peer;
    heard = peer.announcement;
  }
  return best;
}
