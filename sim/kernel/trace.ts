// The digest of a run: a SHA-256 chained over every event handled and every input handed to a core.
import { toHex } from '../../protocol/bytes.ts';
import { encodeInto } from '../../protocol/codec.ts';
import { incrementalSha256, sha256Hex } from '../../protocol/crypto.ts';
import type { Codec, Message, WireForm } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import { Lanes } from '../random/lanes.ts';
import type { EventKind } from './scheduler.ts';

/** Bytes gathered before the hash sees them: large enough that its call overhead vanishes. */
const bufferBytes = 65_536;
/** The longest fixed-width record: tag, kind, node, instant, extra. */
const recordBytes = 1 + 4 + 4 + 8 + 8;

const tags = { label: 1, event: 2, input: 3, message: 4, text: 5 } as const;

/** New messages after which those that nobody spoke of since as many are forgotten: far more than are under way. */
const rememberedMessages = 1_024;

/** The state of the digest after so many events. */
export interface Checkpoint {
  readonly events: number;
  readonly instant: Instant;
  readonly digest: string;
}

/** Part of what one event did, for people. */
export interface TraceDetail {
  readonly what: string;
  readonly content: string;
}

/**
 * Hashes, in order: each label as it is registered (length first), each event (kind, node, instant, extra), and for
 * each input its part, kind and content; a message counts as length and hash of its wire bytes. Every record begins
 * with its tag and has a fixed width or its length in front, so that no two different runs write the same bytes.
 */
export class Trace {
  readonly #codec: Codec;
  readonly #hash = incrementalSha256();
  readonly #bytes = new Uint8Array(bufferBytes);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /**
   * Forms of recent messages without room for one, in two generations: a weak map would cost the garbage collector more
   * than all else.
   */
  #young = new Map<Message, WireForm>();
  #old = new Map<Message, WireForm>();
  #messages = 0;
  readonly #checkpointEvery: number;
  readonly #checkpoints: Checkpoint[] = [];
  #events = 0;
  #details: TraceDetail[] | undefined;

  /** False where nobody is to write to it: it then only tells how long messages are. */
  readonly isOn: boolean;

  /** `checkpointEvery`: events between checkpoints. */
  constructor(codec: Codec, checkpointEvery: number, isOn = true) {
    this.#codec = codec;
    this.#checkpointEvery = checkpointEvery;
    this.isOn = isOn;
  }

  get events(): number {
    return this.#events;
  }

  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints;
  }

  /** From now on keeps, for the event in hand only, what it did in words. Does not change the digest. */
  explain(): void {
    this.#details = [];
  }

  /** What the event in hand did so far, when {@link explain} was called. */
  get details(): readonly TraceDetail[] {
    return this.#details ?? [];
  }

  label(text: string): void {
    this.#string(tags.label, text);
  }

  event(instant: Instant, kind: EventKind, node: NodeIndex, extra: number): void {
    if (this.#events > 0 && this.#events % this.#checkpointEvery === 0) {
      this.#checkpoints.push({ events: this.#events, instant, digest: this.digest() });
    }
    this.#events++;
    if (this.#details !== undefined) this.#details.length = 0;
    this.#reserve(recordBytes);
    const view = this.#view;
    const start = this.#length;
    view.setUint8(start, tags.event);
    view.setInt32(start + 1, kind, true);
    view.setInt32(start + 5, node, true);
    view.setFloat64(start + 9, instant, true);
    view.setFloat64(start + 17, extra, true);
    this.#length = start + recordBytes;
  }

  /** An input handed to a part of a node; its content follows by {@link text} or {@link message}. */
  input(node: NodeIndex, part: number, kind: number, name: string): void {
    this.#reserve(10);
    const view = this.#view;
    const start = this.#length;
    view.setUint8(start, tags.input);
    view.setInt32(start + 1, node, true);
    view.setInt32(start + 5, part, true);
    view.setUint8(start + 9, kind);
    this.#length = start + 10;
    this.#details?.push({ what: 'input', content: name });
  }

  /** Content in words: a timer's name, a failure's kind, a link. */
  text(content: string): void {
    this.#string(tags.text, content);
    this.#details?.push({ what: 'content', content });
  }

  /** Content that is a message: its wire bytes, hashed once per message object. */
  message(message: Message): void {
    const { length, low, high } = this.#formOf(message);
    this.#reserve(13);
    const view = this.#view;
    const start = this.#length;
    view.setUint8(start, tags.message);
    view.setInt32(start + 1, length, true);
    view.setInt32(start + 5, low, true);
    view.setInt32(start + 9, high, true);
    this.#length = start + 13;
    this.#details?.push({ what: message.kind, content: sha256Hex(this.#codec.encode(message)) });
  }

  /** Exact length on the wire. Asked for every message that is sent, so it shares the one encoding with the hash. */
  byteLength(message: Message): number {
    return this.isOn ? this.#formOf(message).length : this.#codec.byteLength(message);
  }

  /** Of everything so far. May be taken at any point. Empty where nothing is written. */
  digest(): string {
    if (!this.isOn) return '';
    this.#flush();
    return toHex(this.#hash.digest());
  }

  #formOf(message: Message): WireForm {
    if (message.wireForm !== undefined) return message.wireForm;
    if ('wireForm' in message) return (message.wireForm = this.#read(message));
    let form = this.#young.get(message);
    if (form !== undefined) return form;
    form = this.#old.get(message) ?? this.#readAnew(message);
    this.#young.set(message, form);
    return form;
  }

  #readAnew(message: Message): WireForm {
    if (this.#messages++ % rememberedMessages === 0) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    return this.#read(message);
  }

  #read(message: Message): WireForm {
    const length = encodeInto(this.#codec, message, scratch, 0);
    if (length > scratch.length) return formOf(wholeWords(this.#codec.encode(message)));
    return formOf({ length, bytes: scratch, words: scratchWords });
  }

  #string(tag: number, text: string): void {
    for (let from = 0; from === 0 || from < text.length; from += 1_024) {
      const length = Math.min(1_024, text.length - from);
      this.#reserve(5 + 2 * length);
      this.#view.setUint8(this.#length, tag);
      this.#view.setInt32(this.#length + 1, text.length, true);
      let at = this.#length + 5;
      for (let index = 0; index < length; index++, at += 2)
        this.#view.setUint16(at, text.charCodeAt(from + index), true);
      this.#length = at;
    }
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > bufferBytes) this.#flush();
  }

  #flush(): void {
    if (this.#length === 0) return;
    this.#hash.update(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}

/** Most messages are encoded here, and only looked at. */
const scratch = new Uint8Array(bufferBytes);
const scratchWords = new Int32Array(scratch.buffer);
const lanes = new Lanes();

interface WordedBytes {
  readonly length: number;
  readonly bytes: Uint8Array;
  /** The same memory, four bytes at a time. */
  readonly words: Int32Array;
}

function wholeWords(from: Uint8Array): WordedBytes {
  const bytes = new Uint8Array((from.length + 3) & ~3);
  bytes.set(from);
  return { length: from.length, bytes, words: new Int32Array(bytes.buffer) };
}

/** 64 bits of the content: a chance collision would hide a difference, an intended one helps nobody. */
function formOf({ length, bytes, words }: WordedBytes): WireForm {
  const wordCount = (length + 3) >>> 2;
  for (let at = length; at < wordCount * 4; at++) bytes[at] = 0;
  lanes.reset(0x2127599b, length);
  lanes.mixAll(words, wordCount);
  lanes.finish();
  return { length, low: lanes.low, high: lanes.high };
}
