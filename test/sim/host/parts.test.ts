// The pieces of the host, each by itself: disk, clock, outcome text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds, type Instant } from '../../../protocol/time.ts';
import { noCause, type CauseToken } from '../../../protocol/failure.ts';
import { ColdCache } from '../../../sim/host/cold-cache.ts';
import { NodeClock } from '../../../sim/host/node-clock.ts';
import { DurableStorage } from '../../../sim/host/storage.ts';
import { canonicalText } from '../../../sim/outcome.ts';

const at = (value: number): Instant => value as Instant;

describe('caches', () => {
  const cause = 7 as CauseToken;

  it('are full at first, empty after a start, and fill with use: e times less is missing after each such number', () => {
    const cache = new ColdCache({ coldFactor: 5, warmAfter: 100 });
    for (let request = 0; request < 50; request++) cache.served();
    expect([cache.factor, cache.cause]).toEqual([1, noCause]);
    cache.chill(cause);
    expect([cache.factor, cache.cause]).toEqual([5, cause]);
    for (let request = 1; request <= 500; request++) {
      cache.served();
      expect(cache.factor).toBeCloseTo(1 + 4 * Math.exp(-request / 100), 9);
    }
    // At a hundredth of the work nobody is charged with it any more.
    for (let request = 0; request < 100; request++) cache.served();
    expect([cache.factor, cache.cause]).toEqual([1, noCause]);
  });

  it('that make no difference cost nothing and blame nobody', () => {
    const cache = new ColdCache({ coldFactor: 1, warmAfter: 100 });
    cache.chill(cause);
    expect([cache.factor, cache.cause]).toEqual([1, noCause]);
  });
});

describe('durable storage', () => {
  const write = (storage: DurableStorage): void => {
    storage.persist('a', 1, at(seconds(1)));
    storage.persist('b', 2, at(seconds(2)));
    // The sync is at 5 s.
    storage.persist('a', undefined, at(seconds(6)));
    storage.persist('b', 3, at(seconds(7)));
    storage.persist('c', 4, at(seconds(8)));
  };

  it.each([
    [
      'kept',
      [
        ['b', 3],
        ['c', 4],
      ],
    ],
    [
      'rolled-back',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    ['lost', []],
  ] as const)('is %s by a crash', (fate, left) => {
    const storage = new DurableStorage();
    write(storage);
    storage.crash(fate, at(seconds(9)));
    expect([...storage.stored()]).toEqual(left);
  });

  it.each([
    ['kept', ['b', 'c']],
    ['lost', []],
  ] as const)(
    'is %s in the same way where nothing can roll it back, which nothing then may',
    (fate, left) => {
      const storage = new DurableStorage();
      storage.isNeverRolledBack();
      write(storage);
      expect(() => storage.crash('rolled-back', at(seconds(9)))).toThrow();
      storage.crash(fate, at(seconds(9)));
      expect([...storage.stored().keys()]).toEqual(left);
    },
  );

  it('has nothing to roll back once a sync came after the last write', () => {
    const storage = new DurableStorage();
    write(storage);
    storage.crash('rolled-back', at(seconds(11)));
    expect([...storage.stored().keys()]).toEqual(['b', 'c']);
  });

  it('hands out what it holds now, not what comes later', () => {
    const storage = new DurableStorage();
    storage.persist('a', 1, at(0));
    const before = storage.stored();
    storage.persist('a', 2, at(0));
    expect(before.get('a')).toBe(1);
  });
});

describe('a node clock', () => {
  it('shows skew on the wall only, and drift on both', () => {
    const skewed = new NodeClock(1_000_000, { skewMs: -250, driftPartsPerMillion: 0 });
    skewed.set(at(seconds(10)));
    expect([skewed.now, skewed.wall]).toEqual([seconds(10), 1_000_000 + 10_000 - 250]);
    const fast = new NodeClock(1_000_000, { skewMs: 0, driftPartsPerMillion: 100 });
    fast.set(at(seconds(1_000)));
    expect([fast.now, fast.wall]).toEqual([seconds(1_000.1), 1_000_000 + 1_000_100]);
  });

  it('finds the first true instant of each reading', () => {
    const month = 30 * 86_400 * 1_000_000;
    fc.assert(
      fc.property(fc.integer({ min: -50_000, max: 50_000 }), fc.nat(month), (drift, reading) => {
        const clock = new NodeClock(0, { skewMs: 0, driftPartsPerMillion: drift });
        const instant = clock.instantOf(at(reading));
        expect(clock.reading(instant)).toBeGreaterThanOrEqual(reading);
        if (instant > 0) expect(clock.reading(at(instant - 1))).toBeLessThan(reading);
      }),
    );
  });
});

describe('canonical text', () => {
  it('is the same for equal values, whatever their history', () => {
    const forward = {
      b: 1,
      a: [
        new Map([
          ['y', 1],
          ['x', 2],
        ]),
        new Set([3, 1]),
      ],
      c: undefined,
    };
    const backward = {
      a: [
        new Map([
          ['x', 2],
          ['y', 1],
        ]),
        new Set([1, 3]),
      ],
      b: 1,
    };
    expect(canonicalText(forward)).toBe(canonicalText(backward));
  });

  it.each([
    [[1], ['1']],
    [{ a: null }, {}],
    [new Uint8Array([1, 2]), [1, 2]],
    [[[1], 2], [[1, 2]]],
  ])('tells %j from %j', (left, right) => {
    expect(canonicalText(left)).not.toBe(canonicalText(right));
  });
});
