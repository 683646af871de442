// The codec of the mesh: frames as they are on the air, and what goes to relays on the Internet.
import { encodeInto } from '../codec.ts';
import type { Codec } from '../message.ts';
import { nostrCodec, type NostrMessage } from './nostr/messages.ts';
import { PacketContent, type Packet } from './packet.ts';
import { decodeFrame, stampFrame, stampFrameInto } from './wire-format.ts';

/** Real frames. A content is encoded once, whatever the number of its copies; `byteLength` reads that frame's length. */
export const packetCodec: Codec<Packet> = {
  encode: ({ content, ttl, answersSync }) => stampFrame(content.frame, ttl, answersSync),
  encodeInto: ({ content, ttl, answersSync }, target, at) =>
    stampFrameInto(content.frame, ttl, answersSync, target, at),
  byteLength: ({ content }) => content.frameLength,
  decode(bytes, carries) {
    const decoded = decodeFrame(bytes);
    if (decoded === undefined) return undefined;
    return new PacketContent(decoded.fields, carries).withTtl(decoded.ttl, decoded.answersSync);
  },
};

/** Both. A frame begins with its version, 1 or 2; what stands for a WebSocket header is zeros. */
export const bitchatCodec: Codec<Packet | NostrMessage> = {
  encode: (message) =>
    message.kind === 'bitchat.packet' ? packetCodec.encode(message) : nostrCodec.encode(message),
  encodeInto: (message, target, at) =>
    encodeInto(message.kind === 'bitchat.packet' ? packetCodec : nostrCodec, message, target, at),
  byteLength: (message) =>
    message.kind === 'bitchat.packet' ? packetCodec.byteLength(message) : nostrCodec.byteLength(message),
  decode: (bytes, carries) =>
    bytes[0] === 0 ? nostrCodec.decode(bytes, carries) : packetCodec.decode(bytes, carries),
};
