// What a phone keeps of broadcasts for those who missed them (bitchat/Sync/GossipSyncManager.swift, bitchat-android
// sync/GossipSyncManager.kt).
import type { WallTime } from '../time.ts';
import { gossip, packetTypes, type GossipPolicy } from './constants.ts';
import { decodeFilter, encodeFilter, placeOf } from './gcs-filter.ts';
import type { PacketContent } from './packet.ts';
import type { PeerBook, PeerRecord } from './peer-book.ts';
import type { PeerId } from './peer-id.ts';
import type { SyncRequest } from './sync-request.ts';

/** What each round asks for. */
const wantedTypes: ReadonlySet<number> = new Set([
  packetTypes.announce,
  packetTypes.message,
  packetTypes.groupMessage,
]);

/** Newest packets of one type, oldest first, by gossip id. */
class Shelf {
  readonly packets = new Map<string, PacketContent>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(content: PacketContent): void {
    this.packets.set(content.gossipId, content);
    if (this.packets.size <= this.#capacity) return;
    const oldest = this.packets.keys().next();
    if (oldest.done !== true) this.packets.delete(oldest.value);
  }

  removeIf(isUnwanted: (content: PacketContent) => boolean): void {
    for (const [id, content] of this.packets) if (isUnwanted(content)) this.packets.delete(id);
  }
}

/** Types of messages that are kept. */
const shelved: readonly number[] = [packetTypes.message, packetTypes.groupMessage];

/** The newest announce of each author, and the newest messages. */
export class GossipStore {
  /** In the order of `shelved`; each made for its first message. */
  readonly #shelves: (Shelf | undefined)[] = shelved.map(() => undefined);
  readonly #book: PeerBook;
  readonly #self: PeerId;
  readonly #policy: GossipPolicy;
  readonly #purgeOnStale: boolean;

  /**
   * `book`: where the announces are kept. They are told in the order in which their authors came to have one.
   * `self`: whose store it is. Its own announce is never stale: the application renews it every few seconds, alone or
   * not, while this core makes none that nobody could hear.
   * `purgeOnStale`: forget an author's messages with its stale announce, as the application does.
   */
  constructor(book: PeerBook, self: PeerId, policy: GossipPolicy, purgeOnStale: boolean) {
    this.#book = book;
    this.#self = self;
    this.#policy = policy;
    this.#purgeOnStale = purgeOnStale;
  }

  /** Messages of all types. */
  get messages(): number {
    let count = 0;
    for (const shelf of this.#shelves) count += shelf?.packets.size ?? 0;
    return count;
  }

  /** Keeps a broadcast that was sent or heard. `author`: the record of its sender, where it is at hand. */
  keep(content: PacketContent, wall: WallTime, author?: PeerRecord): void {
    if (!this.#isFresh(content, wall)) return;
    if (content.type === packetTypes.announce) this.#keepAnnounce(content, wall, author);
    else {
      const place = shelved.indexOf(content.type);
      const isGroup = content.type === packetTypes.groupMessage;
      const capacity = isGroup ? gossip.mostGroupMessages : this.#policy.mostMessages;
      if (place >= 0) (this.#shelves[place] ??= new Shelf(capacity)).add(content);
    }
  }

  /** Everything that an author said is forgotten. */
  forget(author: PeerId): void {
    const record = this.#book.get(author);
    if (record !== undefined) this.#book.end(record);
    for (const shelf of this.#shelves) shelf?.removeIf(({ sender }) => sender === author);
  }

  /** Drops what is no longer fresh, and authors whose newest announce is stale. */
  purge(wall: WallTime): void {
    for (const shelf of this.#shelves) shelf?.removeIf((content) => !this.#isFresh(content, wall));
    for (const record of this.#book.records()) {
      const { peer: author, newest } = record;
      if (newest === undefined) continue;
      if (this.#purgeOnStale && author !== this.#self && this.#isStale(newest, wall)) this.forget(author);
      else if (!this.#isFresh(newest, wall)) this.#book.end(record);
    }
  }

  /** A request for what is missing here: the newest packets as a filter, and since when they are complete. */
  request(wall: WallTime): SyncRequest {
    const fresh = [...this.#book.announces(), ...this.#messages()]
      .filter((content) => this.#isFresh(content, wall))
      .sort((left, right) => right.timestamp - left.timestamp);
    const hashed = fresh.slice(0, gossip.filterItems).map((content) => content.gossipHash);
    const { filter, covered } = encodeFilter(hashed);
    const isCut = covered < fresh.length && this.#policy.asksForRange;
    return { filter, types: wantedTypes, since: isCut ? fresh[covered - 1]?.timestamp : undefined };
  }

  /** What the asking side lacks: announces first, then messages, oldest first. */
  answer({ filter, types, since }: SyncRequest, wall: WallTime): readonly PacketContent[] {
    const places = decodeFilter(filter);
    const { asksForRange } = this.#policy;
    const isMissing = (content: PacketContent): boolean =>
      this.#isFresh(content, wall) &&
      (!asksForRange || types.has(content.type)) &&
      !places.has(placeOf(content.gossipHash, filter.range));
    const announces = this.#book.announces().filter(isMissing);
    const messages = this.#messages().filter(
      (content) => (!asksForRange || since === undefined || content.timestamp >= since) && isMissing(content),
    );
    return [...announces, ...messages];
  }

  #isFresh(content: PacketContent, wall: WallTime): boolean {
    const { mostAnnounceAgeMs, mostMessageAgeMs } = this.#policy;
    const age = wall - content.timestamp;
    return age <= (content.type === packetTypes.announce ? mostAnnounceAgeMs : mostMessageAgeMs);
  }

  #isStale(announce: PacketContent, wall: WallTime): boolean {
    return wall - announce.timestamp > this.#policy.staleAuthorMs;
  }

  #messages(): readonly PacketContent[] {
    return this.#shelves.flatMap((shelf) => (shelf === undefined ? [] : [...shelf.packets.values()]));
  }

  #keepAnnounce(content: PacketContent, wall: WallTime, author: PeerRecord | undefined): void {
    // An old announce says that its author is out of reach: what is kept of it goes (lines 254-258).
    if (this.#purgeOnStale && this.#isStale(content, wall)) {
      this.forget(content.sender);
      return;
    }
    const { sender } = content;
    const record = author ?? this.#book.of(sender);
    if (record.newest === undefined) this.#book.begin(record, content);
    else if (record.newest.timestamp < content.timestamp) record.newest = content;
  }
}
