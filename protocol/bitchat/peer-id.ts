// Who a phone is on the mesh: eight bytes of the hash of its Noise key, written as sixteen hexadecimal digits.
import type { Brand } from '../brand.ts';
import { toHex } from '../bytes.ts';
import { sha256 } from '../crypto.ts';
import { frame } from './constants.ts';

/** Sixteen lower-case hexadecimal digits. */
export type PeerId = Brand<string, 'PeerId'>;

/** The recipient of a broadcast that has one at all. */
export const everybody = 'ffffffffffffffff' as PeerId;

/** First eight bytes of SHA-256 of the Noise static public key: the same after each restart (WHITEPAPER.md §4). */
export function peerIdOf(noisePublicKey: Uint8Array): PeerId {
  return toHex(sha256(noisePublicKey).subarray(0, frame.idBytes)) as PeerId;
}

/** The eight bytes of an id. */
export function peerIdBytes(id: PeerId): Uint8Array {
  const bytes = new Uint8Array(frame.idBytes);
  for (let index = 0; index < frame.idBytes; index++)
    bytes[index] = (digitAt(id, index * 2) << 4) | digitAt(id, index * 2 + 1);
  return bytes;
}

/** Every frame has an id or two: no regular expression, no parsing of substrings. */
function digitAt(id: PeerId, index: number): number {
  const code = id.charCodeAt(index);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}

/** The id in the eight bytes at `offset`. */
export function readPeerId(bytes: Uint8Array, offset: number): PeerId {
  return toHex(bytes.subarray(offset, offset + frame.idBytes)) as PeerId;
}
