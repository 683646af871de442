// Raw deflate of payloads (CompressionUtil.swift). The bytes come from fflate, so that sizes do not depend on a build
// of Node; Apple's encoder may make them a few bytes longer or shorter.
import { deflateSync, inflateSync } from 'fflate';
import { frame } from './constants.ts';
import type { PayloadFacts } from './payload-facts.ts';

/** The payload deflated; undefined when it is too short, looks compressed already, or would not shrink. */
export function compress(payload: Uint8Array, facts: PayloadFacts): Uint8Array | undefined {
  // Deflated to be signed, and again to be sent.
  facts.deflated ??= deflate(payload) ?? 'as it is';
  return facts.deflated === 'as it is' ? undefined : facts.deflated;
}

function deflate(payload: Uint8Array): Uint8Array | undefined {
  if (payload.length < frame.compressionThresholdBytes) return undefined;
  const distinct = new Set(payload).size;
  if (distinct / Math.min(payload.length, 256) >= frame.distinctBytesBelow) return undefined;
  const deflated = deflateSync(payload);
  return deflated.length < payload.length ? deflated : undefined;
}

/** Reverses {@link compress}; undefined for anything that is not exactly `originalSize` bytes deflated. */
export function decompress(deflated: Uint8Array, originalSize: number): Uint8Array | undefined {
  try {
    // One byte more than promised, so that a longer content shows itself without being inflated whole.
    const inflated = inflateSync(deflated, { out: new Uint8Array(originalSize + 1) });
    return inflated.length === originalSize ? inflated.slice() : undefined;
  } catch {
    return undefined;
  }
}
