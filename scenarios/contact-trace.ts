// Contact traces from files: connection events as The ONE writes and reads them, and lists as SocioPatterns has them.
import type { ContactTrace } from '../sim/radio/contact-trace.ts';
import { forEachLine, forEachLineOf, lineError, type TextLine } from './text-lines.ts';
import { isHeader, microsecondsOf, NodeNames } from './trace-fields.ts';

/** How a contact trace is read. */
export interface ContactTraceOptions {
  /**
   * Microseconds that a row of a `t i j` list stands for; 20 s unless told: "the interval during which this contact was
   * active is [ t – 20s, t ]" (http://www.sociopatterns.org/datasets/).
   */
  readonly resolution?: number;
}

const defaultResolution = 20_000_000;

/**
 * Reads a trace, plain or gzip. The first line tells the format:
 * - `<seconds> CONN <a> <b> up|down`: The ONE's ConnectivityONEReport and StandardEventsReader, which takes `UP` too,
 *   and an interface after it (https://github.com/akeranen/the-one);
 * - `<seconds> <a> <b> …`: a row per pair and interval of contact that ends then, as SocioPatterns publishes them, with
 *   or without a header. Rows of one pair without a gap are one contact.
 *
 * Nodes are numbered in the order of their names, numbers by value.
 * @throws ScenarioError naming the line
 */
export async function readContactTrace(
  file: string,
  { resolution = defaultResolution }: ContactTraceOptions = {},
): Promise<ContactTrace> {
  const reader = new ContactTraceReader(file, resolution);
  await forEachLine(file, (line) => reader.read(line), 'commas or blanks');
  return reader.trace();
}

/**
 * The same for a trace that has been read and unpacked already.
 * @throws ScenarioError naming the line
 */
export function contactTraceOf(
  bytes: Uint8Array,
  file: string,
  { resolution = defaultResolution }: ContactTraceOptions = {},
): ContactTrace {
  const reader = new ContactTraceReader(file, resolution);
  forEachLineOf(bytes, file, (line) => reader.read(line), 'commas or blanks');
  return reader.trace();
}

/** Either format, as the first line tells. */
class ContactTraceReader {
  readonly #file: string;
  readonly #resolution: number;
  #format: ConnectionEvents | ContactRows | undefined;
  #isFirst = true;
  #hasCommas = false;

  constructor(file: string, resolution: number) {
    this.#file = file;
    this.#resolution = resolution;
  }

  read(line: TextLine): void {
    const skips = this.#isFirst && isHeader(line);
    this.#isFirst = false;
    if (skips) {
      this.#hasCommas = line.hasCommaAfter(0);
      if (line.text(2) === 'x' && line.text(3) === 'y')
        throw lineError(this.#file, line.number, 'expected contacts, found positions: they need a --range');
      return;
    }
    // Anything but capitals is told of by the format that was meant.
    this.#format ??= /^conn$/i.test(line.text(1))
      ? new ConnectionEvents(this.#file)
      : new ContactRows(this.#file, this.#resolution, this.#hasCommas);
    this.#format.read(line);
  }

  trace(): ContactTrace {
    if (this.#format === undefined)
      throw lineError(this.#file, 1, 'expected a contact trace, found no lines');
    return this.#format.trace();
  }
}

/** Columns that grow. */
class EventColumns {
  #at = new Float64Array(1_024);
  #left = new Int32Array(1_024);
  #right = new Int32Array(1_024);
  #begins = new Uint8Array(1_024);
  #count = 0;

  push(at: number, left: number, right: number, begins: 0 | 1): void {
    const row = this.#count++;
    if (row === this.#at.length) this.#grow();
    this.#at[row] = at;
    this.#left[row] = left;
    this.#right[row] = right;
    this.#begins[row] = begins;
  }

  trace(names: NodeNames): ContactTrace {
    const { nodes, placeOf } = names.sorted();
    const count = this.#count;
    return {
      nodes,
      at: this.#at.subarray(0, count),
      left: this.#left.subarray(0, count).map((node) => placeOf[node] ?? -1),
      right: this.#right.subarray(0, count).map((node) => placeOf[node] ?? -1),
      begins: this.#begins.subarray(0, count),
    };
  }

  #grow(): void {
    const rows = this.#at.length * 2;
    const [at, left, right] = [new Float64Array(rows), new Int32Array(rows), new Int32Array(rows)];
    const begins = new Uint8Array(rows);
    at.set(this.#at);
    left.set(this.#left);
    right.set(this.#right);
    begins.set(this.#begins);
    this.#at = at;
    this.#left = left;
    this.#right = right;
    this.#begins = begins;
  }
}

/** One number per pair, whichever is named first. Node numbers stay below 2^26. */
function pairOf(left: number, right: number): number {
  return left < right ? left * 0x4000000 + right : right * 0x4000000 + left;
}

/** Time and two different nodes, which every format has. */
class PairLines {
  readonly names = new NodeNames();
  readonly #file: string;
  #last = 0;
  at = 0;
  left = 0;
  right = 0;

  constructor(file: string) {
    this.#file = file;
  }

  error(line: TextLine, message: string): Error {
    return lineError(this.#file, line.number, message);
  }

  /** Reads a time from field 0 and two nodes from the fields from `nodeField` on. */
  read(line: TextLine, nodeField: number): void {
    this.at = microsecondsOf(line, 0);
    if (Number.isNaN(this.at)) throw this.error(line, `expected a time in seconds, found "${line.text(0)}"`);
    if (this.at < this.#last)
      throw this.error(line, `the time goes back, from ${this.#last / 1e6} to ${this.at / 1e6} s`);
    this.#last = this.at;
    this.left = this.names.nodeOf(line, nodeField);
    this.right = this.names.nodeOf(line, nodeField + 1);
    if (this.left === this.right)
      throw this.error(line, `node ${line.text(nodeField)} is in contact with itself`);
  }
}

const isUp = (line: TextLine): boolean => isWord(line, 4, 'up', lowerCase);
const isDown = (line: TextLine): boolean => isWord(line, 4, 'down', lowerCase);

/** What makes a small letter of a capital one in ASCII. */
const lowerCase = 0x20;

function isWord(line: TextLine, field: number, word: string, fold: 0 | typeof lowerCase = 0): boolean {
  const start = line.starts[field] ?? 0;
  if ((line.ends[field] ?? 0) - start !== word.length) return false;
  for (let index = 0; index < word.length; index++)
    if (((line.bytes[start + index] ?? 0) | fold) !== word.charCodeAt(index)) return false;
  return true;
}

/** `<seconds> CONN <a> <b> up|down`. */
class ConnectionEvents {
  readonly #lines: PairLines;
  readonly #columns = new EventColumns();
  readonly #open = new Set<number>();

  constructor(file: string) {
    this.#lines = new PairLines(file);
  }

  read(line: TextLine): void {
    const lines = this.#lines;
    if (line.count < 5 || line.count > 6 || !isWord(line, 1, 'CONN') || !(isUp(line) || isDown(line)))
      throw lines.error(line, 'expected "<seconds> CONN <node> <node> up|down"');
    lines.read(line, 2);
    const pair = pairOf(lines.left, lines.right);
    const begins = isUp(line);
    if (begins === this.#open.has(pair)) {
      const what = begins ? 'begins, but it has not ended' : 'ends, but it has not begun or has ended before';
      throw lines.error(line, `the contact of ${line.text(2)} and ${line.text(3)} ${what}`);
    }
    if (begins) this.#open.add(pair);
    else this.#open.delete(pair);
    this.#columns.push(lines.at, lines.left, lines.right, begins ? 1 : 0);
  }

  trace(): ContactTrace {
    return this.#columns.trace(this.#lines.names);
  }
}

/** `<seconds> <a> <b> …`: in contact during the interval that ends then. */
class ContactRows {
  readonly #lines: PairLines;
  readonly #resolution: number;
  readonly #hasCommas: boolean;
  /** The last row of each pair, and the place of its contact below. */
  readonly #open = new Map<number, number>();
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];

  /** @param hasCommas as its header has: else a comma is that of a number, or the rows are something else */
  constructor(file: string, resolution: number, hasCommas: boolean) {
    this.#lines = new PairLines(file);
    this.#resolution = resolution;
    this.#hasCommas = hasCommas;
  }

  read(line: TextLine): void {
    const lines = this.#lines;
    const hasStrayComma = !this.#hasCommas && (line.hasCommaAfter(0) || line.hasCommaAfter(1));
    if (line.count < 3 || hasStrayComma || isWord(line, 1, 'CONN'))
      throw lines.error(
        line,
        'expected "<seconds> CONN <node> <node> up|down" or "<seconds> <node> <node>"' +
          (hasStrayComma ? '; a list with commas begins with a header' : ''),
      );
    lines.read(line, 1);
    const { at, left, right } = lines;
    const pair = pairOf(left, right);
    const contact = this.#open.get(pair);
    const start = Math.max(0, at - this.#resolution);
    const end = contact === undefined ? -1 : (this.#ends[contact] ?? -1);
    if (end === at)
      throw lines.error(line, `${line.text(1)} and ${line.text(2)} are in contact twice at one time`);
    if (contact !== undefined && end >= start) {
      this.#ends[contact] = at;
      return;
    }
    this.#open.set(pair, this.#starts.push(start) - 1);
    this.#ends.push(at);
    this.#lefts.push(left);
    this.#rights.push(right);
  }

  /**
   * Ends before beginnings of one instant; within each, in the order in which the contacts began. Contacts that begin
   * at their end, as those of rows at 0 do, are there together and end last.
   */
  trace(): ContactTrace {
    const columns = new EventColumns();
    const byStart = this.#starts.map((_, contact) => contact);
    const byEnd = [...byStart];
    byStart.sort((one, other) => this.#start(one) - this.#start(other) || one - other);
    byEnd.sort(
      (one, other) =>
        this.#end(one) - this.#end(other) ||
        Number(this.#isMoment(one)) - Number(this.#isMoment(other)) ||
        one - other,
    );
    let ended = 0;
    const endUntil = (instant: number): void => {
      for (let contact = byEnd[ended]; contact !== undefined; contact = byEnd[++ended]) {
        const end = this.#end(contact);
        if (end > instant || (end === instant && this.#isMoment(contact))) return;
        this.#push(columns, end, contact, 0);
      }
    };
    for (const contact of byStart) {
      endUntil(this.#start(contact));
      this.#push(columns, this.#start(contact), contact, 1);
    }
    endUntil(Infinity);
    return columns.trace(this.#lines.names);
  }

  #isMoment(contact: number): boolean {
    return this.#start(contact) === this.#end(contact);
  }

  #start(contact: number): number {
    return this.#starts[contact] ?? 0;
  }

  #end(contact: number): number {
    return this.#ends[contact] ?? 0;
  }

  #push(columns: EventColumns, at: number, contact: number, begins: 0 | 1): void {
    columns.push(at, this.#lefts[contact] ?? -1, this.#rights[contact] ?? -1, begins);
  }
}
