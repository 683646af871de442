// JSON text, value by value: where each begins and ends, and the exact place where the text stops being JSON.
// JSON.parse tells neither. https://www.rfc-editor.org/rfc/rfc8259
import type { TextPosition } from './scenario-error.ts';

/** The text is not JSON. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  /** Index into the text. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Part of a text, by index; the end does not belong to it. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A key of an object, and where its value stands. */
export interface JsonMember extends TextSpan {
  readonly key: string;
}

/** Nesting beyond this is refused before anything recursive sees it. */
const mostNesting = 1_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The words of JSON by their first letter. */
const words: ReadonlyMap<number, string> = new Map([
  [0x74, 'true'],
  [0x66, 'false'],
  [0x6e, 'null'],
]);

const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

/** Reads the structure of JSON text without building values. Hostile input costs no stack and one pass. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The first index from here on that is not white space. */
  pastBlanks(from: number): number {
    let at = from;
    while (isBlank(this.text.charCodeAt(at))) at++;
    return at;
  }

  /** Where the value that begins here ends. Throws a {@link JsonFault} when there is no whole value. */
  endOfValue(from: number): number {
    /** Whether each open container is an object. */
    const open: boolean[] = [];
    let at = from;
    for (;;) {
      const unit = this.text.charCodeAt(at);
      const isObject = unit === openBrace;
      if (isObject || unit === openBracket) {
        if (open.length === mostNesting) throw new JsonFault(at, `nested deeper than ${mostNesting}`);
        open.push(isObject);
        at = this.pastBlanks(at + 1);
        if (this.text.charCodeAt(at) !== (isObject ? closeBrace : closeBracket)) {
          if (isObject) at = this.#pastKey(at);
          continue;
        }
      } else at = this.#endOfScalar(at, unit);
      // Past a value: what follows ends containers, or begins the next value of the innermost one.
      for (;;) {
        const inObject = open.at(-1);
        if (inObject === undefined) return at;
        at = this.pastBlanks(at);
        const next = this.text.charCodeAt(at);
        if (next === comma) {
          at = this.pastBlanks(at + 1);
          if (inObject) at = this.#pastKey(at);
          break;
        }
        if (next !== (inObject ? closeBrace : closeBracket))
          throw this.#unexpected(at, inObject ? '"," or "}"' : '"," or "]"');
        open.pop();
        at++;
        if (open.length === 0) return at;
      }
    }
  }

  /** The elements of the array that begins here. */
  *elements(from: number): Generator<TextSpan, undefined> {
    let start = this.pastBlanks(from + 1);
    while (this.text.charCodeAt(start) !== closeBracket) {
      const end = this.endOfValue(start);
      yield { start, end };
      const next = this.pastBlanks(end);
      if (this.text.charCodeAt(next) === closeBracket) return;
      if (this.text.charCodeAt(next) !== comma) throw this.#unexpected(next, '"," or "]"');
      start = this.pastBlanks(next + 1);
      if (this.text.charCodeAt(start) === closeBracket) throw this.#unexpected(start, 'a value');
    }
  }

  /** The members of the object that begins here; of a key that stands twice, both. */
  *members(from: number): Generator<JsonMember, undefined> {
    let at = this.pastBlanks(from + 1);
    while (this.text.charCodeAt(at) !== closeBrace) {
      const start = this.#pastKey(at);
      const key = JSON.parse(this.text.slice(at, this.#endOfString(at))) as string;
      const end = this.endOfValue(start);
      yield { key, start, end };
      const next = this.pastBlanks(end);
      if (this.text.charCodeAt(next) === closeBrace) return;
      if (this.text.charCodeAt(next) !== comma) throw this.#unexpected(next, '"," or "}"');
      at = this.pastBlanks(next + 1);
    }
  }

  /** Whether a number within this span of valid JSON is written with a fraction or an exponent: 1.0, 1e3. */
  hasFloatLiteral({ start, end }: TextSpan): boolean {
    for (let at = start; at < end;) {
      const unit = this.text.charCodeAt(at);
      if (unit === quote) at = this.#endOfString(at);
      else if (/[-\d]/.test(this.text.charAt(at))) {
        const numberEnd = this.#endOfScalar(at, unit);
        if (/[.eE]/.test(this.text.slice(at, numberEnd))) return true;
        at = numberEnd;
      } else at++;
    }
    return false;
  }

  /** Past the key that begins here and its colon, to where the value begins. */
  #pastKey(from: number): number {
    if (this.text.charCodeAt(from) !== quote) throw this.#unexpected(from, 'a key in quotes');
    const at = this.pastBlanks(this.#endOfString(from));
    if (this.text.charCodeAt(at) !== colon) throw this.#unexpected(at, '":"');
    return this.pastBlanks(at + 1);
  }

  #endOfScalar(from: number, unit: number): number {
    if (unit === quote) return this.#endOfString(from);
    const word = words.get(unit);
    if (word !== undefined && this.text.startsWith(word, from)) return from + word.length;
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = from;
    if (!number.test(this.text)) throw this.#unexpected(from, 'a value');
    return number.lastIndex;
  }

  #endOfString(from: number): number {
    for (let at = from + 1; ; at++) {
      const unit = this.text.charCodeAt(at);
      if (unit === quote) return at + 1;
      if (unit === backslash) at = this.#endOfEscape(at);
      else if (unit < 0x20)
        throw new JsonFault(at, 'a control character in a string, where it must be escaped');
      else if (Number.isNaN(unit)) throw new JsonFault(at, 'the text ends inside a string');
    }
  }

  /** Index of the last character of the escape sequence that begins here. */
  #endOfEscape(from: number): number {
    const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
    escape.lastIndex = from;
    if (!escape.test(this.text)) throw new JsonFault(from, 'no such escape sequence in JSON');
    return escape.lastIndex - 1;
  }

  #unexpected(at: number, expected: string): JsonFault {
    const found = this.text.codePointAt(at);
    return new JsonFault(
      at,
      `expected ${expected}, ${found === undefined ? 'the text ends' : `found ${JSON.stringify(String.fromCodePoint(found))}`}`,
    );
  }
}

/** Tells line and column of places in a text. Cheap when asked from the beginning to the end. */
export class TextPositions {
  readonly #text: string;
  #line = 1;
  #lineStart = 0;
  /** Index of the line break that ends the line; beyond the text for the last one. */
  #lineEnd: number;

  constructor(text: string) {
    this.#text = text;
    this.#lineEnd = this.#endOfLine(0);
  }

  at(offset: number): TextPosition {
    if (offset < this.#lineStart) this.#moveTo(1, 0);
    while (offset > this.#lineEnd) this.#moveTo(this.#line + 1, this.#lineEnd + 1);
    return { line: this.#line, column: offset - this.#lineStart + 1 };
  }

  #moveTo(line: number, start: number): void {
    this.#line = line;
    this.#lineStart = start;
    this.#lineEnd = this.#endOfLine(start);
  }

  #endOfLine(start: number): number {
    const newline = this.#text.indexOf('\n', start);
    return newline === -1 ? Infinity : newline;
  }
}
