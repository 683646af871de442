// What a phone keeps of broadcasts for those who missed them (bitchat/Sync/GossipSyncManager.swift).
import type { WallTime } from '../time.ts';
import { gossip, packetTypes } from './constants.ts';
import { decodeFilter, encodeFilter, placeOf } from './gcs-filter.ts';
import type { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';
import type { SyncRequest } from './sync-request.ts';

/** What each round asks for. */
const wantedTypes: ReadonlySet<number> = new Set([
  packetTypes.announce,
  packetTypes.message,
  packetTypes.groupMessage,
]);

function isFresh(content: PacketContent, wall: WallTime): boolean {
  const age = wall - content.timestamp;
  return age <= (content.type === packetTypes.announce ? gossip.announceFreshMs : gossip.messageFreshMs);
}

function isStale(announce: PacketContent, wall: WallTime): boolean {
  return wall - announce.timestamp > gossip.staleAuthorMs;
}

/** Newest packets of one type, oldest first, by gossip id. */
class Shelf {
  readonly packets = new Map<string, PacketContent>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(content: PacketContent): void {
    this.packets.set(content.gossipIdentity.id, content);
    if (this.packets.size <= this.#capacity) return;
    const oldest = this.packets.keys().next();
    if (oldest.done !== true) this.packets.delete(oldest.value);
  }

  removeIf(isUnwanted: (content: PacketContent) => boolean): void {
    for (const [id, content] of this.packets) if (isUnwanted(content)) this.packets.delete(id);
  }
}

/** The newest announce of each author, and the newest messages. */
export class GossipStore {
  readonly #shelves: ReadonlyMap<number, Shelf> = new Map([
    [packetTypes.message, new Shelf(gossip.mostMessages)],
    [packetTypes.groupMessage, new Shelf(gossip.mostGroupMessages)],
  ]);
  readonly #announces = new Map<PeerId, PacketContent>();
  readonly #self: PeerId;
  readonly #purgeOnStale: boolean;

  /**
   * `self`: whose store it is. Its own announce is never stale: the application renews it every few seconds, alone or
   * not, while this core makes none that nobody could hear.
   * `purgeOnStale`: forget an author's messages with its stale announce, as the application does.
   */
  constructor(self: PeerId, purgeOnStale: boolean) {
    this.#self = self;
    this.#purgeOnStale = purgeOnStale;
  }

  /** Messages of all types. */
  get messages(): number {
    let count = 0;
    for (const { packets } of this.#shelves.values()) count += packets.size;
    return count;
  }

  /** Keeps a broadcast that was sent or heard. */
  keep(content: PacketContent, wall: WallTime): void {
    if (!isFresh(content, wall)) return;
    if (content.type === packetTypes.announce) this.#keepAnnounce(content, wall);
    else this.#shelves.get(content.type)?.add(content);
  }

  /** Everything that an author said is forgotten. */
  forget(author: PeerId): void {
    this.#announces.delete(author);
    for (const shelf of this.#shelves.values()) shelf.removeIf(({ sender }) => sender === author);
  }

  /** Drops what is no longer fresh, and authors whose newest announce is stale. */
  purge(wall: WallTime): void {
    for (const shelf of this.#shelves.values()) shelf.removeIf((content) => !isFresh(content, wall));
    for (const [author, announce] of this.#announces) {
      if (this.#purgeOnStale && author !== this.#self && isStale(announce, wall)) this.forget(author);
      else if (!isFresh(announce, wall)) this.#announces.delete(author);
    }
  }

  /** A request for what is missing here: the newest packets as a filter, and since when they are complete. */
  request(wall: WallTime): SyncRequest {
    const fresh = [...this.#announces.values(), ...this.#messages()]
      .filter((content) => isFresh(content, wall))
      .sort((left, right) => right.timestamp - left.timestamp);
    const hashed = fresh.slice(0, gossip.filterItems).map((content) => content.gossipIdentity.hash);
    const { filter, covered } = encodeFilter(hashed);
    return {
      filter,
      types: wantedTypes,
      since: covered < fresh.length ? fresh[covered - 1]?.timestamp : undefined,
    };
  }

  /** What the asking side lacks: announces first, then messages, oldest first. */
  answer({ filter, types, since }: SyncRequest, wall: WallTime): readonly PacketContent[] {
    const places = decodeFilter(filter);
    if (places === undefined) return [];
    const isMissing = (content: PacketContent): boolean =>
      isFresh(content, wall) &&
      types.has(content.type) &&
      (filter.range === 0 || !places.has(placeOf(content.gossipIdentity.hash, filter.range)));
    const announces = [...this.#announces.values()].filter(isMissing);
    const messages = this.#messages().filter(
      (content) => (since === undefined || content.timestamp >= since) && isMissing(content),
    );
    return [...announces, ...messages];
  }

  #messages(): readonly PacketContent[] {
    return [...this.#shelves.values()].flatMap(({ packets }) => [...packets.values()]);
  }

  #keepAnnounce(content: PacketContent, wall: WallTime): void {
    // An old announce says that its author is out of reach: what is kept of it goes (lines 254-258).
    if (this.#purgeOnStale && isStale(content, wall)) {
      this.forget(content.sender);
      return;
    }
    const known = this.#announces.get(content.sender);
    if (known === undefined || known.timestamp < content.timestamp)
      this.#announces.set(content.sender, content);
  }
}
