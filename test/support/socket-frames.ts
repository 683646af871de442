// Frames on a loopback socket: a JSON header for what the host adds, then the codec's bytes untouched.
import type { Socket } from 'node:net';

/** One frame. */
export interface Frame {
  readonly header: {
    readonly kind: 'message' | 'request' | 'response' | 'link';
    readonly part?: string;
    readonly from?: string;
    readonly status?: number;
    readonly retryAfterMs?: number;
    readonly carries?: readonly number[];
  };
  readonly body: Uint8Array;
  readonly length: number;
}

const readers = new WeakMap<Socket, FrameReader>();

/** Cuts the byte stream of one socket into frames; several listeners share it. */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  readonly #listeners: ((frame: Frame) => void)[] = [];

  private constructor(socket: Socket) {
    socket.on('data', (data: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      this.#cut();
    });
  }

  static of(socket: Socket): FrameReader {
    let reader = readers.get(socket);
    if (reader === undefined) {
      reader = new FrameReader(socket);
      readers.set(socket, reader);
    }
    return reader;
  }

  onFrame(listener: (frame: Frame) => void): void {
    this.#listeners.push(listener);
  }

  #cut(): void {
    while (this.#buffer.length >= 8) {
      const headerLength = this.#buffer.readUInt32BE(0);
      const bodyLength = this.#buffer.readUInt32BE(4);
      const end = 8 + headerLength + bodyLength;
      if (this.#buffer.length < end) return;
      const header = JSON.parse(this.#buffer.toString('utf8', 8, 8 + headerLength)) as Frame['header'];
      const body = new Uint8Array(this.#buffer.subarray(8 + headerLength, end));
      this.#buffer = this.#buffer.subarray(end);
      for (const listener of [...this.#listeners]) listener({ header, body, length: bodyLength });
    }
  }
}

export function writeFrame(socket: Socket, header: Frame['header'], body: Uint8Array): void {
  if (socket.destroyed) return;
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  socket.write(Buffer.concat([lengths, text, body]));
}
