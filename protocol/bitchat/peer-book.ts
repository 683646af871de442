// Everybody whose announce was ever believed, or who is oneself: one record each, so that an announce is looked up once.
import type { Instant } from '../time.ts';
import type { Announce } from './announce.ts';
import type { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';

/** What a phone knows of somebody. Lost with the memory, though the applications keep the keys. */
export interface PeerRecord {
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

/** Records by id. */
export class PeerBook {
  readonly #records = new Map<PeerId, PeerRecord>();
  /** The one that comes after all others. */
  #last: PeerRecord | undefined;

  get(peer: PeerId): PeerRecord | undefined {
    return this.#records.get(peer);
  }

  /** The record, made where there is none. */
  of(peer: PeerId): PeerRecord {
    let record = this.#records.get(peer);
    if (record === undefined) {
      record = { announce: undefined, isKnown: false, heardAt: 0 as Instant, links: 0, newest: undefined };
      this.#records.set(peer, record);
      this.#last = record;
    }
    return record;
  }

  records(): Iterable<PeerRecord> {
    return this.#records.values();
  }

  entries(): Iterable<readonly [PeerId, PeerRecord]> {
    return this.#records;
  }

  /** From now on it comes after all others. */
  moveToEnd(peer: PeerId, record: PeerRecord): void {
    if (record === this.#last) return;
    this.#records.delete(peer);
    this.#records.set(peer, record);
    this.#last = record;
  }
}
