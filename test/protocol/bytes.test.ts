import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  inOnePiece,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
  utf8Length,
} from '../../protocol/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('bytes', () => {
  it('writes hexadecimal and base64 as the platform does', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const reference = Buffer.from(value);
        expect(toHex(value)).toBe(reference.toString('hex'));
        expect(toBase64(value)).toBe(reference.toString('base64').replace(/=+$/, ''));
        expect(toBase64Url(value)).toBe(reference.toString('base64url'));
      }),
    );
  });

  it('reads back what it wrote, in both alphabets, padded or not', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromBase64(toBase64(value))).toEqual(value);
        expect(fromBase64(toBase64Url(value))).toEqual(value);
        expect(fromBase64(Buffer.from(value).toString('base64'))).toEqual(value);
      }),
    );
  });

  it.each(['a', 'ab!c', 'é', 'abcde'])('refuses %j as base64', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it.each(['a', 'zz', '0x'])('refuses %j as hexadecimal', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });

  it('measures UTF-8 without encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(utf8(text).length);
      }),
    );
    expect(fromUtf8(utf8('grüße 😀'))).toBe('grüße 😀');
  });

  it('joins and compares', () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        const joined = concatBytes(left, right);
        expect(Buffer.from(joined)).toEqual(Buffer.concat([left, right]));
        expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0);
      }),
    );
  });

  it('leaves a text what it is when it is put into one piece', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(inOnePiece(left + right)).toBe(left + right);
      }),
    );
  });
});
