// Canonical JSON: the one byte form of a JSON value that hashes and signatures are made over.
// https://spec.matrix.org/v1.16/appendices/#canonical-json
import { accept, reject, type Outcome } from '../outcome.ts';
import { compareCodePoints } from '../order.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** Keys in any order; `undefined` never occurs. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Whether a value is a JSON object (not an array, not null). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Canonical JSON text: keys by code point, no white space, only the escapes that JSON demands.
 * Numbers are written as JavaScript writes them, which for integers is the canonical form.
 */
export function encodeCanonicalJson(value: JsonValue): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
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

function encodeObject(object: JsonObject): string {
  const keys = Object.keys(object);
  if (keys.length > 1) keys.sort(compareCodePoints);
  let text = '{';
  for (const key of keys) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${encodeCanonicalJson(value)}`;
  }
  return text + '}';
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
export function checkCanonicalJson(value: JsonValue, strict: boolean, depth = 0): Outcome<JsonValue> {
  if (depth > mostNesting) return reject('canonical-json.nesting', `nested deeper than ${mostNesting}`);
  if (typeof value === 'string') {
    return value.isWellFormed()
      ? accept(value)
      : reject('canonical-json.surrogate', 'a string holds a lone surrogate');
  }
  if (typeof value === 'number') {
    if (!strict || Number.isSafeInteger(value)) return accept(value);
    return reject('canonical-json.number', `${value} is not an integer within ±(2^53 − 1)`);
  }
  if (typeof value !== 'object' || value === null) return accept(value);
  const parts = Array.isArray(value) ? (value as readonly JsonValue[]) : Object.values(value as JsonObject);
  for (const part of parts) {
    if (part === undefined) continue;
    const checked = checkCanonicalJson(part, strict, depth + 1);
    if (!checked.ok) return checked;
  }
  if (!Array.isArray(value)) {
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) return reject('canonical-json.surrogate', 'a key holds a lone surrogate');
    }
  }
  return accept(value);
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
