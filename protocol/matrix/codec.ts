// The wire form of Matrix messages: HTTP with JSON bodies. A body is what the specification says, byte for byte; start
// line and headers are stood for by a header of the length that they would have.
import { concatBytes, fromUtf8, utf8, utf8Length } from '../bytes.ts';
import type { Codec, UserMessageId } from '../message.ts';
import { present } from '../assert.ts';
import { clientForms } from './codec-client.ts';
import { federationForms } from './codec-federation.ts';
import type { MatrixMessage } from './messages.ts';
import type { WireForm } from './wire-form.ts';

const forms: ReadonlyMap<string, WireForm<MatrixMessage>> = new Map(
  Object.entries({ ...federationForms, ...clientForms } as unknown as Record<
    string,
    WireForm<MatrixMessage>
  >),
);

function formOf(message: MatrixMessage): WireForm<MatrixMessage> {
  return present(forms.get(message.kind), `wire form of ${message.kind}`);
}

/** Names in start line and headers make them longer. */
function headerLength(form: WireForm<MatrixMessage>, names: readonly string[]): number {
  let length = form.headerBytes;
  for (const name of names) length += utf8Length(name);
  return length;
}

export const matrixCodec: Codec<MatrixMessage> = {
  encode(message) {
    const form = formOf(message);
    const names = form.names(message);
    const header = new Uint8Array(headerLength(form, names)).fill(0x20);
    header.set(utf8(JSON.stringify([message.kind, ...names])), 4);
    new DataView(header.buffer).setUint32(0, header.length);
    return concatBytes(header, utf8(form.body(message)));
  },
  byteLength(message) {
    const form = formOf(message);
    return headerLength(form, form.names(message)) + form.bodyLength(message);
  },
  decode(bytes, carries) {
    if (bytes.length < 4) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    if (length < 4 || length > bytes.length) return undefined;
    try {
      return read(bytes, length, carries);
    } catch {
      return undefined;
    }
  },
};

/** Throws on malformed JSON and on a header or body of the wrong shape. */
function read(
  bytes: Uint8Array,
  length: number,
  carries: readonly UserMessageId[],
): MatrixMessage | undefined {
  const header: unknown = JSON.parse(fromUtf8(bytes.subarray(4, length)));
  if (!Array.isArray(header) || !header.every((each) => typeof each === 'string')) return undefined;
  const [kind, ...names] = header;
  const form = forms.get(kind ?? '');
  const text = fromUtf8(bytes.subarray(length));
  return form?.read(names, text === '' ? undefined : JSON.parse(text), carries);
}
