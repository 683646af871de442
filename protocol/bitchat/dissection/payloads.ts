// What is inside a packet, by its type. Payloads that only their recipient can read are named and measured.
import { decodeAnnounce, textOf } from '../announce.ts';
import { announcing, fragments, packetTypes } from '../constants.ts';
import { decodeEnvelope } from '../courier-envelope.ts';
import { decodeFilter } from '../gcs-filter.ts';
import { decodeLongFields } from '../long-fields.ts';
import { decodeSyncRequest } from '../sync-request.ts';
import { FieldReader, Truncated, type Field } from '../../field-reader.ts';

type Describe = (reader: FieldReader, remarks: string[]) => void;

/**
 * Adds the fields of a payload. What does not fit its type is a remark, not an error: receivers relay a packet whose
 * payload they cannot read.
 */
export function describePayload(type: number, payload: Uint8Array, remarks: string[], fields: Field[]): void {
  const describe = payloads.get(type);
  try {
    if (payload.length > 0) describe?.(new FieldReader(payload, fields, 0, 1), remarks);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    remarks.push(`payload, ${error.rejection.detail}`);
  }
  const [reads, refusal] = readings.get(type) ?? [];
  if (reads?.(payload) === false && refusal !== undefined) remarks.push(refusal);
}

/** Whether receivers can read a payload, and what to say where they cannot. */
const readings: ReadonlyMap<number, readonly [reads: (payload: Uint8Array) => boolean, refusal: string]> =
  new Map([
    [
      packetTypes.announce,
      [
        (payload) => decodeAnnounce(payload) !== undefined,
        'receivers drop this announce: it lacks a nickname (for iPhones: in UTF-8), a Noise key or a signing key',
      ],
    ],
    [
      packetTypes.courierEnvelope,
      [
        (payload) => decodeEnvelope(payload) !== undefined,
        'receivers drop this envelope: a field is missing or has another length than it must',
      ],
    ],
    [
      packetTypes.requestSync,
      [
        (payload) => decodeSyncRequest(payload) !== undefined,
        'receivers do not answer this request: its filter cannot be read',
      ],
    ],
    [
      packetTypes.groupMessage,
      [
        isGroupMessage,
        'members cannot read this message: a field is missing or has another length than it must',
      ],
    ],
  ]);

function isGroupMessage(payload: Uint8Array): boolean {
  const fields = decodeLongFields(payload);
  const lengths = [1, 2, 3, 4].map((tag) => fields?.get(tag)?.length ?? 0);
  return lengths[0] === 16 && lengths[1] === 4 && lengths[2] === 12 && lengths[3] !== 0;
}

const text = (bytes: Uint8Array): string => {
  const read = textOf(bytes);
  return read === undefined ? 'not UTF-8' : JSON.stringify(read);
};
const sized =
  (what: string) =>
  (bytes: Uint8Array): string =>
    `${what}, ${bytes.length} bytes`;

/** Type, length of one or two bytes, value, to the end; where `endsAnyhow`, less than a type and a length may be left over. */
function fieldsOf(
  lengthBytes: 1 | 2,
  endsAnyhow: boolean,
  known: Readonly<Record<number, readonly [name: string, meaning: (value: Uint8Array) => string]>>,
): Describe {
  return (reader, remarks) => {
    while (reader.left > 0) {
      if (endsAnyhow && reader.left <= lengthBytes) {
        reader.take('after the fields', reader.left, () => 'too short for one; receivers ignore it');
        return;
      }
      const tag = reader.nextByte ?? 0;
      const [name, meaning] = known[tag] ?? [`field ${tag}`, () => 'unknown, skipped'];
      reader.take(`${name}: tag`, 1, () => `${tag}`);
      const length = reader.number(`${name}: length`, lengthBytes);
      reader.take(name, length, meaning);
      if (known[tag] === undefined) remarks.push(`payload field ${tag} is unknown; receivers skip it`);
    }
  };
}

const announce = fieldsOf(1, true, {
  1: ['nickname', text],
  2: ['Noise key', sized('X25519 public key')],
  3: ['signing key', sized('Ed25519 public key')],
  4: [
    'neighbours',
    ({ length }) =>
      length % 8 === 0
        ? `${length / 8} peer ids of at most ${announcing.mostNeighbours}`
        : 'no whole number of peer ids; iPhones ignore it',
  ],
  5: ['capabilities', sized('feature bits')],
  6: ['bridge geohash', text],
});

const courierEnvelope = fieldsOf(2, false, {
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
  const { mostTotal, mostTotalOnAndroid } = fragments;
  if (total > mostTotal) remarks.push(`receivers drop it: they put at most ${mostTotal} fragments together`);
  else if (total > mostTotalOnAndroid)
    remarks.push(`Android phones drop it: they put at most ${mostTotalOnAndroid} fragments together`);
};

const syncFields = fieldsOf(2, true, {
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
  if (request === undefined) return;
  const places = decodeFilter(request.filter);
  const types = [...request.types].map(nameOf).join(', ');
  remarks.push(`asks for ${types || 'nothing'}; says that it has ${places.size} packets`);
};

const groupMessage = fieldsOf(2, false, {
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
