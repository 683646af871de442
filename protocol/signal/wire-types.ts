// Field types of the wire form: how long a value is, how it is written, how it is read from bytes of a stranger.
import { fromUtf8, utf8, utf8Length } from '../bytes.ts';

/** One type of field. */
export interface WireType {
  length(value: unknown): number;
  write(value: unknown, writer: Writer): void;
  /** Undefined when the bytes hold no such value. */
  read(reader: Reader): unknown;
}

/** Where bytes go. Writing beyond the end is void, and shows in `at`. */
export class Writer {
  bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Where bytes come from. */
export class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Lists and texts in a message are bounded by the message; this bounds numbers to what integers hold exactly. */
const varintBytesMost = 8;

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

function writeVarint(value: number, writer: Writer): void {
  let rest = value;
  while (rest >= 0x80) {
    writer.bytes[writer.at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  writer.bytes[writer.at++] = rest;
}

function readVarint(reader: Reader): number | undefined {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < varintBytesMost; count++) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return Number.isSafeInteger(value) ? value : undefined;
    scale *= 0x80;
  }
  return undefined;
}

/** A whole number from 0 to 2^53 - 1, as a protobuf varint. */
export const number: WireType = {
  length: (value) => varintLength(value as number),
  write: (value, writer) => writeVarint(value as number, writer),
  read: readVarint,
};

export const flag: WireType = {
  length: () => 1,
  write: (value, writer) => void (writer.bytes[writer.at++] = value === true ? 1 : 0),
  read(reader) {
    const byte = reader.bytes[reader.at++];
    return byte === 0 || byte === 1 ? byte === 1 : undefined;
  },
};

/** UTF-8 behind its length. */
export const text: WireType = {
  length(value) {
    const length = utf8Length(value as string);
    return varintLength(length) + length;
  },
  write(value, writer) {
    const characters = value as string;
    const { bytes } = writer;
    // Most texts are short and ASCII: their length is one byte, and known when they are written.
    if (characters.length < 0x80) {
      let at = writer.at + 1;
      let all = 0;
      for (let index = 0; index < characters.length; index++) {
        const code = characters.charCodeAt(index);
        bytes[at++] = code;
        all |= code;
      }
      if (all < 0x80) {
        bytes[writer.at] = characters.length;
        writer.at = at;
        return;
      }
    }
    const encoded = utf8(characters);
    writeVarint(encoded.length, writer);
    if (writer.at + encoded.length <= bytes.length) bytes.set(encoded, writer.at);
    writer.at += encoded.length;
  },
  read(reader) {
    const length = readVarint(reader);
    if (length === undefined || reader.at + length > reader.bytes.length) return undefined;
    const bytes = reader.bytes.subarray(reader.at, reader.at + length);
    reader.at += length;
    try {
      return fromUtf8(bytes);
    } catch {
      return undefined;
    }
  },
};

/** So many opaque bytes behind their number. */
export const blob: WireType = {
  length: (value) => varintLength(value as number) + (value as number),
  write(value, writer) {
    writeVarint(value as number, writer);
    const end = writer.at + (value as number);
    if (end <= writer.bytes.length) writer.bytes.fill(0, writer.at, end);
    writer.at = end;
  },
  read(reader) {
    const length = readVarint(reader);
    if (length === undefined || reader.at + length > reader.bytes.length) return undefined;
    reader.at += length;
    return length;
  },
};

/** One of a few texts. */
export function choice(...options: readonly string[]): WireType {
  return {
    length: (value) => text.length(value),
    write: (value, writer) => text.write(value, writer),
    read(reader) {
      const value = text.read(reader);
      return typeof value === 'string' && options.includes(value) ? value : undefined;
    },
  };
}

/** Elements behind their number. */
export function listOf(element: WireType): WireType {
  return {
    length(value) {
      const elements = value as readonly unknown[];
      let length = varintLength(elements.length);
      for (const each of elements) length += element.length(each);
      return length;
    },
    write(value, writer) {
      const elements = value as readonly unknown[];
      writeVarint(elements.length, writer);
      for (const each of elements) element.write(each, writer);
    },
    read(reader) {
      const count = readVarint(reader);
      // No element is shorter than a byte: a longer list is a lie.
      if (count === undefined || count > reader.bytes.length - reader.at) return undefined;
      const elements: unknown[] = [];
      for (let index = 0; index < count; index++) {
        const value = element.read(reader);
        if (value === undefined) return undefined;
        elements.push(value);
      }
      return elements;
    },
  };
}

/** Named fields in this order. */
export function record(fields: Readonly<Record<string, WireType>>): WireType {
  const entries = Object.entries(fields).map(([name, type]) => ({ name, type }));
  return {
    length(value) {
      let length = 0;
      for (const { name, type } of entries) length += type.length((value as Record<string, unknown>)[name]);
      return length;
    },
    write(value, writer) {
      for (const { name, type } of entries) type.write((value as Record<string, unknown>)[name], writer);
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const { name, type } of entries) {
        const field = type.read(reader);
        if (field === undefined) return undefined;
        value[name] = field;
      }
      return value;
    },
  };
}
