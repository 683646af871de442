// Everybody whose announce was ever believed, or who is oneself: one record each, so that an announce is looked up once.
import type { Instant } from '../time.ts';
import type { Announce } from './announce.ts';
import type { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';

/** What a phone knows of somebody. Lost with the memory, though the applications keep the keys. */
export interface PeerRecord {
  readonly peer: PeerId;
  /** The last one believed; its keys count on, also when its author has long gone. Undefined for oneself. */
  announce: Announce | undefined;
  /** On the mesh, as far as this phone knows: heard of, and not expired or left since. */
  isKnown: boolean;
  /** The announce's own time, on this phone's monotonic clock: a late copy does not make its author present. */
  heardAt: Instant;
  /** Links at whose other end it is. */
  links: number;
  /** Its newest announce that gossip has and passes on. */
  newest: PacketContent | undefined;
}

const leastSlots = 8;

/**
 * Records by id. They are never removed, so that an open-addressing table is all it takes: a third of the language's own
 * map, of which each of a hundred thousand phones would have one.
 */
export class PeerBook {
  #slots: (PeerRecord | undefined)[] = new Array<PeerRecord | undefined>(leastSlots).fill(undefined);
  #size = 0;
  /** Of whom gossip has an announce, and some of whom it has none any more, in the order in which they came to have one. */
  #announced: PeerRecord[] = [];
  #hasGaps = false;

  get(peer: PeerId): PeerRecord | undefined {
    return this.#slots[this.#find(peer)];
  }

  /** The record, made where there is none. */
  of(peer: PeerId): PeerRecord {
    const known = this.#slots[this.#find(peer)];
    if (known !== undefined) return known;
    if (4 * ++this.#size > 3 * this.#slots.length) this.#grow();
    const record: PeerRecord = {
      peer,
      announce: undefined,
      isKnown: false,
      heardAt: 0 as Instant,
      links: 0,
      newest: undefined,
    };
    this.#slots[this.#find(peer)] = record;
    return record;
  }

  /** In no order that means anything. */
  *records(): Generator<PeerRecord> {
    for (const record of this.#slots) if (record !== undefined) yield record;
  }

  /** Keeps an announce of somebody of whom there was none. */
  begin(record: PeerRecord, announce: PacketContent): void {
    this.#close();
    record.newest = announce;
    this.#announced.push(record);
  }

  /** Nothing that somebody announced is kept any more. */
  end(record: PeerRecord): void {
    if (record.newest === undefined) return;
    record.newest = undefined;
    this.#hasGaps = true;
  }

  /** The announces that gossip has, in the order in which their authors came to have one. */
  announces(): readonly PacketContent[] {
    this.#close();
    const announces: PacketContent[] = [];
    for (const { newest } of this.#announced) if (newest !== undefined) announces.push(newest);
    return announces;
  }

  /** Many end at a time: their places are closed in one go. */
  #close(): void {
    if (!this.#hasGaps) return;
    this.#hasGaps = false;
    this.#announced = this.#announced.filter(({ newest }) => newest !== undefined);
  }

  /** Its slot, or the empty one where it belongs. */
  #find(peer: PeerId): number {
    const slots = this.#slots;
    for (let slot = hashOf(peer) % slots.length; ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const record = slots[slot];
      if (record === undefined || record.peer === peer) return slot;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Array<PeerRecord | undefined>(before.length + (before.length >> 1)).fill(undefined);
    for (const record of before) if (record !== undefined) this.#slots[this.#find(record.peer)] = record;
  }
}

/** FNV-1a of its digits: ids are hashes, but somebody hostile may choose theirs. */
function hashOf(peer: PeerId): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < peer.length; index++)
    hash = Math.imul(hash ^ peer.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
