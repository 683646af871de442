// The frame of a packet, byte by byte (BinaryProtocol.swift). All numbers are big-endian.
import { compress, decompress } from './compression.ts';
import { frame, packetTypes } from './constants.ts';
import type { PacketFields } from './packet.ts';
import { pad } from './padding.ts';
import { PayloadFacts } from './payload-facts.ts';
import { peerIdBytes, readPeerId, type PeerId } from './peer-id.ts';

const flags = { recipient: 0x01, signature: 0x02, compressed: 0x04, route: 0x08, answersSync: 0x10 } as const;
const offsets = { version: 0, type: 1, ttl: 2, timestamp: 3, flags: 11, length: 12 } as const;
const wordRange = 4_294_967_296;

/** A frame taken apart. */
export interface DecodedFrame {
  readonly fields: PacketFields;
  readonly ttl: number;
  readonly answersSync: boolean;
}

/** The frame with TTL 0 and without the sync flag, padded if the type travels padded. */
export function contentFrame(fields: PacketFields): Uint8Array {
  const bytes = encodeFields(fields);
  return travelsPadded(fields.type) ? pad(bytes) : bytes;
}

/** What a signature covers: the frame with TTL 0, no signature, no sync flag, padded whatever the type. */
export function signedBytes(fields: PacketFields): Uint8Array {
  return pad(encodeFields({ ...fields, signature: undefined }));
}

/** The frame as it goes on the air: a content's frame with the two fields that change on the way. */
export function stampFrame(content: Uint8Array, ttl: number, answersSync: boolean): Uint8Array {
  const bytes = new Uint8Array(content.length);
  stampFrameInto(content, ttl, answersSync, bytes, 0);
  return bytes;
}

/** The same into `target` from `at` on, as far as it fits. Where it ends, or would. */
export function stampFrameInto(
  content: Uint8Array,
  ttl: number,
  answersSync: boolean,
  target: Uint8Array,
  at: number,
): number {
  const end = at + content.length;
  if (end > target.length) return end;
  target.set(content, at);
  target[at + offsets.ttl] = ttl;
  if (answersSync) target[at + offsets.flags] = (content[offsets.flags] ?? 0) | flags.answersSync;
  return end;
}

/** Only Noise frames (BLEOutboundPacketPolicy.swift). */
function travelsPadded(type: number): boolean {
  return type === packetTypes.noiseEncrypted || type === packetTypes.noiseHandshake;
}

function encodeFields(fields: PacketFields): Uint8Array {
  const { version, payload, recipient, signature } = fields;
  const route = version === 2 ? (fields.route ?? []) : [];
  const lengthBytes = version === 2 ? 4 : 2;
  const deflated =
    version === 1 && payload.length > 0xffff
      ? undefined
      : compress(payload, fields.facts ?? new PayloadFacts());
  const body = deflated ?? payload;
  const bodyLength = body.length + (deflated === undefined ? 0 : lengthBytes);
  if (bodyLength > (version === 2 ? frame.mostPayloadBytes : 0xffff))
    throw new RangeError(`payload of ${payload.length} bytes in a version ${version} packet`);
  if (route.length > 255) throw new RangeError(`route of ${route.length} hops`);

  const header = version === 2 ? frame.v2HeaderBytes : frame.v1HeaderBytes;
  const ids = frame.idBytes * (recipient === undefined ? 1 : 2);
  const routeBytes = route.length === 0 ? 0 : 1 + route.length * frame.idBytes;
  const signatureBytes = signature === undefined ? 0 : frame.signatureBytes;
  const bytes = new Uint8Array(header + ids + routeBytes + bodyLength + signatureBytes);
  const view = new DataView(bytes.buffer);
  bytes[offsets.version] = version;
  bytes[offsets.type] = fields.type;
  view.setUint32(offsets.timestamp, Math.floor(fields.timestamp / wordRange));
  view.setUint32(offsets.timestamp + 4, fields.timestamp % wordRange);
  bytes[offsets.flags] =
    (recipient === undefined ? 0 : flags.recipient) |
    (signature === undefined ? 0 : flags.signature) |
    (deflated === undefined ? 0 : flags.compressed) |
    (route.length === 0 ? 0 : flags.route);
  writeLength(view, offsets.length, lengthBytes, bodyLength);

  let at = header;
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  put(peerIdBytes(fields.sender));
  if (recipient !== undefined) put(peerIdBytes(recipient));
  if (route.length > 0) {
    bytes[at++] = route.length;
    for (const hop of route) put(peerIdBytes(hop));
  }
  if (deflated !== undefined) {
    writeLength(view, at, lengthBytes, payload.length);
    at += lengthBytes;
  }
  put(body);
  if (signature !== undefined) put(signature.subarray(0, frame.signatureBytes));
  return bytes;
}

function writeLength(view: DataView, at: number, lengthBytes: number, value: number): void {
  if (lengthBytes === 4) view.setUint32(at, value);
  else view.setUint16(at, value);
}

/** Reads forward and notices the end. */
class FrameReader {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  has(count: number): boolean {
    return this.at + count <= this.bytes.length;
  }

  /** `count` is 1, 2 or 4 bytes, which the caller knows to be there. */
  number(count: number): number {
    const { at } = this;
    this.at += count;
    if (count === 1) return this.#view.getUint8(at);
    return count === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  peerId(): PeerId {
    this.at += frame.idBytes;
    return readPeerId(this.bytes, this.at - frame.idBytes);
  }

  slice(count: number): Uint8Array {
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }
}

/** The packet in these bytes; undefined when there is none. Bytes after it, such as padding, are ignored. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame | undefined {
  const version = bytes[offsets.version];
  if (version !== 1 && version !== 2) return undefined;
  const lengthBytes = version === 2 ? 4 : 2;
  const header = version === 2 ? frame.v2HeaderBytes : frame.v1HeaderBytes;
  if (bytes.length < header + frame.idBytes) return undefined;
  const reader = new FrameReader(bytes);
  reader.at = offsets.type;
  const type = reader.number(1);
  const ttl = reader.number(1);
  const timestamp = reader.number(4) * wordRange + reader.number(4);
  // Later than the year 287,396: not a time at all.
  if (!Number.isSafeInteger(timestamp)) return undefined;
  const bits = reader.number(1);
  const bodyLength = reader.number(lengthBytes);
  if (bodyLength > frame.mostPayloadBytes) return undefined;
  const sender = reader.peerId();
  let recipient: PeerId | undefined;
  if ((bits & flags.recipient) !== 0) {
    if (!reader.has(frame.idBytes)) return undefined;
    recipient = reader.peerId();
  }
  // The flag means nothing in version 1.
  const route = version === 2 && (bits & flags.route) !== 0 ? readRoute(reader) : [];
  if (route === undefined) return undefined;
  const payload = readPayload(reader, bodyLength, (bits & flags.compressed) === 0 ? 0 : lengthBytes);
  if (payload === undefined) return undefined;
  let signature: Uint8Array | undefined;
  if ((bits & flags.signature) !== 0) {
    if (!reader.has(frame.signatureBytes)) return undefined;
    signature = reader.slice(frame.signatureBytes);
  }
  const fields = { version, type, timestamp, sender, recipient, route, payload, signature } as const;
  return { fields, ttl, answersSync: (bits & flags.answersSync) !== 0 };
}

function readRoute(reader: FrameReader): readonly PeerId[] | undefined {
  if (!reader.has(1)) return undefined;
  const count = reader.number(1);
  if (!reader.has(count * frame.idBytes)) return undefined;
  return Array.from({ length: count }, () => reader.peerId());
}

/** `sizeBytes`: bytes of the original size in front of a compressed body; 0 for a plain one. */
function readPayload(reader: FrameReader, bodyLength: number, sizeBytes: number): Uint8Array | undefined {
  if (!reader.has(bodyLength)) return undefined;
  if (sizeBytes === 0) return reader.slice(bodyLength);
  if (bodyLength <= sizeBytes) return undefined;
  const originalSize = reader.number(sizeBytes);
  const deflatedSize = bodyLength - sizeBytes;
  if (originalSize > frame.mostPayloadBytes) return undefined;
  if (originalSize / deflatedSize > frame.mostCompressionRatio) return undefined;
  return decompress(reader.slice(deflatedSize), originalSize);
}
