// Absent friends are served by phones that may meet them: private messages are sealed, deposited with up to three
// neighbours, sprayed by those to others, and handed over (BLEService.swift "Courier Store-and-Forward",
// MessageRouter.swift). Whether an application knows couriers is its platform's matter.
import { utf8 } from '../bytes.ts';
import type { Effects, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import type { UserMessageId } from '../message.ts';
import type { Clock, WallTime } from '../time.ts';
import { courier as limits, packetTypes } from './constants.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  isFor,
  recipientTag,
  type CourierEnvelope,
} from './courier-envelope.ts';
import { CourierStore, type CarriedEnvelope } from './courier-store.ts';
import type { Neighbourhood, NeighbourLink } from './neighbourhood.ts';
import { openOneWay, sealOneWay } from './noise/one-way.ts';
import type { NoiseSessions } from './noise/sessions.ts';
import type { PacketContent } from './packet.ts';
import type { Contact, PeerConfig } from './peer-config.ts';
import { peerIdOf, type PeerId } from './peer-id.ts';
import { isSignedBy, signed } from './signatures.ts';
import type { Transmitter } from './transmitter.ts';

const prologue = utf8(limits.prologue);

/** Mail that was for this phone. */
export interface OpenedMail {
  readonly author: PeerId;
  readonly plaintext: Uint8Array;
  readonly carries: readonly UserMessageId[];
}

/** What somebody heard on the mesh is to couriers. */
export interface HeardPeer {
  readonly peer: PeerId;
  readonly noisePublicKey: Uint8Array;
  /** The announce came from its author, over the link at whose other end it is. */
  readonly isDirect: boolean;
}

/** The parts of a phone that couriers work with. */
export interface CourierParts {
  readonly neighbourhood: Neighbourhood;
  readonly transmitter: Transmitter;
  readonly sessions: NoiseSessions;
}

/** Both sides of couriering on one phone. */
export class Couriers {
  readonly #config: PeerConfig;
  readonly #parts: CourierParts;
  readonly #store: CourierStore;
  readonly #isOn: boolean;

  constructor(config: PeerConfig, parts: CourierParts, stored: StoredState | undefined) {
    this.#config = config;
    this.#parts = parts;
    this.#store = new CourierStore(stored);
    this.#isOn = config.usesCouriers && config.policy.knowsCouriers;
  }

  /** Envelopes of others that this phone carries. */
  get carried(): number {
    return this.#store.size;
  }

  /** Neighbours to whom a message for this recipient can be given, friends first. */
  candidates(recipient: PeerId, taken: readonly PeerId[]): readonly PeerId[] {
    if (!this.#isOn) return [];
    const free = limits.mostCouriersPerMessage - taken.length;
    const peers = this.#parts.neighbourhood
      .connectedPeers()
      .filter((peer) => peer !== recipient && !taken.includes(peer));
    const isFriend = (peer: PeerId): number => (this.#config.contact(peer) === undefined ? 1 : 0);
    return peers.sort((left, right) => isFriend(left) - isFriend(right)).slice(0, Math.max(0, free));
  }

  /** Seals once and gives each of these couriers an envelope. False when the recipient's key makes no secret. */
  deposit(
    mail: { readonly plaintext: Uint8Array; readonly carries: readonly UserMessageId[] },
    recipient: Contact,
    couriers: readonly PeerId[],
    clock: Clock,
    out: Effects,
  ): boolean {
    const { identity, random } = this.#config;
    const own = { secret: identity.noiseSecret, publicKey: identity.noisePublicKey };
    const { noisePublicKey } = recipient;
    const ciphertext = sealOneWay(own, noisePublicKey, random.bytes(32), prologue, mail.plaintext);
    if (ciphertext === undefined) return false;
    const envelope = {
      recipientTag: recipientTag(noisePublicKey, clock.wall),
      expiry: clock.wall + limits.lifetimeMs,
      ciphertext,
      copies: limits.copies,
    };
    for (const courier of couriers) this.#send(envelope, courier, mail.carries, clock, out);
    count('bitchat.courier-deposits', couriers.length, out);
    return true;
  }

  /** An envelope for this phone, to be read or to be carried. The mail when it could be opened. */
  receive(content: PacketContent, link: NeighbourLink, clock: Clock, out: Effects): OpenedMail | undefined {
    if (!this.#isOn) return undefined;
    const envelope = decodeEnvelope(content.payload);
    if (envelope === undefined || clock.wall >= envelope.expiry) {
      out.observe({ kind: 'situation', name: 'bitchat.envelope-refused' });
      return undefined;
    }
    const { identity } = this.#config;
    if (!isFor(envelope, identity.noisePublicKey, clock.wall)) {
      this.#carry(envelope, content, link, clock.wall, out);
      return undefined;
    }
    const own = { secret: identity.noiseSecret, publicKey: identity.noisePublicKey };
    const opened = openOneWay(own, prologue, envelope.ciphertext);
    if (opened === undefined) {
      out.observe({ kind: 'situation', name: 'bitchat.undecryptable' });
      return undefined;
    }
    return { author: peerIdOf(opened.author), plaintext: opened.plaintext, carries: content.carries };
  }

  /**
   * A verified announce: the moment to look for mail. Over a direct link with a session mail is handed over and copies
   * are shared; towards somebody further away, or whose link has not proven itself, a copy is flooded now and then.
   */
  heard({ peer, noisePublicKey, isDirect }: HeardPeer, clock: Clock, out: Effects): void {
    if (this.#store.size === 0) return;
    const { sessions } = this.#parts;
    if (isDirect && sessions.isEstablished(peer, clock)) {
      this.#handOver(peer, noisePublicKey, clock, out);
      this.#spray(peer, noisePublicKey, clock, out);
      return;
    }
    this.#floodTowards(peer, noisePublicKey, clock, out);
    if (isDirect) sessions.begin(peer, { isRetry: false, carries: [] }, clock, out);
  }

  /** A deposit counts as its sender's only straight from it and with its signature. */
  #carry(
    envelope: CourierEnvelope,
    content: PacketContent,
    link: NeighbourLink,
    wall: WallTime,
    out: Effects,
  ): void {
    const { sender, carries } = content;
    const key = this.#parts.neighbourhood.signingKey(sender);
    const isOwn = link.peer === sender && key !== undefined;
    if (!isOwn || !isSignedBy(content, key, this.#config.signatures)) {
      out.observe({ kind: 'situation', name: 'bitchat.deposit-refused' });
      return;
    }
    const tier = this.#config.contact(sender) === undefined ? 'verified' : 'favourite';
    const deposit = this.#store.deposit(envelope, { peer: sender, tier }, carries, wall, out);
    if (deposit !== 'kept') {
      const name = deposit === 'full' ? 'bitchat.courier-full' : 'bitchat.deposit-refused';
      out.observe({ kind: 'situation', name });
      return;
    }
    if (carries.length > 0)
      out.observe({ kind: 'hold', messages: carries, reason: 'no-route', cause: noCause });
  }

  #handOver(peer: PeerId, noisePublicKey: Uint8Array, clock: Clock, out: Effects): void {
    const mail = this.#store.addressedTo(noisePublicKey, clock.wall, out);
    for (const { id, envelope, carries } of mail) {
      this.#send(envelope, peer, carries, clock, out);
      this.#store.remove(id, out);
    }
    count('bitchat.courier-handovers', mail.length, out);
  }

  /** Binary spray and wait: half of the copies go, the rest stays. */
  #spray(peer: PeerId, noisePublicKey: Uint8Array, clock: Clock, out: Effects): void {
    const carried = this.#store.sprayableTo({ peer, noisePublicKey }, clock.wall, out);
    for (const each of carried) {
      const { envelope, sprayedTo, carries } = each;
      const given = Math.floor(envelope.copies / 2);
      this.#send({ ...envelope, copies: given }, peer, carries, clock, out);
      const kept = { ...envelope, copies: envelope.copies - given };
      this.#store.put({ ...each, envelope: kept, sprayedTo: [...sprayedTo, peer] }, out);
    }
    count('bitchat.courier-sprays', carried.length, out);
  }

  #floodTowards(peer: PeerId, noisePublicKey: Uint8Array, clock: Clock, out: Effects): void {
    const { wall } = clock;
    const cooldownMs = limits.remoteCooldown / 1_000;
    const isDue = ({ floodedAt }: CarriedEnvelope): boolean =>
      floodedAt === undefined || wall - floodedAt >= cooldownMs;
    for (const carried of this.#store.addressedTo(noisePublicKey, wall, out).filter(isDue)) {
      this.#store.put({ ...carried, floodedAt: wall }, out);
      this.#send({ ...carried.envelope, copies: 1 }, peer, carried.carries, clock, out);
    }
  }

  #send(
    envelope: CourierEnvelope,
    recipient: PeerId,
    carries: readonly UserMessageId[],
    clock: Clock,
    out: Effects,
  ): void {
    const { identity } = this.#config;
    const fields = {
      version: 1,
      type: packetTypes.courierEnvelope,
      timestamp: clock.wall,
      sender: identity.peerId,
      recipient,
      payload: encodeEnvelope(envelope),
    } as const;
    this.#parts.transmitter.originate(signed(fields, identity.signer, carries), clock, out);
  }
}

function count(name: string, by: number, out: Effects): void {
  if (by > 0) out.observe({ kind: 'counter', name, by });
}
