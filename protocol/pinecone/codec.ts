// Frames as bytes (types/frame.go): ten bytes of header, then what the type has.
import { concatBytes } from '../bytes.ts';
import type { Codec, Message, UserMessageId } from '../message.ts';
import { hopsLength, rootLength, writeUpdate } from './announcements.ts';
import {
  firstWatermark,
  type Frame,
  type Handshake,
  type Hop,
  type LinkMessage,
  type Root,
} from './frames.ts';
import { handshakeBytes, signedPart } from './handshake.ts';
import { keyBytes } from './node-key.ts';
import { statementLength } from './statements.ts';
import { coordinatesLength, leastHopBytes, Reader, signatureBytes, variableLength, Writer } from './wire.ts';

/** What every frame begins with: "pine". */
export const magic = Uint8Array.of(0x70, 0x69, 0x6e, 0x65);

/** Numbers of the frame types (types/frame.go). */
export const frameTypes = {
  'pinecone.keep-alive': 0,
  'pinecone.announcement': 1,
  'pinecone.bootstrap': 2,
  'pinecone.traffic': 3,
  'pinecone.broadcast': 4,
} as const satisfies Readonly<Record<Frame['kind'], number>>;

/** Bytes before what a type has. */
export const headerBytes = 10;

function bodyLength(frame: Frame): number {
  switch (frame.kind) {
    case 'pinecone.keep-alive':
      return 0;
    case 'pinecone.announcement':
      return 2 + rootLength(frame.root) + hopsLength(frame.hops);
    case 'pinecone.bootstrap':
      return 2 + 2 * keyBytes + variableLength(frame.watermark.sequence) + statementLength(frame);
    case 'pinecone.broadcast':
      return 2 + keyBytes + statementLength(frame);
    case 'pinecone.traffic': {
      const { destination, source, watermark, payload } = frame;
      const ways = coordinatesLength(destination) + coordinatesLength(source);
      const mark = destination.length === 0 ? keyBytes + variableLength(watermark.sequence) : 0;
      return 2 + ways + 2 * keyBytes + mark + payload.length;
    }
  }
}

/** Length of a frame on the wire. */
export function frameLength(frame: Frame): number {
  return headerBytes + bodyLength(frame);
}

function writeBody(writer: Writer, frame: Frame): void {
  switch (frame.kind) {
    case 'pinecone.keep-alive':
      return;
    case 'pinecone.announcement':
      writer.short(rootLength(frame.root) + hopsLength(frame.hops));
      writeUpdate(writer, frame);
      return;
    case 'pinecone.bootstrap':
      writer.short(statementLength(frame)).key(frame.key);
      writer.key(frame.watermark.key).variable(frame.watermark.sequence);
      return writeStatement(writer, frame);
    case 'pinecone.broadcast':
      writer.short(statementLength(frame)).key(frame.source);
      return writeStatement(writer, frame);
    case 'pinecone.traffic': {
      const { destination, source, watermark, payload } = frame;
      writer.short(payload.length).coordinates(destination).coordinates(source);
      writer.key(frame.destinationKey).key(frame.sourceKey);
      if (destination.length === 0) writer.key(watermark.key).variable(watermark.sequence);
      writer.raw(payload);
    }
  }
}

function writeStatement(
  writer: Writer,
  {
    sequence,
    root,
    signature,
  }: { readonly sequence: number; readonly root: Root; readonly signature: Uint8Array },
): void {
  writer.variable(sequence).key(root.key).variable(root.sequence).raw(signature);
}

function encodeFrame(frame: Frame): Uint8Array {
  const length = frameLength(frame);
  if (length > 65_535) throw new RangeError(`a frame has at most 65,535 bytes, not ${length}`);
  const hopLimit = 'hopLimit' in frame ? frame.hopLimit : 0;
  const writer = new Writer(length);
  writer.raw(magic).byte(0).byte(frameTypes[frame.kind]).byte(0).byte(hopLimit).short(length);
  writeBody(writer, frame);
  return writer.bytes;
}

function readRoot(reader: Reader): Root {
  return { key: reader.key(), sequence: reader.variable() };
}

function readStatement(
  reader: Reader,
): Pick<Extract<Frame, { kind: 'pinecone.bootstrap' }>, 'sequence' | 'root' | 'signature'> | undefined {
  const sequence = reader.variable();
  const root = readRoot(reader);
  const signature = reader.raw(signatureBytes);
  return reader.failed ? undefined : { sequence, root, signature };
}

function readFrame(
  type: number,
  hopLimit: number,
  reader: Reader,
  carries: readonly UserMessageId[],
): Frame | undefined {
  if (type === frameTypes['pinecone.keep-alive']) return { kind: 'pinecone.keep-alive', carries };
  const payloadLength = reader.short();
  switch (type) {
    case frameTypes['pinecone.announcement']: {
      const payload = reader.part(payloadLength);
      const root = readRoot(payload);
      const hops: Hop[] = [];
      while (!payload.failed && payload.left >= leastHopBytes)
        hops.push({ port: payload.variable(), key: payload.key(), signature: payload.raw(signatureBytes) });
      return payload.failed ? undefined : { kind: 'pinecone.announcement', root, hops, carries };
    }
    case frameTypes['pinecone.bootstrap']: {
      const key = reader.key();
      const watermark = readRoot(reader);
      const statement = readStatement(reader.part(payloadLength));
      return statement && { kind: 'pinecone.bootstrap', key, watermark, ...statement, carries };
    }
    case frameTypes['pinecone.broadcast']: {
      const source = reader.key();
      const statement = readStatement(reader.part(payloadLength));
      return statement && { kind: 'pinecone.broadcast', hopLimit, source, ...statement, carries };
    }
    case frameTypes['pinecone.traffic']: {
      const destination = reader.coordinates();
      const source = reader.coordinates();
      const destinationKey = reader.key();
      const sourceKey = reader.key();
      const watermark = destination.length === 0 ? readRoot(reader) : firstWatermark;
      const payload = reader.raw(payloadLength);
      if (reader.left > 0) return undefined;
      const ways = { destination, source, destinationKey, sourceKey, watermark };
      return { kind: 'pinecone.traffic', hopLimit, ...ways, payload, carries };
    }
    default:
      return undefined;
  }
}

/**
 * The frame of these bytes; undefined when they are none. The byte "extra", the version and what comes after all that a frame of
 * its type has are not looked at, as in Pinecone; traffic ends where it says.
 */
export function decodeFrame(bytes: Uint8Array, carries: readonly UserMessageId[]): Frame | undefined {
  const reader = new Reader(bytes);
  if (magic.some((byte) => reader.byte() !== byte)) return undefined;
  reader.byte();
  const type = reader.byte();
  reader.byte();
  const hopLimit = reader.byte();
  if (reader.short() !== bytes.length) return undefined;
  const frame = readFrame(type, hopLimit, reader, carries);
  return reader.failed ? undefined : frame;
}

function decodeHandshake(bytes: Uint8Array, carries: readonly UserMessageId[]): Handshake | undefined {
  if (bytes.length !== handshakeBytes) return undefined;
  const reader = new Reader(bytes);
  const version = reader.byte();
  reader.raw(3);
  const capabilities = reader.long();
  const key = reader.key();
  const signature = reader.raw(signatureBytes);
  return { kind: 'pinecone.handshake', version, capabilities, key, signature, carries };
}

/** Whether a message is one that goes over a link. */
export function isLinkMessage(message: Message): message is LinkMessage {
  return message.kind === 'pinecone.handshake' || message.kind in frameTypes;
}

/**
 * Everything that goes over a link. On the wire a handshake is the first that comes, not marked as such; a host that
 * cuts the stream into messages knows it by the version, which no frame begins with.
 */
export const linkCodec: Codec<LinkMessage> = {
  encode: (message) =>
    message.kind === 'pinecone.handshake'
      ? concatBytes(signedPart(message), message.signature)
      : encodeFrame(message),
  byteLength: (message) => (message.kind === 'pinecone.handshake' ? handshakeBytes : frameLength(message)),
  decode: (bytes, carries) =>
    bytes[0] === magic[0] ? decodeFrame(bytes, carries) : decodeHandshake(bytes, carries),
};
