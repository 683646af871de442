// Envelopes that a phone carries for others, within limits that keep it from becoming a public mailbag
// (bitchat/Services/Courier/CourierStore.swift).
import { LazyMap } from '../lazy-map.ts';
import type { Effects, StoredState } from '../core.ts';
import { sha256Hex } from '../crypto.ts';
import type { UserMessageId } from '../message.ts';
import type { WallTime } from '../time.ts';
import { courier as limits } from './constants.ts';
import { isFor, type CourierEnvelope } from './courier-envelope.ts';
import type { PeerId } from './peer-id.ts';

/** How much a depositor is trusted: friends have more room, and strangers' envelopes give way first. */
export type DepositTier = 'favourite' | 'verified';

/** What became of an envelope that somebody wanted to be carried. */
export type Deposit = 'kept' | 'full' | 'invalid';

/** One envelope with what its courier remembers; the record that is persisted. */
export interface CarriedEnvelope {
  /** Names it on this phone: a hash of its ciphertext, so that one envelope is carried once. */
  readonly id: string;
  readonly envelope: CourierEnvelope;
  readonly depositor: PeerId;
  readonly tier: DepositTier;
  /** Couriers that had a copy of this phone. */
  readonly sprayedTo: readonly PeerId[];
  /** When it was last flooded towards a recipient out of direct reach. */
  readonly floodedAt: WallTime | undefined;
  /** Host metadata: user messages inside. */
  readonly carries: readonly UserMessageId[];
}

const prefix = 'courier/';

/** Oldest first. */
export class CourierStore {
  readonly #carried = new LazyMap<string, CarriedEnvelope>();

  constructor(stored: StoredState | undefined) {
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix)) this.#carried.set((value as CarriedEnvelope).id, value as CarriedEnvelope);
  }

  get size(): number {
    return this.#carried.size;
  }

  /** What is not expired. */
  envelopes(wall: WallTime, out: Effects): readonly CarriedEnvelope[] {
    for (const { id, envelope } of this.#carried.values()) if (wall >= envelope.expiry) this.remove(id, out);
    return [...this.#carried.values()];
  }

  /** Takes an envelope to carry, unless it is not valid, or there is no room for this depositor. */
  deposit(
    envelope: CourierEnvelope,
    from: { readonly peer: PeerId; readonly tier: DepositTier },
    carries: readonly UserMessageId[],
    wall: WallTime,
    out: Effects,
  ): Deposit {
    if (wall >= envelope.expiry) return 'invalid';
    if (envelope.expiry > wall + limits.lifetimeMs + limits.lifetimeSlackMs) return 'invalid';
    const carried = this.envelopes(wall, out);
    const id = sha256Hex(envelope.ciphertext).slice(0, 32);
    const known = this.#carried.get(id);
    if (known !== undefined) {
      // A copy with more copies may come late; once some were passed on, it must not fill up what was spent.
      if (known.sprayedTo.length === 0 && known.envelope.copies < envelope.copies)
        this.put({ ...known, envelope }, out);
      return 'kept';
    }
    if (!this.#makeRoom(carried, from, out)) return 'full';
    const { peer: depositor, tier } = from;
    this.put({ id, envelope, depositor, tier, sprayedTo: [], floodedAt: undefined, carries }, out);
    return 'kept';
  }

  put(carried: CarriedEnvelope, out: Effects): void {
    this.#carried.set(carried.id, carried);
    out.persist(prefix + carried.id, carried);
  }

  remove(id: string, out: Effects): void {
    this.#carried.delete(id);
    out.persist(prefix + id, undefined);
  }

  /** Envelopes for the owner of this key. */
  addressedTo(noisePublicKey: Uint8Array, wall: WallTime, out: Effects): readonly CarriedEnvelope[] {
    return this.envelopes(wall, out).filter(({ envelope }) => isFor(envelope, noisePublicKey, wall));
  }

  /** Envelopes of which a courier may have half of the copies. */
  sprayableTo(
    courier: { readonly peer: PeerId; readonly noisePublicKey: Uint8Array },
    wall: WallTime,
    out: Effects,
  ): readonly CarriedEnvelope[] {
    return this.envelopes(wall, out).filter(
      ({ envelope, depositor, sprayedTo }) =>
        envelope.copies > 1 &&
        depositor !== courier.peer &&
        !sprayedTo.includes(courier.peer) &&
        !isFor(envelope, courier.noisePublicKey, wall),
    );
  }

  #makeRoom(
    carried: readonly CarriedEnvelope[],
    { peer, tier }: { readonly peer: PeerId; readonly tier: DepositTier },
    out: Effects,
  ): boolean {
    const ofDepositor = carried.filter(({ depositor }) => depositor === peer).length;
    const isFavourite = tier === 'favourite';
    if (ofDepositor >= (isFavourite ? limits.mostPerFavourite : limits.mostPerVerified)) return false;
    const verified = carried.filter((each) => each.tier === 'verified');
    if (!isFavourite && verified.length >= limits.mostVerifiedEnvelopes) return false;
    if (carried.length < limits.mostEnvelopes) return true;
    const victim = verified[0] ?? (isFavourite ? carried[0] : undefined);
    if (victim === undefined) return false;
    this.remove(victim.id, out);
    return true;
  }
}
