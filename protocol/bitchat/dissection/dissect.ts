// A packet taken apart field by field, for people: `netsplit decode bitchat`. It reads what the codec reads and refuses
// what the codec refuses, but says where and why.
import { FieldReader, Truncated, type Dissection, type Field } from '../../field-reader.ts';
import { accept, reject, type Outcome } from '../../outcome.ts';
import { decompress } from '../compression.ts';
import { frame, originTtl, packetTypes } from '../constants.ts';
import { unpad } from '../padding.ts';
import { everybody } from '../peer-id.ts';
import { decodeFrame } from '../wire-format.ts';

import { describePayload } from './payloads.ts';

/** Takes a frame apart, padded or not. */
export function dissect(bytes: Uint8Array): Outcome<Dissection> {
  try {
    return dissectFrame(bytes);
  } catch (error) {
    if (error instanceof Truncated) return error.rejection;
    throw error;
  }
}

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(packetTypes).map(([name, type]) => [type, name]),
);

const flagNames = [
  [0x01, 'recipient'],
  [0x02, 'signature'],
  [0x04, 'compressed'],
  [0x08, 'source route'],
  [0x10, 'answers a sync request (RSR)'],
] as const;

function dissectFrame(bytes: Uint8Array): Outcome<Dissection> {
  const fields: Field[] = [];
  const remarks: string[] = [];
  const reader = new FieldReader(bytes, fields);
  const version = reader.number('version', 1);
  if (version !== 1 && version !== 2)
    return reject('bitchat.version', `byte 0: expected version 1 or 2, found ${version}`);
  const type = reader.number('type', 1, (value) => typeNames.get(value) ?? 'unknown: relayed, not read');
  const ttl = reader.number('TTL', 1, (value) => `${value} hops left`);
  if (ttl > originTtl) remarks.push(`iPhones lower a TTL of ${ttl} to ${originTtl} when they relay`);
  const timestamp = reader.take('timestamp', 8, (value) => timeOf(value));
  if (!isTime(timestamp))
    return reject('bitchat.timestamp', 'byte 3: expected milliseconds since 1970, found no time at all');
  const flags = reader.number('flags', 1, flagsOf);
  const lengthBytes = version === 2 ? 4 : 2;
  const bodyLength = reader.number('payload length', lengthBytes, (value) => `${value} bytes`);
  if (bodyLength > frame.mostPayloadBytes)
    return reject(
      'bitchat.too-long',
      `byte 12: a payload of ${bodyLength} bytes, over the limit of ${frame.mostPayloadBytes}`,
    );
  reader.take('sender', frame.idBytes, () => 'peer id: first 8 bytes of SHA-256 of the Noise key');
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(0x01)) reader.take('recipient', frame.idBytes, recipientOf);
  if (has(0x08)) takeRoute(reader, version, remarks);
  const body = takeBody(reader, bodyLength, has(0x04) ? lengthBytes : 0);
  if (!body.ok) return body;
  if (has(0x02)) reader.take('signature', frame.signatureBytes, () => 'Ed25519, over the frame with TTL 0');
  const typeName = typeNames.get(type) ?? `unknown type ${type}`;
  describePayload(type, body.value, remarks, fields);
  if (reader.left > 0 && unpad(bytes).length === reader.offset)
    reader.take('padding', reader.left, ({ length }) => `${length} bytes, each of which says so`);
  else if (reader.left > 0)
    reader.take('after the packet', reader.left, () => 'not part of it; receivers ignore it');
  // The dissector and the codec must not disagree about what is a packet.
  if (decodeFrame(bytes) === undefined)
    return reject('bitchat.payload', 'the payload does not inflate to the size that it claims');
  return accept({ type: typeName, fields, remarks });
}

function isTime(bytes: Uint8Array): boolean {
  // 2^53 milliseconds: the year 287,396.
  return (bytes[0] ?? 0) === 0 && (bytes[1] ?? 0) < 0x20;
}

/** ISO 8601 without a calendar at hand: only `Date` knows one, and cores have none. */
function timeOf(bytes: Uint8Array): string {
  if (!isTime(bytes)) return 'no time at all';
  const milliseconds = bytes.reduce((value, byte) => value * 256 + byte, 0);
  return `${milliseconds} ms since 1970 (${dateOf(Math.floor(milliseconds / 86_400_000))})`;
}

/** Year, month and day of a day since 1970. H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
function dateOf(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => `${value}`.padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} UTC`;
}

function flagsOf(bits: number): string {
  const names: string[] = flagNames.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  if ((bits & 0xe0) !== 0) names.push('unknown bits, ignored');
  return names.length === 0 ? 'none' : names.join(', ');
}

function recipientOf(bytes: Uint8Array): string {
  return bytes.every((byte) => byte === 0xff) ? `everybody (${everybody})` : 'one peer';
}

function takeRoute(reader: FieldReader, version: number, remarks: string[]): void {
  if (version === 1) {
    remarks.push('the flag for a source route means nothing in version 1');
    return;
  }
  const hops = reader.number('hops of the route', 1);
  if (hops > 4) remarks.push('iPhones make no routes of more than 4 hops');
  for (let hop = 1; hop <= hops; hop++) reader.take(`hop ${hop}`, frame.idBytes, () => 'peer id');
}

/** The payload as it is read: inflated when it travelled deflated. */
function takeBody(reader: FieldReader, bodyLength: number, sizeBytes: number): Outcome<Uint8Array> {
  if (sizeBytes === 0) return accept(reader.take('payload', bodyLength, (bytes) => `${bytes.length} bytes`));
  if (bodyLength <= sizeBytes)
    return reject(
      'bitchat.payload',
      `byte ${reader.offset}: a compressed payload of ${bodyLength} bytes has no room for its size`,
    );
  const size = reader.number('original size', sizeBytes, (value) => `${value} bytes before deflating`);
  const deflated = reader.take(
    'payload',
    bodyLength - sizeBytes,
    (bytes) => `${bytes.length} bytes, deflated`,
  );
  if (size > frame.mostPayloadBytes || size / deflated.length > frame.mostCompressionRatio)
    return reject(
      'bitchat.bomb',
      `${deflated.length} bytes claim to inflate to ${size}: refused before inflating`,
    );
  const inflated = decompress(deflated, size);
  return inflated === undefined
    ? reject(
        'bitchat.payload',
        `${deflated.length} bytes do not inflate to the ${size} bytes that they claim`,
      )
    : accept(inflated);
}
