// How one kind of message is written and read.
import { inOnePiece, utf8Length } from '../bytes.ts';
import { carriesNothing, type UserMessageId } from '../message.ts';
import { encodeCanonicalJson, type JsonObject, type JsonValue } from './canonical-json.ts';
import type { Pdu } from './federation/messages.ts';

/** The wire form of one kind. */
export interface WireForm<M> {
  /** Start line and headers without the names that vary. */
  readonly headerBytes: number;
  /** What varies in start line and headers: servers, users, path and query parameters. */
  names(message: M): readonly string[];
  body(message: M): string;
  /** UTF-8 length of `body`, without building it where that is cheaper. */
  bodyLength(message: M): number;
  /** Throws, or says undefined, when this is no such message. `body` is undefined when it was empty. */
  read(names: readonly string[], body: unknown, carries: readonly UserMessageId[]): M | undefined;
}

/** A form whose body is a small JSON object, or nothing. */
export function smallForm<M>(
  form: Omit<WireForm<M>, 'body' | 'bodyLength'> & { json(message: M): JsonObject | undefined },
): WireForm<M> {
  const body = (message: M): string => {
    const json = form.json(message);
    return json === undefined ? '' : encodeCanonicalJson(json);
  };
  return { ...form, body, bodyLength: (message) => utf8Length(body(message)) };
}

/** For kinds that carry nobody's words. */
export const plain = { carries: carriesNothing } as const;

/** Text of PDUs, kept as long as they are: the same PDU goes to many servers. */
const texts = new WeakMap<JsonObject, string>();

function pduText({ pdu }: Pdu): string {
  let text = texts.get(pdu);
  if (text === undefined) texts.set(pdu, (text = inOnePiece(encodeCanonicalJson(pdu))));
  return text;
}

/** The array of PDUs in a body. */
export function pdusText(pdus: readonly Pdu[]): string {
  return `[${pdus.map(pduText).join(',')}]`;
}

/** Its length. */
export function pdusLength(pdus: readonly Pdu[]): number {
  let length = 2 + Math.max(0, pdus.length - 1);
  for (const { byteLength } of pdus) length += byteLength;
  return length;
}

/** A PDU that did not come over the wire in one piece. */
export function pduOf(pdu: JsonObject): Pdu {
  return { pdu, byteLength: utf8Length(encodeCanonicalJson(pdu)) };
}

/** Reads it back. Throws when it is not an array of objects. */
export function readPdus(value: unknown): readonly Pdu[] {
  return arrayOf(value).map((each) => pduOf(objectOf(each)));
}

/** The JSON object in `value`. Throws a TypeError for anything else. */
export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object');
  return value as JsonObject;
}

/** The JSON array in `value`. Throws a TypeError for anything else. */
export function arrayOf(value: unknown): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new TypeError('not an array');
  return value as readonly JsonValue[];
}

/** The strings in the array `value`. Throws a TypeError for anything else. */
export function stringsOf<S extends string>(value: unknown): readonly S[] {
  const array = arrayOf(value);
  if (!array.every((each) => typeof each === 'string')) throw new TypeError('not strings');
  return array as readonly S[];
}

/** The string in `value`. Throws a TypeError for anything else. */
export function stringOf<S extends string>(value: unknown): S {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value as S;
}

/** The number in `value`. Throws a TypeError for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('not a number');
  return value;
}
