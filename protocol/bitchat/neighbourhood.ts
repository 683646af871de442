// Whom a phone is connected to, and whom it knows to be on the mesh.
import { equalBytes } from '../bytes.ts';
import type { Address } from '../core.ts';
import type { Clock, Duration, Instant } from '../time.ts';
import type { Announce } from './announce.ts';
import { gossip } from './constants.ts';
import type { Link } from './fan-out.ts';
import type { PeerId } from './peer-id.ts';

/** A link with what the phone remembers of it. */
export interface NeighbourLink extends Link {
  peer: PeerId | undefined;
  /** Last time something was asked of it; answers are accepted for a while. */
  askedAt: Instant | undefined;
  /** Requests that it made in the present window. */
  requests: number;
  requestsSince: Instant;
}

interface KnownPeer {
  announce: Announce;
  /** The announce's own time, on this phone's monotonic clock: a late copy does not make its author present. */
  heardAt: Instant;
}

/** Links by address and peers by id. */
export class Neighbourhood {
  readonly #links = new Map<Address, NeighbourLink>();
  readonly #peers = new Map<PeerId, KnownPeer>();
  /** How many links each connected peer is at the end of. */
  readonly #connected = new Map<PeerId, number>();
  readonly #reachableFor: Duration;

  /** `reachableFor`: how long after its last announce a peer counts as present. */
  constructor(reachableFor: Duration) {
    this.#reachableFor = reachableFor;
  }

  /** Connected peers. */
  get degree(): number {
    return this.#connected.size;
  }

  /** Peers on the mesh, those included that went quiet since the last {@link expire}. */
  get knownPeers(): number {
    return this.#peers.size;
  }

  get linkCount(): number {
    return this.#links.size;
  }

  links(): Iterable<NeighbourLink> {
    return this.#links.values();
  }

  link(address: Address): NeighbourLink | undefined {
    return this.#links.get(address);
  }

  connectedPeers(): readonly PeerId[] {
    return [...this.#connected.keys()];
  }

  isConnected(peer: PeerId): boolean {
    return this.#connected.has(peer);
  }

  add(address: Address, role: Link['role'], now: Instant): void {
    const fresh = { peer: undefined, askedAt: undefined, requests: 0, requestsSince: now };
    this.#links.set(address, { address, role, ...fresh });
  }

  remove(address: Address): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    this.#unbind(link);
    this.#links.delete(address);
  }

  clearLinks(): void {
    this.#links.clear();
    this.#connected.clear();
  }

  /** Somebody announced itself without a hop in between. True when it was not connected before. */
  bind(link: NeighbourLink, peer: PeerId): boolean {
    if (link.peer === peer) return false;
    this.#unbind(link);
    link.peer = peer;
    const links = this.#connected.get(peer) ?? 0;
    this.#connected.set(peer, links + 1);
    return links === 0;
  }

  /** Notes a verified announce. False when it contradicts the signing key that this peer showed before. */
  note(peer: PeerId, announce: Announce, timestamp: number, clock: Clock): boolean {
    const known = this.#peers.get(peer);
    const age = Math.max(0, clock.wall - timestamp) * 1_000;
    const saidAt = Math.max(0, clock.now - age) as Instant;
    if (known === undefined) {
      this.#peers.set(peer, { announce, heardAt: saidAt });
      return true;
    }
    if (known.announce !== announce) {
      if (!equalBytes(known.announce.signingPublicKey, announce.signingPublicKey)) return false;
      known.announce = announce;
    }
    if (saidAt > known.heardAt) known.heardAt = saidAt;
    return true;
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  /** Forgets peers that are neither connected nor heard of, so that what is known is who is here. */
  expire(now: Instant): void {
    for (const peer of this.#peers.keys()) if (!this.isReachable(peer, now)) this.#peers.delete(peer);
  }

  signingKey(peer: PeerId): Uint8Array | undefined {
    return this.#peers.get(peer)?.announce.signingPublicKey;
  }

  /** Connected, or heard of on the mesh not long ago. */
  isReachable(peer: PeerId, now: Instant): boolean {
    if (this.isConnected(peer)) return true;
    const known = this.#peers.get(peer);
    return known !== undefined && now - known.heardAt <= this.#reachableFor;
  }

  /** Whether this link may ask once more now: a peer that asks too often is not answered. */
  mayAsk(link: NeighbourLink, now: Instant): boolean {
    if (now - link.requestsSince > gossip.requestWindow) {
      link.requestsSince = now;
      link.requests = 0;
    }
    link.requests++;
    return link.requests <= gossip.mostRequestsPerPeer;
  }

  #unbind(link: NeighbourLink): void {
    const { peer } = link;
    if (peer === undefined) return;
    link.peer = undefined;
    const left = (this.#connected.get(peer) ?? 1) - 1;
    if (left > 0) this.#connected.set(peer, left);
    else this.#connected.delete(peer);
  }
}
