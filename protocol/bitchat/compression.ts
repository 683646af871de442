// Raw deflate of payloads (CompressionUtil.swift and .kt). The bytes come from a port of Chromium's zlib, so that sizes do not
// depend on a build of Node: Android has that zlib, Apple's encoder may make them a few bytes longer or shorter.
import {
  Z_DEFAULT_STRATEGY,
  Z_FINISH,
  Z_STREAM_END,
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
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
const usualMemory = 8;

/**
 * For payloads of announces, which are deflated whenever neighbours change: reset instead of made anew, since the 260 KB that
 * zlib takes for each would keep the collector busy. Its window and its block hold such a payload whole, so that it is what
 * one with the usual room makes of it: a match reaches back to 262 bytes before the window's end.
 */
const short = deflater(10, 4);
const mostInShort = 762;

/** Without header and check: negative window bits. */
function deflater(windowBits: number, memory: number): ZStream {
  const stream = new ZStream();
  zlibDeflateInit2(stream, defaultLevel, deflateMethod, -windowBits, memory, Z_DEFAULT_STRATEGY);
  return stream;
}

/** From these bytes to a room of so many. */
function feed(stream: ZStream, input: Uint8Array, roomBytes: number): void {
  stream.input = input;
  stream.next_in = 0;
  stream.avail_in = input.length;
  stream.output = new Uint8Array(roomBytes);
  stream.next_out = 0;
  stream.avail_out = roomBytes;
}

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
  const stream = length <= mostInShort ? short : deflater(mostWindowBits, usualMemory);
  zlibDeflateReset(stream);
  // The last three bytes are hashed with the one behind them, which must not be left over from another payload.
  (stream.state as { readonly window: Uint8Array }).window.fill(0);
  feed(stream, payload, length - 1);
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

/** Reverses {@link compress}; undefined for anything that is not `originalSize` bytes deflated and nothing else. */
export function decompress(deflated: Uint8Array, originalSize: number): Uint8Array | undefined {
  // One byte more than promised, so that a longer content shows itself without being inflated whole.
  const stream = new ZStream();
  feed(stream, deflated, originalSize + 1);
  zlibInflateInit2(stream, -mostWindowBits);
  const isWhole = zlibInflate(stream, Z_FINISH) === Z_STREAM_END && stream.next_out === originalSize;
  return isWhole && stream.avail_in === 0 ? stream.output.slice(0, originalSize) : undefined;
}
