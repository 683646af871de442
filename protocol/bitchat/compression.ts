// Raw deflate of payloads (CompressionUtil.swift and .kt). The bytes come from a port of zlib, so that sizes do not depend on
// a build of Node: Android's are the same, Apple's encoder may make them a few bytes longer or shorter.
import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_STREAM_END,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibInflate,
  zlibInflateInit2,
} from 'pako';
import { frame } from './constants.ts';
import type { PayloadFacts } from './payload-facts.ts';

/** What `new Deflater(DEFAULT_COMPRESSION)` stands for on Android. */
const defaultLevel = 6;
/** The only method there is. */
const deflateMethod = 8;
const mostWindowBits = 15;

/** The payload deflated; undefined when it is too short, looks compressed already, or would not shrink. */
export function compress(payload: Uint8Array, facts: PayloadFacts): Uint8Array | undefined {
  // Deflated to be signed, and again to be sent.
  facts.deflated ??= deflate(payload) ?? 'as it is';
  return facts.deflated === 'as it is' ? undefined : facts.deflated;
}

function deflate(payload: Uint8Array): Uint8Array | undefined {
  const { length } = payload;
  if (length < frame.compressionThresholdBytes) return undefined;
  if (distinctBytes(payload) / Math.min(length, 256) >= frame.distinctBytesBelow) return undefined;
  const { windowBits, memoryLevel } = roomFor(length);
  const stream = between(payload, length - 1);
  zlibDeflateInit2(stream, defaultLevel, deflateMethod, -windowBits, memoryLevel, Z_DEFAULT_STRATEGY);
  return zlibDeflate(stream, Z_FINISH) === Z_STREAM_END ? stream.output.slice(0, stream.next_out) : undefined;
}

function distinctBytes(payload: Uint8Array): number {
  const seen = new Uint32Array(8);
  let distinct = 0;
  for (const byte of payload) {
    const word = seen[byte >>> 5] ?? 0;
    const bit = 1 << (byte & 31);
    if ((word & bit) !== 0) continue;
    seen[byte >>> 5] = word | bit;
    distinct++;
  }
  return distinct;
}

/**
 * Window and memory that are enough for zlib to do what it does with the usual ones: an announce is deflated whenever its
 * neighbours change, and 260 KB for each would make the collector work.
 */
function roomFor(length: number): { readonly windowBits: number; readonly memoryLevel: number } {
  // Matches reach back to 262 bytes before the window's end; a block has room for 2^(level + 6) symbols.
  const windowBits = Math.min(mostWindowBits, Math.max(9, 32 - Math.clz32(length + 262 - 1)));
  const memoryLevel = Math.min(8, Math.max(1, 32 - Math.clz32(length + 1) - 6));
  return { windowBits, memoryLevel };
}

/** Reverses {@link compress}; undefined for anything that is not exactly `originalSize` bytes deflated. */
export function decompress(deflated: Uint8Array, originalSize: number): Uint8Array | undefined {
  // One byte more than promised, so that a longer content shows itself without being inflated whole.
  const stream = between(deflated, originalSize + 1);
  zlibInflateInit2(stream, -mostWindowBits);
  const isWhole = zlibInflate(stream, Z_FINISH) === Z_STREAM_END && stream.next_out === originalSize;
  return isWhole ? stream.output.slice(0, originalSize) : undefined;
}

/** A stream from these bytes to a room of so many. Negative window bits make it one without header and check. */
function between(input: Uint8Array, roomBytes: number): ZStream {
  const stream = new ZStream();
  stream.input = input;
  stream.avail_in = input.length;
  stream.output = new Uint8Array(roomBytes);
  stream.avail_out = roomBytes;
  return stream;
}
