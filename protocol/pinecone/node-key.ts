// Who a node is: its Ed25519 public key. Keys are ordered as 32-byte big-endian numbers, and that order is the protocol.
import type { Brand } from '../brand.ts';
import { toHex } from '../bytes.ts';

/** A public key as 64 lower-case hexadecimal digits, so that strings are in the order of the numbers. */
export type NodeKey = Brand<string, 'NodeKey'>;

/** Bytes of a key on the wire. */
export const keyBytes = 32;

/** The highest number there is: where a watermark begins. */
export const highestKey = 'f'.repeat(2 * keyBytes) as NodeKey;

/** The key of 32 bytes. */
export function nodeKey(bytes: Uint8Array): NodeKey {
  return toHex(bytes) as NodeKey;
}

/** Whether `low` < `middle` < `high`; there is no wrapping around (util/distance.go, DHTOrdered). */
export function ordered(low: NodeKey, middle: NodeKey, high: NodeKey): boolean {
  return low < middle && middle < high;
}
