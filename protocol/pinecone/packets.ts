// What the session layer puts into datagrams: the shape of QUIC (RFC 9000) with its sizes, not its ciphers.
import { Reader, variableLength, Writer } from './wire.ts';

/** Kinds of packets. */
export type Packet =
  /** First flight of who opens a session; padded to a whole packet. */
  | { readonly kind: 'open'; readonly session: number }
  /** Answer with a certificate; padded likewise. */
  | { readonly kind: 'accept'; readonly session: number }
  /** The session ends, or never begins. */
  | { readonly kind: 'close'; readonly session: number }
  | DataPacket
  /** That part of a stream has come. */
  | {
      readonly kind: 'ack';
      readonly session: number;
      readonly stream: number;
      readonly isAnswer: boolean;
      readonly offset: number;
    };

/** Part of a request or of its answer. */
export interface DataPacket {
  readonly kind: 'data';
  readonly session: number;
  readonly stream: number;
  readonly isAnswer: boolean;
  readonly offset: number;
  /** Of the whole stream. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** quic-go's first size of a packet, which stays without path discovery (internal/protocol/params.go, InitialPacketSize). */
const packetBytes = 1_280;
/** AEAD tag and packet number of a protected packet (RFC 9001 §5.3, RFC 9000 §17.3). */
const protectionBytes = 20;
/** Bytes of a stream in one packet: a packet less what is around them. */
export const partBytes = packetBytes - 62;

const kinds = ['open', 'accept', 'data', 'ack', 'close'] as const;

/** The packet as bytes of the length that a real one has. */
export function encodePacket(packet: Packet): Uint8Array {
  const head = (length: number): Writer =>
    new Writer(length).byte(kinds.indexOf(packet.kind)).long(packet.session);
  if (packet.kind === 'open' || packet.kind === 'accept') return head(packetBytes).bytes;
  if (packet.kind === 'close') return head(5 + protectionBytes).bytes;
  const { stream, isAnswer, offset } = packet;
  const fixed = 6 + variableLength(stream) + variableLength(offset) + protectionBytes;
  const isData = packet.kind === 'data';
  const more = isData ? variableLength(packet.length) + packet.bytes.length : 0;
  const writer = head(fixed + more)
    .byte(isAnswer ? 1 : 0)
    .variable(stream)
    .variable(offset);
  if (isData) writer.variable(packet.length).raw(packet.bytes);
  return writer.bytes;
}

/** Reads a packet; undefined when the bytes are none. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  const reader = new Reader(bytes);
  const kind = kinds[reader.byte()];
  const session = reader.long();
  if (kind === undefined || reader.failed) return undefined;
  if (kind === 'open' || kind === 'accept' || kind === 'close') return { kind, session };
  const isAnswer = reader.byte() === 1;
  const stream = reader.variable();
  const offset = reader.variable();
  if (kind === 'ack') return reader.failed ? undefined : { kind, session, stream, isAnswer, offset };
  const length = reader.variable();
  const part = reader.raw(Math.max(0, reader.left - protectionBytes));
  if (reader.failed || length > 100_000_000) return undefined;
  return { kind, session, stream, isAnswer, offset, length, bytes: part };
}
