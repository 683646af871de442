// The event of an encrypted message. Megolm itself is not modelled here: the payload keeps the size that the cipher
// would give it. https://spec.matrix.org/v1.16/client-server-api/#mmegolmv1aes-sha2
import { fromBase64, toBase64, utf8 } from '../bytes.ts';
import type { JsonObject } from './canonical-json.ts';
import type { RoomId, UserId } from './ids.ts';
import type { DeviceAddress } from './room-recipients.ts';

/** AES-256-CBC block. */
const blockBytes = 16;
/** Version, message index (5), HMAC (8), ed25519 signature (64). https://gitlab.matrix.org/matrix-org/olm/-/blob/master/docs/megolm.md */
const overheadBytes = 1 + 5 + 8 + 64;
/** A session id is an ed25519 public key, a sender key a curve25519 one: 43 characters of base64. */
const keyCharacters = 43;

function paddedToBlock(length: number): number {
  return (Math.floor(length / blockBytes) + 1) * blockBytes;
}

/** Content of `m.room.message` in a room that is not encrypted. */
export function plainContent(text: string): JsonObject {
  return { body: text, msgtype: 'm.text' };
}

/** An outbound session at one of its messages. A key of the session opens this message and all after it. */
export interface MegolmPlace {
  readonly session: string;
  readonly index: number;
}

/** Sessions are named after the device whose they are, and counted there. */
export function sessionName(number: number, { userId, deviceId }: DeviceAddress): string {
  return `${number}.${deviceId}${userId}`;
}

/** Whose session it is; undefined for a name that no device gives. */
export function ownerOf(session: string): DeviceAddress | undefined {
  const match = /^\d+\.([^@]*)(@.*)$/.exec(session);
  return match === null ? undefined : { deviceId: match[1] ?? '', userId: match[2] as UserId };
}

/** Content of `m.room.encrypted` around a text. */
export function encryptedContent(
  text: string,
  roomId: RoomId,
  { session, index }: MegolmPlace,
  deviceId: string,
): JsonObject {
  const payload = utf8(
    JSON.stringify({
      content: { body: text, msgtype: 'm.text' },
      room_id: roomId,
      type: 'm.room.message',
    }),
  );
  const padded = paddedToBlock(payload.length);
  const ciphertext = new Uint8Array(padded + overheadBytes);
  ciphertext.set(payload);
  new DataView(ciphertext.buffer).setUint32(padded + 1, index);
  return {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: toBase64(ciphertext),
    device_id: deviceId,
    sender_key: session.padEnd(keyCharacters, 'A'),
    session_id: session.padEnd(keyCharacters, 'B'),
  };
}

/** By which session, and where in it, an event was encrypted; undefined for one that everybody can read. */
export function placeOf(content: JsonObject): MegolmPlace | undefined {
  const { session_id: session, ciphertext } = content;
  if (typeof session !== 'string' || typeof ciphertext !== 'string') return undefined;
  const bytes = fromBase64(ciphertext);
  if (bytes === undefined || bytes.length < overheadBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    session: session.replace(/B*$/, ''),
    index: view.getUint32(bytes.length - overheadBytes + 1),
  };
}
