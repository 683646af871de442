// Large text files line by line, plain or gzip, as bytes: traces of millions of lines are not worth a string each.
import { createReadStream, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { ScenarioError } from './scenario-error.ts';

const newline = 10;
const blank = 32;
const comma = 44;
const carriageReturn = 13;
const hash = 35;
/** What some editors put at the front of a file in UTF-8. */
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;
const chunkBytes = 1 << 18;
/** More fields than any format here has. */
const mostFields = 16;
/** A line longer than this is not text of any format here. */
const longestLine = 1 << 16;

/** What separates the fields of a line. */
export type Separator = 'blanks' | 'commas or blanks';

/** One line, split into fields. It is the same object for every line: nothing of it outlives the callback. */
export class TextLine {
  /** Counted from 1. */
  number = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** How many fields there are; at most 16 are kept. */
  count = 0;
  readonly starts = new Int32Array(mostFields);
  readonly ends = new Int32Array(mostFields);

  /** A field as text, empty when there is none. What is no UTF-8 is read as Latin-1, so that different names differ. */
  text(field: number): string {
    if (field >= this.count) return '';
    let text = '';
    const end = this.ends[field] ?? 0;
    for (let index = this.starts[field] ?? 0; index < end; index++)
      text += String.fromCharCode(this.bytes[index] ?? 0);
    if (!/[\x80-\xff]/.test(text)) return text;
    const utf8 = Buffer.from(text, 'latin1').toString('utf8');
    return utf8.includes('\ufffd') ? text : utf8;
  }

  /** Whether a comma, of those that separate, stands between a field and the next one. */
  hasCommaAfter(field: number): boolean {
    const end = this.starts[field + 1] ?? 0;
    for (let index = this.ends[field] ?? 0; index < end; index++)
      if (this.bytes[index] === comma) return true;
    return false;
  }

  /** Splits the bytes from `start` to `end` at blanks, and at one more separator. */
  split(start: number, end: number, separator: number): void {
    let count = 0;
    let index = start;
    const { bytes, starts, ends } = this;
    while (index < end) {
      while (index < end && isBetween(bytes[index] ?? 0, separator)) index++;
      if (index === end) break;
      if (count < mostFields) starts[count] = index;
      while (index < end && !isBetween(bytes[index] ?? 0, separator)) index++;
      if (count < mostFields) ends[count] = index;
      count++;
    }
    this.count = Math.min(count, mostFields);
  }
}

function isBetween(byte: number, separator: number): boolean {
  return byte <= blank || byte === separator;
}

/** Cuts chunks of bytes into lines. */
class LineCutter {
  readonly #line = new TextLine();
  readonly #file: string;
  readonly #onLine: (line: TextLine) => void;
  readonly #separator: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(file: string, onLine: (line: TextLine) => void, separator: Separator) {
    this.#file = file;
    this.#onLine = onLine;
    this.#separator = separator === 'blanks' ? blank : comma;
  }

  feed(chunk: Uint8Array): void {
    const bytes: Uint8Array = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#line.bytes = bytes;
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#handOver(start, end);
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > longestLine)
      throw lineError(this.#file, this.#line.number + 1, 'expected lines of text');
  }

  end(): void {
    this.#line.bytes = this.#rest;
    if (this.#rest.length > 0) this.#handOver(0, this.#rest.length);
  }

  #handOver(start: number, end: number): void {
    const line = this.#line;
    line.number++;
    if (line.number === 1 && startsWithMark(line.bytes, start)) start += byteOrderMark.length;
    const last = end > start && line.bytes[end - 1] === carriageReturn ? end - 1 : end;
    line.split(start, last, this.#separator);
    if (line.count > 0 && line.bytes[line.starts[0] ?? 0] !== hash) this.#onLine(line);
  }
}

function startsWithMark(bytes: Uint8Array, start: number): boolean {
  return byteOrderMark.every((byte, index) => bytes[start + index] === byte);
}

/**
 * Reads a file, plain or gzip by its first bytes, and hands over every line that is neither empty nor a comment (`#`).
 * @throws ScenarioError when it cannot be read, or when its gzip data break off; it names the line reached
 */
export async function forEachLine(
  file: string,
  onLine: (line: TextLine) => void,
  separator: Separator = 'blanks',
): Promise<void> {
  const cutter = new LineCutter(file, onLine, separator);
  for await (const chunk of chunksOf(file)) cutter.feed(chunk);
  cutter.end();
}

/** The same for what has been read already; `bytes` are plain. */
export function forEachLineOf(
  bytes: Uint8Array,
  file: string,
  onLine: (line: TextLine) => void,
  separator: Separator = 'blanks',
): void {
  const cutter = new LineCutter(file, onLine, separator);
  cutter.feed(bytes);
  cutter.end();
}

/** An error that names a line. */
export function lineError(file: string, number: number, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position: { line: number, column: 1 }, message }]);
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const content = await contentOf(file);
  const source = content.read();
  const stream = content.isGzip ? source.pipe(createGunzip({ chunkSize: chunkBytes })) : source;
  // A pipe does not pass on what goes wrong before it.
  source.once('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw unreadable(file, error);
    const what =
      code === 'Z_BUF_ERROR' ? 'the gzip data break off here' : `the gzip data are damaged here (${message})`;
    throw lineError(file, await lastReadableLine(content), what);
  } finally {
    source.destroy();
  }
}

/** What a file holds, to be read as often as it takes. */
interface Content {
  readonly isGzip: boolean;
  read(): Readable;
}

/** Of a file or, read whole because it comes only once, of a pipe such as the shell's `<(…)`. */
async function contentOf(file: string): Promise<Content> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw fileError(file, 'there is no such file');
  if (found.isDirectory()) throw fileError(file, 'expected a file, found a folder');
  try {
    if (found.isFile())
      return {
        isGzip: await beginsLikeGzip(file),
        read: () => createReadStream(file, { highWaterMark: chunkBytes }),
      };
    const bytes = await readFile(file);
    return { isGzip: isGzip(bytes), read: () => Readable.from([bytes], { objectMode: false }) };
  } catch (error) {
    throw unreadable(file, error);
  }
}

function fileError(file: string, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position: undefined, message }]);
}

/** What the operating system has against reading a file. */
function unreadable(file: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === undefined || syscall === undefined ? error : fileError(file, `cannot be read (${code})`);
}

/** The line that damaged gzip data reach. A failing stream keeps back the chunk at hand, so chunks are small here. */
async function lastReadableLine(content: Content): Promise<number> {
  let line = 1;
  const stream = content
    .read()
    .pipe(createGunzip({ chunkSize: constants.Z_MIN_CHUNK, finishFlush: constants.Z_SYNC_FLUSH }));
  try {
    for await (const chunk of stream) for (const byte of chunk as Uint8Array) if (byte === newline) line++;
  } catch {
    // It is known that it fails; the question was where.
  }
  return line;
}

async function beginsLikeGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0);
    return isGzip(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
