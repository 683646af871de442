// The direct peers of a node, by port.
import type { Address, Effects } from '../core.ts';
import type { Clock, Instant } from '../time.ts';
import { mostPorts } from './constants.ts';
import type { TreeAnnouncement } from './frames.ts';
import type { NodeKey } from './node-key.ts';
import type { Outbox } from './outbox.ts';

/** One input's clock and effects. */
export interface Turn {
  readonly clock: Clock;
  readonly out: Effects;
}

/** Kinds of links, the better one first: a lower rank is preferred (router/api.go, PeerType…). */
export const linkRanks = { pipe: 0, multicast: 1, bonjour: 2, remote: 3, bluetooth: 4 } as const;

export type LinkType = keyof typeof linkRanks;

/** What a node knows of a link from how it came about. */
export interface LinkTraits {
  readonly type: LinkType;
  /** Bytes that the link takes in a second: what exceeds it waits here. Undefined: whatever it is given. */
  readonly bytesPerSecond?: number;
  /** Whether Pinecone's own keep-alives show that the peer is gone; otherwise the host does. */
  readonly keepsAlive: boolean;
}

/** What a peer announced last. */
export interface HeardAnnouncement {
  readonly update: TreeAnnouncement;
  readonly receivedAt: Instant;
  /** Counts all announcements that the node received: earlier is nearer to the root in time. */
  readonly order: number;
}

/** A node at the other end of a link. The same node may be several peers, on several links. */
export interface Peer {
  readonly port: number;
  readonly link: Address;
  readonly key: NodeKey;
  readonly traits: LinkTraits;
  readonly outbox: Outbox;
  announcement: HeardAnnouncement | undefined;
  lastHeard: Instant;
}

/** Peers in the order of their ports. Pinecone walks through maps in no order; here every choice among equals falls to the lowest port. */
export class Peers implements Iterable<Peer> {
  readonly #byLink = new Map<Address, Peer>();
  #inOrder: readonly Peer[] = [];

  get size(): number {
    return this.#inOrder.length;
  }

  [Symbol.iterator](): Iterator<Peer> {
    return this.#inOrder[Symbol.iterator]();
  }

  of(link: Address): Peer | undefined {
    return this.#byLink.get(link);
  }

  at(port: number): Peer | undefined {
    return this.#inOrder.find((peer) => peer.port === port);
  }

  /** The lowest port that is free; undefined when none is. */
  freePort(): number | undefined {
    let port = 1;
    for (const peer of this.#inOrder) if (peer.port === port) port++;
    return port > mostPorts ? undefined : port;
  }

  add(peer: Peer): void {
    this.#byLink.set(peer.link, peer);
    this.#inOrder = [...this.#byLink.values()].sort((left, right) => left.port - right.port);
  }

  remove(peer: Peer): void {
    this.#byLink.delete(peer.link);
    this.#inOrder = this.#inOrder.filter((each) => each !== peer);
  }
}
