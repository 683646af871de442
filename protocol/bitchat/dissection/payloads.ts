// What is inside a packet, by its type. Payloads that only their recipient can read are named and measured.
import { announcing, fragments, packetTypes } from '../constants.ts';
import { textOf } from '../announce.ts';
import { decodeFilter } from '../gcs-filter.ts';
import { decodeSyncRequest } from '../sync-request.ts';
import { FieldReader, Truncated, type Field } from '../../field-reader.ts';

type Describe = (reader: FieldReader, remarks: string[]) => void;

/**
 * Adds the fields of a payload. What does not fit its type is a remark, not an error: receivers relay a packet whose
 * payload they cannot read.
 */
export function describePayload(type: number, payload: Uint8Array, remarks: string[], fields: Field[]): void {
  const describe = payloads.get(type);
  if (describe === undefined || payload.length === 0) return;
  try {
    describe(new FieldReader(payload, fields, 0, 1), remarks);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    remarks.push(`payload, ${error.rejection.detail}`);
  }
}

const text = (bytes: Uint8Array): string => {
  const read = textOf(bytes);
  return read === undefined ? 'not UTF-8' : JSON.stringify(read);
};
const sized =
  (what: string) =>
  (bytes: Uint8Array): string =>
    `${what}, ${bytes.length} bytes`;

/** Type, length of one or two bytes, value, to the end. */
function fieldsOf(
  lengthBytes: 1 | 2,
  known: Readonly<Record<number, readonly [name: string, meaning: (value: Uint8Array) => string]>>,
): Describe {
  return (reader, remarks) => {
    while (reader.left > 0) {
      const tag = reader.nextByte ?? 0;
      const [name, meaning] = known[tag] ?? [`field ${tag}`, () => 'unknown, skipped'];
      reader.take(`${name}: tag`, 1, () => `${tag}`);
      const length = reader.number(`${name}: length`, lengthBytes);
      reader.take(name, length, meaning);
      if (known[tag] === undefined) remarks.push(`payload field ${tag} is unknown; receivers skip it`);
    }
  };
}

const announce = fieldsOf(1, {
  1: ['nickname', text],
  2: ['Noise key', sized('X25519 public key')],
  3: ['signing key', sized('Ed25519 public key')],
  4: ['neighbours', (ids) => `${ids.length / 8} peer ids of at most ${announcing.mostNeighbours}`],
  5: ['capabilities', sized('feature bits')],
  6: ['bridge geohash', text],
});

const courierEnvelope = fieldsOf(2, {
  1: ['recipient tag', () => 'HMAC-SHA256 of the day under the recipient’s Noise key, 16 bytes'],
  2: ['expiry', (bytes) => `${bytes.reduce((value, byte) => value * 256 + byte, 0)} ms since 1970`],
  3: ['sealed message', sized('Noise X ciphertext')],
  4: ['copies', (bytes) => `${bytes[0] ?? 0} copies to hand out`],
  5: ['prekey id', sized('which one-time key it is sealed to')],
});

/** Handshake messages have sizes of their own in XX: e; e, ee, s, es; s, se. */
const handshakes: Readonly<Record<number, string>> = {
  32: 'XX message 1 of 3: ephemeral key',
  96: 'XX message 2 of 3: ephemeral key, sealed static key, empty payload',
  64: 'XX message 3 of 3: sealed static key, empty payload',
};

const noiseHandshake: Describe = (reader, remarks) => {
  const { left } = reader;
  reader.take('handshake', left, () => handshakes[left] ?? `${left} bytes`);
  if (handshakes[left] === undefined)
    remarks.push('no Noise XX message without a payload has this length (32, 96 or 64)');
};

const noiseEncrypted: Describe = (reader) => {
  reader.number('nonce', 4);
  reader.take('ciphertext', Math.max(0, reader.left - 16), sized('readable by the recipient only'));
  reader.take('authentication tag', 16, () => 'Poly1305');
};

const fragment: Describe = (reader, remarks) => {
  reader.take('id of the whole', 8, () => 'equal in all its fragments');
  const index = reader.number('index', 2);
  const total = reader.number('total', 2);
  reader.number('original type', 1, (type) => nameOf(type));
  reader.take('chunk', reader.left, sized('of the whole frame'));
  if (index >= total) remarks.push(`fragment ${index} of ${total} does not exist; receivers drop it`);
  if (total * fragments.chunkBytes > fragments.mostBytes + fragments.chunkBytes)
    remarks.push(`${total} fragments come to more than receivers put together`);
};

const syncFields = fieldsOf(2, {
  1: ['remainder bits (P)', (bytes) => `${bytes[0] ?? 0}`],
  2: ['range (M)', (bytes) => `${bytes.reduce((value, byte) => value * 256 + byte, 0)}`],
  3: ['filter', sized('Golomb-coded set of the ids it has')],
  4: ['packet types', (bytes) => `bits ${[...bytes].map((byte) => byte.toString(2)).join(' ')}`],
  5: ['since', (bytes) => `${bytes.reduce((value, byte) => value * 256 + byte, 0)} ms since 1970`],
  6: ['fragment filter', sized('ids of wholes')],
});

const requestSync: Describe = (reader, remarks) => {
  const whole = reader.peek();
  syncFields(reader, remarks);
  const request = decodeSyncRequest(whole);
  const places = request === undefined ? undefined : decodeFilter(request.filter);
  if (request === undefined || places === undefined) {
    remarks.push('receivers do not answer this request: its filter cannot be read');
    return;
  }
  const types = [...request.types].map(nameOf).join(', ');
  remarks.push(`asks for ${types || 'nothing'}; says that it has ${places.size} packets`);
};

const groupMessage = fieldsOf(2, {
  1: ['group', () => 'id, in clear'],
  2: ['epoch', () => 'of the group’s key'],
  3: ['nonce', () => 'of ChaCha20-Poly1305'],
  4: ['ciphertext', sized('readable by members only')],
});

const plainText: Describe = (reader) => void reader.take('text', reader.left, text);

const opaque =
  (what: string): Describe =>
  (reader) =>
    void reader.take(what, reader.left, sized('not taken apart'));

const payloads: ReadonlyMap<number, Describe> = new Map([
  [packetTypes.announce, announce],
  [packetTypes.message, plainText],
  [packetTypes.leave, plainText],
  [packetTypes.courierEnvelope, courierEnvelope],
  [packetTypes.noiseHandshake, noiseHandshake],
  [packetTypes.noiseEncrypted, noiseEncrypted],
  [packetTypes.fragment, fragment],
  [packetTypes.requestSync, requestSync],
  [packetTypes.file, opaque('file')],
  [packetTypes.board, opaque('board entry')],
  [packetTypes.prekeyBundle, opaque('prekeys')],
  [packetTypes.groupMessage, groupMessage],
  [packetTypes.ping, opaque('ping')],
  [packetTypes.pong, opaque('pong')],
  [packetTypes.nostrCarrier, opaque('Nostr event')],
  [packetTypes.voice, opaque('voice frame')],
  [packetTypes.announceV2, opaque('announce, version 2')],
]);

function nameOf(type: number): string {
  return Object.entries(packetTypes).find(([, value]) => value === type)?.[0] ?? `unknown type ${type}`;
}
