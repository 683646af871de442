// Chance: golden draws that must agree on every Node version and platform, and independence.
import alea from 'seedrandom/lib/alea.js';
import { describe, expect, it } from 'vitest';
import { createAddressedDraw, hashedName } from '../../../sim/random/addressed.ts';
import {
  exponential,
  geometric,
  logNormal,
  normal,
  pareto,
  standardNormal,
  uniformInteger,
  weightedIndex,
} from '../../../sim/random/distributions.ts';
import { exp, ln } from '../../../sim/random/elementary.ts';
import { createRandomStream, RandomStreams } from '../../../sim/random/streams.ts';

describe('named streams', () => {
  it('draw what they always drew', () => {
    const stream = new RandomStreams('seed').stream('phone/17');
    expect([stream.uniform(), stream.integer(1, 6), stream.integer(-5, 5), [...stream.bytes(6)]])
      .toMatchInlineSnapshot(`
      [
        0.29638939595083014,
        6,
        -3,
        [
          42,
          142,
          113,
          32,
          159,
          2,
        ],
      ]
    `);
  });

  it('draw what the library draws', () => {
    const stream = createRandomStream('as the library');
    const library = alea('as the library');
    for (let draw = 0; draw < 10_000; draw++) expect(stream.uniform()).toBe(library.double());
    const words = Int32Array.from({ length: 1_000 }, () => library.int32());
    expect(stream.bytes(4_000)).toEqual(new Uint8Array(words.buffer));
  });

  it('do not move each other', () => {
    const alone = new RandomStreams('s');
    const together = new RandomStreams('s');
    const noise = together.stream('noise');
    const draws = (streams: RandomStreams, disturb: () => void): number[] =>
      Array.from({ length: 20 }, () => (disturb(), streams.stream('path').uniform()));
    expect(draws(together, () => noise.uniform())).toEqual(draws(alone, () => undefined));
  });

  it('of different seeds and names differ, also where they run together', () => {
    const first = (seed: string, name: string): number => new RandomStreams(seed).stream(name).uniform();
    expect(new Set([first('a', 'b'), first('ab', ''), first('a', 'c'), first('b', 'b')]).size).toBe(4);
  });

  it('refuse an empty range', () => {
    expect(() => createRandomStream('s').integer(3, 2)).toThrow('empty range');
  });
});

describe('addressed draws', () => {
  it('are what they always were', () => {
    const draw = createAddressedDraw('seed');
    expect([
      draw('path', 'phone/1', 'hs/a', 12_345_678_901, 4),
      draw('path', 'phone/1', 'hs/a', 12_345_678_901, 5),
      draw('push-delay', 3, 0),
      draw(0.25),
      draw(),
    ]).toMatchInlineSnapshot(`
      [
        0.5537032346738925,
        0.6037655927917375,
        0.38642354019230607,
        0.47619113986239847,
        0.632905171953943,
      ]
    `);
  });

  it('tell addresses apart by value, kind and length', () => {
    const draw = createAddressedDraw('seed');
    const draws = [
      draw(1),
      draw('1'),
      draw(1, 0),
      draw('1', ''),
      draw(''),
      draw(),
      draw(-1),
      draw(2 ** 40 + 1),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    expect(draw(-0)).toBe(draw(0));
  });

  it('take a name that was hashed before for the name', () => {
    const draw = createAddressedDraw('seed');
    const [path, phone] = [hashedName('path'), hashedName('phone/1')];
    expect(draw(path, phone, 'hs/a', 12, 4)).toBe(draw('path', 'phone/1', 'hs/a', 12, 4));
  });

  it('are uniform, and neighbours are independent', () => {
    const draw = createAddressedDraw('seed');
    const count = 100_000;
    const buckets = new Array<number>(10).fill(0);
    let product = 0;
    for (let index = 0; index < count; index++) {
      const value = draw('a', index);
      const bucket = Math.floor(value * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      product += (value - 0.5) * (draw('a', index + 1) - 0.5);
    }
    // Five standard deviations of a binomial count, and of a correlation.
    for (const bucket of buckets)
      expect(Math.abs(bucket - count / 10)).toBeLessThan(5 * Math.sqrt(count * 0.09));
    expect(Math.abs((product / count) * 12)).toBeLessThan(5 / Math.sqrt(count));
  });
});

describe('quantiles', () => {
  it.each([
    [0.5, 0],
    [0.841344746068543, 1],
    [0.975, 1.959963984540054],
    [0.025, -1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
  ])('of the standard normal at %d', (uniform, expected) => {
    expect(standardNormal(uniform)).toBeCloseTo(expected, 12);
  });

  it('agree with the engine where the engine is right', () => {
    for (let value = 0.001; value < 1e9; value *= 1.37) {
      expect(Math.abs(ln(value) - Math.log(value))).toBeLessThan(
        4e-15 * Math.max(1, Math.abs(Math.log(value))),
      );
      const exponent = Math.log(value) * 3;
      expect(Math.abs(exp(exponent) / Math.exp(exponent) - 1)).toBeLessThan(1e-14);
    }
  });

  it('are rounded at the draw, and are what they always were', () => {
    const stream = createRandomStream('quantiles');
    const uniform = (): number => stream.uniform();
    const draws = Array.from({ length: 3 }, () => [
      normal(uniform(), 1_000_000, 50_000),
      logNormal(uniform(), 40_000, 0.6),
      exponential(uniform(), 5_000_000),
      pareto(uniform(), 1_000, 1.5),
      geometric(uniform(), 0.05),
      uniformInteger(uniform(), 10, 20),
      weightedIndex(uniform(), [1, 0, 3, 6]),
    ]);
    expect(draws).toMatchInlineSnapshot(`
      [
        [
          971075,
          46560,
          367495,
          1911,
          36,
          18,
          0,
        ],
        [
          966783,
          47666,
          1468274,
          1016,
          39,
          17,
          3,
        ],
        [
          984387,
          46379,
          3794707,
          1869,
          22,
          10,
          2,
        ],
      ]
    `);
    expect(draws.flat().every(Number.isSafeInteger)).toBe(true);
  });

  it('are finite at both ends', () => {
    for (const uniform of [0, 1 - Number.EPSILON / 2]) {
      for (const value of [normal(uniform, 0, 1e6), exponential(uniform, 1e6), pareto(uniform, 1, 2)])
        expect(Number.isFinite(value)).toBe(true);
    }
  });
});
