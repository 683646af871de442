// A frame taken apart field by field, for people: `netsplit decode pinecone`. It reads what the codec reads and refuses
// what the codec refuses, but says where and why.
import { toHex } from '../bytes.ts';
import { FieldReader, Truncated, type Dissection, type Field } from '../field-reader.ts';
import { carriesNothing } from '../message.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import { frameTypes, linkCodec, magic } from './codec.ts';
import { hopLimits, linking } from './constants.ts';
import { handshakeBytes } from './handshake.ts';
import { highestKey, keyBytes } from './node-key.ts';
import { leastHopBytes, signatureBytes } from './wire.ts';

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(frameTypes).map(([kind, type]) => [type, kind.slice('pinecone.'.length)]),
);

/** Takes a frame, or the handshake of a link, apart. */
export function dissectFrame(bytes: Uint8Array): Outcome<Dissection> {
  const fields: Field[] = [];
  const reader = new FieldReader(bytes, fields);
  try {
    const dissected = bytes[0] === magic[0] ? frame(bytes, reader, fields) : handshake(bytes, reader);
    if (!dissected.ok) return dissected;
    if (linkCodec.decode(bytes, carriesNothing) === undefined)
      return reject('pinecone.frame', 'the parts do not add up to a frame: a length within it is wrong');
    return accept({ ...dissected.value, fields });
  } catch (error) {
    if (error instanceof Truncated) return error.rejection;
    throw error;
  }
}

type Rest = Outcome<Omit<Dissection, 'fields'>>;

function handshake(bytes: Uint8Array, reader: FieldReader): Rest {
  if (bytes.length !== handshakeBytes)
    return reject(
      'pinecone.handshake',
      `expected "pine" (70696e65) or the ${handshakeBytes} bytes of a handshake, found ${bytes.length} bytes`,
    );
  const remarks: string[] = [];
  const version = reader.number('version', 1);
  if (version !== linking.version) remarks.push(`peers of version ${linking.version} close the link`);
  reader.take('unused', 3, () => '');
  const capabilities = reader.number('capabilities', 4, (value) => value.toString(2));
  if (capabilities !== linking.capabilities)
    remarks.push(`peers with capabilities ${linking.capabilities.toString(2)} close the link`);
  key(reader, 'public key');
  signature(reader, 'over everything before it');
  return accept({ type: 'handshake', remarks });
}

function frame(bytes: Uint8Array, reader: FieldReader, fields: readonly Field[]): Rest {
  reader.take('magic', magic.length, () => '"pine"');
  if (magic.some((byte, index) => bytes[index] !== byte))
    return reject('pinecone.magic', `byte 0: expected 70696e65, found ${toHex(bytes.subarray(0, 4))}`);
  const remarks: string[] = [];
  const version = reader.number('version', 1);
  if (version !== 0) remarks.push(`version ${version}: nobody looks at it`);
  const type = reader.number('type', 1, (value) => typeNames.get(value) ?? 'unknown: dropped');
  reader.number('extra', 1, () => 'unused');
  const isLimited = type === frameTypes['pinecone.traffic'] || type === frameTypes['pinecone.broadcast'];
  const hopLimit = reader.number('hop limit', 1, (value) => (isLimited ? `${value} links left` : 'unused'));
  const most = type === frameTypes['pinecone.broadcast'] ? hopLimits.broadcast : hopLimits.traffic;
  if (isLimited && hopLimit > most) remarks.push(`no node begins with more than ${most} links`);
  const length = reader.number('length', 2, (value) => `${value} bytes with the header`);
  if (length !== bytes.length)
    return reject('pinecone.length', `byte 8: the frame says ${length} bytes, there are ${bytes.length}`);
  const name = typeNames.get(type);
  if (name === undefined) return reject('pinecone.type', `byte 5: expected a type of 0 to 4, found ${type}`);
  body(name, reader, fields);
  if (reader.left > 0) {
    remarks.push(`nobody reads the last ${reader.left === 1 ? 'byte' : `${reader.left} bytes`}`);
    reader.take('left over', reader.left, () => '');
  }
  return accept({ type: name, remarks });
}

function body(type: string, reader: FieldReader, fields: readonly Field[]): void {
  if (type === 'keep-alive') return;
  const payload = reader.number('payload length', 2, (value) => `${value} bytes`);
  switch (type) {
    case 'announcement': {
      const end = reader.offset + payload;
      root(reader);
      for (let index = 0; end - reader.offset >= leastHopBytes; index++) {
        const hop = index === 0 ? 'root' : `hop ${index}`;
        variable(reader, `${hop}: port`, (value) => `left through port ${value}`);
        key(reader, `${hop}: key`);
        signature(reader, 'over everything before this hop');
      }
      return;
    }
    case 'bootstrap':
      key(reader, 'bootstrapping key');
      watermark(reader);
      return statement(reader);
    case 'broadcast':
      key(reader, 'source key');
      return statement(reader);
    case 'traffic': {
      const hasPlace = coordinates(reader, 'destination', 'none: find it by its key');
      coordinates(reader, 'source', 'the root');
      key(reader, 'destination key');
      key(reader, 'source key');
      if (!hasPlace) watermark(reader);
      if (payload > 0) reader.take('payload', payload, () => 'for the layer above (QUIC)');
      return;
    }
    default:
      throw new RangeError(`no such type: ${type} after ${fields.length} fields`);
  }
}

function statement(reader: FieldReader): void {
  variable(reader, 'sequence', (value) => `${value}: ${whenOf(value)}`);
  root(reader);
  signature(reader, 'over sequence and root');
}

/** A node's clock in words. */
function whenOf(milliseconds: number): string {
  return `${Math.floor(milliseconds / 1_000)} s after 1970`;
}

function root(reader: FieldReader): void {
  key(reader, 'root key');
  variable(reader, 'root sequence', (value) => `announcement ${value} of this root`);
}

function watermark(reader: FieldReader): void {
  reader.take('watermark key', keyBytes, (bytes) =>
    toHex(bytes) === highestKey
      ? 'highest there is: has not come by anybody'
      : 'lowest key it has been led by',
  );
  variable(reader, 'watermark sequence', String);
}

function coordinates(reader: FieldReader, name: string, empty: string): boolean {
  const length = reader.number(`${name} length`, 2, (value) => `${value} bytes`);
  if (length === 0) {
    reader.take(name, 0, () => empty);
    return false;
  }
  reader.take(name, length, (bytes) => `ports ${portsOf(bytes).join(' ')} down from the root`);
  return true;
}

function portsOf(bytes: Uint8Array): readonly number[] {
  const ports: number[] = [];
  let value = 0;
  for (const [index, byte] of bytes.entries()) {
    value = value * 128 + (byte % 128);
    if (byte >= 128 && index < bytes.length - 1) continue;
    ports.push(value);
    value = 0;
  }
  return ports;
}

function key(reader: FieldReader, name: string): void {
  reader.take(name, keyBytes, () => 'Ed25519 public key');
}

function signature(reader: FieldReader, what: string): void {
  reader.take('signature', signatureBytes, () => `Ed25519, ${what}`);
}

/** A number of variable length: bytes up to the first below 128. */
function variable(reader: FieldReader, name: string, meaning: (value: number) => string): void {
  const last = reader.peek().findIndex((byte) => byte < 128);
  reader.take(name, last < 0 ? Math.max(1, reader.left) : last + 1, (bytes) =>
    meaning([...bytes].reduce((value, byte) => value * 128 + (byte % 128), 0)),
  );
}
