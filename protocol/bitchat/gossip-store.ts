// What a phone keeps of broadcasts for those who missed them (bitchat/Sync/GossipSyncManager.swift).
import { toHex } from '../bytes.ts';
import type { WallTime } from '../time.ts';
import { gossip, packetTypes } from './constants.ts';
import { decodeFilter, encodeFilter, hashId, placeOf, type IdHash } from './gcs-filter.ts';
import type { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';
import type { SyncRequest } from './sync-request.ts';

/** What each round asks for. */
const wantedTypes: ReadonlySet<number> = new Set([
  packetTypes.announce,
  packetTypes.message,
  packetTypes.groupMessage,
]);

/** Hashes by content: the copies that a thousand phones keep are one object. */
const hashes = new WeakMap<PacketContent, { readonly id: string; readonly hash: IdHash }>();

function identify(content: PacketContent): { readonly id: string; readonly hash: IdHash } {
  let known = hashes.get(content);
  if (known === undefined) {
    const id = content.gossipId;
    known = { id: toHex(id), hash: hashId(id) };
    hashes.set(content, known);
  }
  return known;
}

function isFresh(content: PacketContent, wall: WallTime): boolean {
  const age = wall - content.timestamp;
  return age <= (content.type === packetTypes.announce ? gossip.announceFreshMs : gossip.messageFreshMs);
}

/** The newest announce of each author, and the newest messages. */
export class GossipStore {
  readonly #messages = new Map<string, PacketContent>();
  readonly #announces = new Map<PeerId, PacketContent>();
  readonly #purgeOnStale: boolean;

  /** `purgeOnStale`: forget an author's messages with its stale announce, as the application does. */
  constructor(purgeOnStale: boolean) {
    this.#purgeOnStale = purgeOnStale;
  }

  get messages(): number {
    return this.#messages.size;
  }

  /** Keeps a broadcast that was sent or heard. */
  keep(content: PacketContent, wall: WallTime): void {
    if (!isFresh(content, wall)) return;
    if (content.type === packetTypes.announce) {
      // An old announce says that its author is out of reach: what is kept of it goes (lines 254-258).
      if (this.#purgeOnStale && wall - content.timestamp > gossip.staleAuthorMs) {
        this.forget(content.sender);
        return;
      }
      const known = this.#announces.get(content.sender);
      if (known === undefined || known.timestamp < content.timestamp)
        this.#announces.set(content.sender, content);
    } else if (content.type === packetTypes.message || content.type === packetTypes.groupMessage) {
      this.#messages.set(identify(content).id, content);
      if (this.#messages.size <= gossip.mostMessages) return;
      const oldest = this.#messages.keys().next();
      if (oldest.done !== true) this.#messages.delete(oldest.value);
    }
  }

  /** Everything that an author said is forgotten. */
  forget(author: PeerId): void {
    this.#announces.delete(author);
    for (const [id, content] of this.#messages) if (content.sender === author) this.#messages.delete(id);
  }

  /** Drops what is no longer fresh, and authors whose newest announce is stale. */
  purge(wall: WallTime): void {
    for (const [id, content] of this.#messages) if (!isFresh(content, wall)) this.#messages.delete(id);
    for (const [author, announce] of this.#announces) {
      if (this.#purgeOnStale && wall - announce.timestamp > gossip.staleAuthorMs) this.forget(author);
      else if (!isFresh(announce, wall)) this.#announces.delete(author);
    }
  }

  /** A request for what is missing here: the newest packets as a filter, and since when they are complete. */
  request(wall: WallTime): SyncRequest {
    const fresh = [...this.#announces.values(), ...this.#messages.values()]
      .filter((content) => isFresh(content, wall))
      .sort((left, right) => right.timestamp - left.timestamp);
    const covered = fresh.slice(0, gossip.filterItems);
    return {
      filter: encodeFilter(covered.map((content) => identify(content).hash)),
      types: wantedTypes,
      since: covered.length < fresh.length ? covered.at(-1)?.timestamp : undefined,
    };
  }

  /** What the asking side lacks: announces first, then messages, oldest first. */
  answer({ filter, types, since }: SyncRequest, wall: WallTime): readonly PacketContent[] {
    const places = decodeFilter(filter);
    if (places === undefined) return [];
    const isMissing = (content: PacketContent): boolean =>
      isFresh(content, wall) &&
      types.has(content.type) &&
      (filter.range === 0 || !places.has(placeOf(identify(content).hash, filter.range)));
    const announces = [...this.#announces.values()].filter(isMissing);
    const messages = [...this.#messages.values()].filter(
      (content) => (since === undefined || content.timestamp >= since) && isMissing(content),
    );
    return [...announces, ...messages];
  }
}
