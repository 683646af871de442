// Frames on a connection between two nodes: a JSON header for what hosts tell each other, then the codec's bytes untouched.
import type { NetworkReason } from '../observation.ts';

/** What hosts say beside a message. */
export interface FrameHeader {
  readonly kind:
    | 'request'
    | 'response'
    // A long poll came back empty; the client asks anew.
    | 'polled'
    | 'poll'
    | 'open'
    | 'opened'
    | 'message'
    | 'close'
    | 'ping'
    | 'pong'
    // Nothing is known here of that exchange or link.
    | 'unknown';
  /** Of the exchange or link; made by the side that began it, unique in the run. */
  readonly id: string;
  /** The core that it is for, and what the sending side is known by: in what begins something. */
  readonly part?: string;
  readonly from?: string;
  /** Of a long poll: after how long it comes back empty, microseconds. */
  readonly renewEvery?: number;
  /** Of an answer that is an error. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Of a close. */
  readonly code?: number;
  /** The user messages that the message carries, and the faults behind it: metadata, never in the message's bytes. */
  readonly carries?: readonly number[];
  readonly faults?: readonly string[];
  /** Whether its sender merely passes it on. */
  readonly passedOn?: boolean;
  /** Microseconds since the epoch of the run: all processes read one clock. */
  readonly sentAt?: number;
  /** The way as far as the sender knows it. */
  readonly legs?: readonly FrameLeg[];
}

/** Part of the way of a frame. */
export interface FrameLeg {
  readonly until: number;
  readonly reason: NetworkReason;
  readonly faults: readonly string[];
}

/** One frame. The body is empty where there is no message. */
export interface Frame {
  readonly header: FrameHeader;
  readonly body: Uint8Array;
}

const lengthBytes = 8;

/** The bytes of a frame: both lengths, header, body. */
export function encodeFrame({ header, body }: Frame): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(lengthBytes);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #buffer = Buffer.alloc(0);

  /** Takes what came, and returns the frames that are complete. */
  read(bytes: Uint8Array): readonly Frame[] {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#buffer, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#buffer.length - at >= lengthBytes) {
      const body = at + lengthBytes + this.#buffer.readUInt32BE(at);
      const end = body + this.#buffer.readUInt32BE(at + 4);
      if (this.#buffer.length < end) break;
      const header = JSON.parse(this.#buffer.toString('utf8', at + lengthBytes, body)) as FrameHeader;
      frames.push({ header, body: new Uint8Array(this.#buffer.subarray(body, end)) });
      at = end;
    }
    this.#buffer = this.#buffer.subarray(at);
    return frames;
  }
}
