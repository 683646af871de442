import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, compareCodePoints } from '../../protocol/order.ts';
import { utf8 } from '../../protocol/bytes.ts';

describe('compareCodePoints', () => {
  it.each([
    ['a', 'b', -1],
    ['b', 'a', 1],
    ['a', 'a', 0],
    ['', 'a', -1],
    ['ab', 'a', 1],
    // U+10000 is above U+FFFF by code point, below it by UTF-16 unit.
    ['\u{10000}', '\uffff', 1],
    ['\ue000', '\u{1f600}', -1],
    ['10', '9', -1],
  ])('orders %j against %j', (left, right, sign) => {
    expect(Math.sign(compareCodePoints(left, right))).toBe(sign);
  });

  it('agrees with the order of UTF-8 bytes, which is the order of code points', () => {
    const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(wellFormed, wellFormed, (left, right) => {
        expect(Math.sign(compareCodePoints(left, right))).toBe(
          Math.sign(compareBytes(utf8(left), utf8(right))),
        );
      }),
    );
  });
});
