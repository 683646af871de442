// Deflated payloads, beside zlib with all the room that it usually has.
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { deflateRaw } from 'pako';
import { expect, it } from 'vitest';
import { compress, decompress } from '../../../protocol/bitchat/compression.ts';
import { PayloadFacts } from '../../../protocol/bitchat/payload-facts.ts';
import { utf8 } from '../../../protocol/bytes.ts';

const compressed = (payload: Uint8Array): Uint8Array | undefined => compress(payload, new PayloadFacts());

/** Few different bytes, in pieces that come again at any distance. */
const payloads = fc
  .array(
    fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 90, max: 200 }),
      fc.integer({ min: 1, max: 12 }),
      fc.uint8Array({ maxLength: 600, max: 60 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((pieces) =>
    Uint8Array.from(
      pieces.flatMap(([piece, times, rest]) => [
        ...Array<number[]>(times)
          .fill([...piece])
          .flat(),
        ...rest,
      ]),
    ),
  );

it('are what zlib makes of them, where that is shorter', () => {
  let shorter = 0;
  fc.assert(
    fc.property(payloads, (payload) => {
      const made = compressed(payload);
      if (made === undefined) return;
      shorter++;
      expect(made).toEqual(deflateRaw(payload));
      expect(new Uint8Array(inflateRawSync(made))).toEqual(payload);
      expect(decompress(made, payload.length)).toEqual(payload);
    }),
    { numRuns: 300 },
  );
  expect(shorter).toBeGreaterThan(100);
});

it('are the same whatever was deflated before', () => {
  // Its last three bytes repeat its beginning; an x behind them would repeat it further.
  const payload = utf8(` abcx${'hello '.repeat(20)}abc`);
  const after = (before: string): Uint8Array | undefined => {
    compressed(utf8(before.repeat(200)));
    return compressed(payload);
  };
  expect(after('x')).toEqual(after('y'));
  expect(after('x')).toEqual(deflateRaw(payload));
});

it.each([
  ['just short of a hundred bytes', new Uint8Array(99), false],
  ['a hundred bytes', new Uint8Array(100), true],
  ['nine tenths different bytes', Uint8Array.from({ length: 100 }, (_, index) => Math.min(index, 89)), false],
  ['fewer', Uint8Array.from({ length: 100 }, (_, index) => Math.min(index, 49)), true],
  [
    'bytes that do not repeat',
    Uint8Array.from({ length: 130 }, (_, index) => (index * index * 7) % 251),
    false,
  ],
])('%s', (_name, payload, isSmaller) => {
  expect(compressed(payload) !== undefined).toBe(isSmaller);
});

it('of a size that a window, or a block, ends at, are what zlib makes of them', () => {
  const words = Array.from({ length: 9_000 }, (_, index) => `word${(index * index) % 97}`).join(' ');
  for (const length of [
    126, 127, 249, 250, 251, 255, 511, 512, 762, 763, 1_786, 3_834, 16_383, 32_506, 40_000,
  ]) {
    const payload = utf8(words.slice(0, length));
    expect(compressed(payload), `${length} bytes`).toEqual(deflateRaw(payload));
  }
});

it('that end early or late are refused', () => {
  const payload = utf8('all is well, all is well, all is well. '.repeat(9));
  const whole = deflateRaw(payload);
  expect(decompress(whole, payload.length)).toEqual(payload);
  expect(decompress(whole, payload.length - 1)).toBeUndefined();
  expect(decompress(whole, payload.length + 1)).toBeUndefined();
  for (let length = 0; length < whole.length; length++)
    expect(decompress(whole.subarray(0, length), payload.length)).toBeUndefined();
});
