// A room key on its way to one device. Olm itself is not modelled: the payload is as long as the cipher would make it.
// https://spec.matrix.org/v1.16/client-server-api/#molmv1curve25519-aes-sha2
import { fromBase64, fromUtf8, toBase64, utf8 } from '../bytes.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './canonical-json.ts';
import type { RoomId } from './ids.ts';
import type { MegolmPlace } from './megolm-envelope.ts';

/** What `m.room_key` says: the session of a room, from one of its messages on. */
export interface RoomKey extends MegolmPlace {
  readonly roomId: string;
}

/** What an Olm message adds to its padded payload: version, ratchet key, chain index, MAC. */
const overheadBytes = 1 + 34 + 6 + 8;
/** What a pre-key message adds: version, one-time key, base key, identity key, and the length of the message inside. */
const preKeyBytes = 1 + 3 * 34 + 3;
const aesBlockBytes = 16;
const keyCharacters = 43;
/** A Megolm session key: version, index, ratchet of 128 bytes, public key, signature; in base64. */
const sessionKeyCharacters = Math.ceil(((1 + 4 + 128 + 32 + 64) * 4) / 3);

/**
 * `m.room_key` inside `m.olm.v1.curve25519-aes-sha2`. `isFresh`: to a device that has not answered in the session yet, so that
 * the message says how to make it.
 */
export function olmContent(roomId: RoomId, { session, index }: MegolmPlace, isFresh = false): JsonObject {
  const payload = utf8(
    JSON.stringify({
      content: {
        algorithm: 'm.megolm.v1.aes-sha2',
        room_id: roomId,
        session_id: session,
        // The place of the ratchet is in the first bytes of the key.
        session_key: String(index).padEnd(sessionKeyCharacters, 'K'),
      },
      // Sender, recipient and the keys of both are part of what is encrypted.
      keys: 'K'.repeat(4 * keyCharacters),
      type: 'm.room_key',
    }),
  );
  const padded = (Math.floor(payload.length / aesBlockBytes) + 1) * aesBlockBytes;
  const body = new Uint8Array(padded + overheadBytes + (isFresh ? preKeyBytes : 0));
  body.set(payload);
  return {
    algorithm: 'm.olm.v1.curve25519-aes-sha2',
    ciphertext: { ['R'.repeat(keyCharacters)]: { body: toBase64(body), type: isFresh ? 0 : 1 } },
    sender_key: 'S'.repeat(keyCharacters),
  };
}

/** `m.room_key.withheld`: there is no Olm session to send the key through. It goes in the clear. */
export const withheldContent: JsonObject = Object.freeze({
  algorithm: 'm.megolm.v1.aes-sha2',
  code: 'm.no_olm',
  reason: 'Unable to establish a secure channel.',
  sender_key: 'S'.repeat(keyCharacters),
});

/** The key inside; undefined for anything else. */
export function readOlmContent({ ciphertext }: JsonObject): RoomKey | undefined {
  const [inner] = isJsonObject(ciphertext) ? Object.values(ciphertext) : [];
  const body = isJsonObject(inner) ? inner['body'] : undefined;
  const bytes = typeof body === 'string' ? fromBase64(body) : undefined;
  if (bytes === undefined) return undefined;
  let payload: JsonValue;
  try {
    payload = JSON.parse(fromUtf8(bytes.subarray(0, bytes.indexOf(0)))) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isJsonObject(payload)) return undefined;
  const { type, content } = payload;
  if (type !== 'm.room_key' || !isJsonObject(content)) return undefined;
  const { room_id: roomId, session_id: session, session_key: key } = content;
  const isSound = typeof roomId === 'string' && typeof session === 'string' && typeof key === 'string';
  if (!isSound || !/^\d/.test(key)) return undefined;
  return { roomId, session, index: Number.parseInt(key, 10) };
}
