// Making codecs: JSON bodies, and one codec out of several by the prefix of the message kind.
import { ByteSource } from './byte-source.ts';
import { fromUtf8, utf8, utf8Into, utf8Length } from './bytes.ts';
import type { Codec, Message, UserMessageId } from './message.ts';

/** What a JSON codec needs to know of one protocol. */
export interface JsonCodecOptions {
  /** Bytes that real software adds around the body (HTTP start line and headers, WebSocket frame), by kind. */
  overheadBytes(kind: string): number;
  /** Bytes that a message only counts, of pictures; they are zero on the wire. None when left out. */
  blobBytes?(message: Message): number;
  /** Whether a decoded value is a message of this protocol. */
  isMessage(value: object): boolean;
}

/**
 * A codec that writes a message as JSON without its `carries` and `cause`, behind a header of exactly the stated overhead.
 * For protocols whose own encoding is JSON over HTTP, or is not public.
 */
export function jsonCodec<M extends Message>(options: JsonCodecOptions): Codec<M> {
  const lengths = new WeakMap<M, number>();
  const headerBytes = (message: M): number =>
    Math.max(4, options.overheadBytes(message.kind)) + (options.blobBytes?.(message) ?? 0);
  const body = (message: M): string => {
    // A replacer function costs several times the writing itself, and only messages inside messages need one.
    const text = JSON.stringify({ ...message, carries: undefined, cause: undefined });
    if (!text.includes('"carries":')) return text;
    return JSON.stringify(message, (key, value: unknown) => (key === 'carries' ? undefined : value));
  };
  return {
    encode(message) {
      const text = utf8(body(message));
      const header = headerBytes(message);
      const bytes = new Uint8Array(header + text.length);
      new DataView(bytes.buffer).setUint32(0, header);
      bytes.set(text, header);
      return bytes;
    },
    encodeInto(message, target, at) {
      const text = body(message);
      const header = headerBytes(message);
      // UTF-8 takes at most three bytes for a UTF-16 unit: only a text that surely fits is written.
      if (at + header + 3 * text.length > target.length) return Infinity;
      target.fill(0, at, at + header);
      new DataView(target.buffer, target.byteOffset).setUint32(at, header);
      return at + header + utf8Into(text, target.subarray(at + header));
    },
    byteLength(message) {
      let length = lengths.get(message);
      if (length === undefined) {
        length = headerBytes(message) + utf8Length(body(message));
        lengths.set(message, length);
      }
      return length;
    },
    decode(bytes, carries) {
      if (bytes.length < 4) return undefined;
      const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
      if (header < 4 || header > bytes.length) return undefined;
      try {
        const value: unknown = JSON.parse(fromUtf8(bytes.subarray(header)));
        if (typeof value !== 'object' || value === null || !options.isMessage(value)) return undefined;
        return { ...value, carries } as unknown as M;
      } catch {
        return undefined;
      }
    },
  };
}

/** Writes a message's wire form into `target`, as {@link Codec.encodeInto}; by way of `encode` where that is all there is. */
export function encodeInto(codec: Codec, message: Message, target: Uint8Array, at: number): number {
  if (codec.encodeInto !== undefined) return codec.encodeInto(message, target, at);
  const bytes = codec.encode(message);
  if (at + bytes.length <= target.length) target.set(bytes, at);
  return at + bytes.length;
}

/**
 * One codec for a system that speaks several protocols. Kinds are `<prefix>.<name>`; each prefix has its codec.
 * On the wire one byte tells the prefix, in the order given.
 */
export function composeCodecs(byPrefix: Readonly<Record<string, Codec>>): Codec {
  const prefixes = Object.keys(byPrefix);
  const source = new ByteSource();
  /** Kinds are few: each is taken apart once. */
  const byKind = new Map<string, readonly [number, Codec]>();
  const codecOf = (kind: string): readonly [number, Codec] => {
    const known = byKind.get(kind);
    if (known !== undefined) return known;
    const index = prefixes.indexOf(kind.slice(0, kind.indexOf('.')));
    const codec = byPrefix[prefixes[index] ?? ''];
    if (codec === undefined) throw new TypeError(`no codec for messages of kind ${kind}`);
    const found = [index, codec] as const;
    byKind.set(kind, found);
    return found;
  };
  return {
    encode(message) {
      const [index, codec] = codecOf(message.kind);
      const inner = codec.encode(message);
      const bytes = source.take(inner.length + 1);
      bytes[0] = index;
      bytes.set(inner, 1);
      return bytes;
    },
    encodeInto(message, target, at) {
      const [index, codec] = codecOf(message.kind);
      target[at] = index;
      return encodeInto(codec, message, target, at + 1);
    },
    byteLength: (message) => codecOf(message.kind)[1].byteLength(message) + 1,
    decode(bytes: Uint8Array, carries: readonly UserMessageId[]) {
      return byPrefix[prefixes[bytes[0] ?? -1] ?? '']?.decode(bytes.subarray(1), carries);
    },
  };
}
