// What a node would hand to whom next: first what reaches its destination, then what the router wants.
import type { Bundle } from '../../protocol/dtn/router.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Expiry } from './expiry.ts';
import type { Link, MeshNode, OfferCursor } from './mesh-node.ts';

/** A copy at a position of its sender's queue, and the contact that it is to cross. */
export interface Offer {
  readonly sender: MeshNode;
  readonly link: Link;
  readonly position: number;
}

/** Chooses the next transfer, in the order of The ONE's EpidemicRouter and ActiveRouter. */
export class Offers {
  readonly #bundles: readonly Bundle[];
  readonly #expiry: Expiry;
  readonly #bufferBytes: number;

  constructor(bundles: readonly Bundle[], expiry: Expiry, bufferBytes: number) {
    this.#bundles = bundles;
    this.#expiry = expiry;
    this.#bufferBytes = bufferBytes;
  }

  /**
   * The transfer that begins when `node`, which is not busy, has its turn. Contacts whose other side is busy are
   * passed over and marked as waiting.
   */
  next(node: MeshNode, now: Instant): Offer | undefined {
    const { store, links, router } = node;
    if (store.count === 0 || links.length === 0) return undefined;
    return (
      this.#toDestination(node) ??
      this.#forMe(node) ??
      (router.rank === undefined ? this.#inOrder(node, now) : this.#highestRank(node, now))
    );
  }

  /** The node's oldest copy for one of those in contact. */
  #toDestination(node: MeshNode): Offer | undefined {
    let best: Offer | undefined;
    for (const link of node.links) {
      const peer = link.peerOf(node);
      if (peer.isBusy) continue;
      const position = this.#awaitedBy(peer, node);
      if (position >= 0 && (best === undefined || position < best.position))
        best = { sender: node, link, position };
    }
    return best;
  }

  /** What a node in contact has for this one, if it is not busy. */
  #forMe(node: MeshNode): Offer | undefined {
    for (const link of node.links) {
      const sender = link.peerOf(node);
      if (sender.isBusy) continue;
      const position = this.#awaitedBy(node, sender);
      if (position >= 0) return { sender, link, position };
    }
    return undefined;
  }

  /** Position of the holder's oldest copy for this destination; -1: none. */
  #awaitedBy(destination: MeshNode, holder: MeshNode): number {
    const { store } = holder;
    let best = -1;
    for (const message of destination.awaited) {
      if (!store.knows(message)) continue;
      if ((this.#bundles[message]?.bytes ?? 0) > this.#bufferBytes) continue;
      const position = store.positionOf(message);
      if (best < 0 || position < best) best = position;
    }
    return best;
  }

  /** Contact by contact, the oldest copy that the router wants there. */
  #inOrder(node: MeshNode, now: Instant): Offer | undefined {
    for (const link of node.links) {
      const cursor = link.cursorOf(node);
      const peer = link.peerOf(node);
      if (peer.isBusy) {
        cursor.waits = true;
        continue;
      }
      const position = this.#advance(cursor, node, peer, now);
      if (position < node.store.tail) return { sender: node, link, position };
    }
    return undefined;
  }

  /** Moves the cursor to the next copy that the peer should have; to the end of the queue when there is none. */
  #advance(cursor: OfferCursor, node: MeshNode, peer: MeshNode, now: Instant): number {
    const { store } = node;
    const mark =
      store.layout + peer.store.forgotten + (node.router.revision ?? 0) + (peer.router.revision ?? 0);
    let position = store.head;
    if (cursor.mark === mark) position = Math.max(position, cursor.position);
    cursor.mark = mark;
    const { messages, base, tail } = store;
    const { known } = peer.store;
    for (; position < tail; position++) {
      const message = messages[position - base] ?? -1;
      if (message < 0 || (((known[message >>> 5] ?? 0) >>> (message & 31)) & 1) === 1) continue;
      if (this.#isWanted(this.#bundles[message], node, peer, now)) break;
    }
    return (cursor.position = position);
  }

  /** The offer that the router ranks highest over all contacts. */
  #highestRank(node: MeshNode, now: Instant): Offer | undefined {
    const { store, router, links } = node;
    let best: Offer | undefined;
    let bestRank = -Infinity;
    for (const link of links) {
      const peer = link.peerOf(node);
      if (peer.isBusy) {
        link.cursorOf(node).waits = true;
        continue;
      }
      for (let position = store.head; position < store.tail; position++) {
        const message = store.at(position);
        const bundle = this.#bundles[message];
        if (bundle === undefined || peer.store.knows(message) || !this.#isWanted(bundle, node, peer, now))
          continue;
        const rank = router.rank?.(bundle, peer.index, peer.router.summary, now) ?? 0;
        if (rank < bestRank || (rank === bestRank && best !== undefined && best.position <= position))
          continue;
        best = { sender: node, link, position };
        bestRank = rank;
      }
    }
    return best;
  }

  #isWanted(bundle: Bundle | undefined, { router }: MeshNode, peer: MeshNode, now: Instant): boolean {
    if (bundle === undefined || bundle.bytes > this.#bufferBytes) return false;
    if (bundle.destination === peer.index) return true;
    return this.#expiry.isRelayed(bundle, now) && router.offers(bundle, peer.index, peer.router.summary, now);
  }
}
