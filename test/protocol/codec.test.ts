import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeCodecs, encodeInto, jsonCodec } from '../../protocol/codec.ts';
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

describe('encodeInto', () => {
  const plain = { ...codec };
  delete plain.encodeInto;

  it.each([
    ['a codec that writes in place', codec],
    ['a codec that does not', plain],
    ['a composed codec', composeCodecs({ note: codec })],
  ])('writes what encode gives, by %s', (_name, each) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        fc.nat(20),
        (text, at) => {
          const target = new Uint8Array(1_000).fill(255);
          const bytes = each.encode(note(text));
          const end = encodeInto(each, note(text), target, at);
          expect(end).toBe(at + bytes.length);
          expect(target.subarray(at, end)).toEqual(bytes);
          expect(target[end]).toBe(255);
        },
      ),
    );
  });

  it.each([
    ['a codec that writes in place', codec],
    ['a codec that does not', plain],
  ])('ends beyond a target that is too short, by %s', (_name, each) => {
    expect(encodeInto(each, note('x'.repeat(100)), new Uint8Array(100), 10)).toBeGreaterThan(100);
  });
});
