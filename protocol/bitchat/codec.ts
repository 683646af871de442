// The codec of the mesh: one kind of message, whose bytes are the frame on the air.
import type { Codec } from '../message.ts';
import { PacketContent, type Packet } from './packet.ts';
import { decodeFrame, stampFrame } from './wire-format.ts';

/** Real frames. A content is encoded once, whatever the number of its copies; `byteLength` reads that frame's length. */
export const bitchatCodec: Codec<Packet> = {
  encode: ({ content, ttl, answersSync }) => stampFrame(content.frame, ttl, answersSync),
  byteLength: ({ content }) => content.frame.length,
  decode(bytes, carries) {
    const decoded = decodeFrame(bytes);
    if (decoded === undefined) return undefined;
    return new PacketContent(decoded.fields, carries).withTtl(decoded.ttl, decoded.answersSync);
  },
};
