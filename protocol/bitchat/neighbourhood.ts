// Whom a phone is connected to, and whom it knows to be on the mesh.
import { equalBytes } from '../bytes.ts';
import type { Address } from '../core.ts';
import type { Clock, Duration, Instant } from '../time.ts';
import type { Announce } from './announce.ts';
import { gossip } from './constants.ts';
import type { Link } from './fan-out.ts';
import type { PeerBook, PeerRecord } from './peer-book.ts';
import type { PeerId } from './peer-id.ts';

/** A link with what the phone remembers of it. */
export interface NeighbourLink extends Link {
  peer: PeerId | undefined;
  /** Last time something was asked of it; answers are accepted for a while. */
  askedAt: Instant | undefined;
  /** Requests that it made in the present window. */
  requests: number;
  requestsSince: Instant;
  /** A handshake with the peer ended over this link. */
  isAuthenticated: boolean;
  /** Last time that its session was made anew because of this link. */
  renewedAt: Instant | undefined;
}

/**
 * Links by address and peers by id. A phone has a handful of links: lists that are replaced, never changed, are as long as
 * they need to be, which takes a third of what a map and a set do; and nobody has to copy them.
 */
export class Neighbourhood {
  #links: readonly NeighbourLink[] = [];
  /** Connected peers. */
  degree = 0;
  readonly #book: PeerBook;
  #known = 0;
  /** In the order in which they were connected. */
  #connected: readonly PeerId[] = [];
  readonly #reachableFor: Duration;

  /** `reachableFor`: how long after its last announce a peer counts as present. */
  constructor(book: PeerBook, reachableFor: Duration) {
    this.#book = book;
    this.#reachableFor = reachableFor;
  }

  /** Peers on the mesh, those included that went quiet since the last {@link expire}. */
  get knownPeers(): number {
    return this.#known;
  }

  get linkCount(): number {
    return this.#links.length;
  }

  /** As they are now: a later change does not touch this list. */
  links(): readonly NeighbourLink[] {
    return this.#links;
  }

  link(address: Address): NeighbourLink | undefined {
    for (const link of this.#links) if (link.address === address) return link;
    return undefined;
  }

  /** As {@link links}. */
  connectedPeers(): readonly PeerId[] {
    return this.#connected;
  }

  isConnected(peer: PeerId): boolean {
    return this.#connected.includes(peer);
  }

  add(address: Address, role: Link['role'], now: Instant): void {
    const asked = { askedAt: undefined, requests: 0, requestsSince: now };
    const shown = { peer: undefined, isAuthenticated: false, renewedAt: undefined };
    this.#links = this.#links.concat([{ address, role, ...shown, ...asked }]);
  }

  /** Who is not connected any more because of that. */
  remove(address: Address): PeerId | undefined {
    const link = this.link(address);
    if (link === undefined) return undefined;
    const { peer } = link;
    this.#unbind(link);
    this.#links = this.#links.toSpliced(this.#links.indexOf(link), 1);
    return peer === undefined || this.isConnected(peer) ? undefined : peer;
  }

  clearLinks(): void {
    for (const link of this.#links) this.#unbind(link);
    this.#links = [];
  }

  /** Somebody announced itself without a hop in between. True when it was not connected before. */
  bind(link: NeighbourLink, peer: PeerId): boolean {
    if (link.peer === peer) return false;
    this.#unbind(link);
    link.peer = peer;
    const record = this.#book.of(peer);
    record.links++;
    if (record.links > 1) return false;
    this.#connected = this.#connected.concat([peer]);
    this.degree++;
    return true;
  }

  /** Notes a verified announce. False when it contradicts the signing key that this peer showed before. */
  note(record: PeerRecord, announce: Announce, timestamp: number, clock: Clock): boolean {
    const age = Math.max(0, clock.wall - timestamp) * 1_000;
    const saidAt = Math.max(0, clock.now - age) as Instant;
    if (!record.isKnown) {
      record.isKnown = true;
      this.#known++;
      record.announce = announce;
      record.heardAt = saidAt;
      return true;
    }
    const { announce: known } = record;
    if (known !== announce) {
      if (known !== undefined && !equalBytes(known.signingPublicKey, announce.signingPublicKey)) return false;
      record.announce = announce;
    }
    if (saidAt > record.heardAt) record.heardAt = saidAt;
    return true;
  }

  forget(peer: PeerId): void {
    const record = this.#book.get(peer);
    if (record?.isKnown === true) this.#drop(record);
  }

  /** Somebody said something: it is present, if it is known at all. */
  heard(peer: PeerId, now: Instant): void {
    const record = this.#book.get(peer);
    if (record?.isKnown === true) record.heardAt = now;
  }

  /** Whether somebody is connected or was heard of after that. */
  isHeardSince(peer: PeerId, instant: Instant): boolean {
    const record = this.#book.get(peer);
    return record !== undefined && (record.links > 0 || record.heardAt > instant);
  }

  /** Forgets peers that are neither connected nor heard of, so that what is known is who is here; and who that was. */
  expire(now: Instant): readonly PeerId[] {
    const gone: PeerId[] = [];
    for (const record of this.#book.records())
      if (record.isKnown && !this.isPresent(record, now)) {
        this.#drop(record);
        gone.push(record.peer);
      }
    return gone;
  }

  /** The key of somebody who is on the mesh. */
  signingKey(peer: PeerId): Uint8Array | undefined {
    const record = this.#book.get(peer);
    return record?.isKnown === true ? record.announce?.signingPublicKey : undefined;
  }

  /** Connected, or heard of on the mesh not long ago. */
  isReachable(peer: PeerId, now: Instant): boolean {
    const record = this.#book.get(peer);
    return record !== undefined && this.isPresent(record, now);
  }

  /** The same of somebody's record. */
  isPresent({ links, isKnown, heardAt }: PeerRecord, now: Instant): boolean {
    return links > 0 || (isKnown && now - heardAt <= this.#reachableFor);
  }

  /** Whether a handshake with the peer ended over any of its links. */
  isAuthenticated(peer: PeerId): boolean {
    return this.#links.some((link) => link.peer === peer && link.isAuthenticated);
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
    link.isAuthenticated = false;
    link.renewedAt = undefined;
    const record = this.#book.of(peer);
    record.links--;
    if (record.links > 0) return;
    this.#connected = this.#connected.toSpliced(this.#connected.indexOf(peer), 1);
    this.degree--;
  }

  #drop(record: PeerRecord): void {
    record.isKnown = false;
    this.#known--;
  }
}
