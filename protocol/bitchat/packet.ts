// What is on the air. Everything that stays the same on a packet's way is its content, shared by all copies of a
// flood; a packet is a content with the hops it has left.
import { toHex } from '../bytes.ts';
import { sha256, sha256Hex } from '../crypto.ts';
import type { Message, UserMessageId } from '../message.ts';
import type { Announce } from './announce.ts';
import { originTtl } from './constants.ts';
import { hashId, type IdHash } from './gcs-filter.ts';
import { PayloadFacts } from './payload-facts.ts';
import { peerIdBytes, type PeerId } from './peer-id.ts';
import { contentFrame } from './wire-format.ts';

/** The fields that no relay changes. */
export interface PacketFields {
  readonly version: 1 | 2;
  /** One of `packetTypes`; other values are relayed and otherwise ignored. */
  readonly type: number;
  /** Milliseconds since 1970 on the sender's clock. */
  readonly timestamp: number;
  readonly sender: PeerId;
  /** Absent or `everybody` for broadcasts. */
  readonly recipient?: PeerId | undefined;
  /** Peers to go through, in order; version 2 only. */
  readonly route?: readonly PeerId[] | undefined;
  readonly payload: Uint8Array;
  /** What was found out about the payload, where somebody has it. */
  readonly facts?: PayloadFacts | undefined;
  readonly signature?: Uint8Array | undefined;
}

/** A packet on a link. Immutable; while a content spreads, its copies with equal hops are one object. */
export interface Packet extends Message {
  readonly kind: 'bitchat.packet';
  /** Hops left, 0 to 255. */
  readonly ttl: number;
  /** Sent in answer to a sync request (flag RSR). */
  readonly answersSync: boolean;
  readonly content: PacketContent;
}

/** What was found about a content's signature. */
export interface SignatureVerdict {
  readonly publicKey: Uint8Array;
  readonly valid: boolean;
}

/** 2^32; 21 bits above and 32 below make a safe integer. */
const lowRange = 4_294_967_296;

const noRoute: readonly PeerId[] = Object.freeze([]);

/** The last frame asked for, of all contents: the copies of a flood are written one after the other. */
const lastFrame: { content: PacketContent | undefined; bytes: Uint8Array } = {
  content: undefined,
  bytes: new Uint8Array(),
};

/**
 * Contents that spread, or did so of late, by when their first copy was made: each lets go of its copies when as many have
 * begun after it. That bounds what their copies take, of which a content that a phone keeps for minutes has a dozen.
 */
const spreading = new Array<PacketContent | undefined>(4_096).fill(undefined);
let nextToSpread = 0;

/**
 * The immutable part of a packet with what can be computed from it, computed once. A phone keeps the newest announce of
 * everybody in reach, so that a content holds on to nothing that is wanted only while it spreads.
 */
export class PacketContent implements PacketFields {
  readonly version: 1 | 2;
  readonly type: number;
  readonly timestamp: number;
  readonly sender: PeerId;
  readonly recipient: PeerId | undefined;
  readonly route: readonly PeerId[];
  readonly payload: Uint8Array;
  readonly facts: PayloadFacts;
  readonly signature: Uint8Array | undefined;
  readonly carries: readonly UserMessageId[];
  /** For the key that was asked about last: see signatures.ts. */
  signatureVerdict: SignatureVerdict | undefined = undefined;
  /** Of an announce, once it was looked at: see presence.ts. */
  announce: Announce | 'refused' | undefined = undefined;
  #frameLength = -1;
  #key = -1;
  #messageId: string | undefined = undefined;
  #gossipId: string | undefined = undefined;
  #gossipHash: IdHash | undefined = undefined;
  /** The copy made last that goes no further: an answer, which is asked for as long as somebody keeps the content. */
  #last: Packet | undefined = undefined;
  /** The copies that spread, by the hops they have left. */
  #copies: (Packet | undefined)[] | undefined = undefined;

  /** `carries`: host metadata, not on the wire. */
  constructor(fields: PacketFields, carries: readonly UserMessageId[]) {
    this.version = fields.version;
    this.type = fields.type;
    this.timestamp = fields.timestamp;
    this.sender = fields.sender;
    this.recipient = fields.recipient;
    this.route = fields.route ?? noRoute;
    this.payload = fields.payload;
    this.facts = fields.facts ?? new PayloadFacts();
    this.signature = fields.signature;
    this.carries = carries;
  }

  /** The packet with so many hops left; mostly the same object as before. */
  withTtl(ttl: number, answersSync = false): Packet {
    if (ttl > 0 && !answersSync)
      return ((this.#copies ??= this.#spread())[ttl] ??= this.#packet(ttl, answersSync));
    const last = this.#last;
    if (last?.ttl === ttl && last.answersSync === answersSync) return last;
    return (this.#last = this.#packet(ttl, answersSync));
  }

  /** The frame with TTL 0, without the sync flag, padded where the type travels padded. Not to be written to. */
  get frame(): Uint8Array {
    if (lastFrame.content !== this) {
      lastFrame.bytes = contentFrame(this);
      lastFrame.content = this;
    }
    return lastFrame.bytes;
  }

  /** Bytes of {@link frame}. */
  get frameLength(): number {
    if (this.#frameLength < 0) this.#frameLength = this.frame.length;
    return this.#frameLength;
  }

  /** What fan-out and de-duplication know it by: sender, timestamp, type, four bytes of the payload's hash. */
  get messageId(): string {
    return (this.#messageId ??= this.#identify());
  }

  /** 53 bits of the hash of {@link messageId}, for seen filters. */
  get key(): number {
    if (this.#key < 0) {
      const hash = sha256(this.#messageId ?? this.#identify());
      const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
      this.#key = (view.getUint32(0) >>> 11) * lowRange + view.getUint32(4);
    }
    return this.#key;
  }

  /** Its id in the eyes of gossip, as hexadecimal digits. */
  get gossipId(): string {
    return (this.#gossipId ??= toHex(this.#gossipIdBytes()));
  }

  /** The hash of {@link gossipId} that filters place it by. */
  get gossipHash(): IdHash {
    return (this.#gossipHash ??= hashId(this.#gossipIdBytes()));
  }

  #packet(ttl: number, answersSync: boolean): Packet {
    const { carries } = this;
    return { kind: 'bitchat.packet', carries, ttl, answersSync, content: this, wireForm: undefined };
  }

  #spread(): (Packet | undefined)[] {
    const before = spreading[nextToSpread];
    if (before !== undefined) before.#copies = undefined;
    spreading[nextToSpread] = this;
    nextToSpread = (nextToSpread + 1) % spreading.length;
    return new Array<Packet | undefined>(originTtl + 1).fill(undefined);
  }

  #identify(): string {
    return `${this.sender}-${this.timestamp}-${this.type}-` + sha256Hex(this.payload).slice(0, 8);
  }

  /** 16 bytes of SHA-256(type, sender, timestamp, payload) (PacketIdUtil.swift). */
  #gossipIdBytes(): Uint8Array {
    const header = new Uint8Array(17);
    header[0] = this.type;
    header.set(peerIdBytes(this.sender), 1);
    const view = new DataView(header.buffer);
    view.setUint32(9, Math.floor(this.timestamp / lowRange));
    view.setUint32(13, this.timestamp % lowRange);
    const bytes = new Uint8Array(header.length + this.payload.length);
    bytes.set(header);
    bytes.set(this.payload, header.length);
    return sha256(bytes).slice(0, 16);
  }
}
