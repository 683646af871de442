// A UDP datagram, for software that brings its own protocol: bytes with two ports.
import type { Codec, Message } from './message.ts';

/** May be lost, doubled or overtaken. Sent to `udp:<node>`; the receiver is told the same of the sender. */
export interface Datagram extends Message {
  readonly kind: 'udp.datagram';
  readonly fromPort: number;
  readonly toPort: number;
  /** Never changed once it is sent. */
  readonly payload: Uint8Array;
}

/** Source port, destination port, length, checksum: RFC 768. */
const headerBytes = 8;

/** The UDP header without a checksum, which RFC 768 allows, and the payload. */
export const datagramCodec: Codec<Datagram> = {
  encode(datagram) {
    const bytes = new Uint8Array(headerBytes + datagram.payload.length);
    write(datagram, bytes, 0);
    return bytes;
  },
  encodeInto(datagram, target, at) {
    const end = at + headerBytes + datagram.payload.length;
    if (end <= target.length) write(datagram, target, at);
    return end;
  },
  byteLength: ({ payload }) => headerBytes + payload.length,
  decode(bytes, carries) {
    if (bytes.length < headerBytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(4) !== bytes.length || view.getUint16(6) !== 0) return undefined;
    return {
      kind: 'udp.datagram',
      carries,
      fromPort: view.getUint16(0),
      toPort: view.getUint16(2),
      payload: bytes.slice(headerBytes),
    };
  },
};

function write({ fromPort, toPort, payload }: Datagram, target: Uint8Array, at: number): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  view.setUint16(at, fromPort);
  view.setUint16(at + 2, toPort);
  view.setUint16(at + 4, headerBytes + payload.length);
  view.setUint16(at + 6, 0);
  target.set(payload, at + headerBytes);
}
