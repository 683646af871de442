import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeCodecs, jsonCodec } from '../../protocol/codec.ts';
import type { Message, UserMessageId } from '../../protocol/message.ts';

interface Note extends Message {
  readonly kind: 'note.text';
  readonly text: string;
}

const codec = jsonCodec<Note>({
  overheadBytes: () => 40,
  isMessage: (value) => 'kind' in value && value.kind === 'note.text' && 'text' in value,
});
const note = (text: string, carries: readonly number[] = []): Note => ({
  kind: 'note.text',
  text,
  carries: carries as UserMessageId[],
});

describe('jsonCodec', () => {
  it('gives back the message, with the carried ids from the host and not from the wire', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        (text) => {
          const message = note(text, [7]);
          const bytes = codec.encode(message);
          expect(bytes.length).toBe(codec.byteLength(message));
          expect(codec.decode(bytes, message.carries)).toEqual(message);
          expect(codec.decode(bytes, [])).toEqual(note(text));
        },
      ),
    );
  });

  it('has the same length whatever it carries', () => {
    expect(codec.byteLength(note('x', [1, 2, 3]))).toBe(codec.byteLength(note('x')));
  });

  it('refuses hostile bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(codec.decode(bytes, [])).toBeUndefined();
      }),
    );
  });
});

describe('composeCodecs', () => {
  const both = composeCodecs({ note: codec, other: codec });

  it('chooses by prefix and costs one byte', () => {
    const message = note('hello');
    expect(both.byteLength(message)).toBe(codec.byteLength(message) + 1);
    expect(both.decode(both.encode(message), [])).toEqual(message);
  });

  it('throws on a kind nobody declared: our own mistake', () => {
    expect(() => both.byteLength({ kind: 'nobody.here', carries: [] })).toThrow(/nobody\.here/);
  });

  it('refuses an unknown prefix byte', () => {
    expect(both.decode(new Uint8Array([9, 1, 2, 3]), [])).toBeUndefined();
    expect(both.decode(new Uint8Array(0), [])).toBeUndefined();
  });
});
