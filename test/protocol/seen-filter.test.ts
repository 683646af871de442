// The seen filter against an obviously right twin, and its bounds.
import { describe, expect, it } from 'vitest';
import { SeenFilter } from '../../protocol/seen-filter.ts';
import { seconds, type Instant } from '../../protocol/time.ts';
import { fc, property } from '../support/property.ts';

const at = (count: number): Instant => seconds(count) as number as Instant;

/** Keys and times in a plain array. */
class SlowSeenFilter {
  entries: { key: number; time: number }[] = [];

  add(key: number, now: number): boolean {
    this.entries = this.entries.filter(({ time }) => time >= now - seconds(60));
    if (this.entries.some((entry) => entry.key === key)) return false;
    this.entries.push({ key, time: now });
    if (this.entries.length > 20) this.entries = this.entries.slice(-15);
    return true;
  }
}

describe('SeenFilter', () => {
  const options = { capacity: 20, trimTo: 15, lifetime: seconds(60) };

  property([
    fc.array(
      fc.record({
        // Few keys that often fall into the same slots, and a few large ones.
        key: fc.oneof(
          fc.integer({ min: 0, max: 40 }),
          fc.constantFrom(2 ** 53 - 1, 2 ** 52, 2 ** 32, 2 ** 32 + 5),
        ),
        // Mostly short; sometimes so long that times kept in 32 bits have run through more than once.
        wait: fc.oneof(
          { weight: 30, arbitrary: fc.integer({ min: 0, max: 9 }) },
          fc.constantFrom(50, 3_000, 5_000, 9_000_000),
        ),
      }),
      { maxLength: 300 },
    ),
  ])('says what a plain list says', (steps) => {
    const fast = new SeenFilter(options);
    const slow = new SlowSeenFilter();
    let now = 0;
    for (const { key, wait } of steps) {
      now += wait;
      expect(fast.add(key, at(now))).toBe(slow.add(key, at(now)));
      expect(fast.size).toBe(slow.entries.length);
      for (const { key: known } of slow.entries) expect(fast.has(known, at(now))).toBe(true);
    }
  });

  it('stays within its capacity however many keys come', () => {
    const filter = new SeenFilter({ capacity: 1_000, trimTo: 750, lifetime: seconds(300) });
    for (let key = 0; key < 10_000; key++) {
      expect(filter.add(key * 7_919, at(0))).toBe(true);
      expect(filter.size).toBeLessThanOrEqual(1_000);
    }
    expect(filter.has(9_999 * 7_919, at(0))).toBe(true);
    expect(filter.has(0, at(0))).toBe(false);
  });

  it('finds every key again while it grows and its ring has turned', () => {
    const filter = new SeenFilter({ capacity: 10_000, trimTo: 7_500, lifetime: seconds(300) });
    for (let key = 0; key < 12_000; key++) {
      expect(filter.add(key * 104_729, at(key / 10))).toBe(true);
      const newest = Math.max(0, key - 2_990);
      for (const known of [key, (key + newest) >> 1, newest])
        expect(filter.has(known * 104_729, at(key / 10))).toBe(true);
    }
    expect(filter.size).toBeLessThan(3_010);
  });

  it('forgets a key when its lifetime is over, whether it was seen again or not', () => {
    const filter = new SeenFilter(options);
    filter.add(1, at(0));
    expect(filter.add(1, at(60))).toBe(false);
    expect(filter.add(1, at(61))).toBe(true);
  });

  it('wants room to trim', () => {
    expect(() => new SeenFilter({ capacity: 5, trimTo: 5, lifetime: seconds(1) })).toThrow(
      'trimming makes room',
    );
  });
});
