// What is on the air. Everything that stays the same on a packet's way is its content, shared by all copies of a
// flood; a packet is a content with the hops it has left.
import { toHex } from '../bytes.ts';
import { sha256, sha256Hex } from '../crypto.ts';
import type { Message, UserMessageId } from '../message.ts';
import { hashId, type IdHash } from './gcs-filter.ts';
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
  readonly signature?: Uint8Array | undefined;
}

/** A packet on a link. Immutable; the copies of one content with equal hops are one object. */
export interface Packet extends Message {
  readonly kind: 'bitchat.packet';
  /** Hops left, 0 to 255. */
  readonly ttl: number;
  /** Sent in answer to a sync request (flag RSR). */
  readonly answersSync: boolean;
  readonly content: PacketContent;
}

/** A packet in the eyes of gossip: its id as hexadecimal digits, and the hash that filters place it by. */
export interface GossipIdentity {
  readonly id: string;
  readonly hash: IdHash;
}

/** 2^32; 21 bits above and 32 below make a safe integer. */
const lowRange = 4_294_967_296;

/** The immutable part of a packet with what can be computed from it, computed once. */
export class PacketContent implements PacketFields {
  readonly version: 1 | 2;
  readonly type: number;
  readonly timestamp: number;
  readonly sender: PeerId;
  readonly recipient: PeerId | undefined;
  readonly route: readonly PeerId[];
  readonly payload: Uint8Array;
  readonly signature: Uint8Array | undefined;
  readonly carries: readonly UserMessageId[];
  #frame: Uint8Array | undefined;
  #key = -1;
  #messageId: string | undefined;
  #gossipIdentity: GossipIdentity | undefined;
  readonly #packets: (Packet | undefined)[] = [];

  /** `carries`: host metadata, not on the wire. */
  constructor(fields: PacketFields, carries: readonly UserMessageId[]) {
    this.version = fields.version;
    this.type = fields.type;
    this.timestamp = fields.timestamp;
    this.sender = fields.sender;
    this.recipient = fields.recipient;
    this.route = fields.route ?? [];
    this.payload = fields.payload;
    this.signature = fields.signature;
    this.carries = carries;
  }

  /** The packet with so many hops left. */
  withTtl(ttl: number, answersSync = false): Packet {
    const index = ttl * 2 + (answersSync ? 1 : 0);
    let packet = this.#packets[index];
    if (packet === undefined) {
      packet = { kind: 'bitchat.packet', carries: this.carries, ttl, answersSync, content: this };
      while (this.#packets.length <= index) this.#packets.push(undefined);
      this.#packets[index] = packet;
    }
    return packet;
  }

  /** The frame with TTL 0, without the sync flag, padded where the type travels padded. Not to be written to. */
  get frame(): Uint8Array {
    return (this.#frame ??= contentFrame(this));
  }

  /** What fan-out and de-duplication know it by: sender, timestamp, type, four bytes of the payload's hash. */
  get messageId(): string {
    return (this.#messageId ??=
      `${this.sender}-${this.timestamp}-${this.type}-` + sha256Hex(this.payload).slice(0, 8));
  }

  /** 53 bits of the hash of {@link messageId}, for seen filters. */
  get key(): number {
    if (this.#key < 0) {
      const hash = sha256(this.messageId);
      const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
      this.#key = (view.getUint32(0) >>> 11) * lowRange + view.getUint32(4);
    }
    return this.#key;
  }

  /** What gossip knows it by. */
  get gossipIdentity(): GossipIdentity {
    if (this.#gossipIdentity === undefined) {
      const id = this.#gossipId();
      this.#gossipIdentity = { id: toHex(id), hash: hashId(id) };
    }
    return this.#gossipIdentity;
  }

  /** 16 bytes of SHA-256(type, sender, timestamp, payload) (PacketIdUtil.swift). */
  #gossipId(): Uint8Array {
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
