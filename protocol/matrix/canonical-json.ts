// Canonical JSON: the one byte form of a JSON value that hashes and signatures are made over.
// https://spec.matrix.org/v1.16/appendices/#canonical-json
import { utf8Length } from '../bytes.ts';
import { compareCodePoints } from '../order.ts';
import { accept, reject, type Outcome, type Rejection } from '../outcome.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** Keys in any order; `undefined` never occurs. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Whether a value is a JSON object (not an array, not null). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Strings with nothing to escape, all of them ASCII: what nearly every string of an event is. */
const plainString = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A string as JSON text, with only the escapes that JSON demands. */
function encodeString(text: string): string {
  return text.length < 200 && plainString.test(text) ? `"${text}"` : JSON.stringify(text);
}

/**
 * Canonical JSON text: keys by code point, no white space, only the escapes that JSON demands.
 * Numbers are written as JavaScript writes them, which for integers is the canonical form.
 */
export function encodeCanonicalJson(value: JsonValue): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value);
    case 'number':
      return value === 0 ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === null) return 'null';
      return Array.isArray(value)
        ? encodeArray(value as readonly JsonValue[])
        : encodeObject(value as JsonObject);
  }
}

function encodeArray(values: readonly JsonValue[]): string {
  let text = '[';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ',';
    text += encodeCanonicalJson(values[index] ?? null);
  }
  return text + ']';
}

/** The canonical JSON text of an object that lacks these keys: what hashes and signatures are made over. */
export function encodeCanonicalJsonWithout(object: JsonObject, keys: readonly string[]): string {
  return encodeObject(object, keys);
}

function encodeObject(object: JsonObject, without: readonly string[] = []): string {
  const keys = sortedKeys(object);
  let text = '{';
  for (const key of keys) {
    const value = object[key];
    if (value === undefined || without.includes(key)) continue;
    if (text.length > 1) text += ',';
    text += encodeString(key) + ':' + encodeCanonicalJson(value);
  }
  return text + '}';
}

/** Keys by code point. Most objects come with their keys in order already. */
function sortedKeys(object: JsonObject): readonly string[] {
  const keys = Object.keys(object);
  for (let index = 1; index < keys.length; index++) {
    if (compareCodePoints(keys[index - 1] ?? '', keys[index] ?? '') > 0) return keys.sort(compareCodePoints);
  }
  return keys;
}

/**
 * Parses JSON text. `strict` (room versions from 6) refuses numbers *written* with a fraction or an exponent, even
 * where their value is whole: after parsing, 1.0 and 1 are the same.
 */
export function parseJsonText(text: string, strict: boolean): Outcome<JsonValue> {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return reject('canonical-json.parse', error instanceof Error ? error.message : 'not JSON');
  }
  if (strict && hasFloatLiteral(text))
    return reject('canonical-json.number', 'a number has a fraction or an exponent');
  return checkCanonicalJson(value, strict);
}

/** Looks past strings for a number that goes on with a point or an exponent. The text is valid JSON. */
function hasFloatLiteral(text: string): boolean {
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\d[.eE]/g)) if (!token.startsWith('"')) return true;
  return false;
}

/** Nesting beyond this is refused: no event needs it, and hostile input must not exhaust the stack. */
const mostNesting = 200;

/**
 * Whether the value may be written as canonical JSON. Lone surrogates have no UTF-8 form and are refused always;
 * `strict` (room versions from 6) also refuses numbers that are not integers within ±(2^53 − 1).
 */
export function checkCanonicalJson(value: JsonValue, strict: boolean): Outcome<JsonValue> {
  const measured = measureCanonicalJson(value, strict);
  return measured.ok ? accept(value) : measured;
}

/** The same check, giving the length of the canonical form in bytes without building it. */
export function measureCanonicalJson(value: JsonValue, strict: boolean): Outcome<number> {
  const measure = new Measure(strict);
  const bytes = measure.value(value, 0);
  return measure.refusal ?? accept(bytes);
}

/** One walk over a value. The first refusal stands; lengths are of no meaning after it. */
class Measure {
  refusal: Rejection | undefined;
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  value(value: JsonValue, depth: number): number {
    switch (typeof value) {
      case 'string':
        return this.#string(value, 'a string');
      case 'number':
        if (this.#strict && !Number.isSafeInteger(value))
          this.#refuse('canonical-json.number', `${value} is not an integer within ±(2^53 − 1)`);
        return value === 0 ? 1 : String(value).length;
      case 'boolean':
        return value ? 4 : 5;
      default:
        if (value === null) return 4;
        return this.#container(value, depth);
    }
  }

  #container(value: readonly JsonValue[] | JsonObject, depth: number): number {
    if (depth === mostNesting) {
      this.#refuse('canonical-json.nesting', `nested deeper than ${mostNesting}`);
      return 0;
    }
    let bytes = 0;
    let entries = 0;
    if (Array.isArray(value)) {
      const items = value as readonly JsonValue[];
      for (const item of items) bytes += this.value(item, depth + 1);
      entries = items.length;
    } else {
      const object = value as JsonObject;
      for (const key of Object.keys(object)) {
        const part = object[key];
        if (part === undefined) continue;
        bytes += this.#string(key, 'a key') + 1 + this.value(part, depth + 1);
        entries++;
      }
    }
    return bytes + 2 + Math.max(0, entries - 1);
  }

  #string(text: string, what: string): number {
    if (text.length < 200 && plainString.test(text)) return text.length + 2;
    if (!text.isWellFormed()) this.#refuse('canonical-json.surrogate', `${what} holds a lone surrogate`);
    return utf8Length(JSON.stringify(text));
  }

  #refuse(rule: string, detail: string): void {
    this.refusal ??= reject(rule, detail);
  }
}

/** The object without these keys. */
export function withoutKeys(object: JsonObject, keys: readonly string[]): JsonObject {
  const copy: Record<string, JsonValue | undefined> = {};
  for (const key of Object.keys(object)) if (!keys.includes(key)) setOwn(copy, key, object[key]);
  return copy;
}

/** Sets a key even when it is called `__proto__`. */
export function setOwn(
  object: Record<string, JsonValue | undefined>,
  key: string,
  value: JsonValue | undefined,
): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
