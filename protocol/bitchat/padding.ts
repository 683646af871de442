// PKCS#7-like padding to a few block sizes (MessagePadding.swift). Only Noise frames travel padded.
import { frame } from './constants.ts';

/** Length after padding. A frame too far below its block, or above the largest one, stays as it is. */
export function paddedLength(length: number): number {
  const block = frame.paddingBlocks.find((size) => length + frame.paddingAllowance <= size);
  if (block === undefined || block - length > frame.mostPaddingBytes) return length;
  return block;
}

/** The bytes padded; each pad byte says how many there are. */
export function pad(bytes: Uint8Array): Uint8Array {
  const length = paddedLength(bytes.length);
  if (length === bytes.length) return bytes;
  const padded = new Uint8Array(length).fill(length - bytes.length);
  padded.set(bytes);
  return padded;
}

/** The bytes without their padding, or as they are when they have none. */
export function unpad(bytes: Uint8Array): Uint8Array {
  const count = bytes.at(-1) ?? 0;
  if (count === 0 || count > bytes.length) return bytes;
  for (let index = bytes.length - count; index < bytes.length; index++)
    if (bytes[index] !== count) return bytes;
  return bytes.subarray(0, bytes.length - count);
}
