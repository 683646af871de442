// Who a phone is on the mesh: eight bytes of the hash of its Noise key, written as sixteen hexadecimal digits.
import type { Brand } from '../brand.ts';
import { fromHex, toHex } from '../bytes.ts';
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
  return fromHex(id);
}

/** The id in the eight bytes at `offset`. */
export function readPeerId(bytes: Uint8Array, offset: number): PeerId {
  return toHex(bytes.subarray(offset, offset + frame.idBytes)) as PeerId;
}
