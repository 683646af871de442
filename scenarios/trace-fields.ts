// Fields of traces and message lists: times, whole numbers, names of nodes.
import { compareCodePoints } from '../protocol/order.ts';
import type { TextLine } from './text-lines.ts';

const zero = 48;
const point = 46;
const comma = 44;
const microsecondsPerSecond = 1_000_000;

/** 285 years. Beyond them, and what may happen until a few weeks later, microseconds are no whole numbers any more. */
const latest = 9_000_000_000_000_000;

/** A time in seconds as whole microseconds; NaN when the field is none, negative, or beyond 285 years. */
export function microsecondsOf(line: TextLine, field: number): number {
  const { bytes } = line;
  const end = line.ends[field] ?? 0;
  let index = line.starts[field] ?? 0;
  let whole = 0;
  const first = index;
  for (; index < end; index++) {
    const digit = (bytes[index] ?? 0) - zero;
    if (digit < 0 || digit > 9) break;
    whole = whole * 10 + digit;
  }
  if (index === first || index - first > 10) return slowMicrosecondsOf(line.text(field));
  if (whole > latest / microsecondsPerSecond) return NaN;
  if (index === end) return whole * microsecondsPerSecond;
  if (bytes[index] !== point || end - index > 7) return slowMicrosecondsOf(line.text(field));
  let fraction = 0;
  let unit = microsecondsPerSecond;
  for (index++; index < end; index++) {
    const digit = (bytes[index] ?? 0) - zero;
    if (digit < 0 || digit > 9) return slowMicrosecondsOf(line.text(field));
    fraction = fraction * 10 + digit;
    unit /= 10;
  }
  return whole * microsecondsPerSecond + fraction * unit;
}

/** Java writes large times as 1.0E7; others write more digits than microseconds have. */
function slowMicrosecondsOf(text: string): number {
  if (!/^\d+(\.\d*)?([eE]\+?\d+)?$/.test(text)) return NaN;
  const value = Math.round(Number(text) * microsecondsPerSecond);
  return value <= latest ? value : NaN;
}

/** The name of a column of times in something else than seconds: `time_ms`, `date time`. */
const otherUnit = /milli|micro|minute|hour|date|[^a-z](ms|us|ns|min|h|d)(?![a-z])/i;

/** Whether a line names columns, of which the first is the time in seconds. */
export function isHeader(line: TextLine): boolean {
  const start = line.starts[0] ?? 0;
  // A column before it that has no name would be taken for the time.
  if (start > 0 && line.bytes[start - 1] === comma) return false;
  const name = line.text(0);
  return line.count > 2 && /^"?(t|s|secs?|seconds?|.*time.*)"?$/i.test(name) && !otherUnit.test(name);
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  k: 1_000,
  M: 1_000_000,
  G: 1_000_000_000,
  kiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** A number of bytes, also with a unit as in The ONE's StandardEventsReader (`500k`); -1 when the field is none. */
export function bytesOf(line: TextLine, field: number): number {
  const plain = wholeNumberOf(line, field);
  if (plain >= 0) return plain;
  const [, amount, unit = ''] = /^(\d{1,10})([kMG](?:iB)?)$/.exec(line.text(field)) ?? [];
  return amount === undefined ? -1 : Number(amount) * (bytesPerUnit[unit] ?? NaN);
}

/** A whole number of at most 15 digits; -1 when the field is none. */
export function wholeNumberOf(line: TextLine, field: number): number {
  const end = line.ends[field] ?? 0;
  const start = line.starts[field] ?? 0;
  if (field >= line.count || end - start > 15) return -1;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = (line.bytes[index] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Numbers below this are looked up in a table. */
const tableSize = 1 << 20;

/** Names of nodes and their numbers in order of appearance. */
export class NodeNames {
  readonly #names: string[] = [];
  readonly #byNumber = new Int32Array(tableSize).fill(-1);
  readonly #byText = new Map<string, number>();

  get count(): number {
    return this.#names.length;
  }

  /** The node that this field names, which is new when it was never named before. */
  nodeOf(line: TextLine, field: number): number {
    const number = wholeNumberOf(line, field);
    const isPlain = number >= 0 && number < tableSize && isCanonical(line, field);
    if (isPlain) {
      const known = this.#byNumber[number] ?? -1;
      if (known >= 0) return known;
      this.#byNumber[number] = this.#names.length;
      return this.#names.push(`${number}`) - 1;
    }
    const text = line.text(field);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, this.#names.length);
    return this.#names.push(text) - 1;
  }

  /** Names in order, and the place of each node in it. */
  sorted(): { readonly nodes: readonly string[]; readonly placeOf: Int32Array } {
    const order = this.#names.map((_, node) => node);
    order.sort((left, right) => compareNodeNames(this.#names[left] ?? '', this.#names[right] ?? ''));
    const placeOf = new Int32Array(order.length);
    order.forEach((node, place) => (placeOf[node] = place));
    return { nodes: order.map((node) => this.#names[node] ?? ''), placeOf };
  }
}

/** Numbers are written without leading zeros; "007" is a name of its own. */
function isCanonical(line: TextLine, field: number): boolean {
  const start = line.starts[field] ?? 0;
  return line.bytes[start] !== zero || (line.ends[field] ?? 0) - start === 1;
}

/** Whether a node is called by a number. */
export function isNodeNumber(name: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(name);
}

/** Numbers by value, before other names by code point. */
export function compareNodeNames(left: string, right: string): number {
  const leftIsNumber = isNodeNumber(left);
  if (leftIsNumber !== isNodeNumber(right)) return leftIsNumber ? -1 : 1;
  return leftIsNumber ? Number(left) - Number(right) : compareCodePoints(left, right);
}
