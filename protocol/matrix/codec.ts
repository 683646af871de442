// The wire form of Matrix messages: HTTP with JSON bodies. A body is what the specification says, byte for byte; start
// line and headers are stood for by a header of the length that they would have.
import { fromUtf8, utf8, utf8Into, utf8Length } from '../bytes.ts';
import type { Codec, UserMessageId } from '../message.ts';
import { assert, present } from '../assert.ts';
import { clientForms } from './codec-client.ts';
import { directoryForms } from './codec-directory.ts';
import { deviceForms } from './codec-devices.ts';
import { discoveryForms } from './codec-discovery.ts';
import { federationForms } from './codec-federation.ts';
import { handshakeForms } from './codec-handshakes.ts';
import type { MatrixMessage } from './messages.ts';
import type { WireForm } from './wire-form.ts';

const forms: ReadonlyMap<string, WireForm<MatrixMessage>> = new Map(
  Object.entries({
    ...federationForms,
    ...handshakeForms,
    ...clientForms,
    ...deviceForms,
    ...directoryForms,
    ...discoveryForms,
  } as unknown as Record<string, WireForm<MatrixMessage>>),
);

function formOf(message: MatrixMessage): WireForm<MatrixMessage> {
  return present(forms.get(message.kind), 'wire form of', message.kind);
}

/** Names in start line and headers make them longer. */
function headerLength(form: WireForm<MatrixMessage>, names: readonly string[]): number {
  let length = form.headerBytes;
  for (const name of names) length += utf8Length(name);
  return length;
}

/** Hexadecimal digits in front of the header that give its length. */
const lengthDigits = 4;

/** Kind and names behind the length of the header, and the spaces that fill it. */
function header(form: WireForm<MatrixMessage>, message: MatrixMessage): string {
  const names = form.names(message);
  const length = headerLength(form, names);
  const head = JSON.stringify([message.kind, ...names]);
  const padding = length - lengthDigits - utf8Length(head);
  assert(padding >= 0, `the header of a ${message.kind} has room for its names`);
  return length.toString(16).padStart(lengthDigits, '0') + head + ' '.repeat(padding);
}

export const matrixCodec: Codec<MatrixMessage> = {
  encode(message) {
    const form = formOf(message);
    return utf8(header(form, message) + form.body(message));
  },
  encodeInto(message, target, at) {
    const form = formOf(message);
    const text = header(form, message) + form.body(message);
    // UTF-8 takes at most three bytes for a UTF-16 unit: only a text that surely fits is written.
    return at + 3 * text.length > target.length ? Infinity : at + utf8Into(text, target.subarray(at));
  },
  byteLength(message) {
    const form = formOf(message);
    return headerLength(form, form.names(message)) + form.bodyLength(message);
  },
  decode(bytes, carries) {
    try {
      return read(bytes, carries);
    } catch {
      return undefined;
    }
  },
};

/** Throws on malformed JSON and on a header or body of the wrong shape. */
function read(bytes: Uint8Array, carries: readonly UserMessageId[]): MatrixMessage | undefined {
  const length = parseInt(fromUtf8(bytes.subarray(0, lengthDigits)), 16);
  const header: unknown = JSON.parse(fromUtf8(bytes.subarray(lengthDigits, length)));
  if (!Array.isArray(header) || !header.every((each) => typeof each === 'string')) return undefined;
  const [kind, ...names] = header;
  const form = forms.get(kind ?? '');
  const text = fromUtf8(bytes.subarray(length));
  return form?.read(names, text === '' ? undefined : JSON.parse(text), carries);
}
