import { describe, expect, it } from 'vitest';
import { SmallMap } from '../../protocol/small-map.ts';
import { createAddressedDraw } from '../../sim/random/addressed.ts';

describe('a small map', () => {
  it.each([4, 20, 200])('holds what a Map holds, in its order, with %i different keys', (keys) => {
    const draw = createAddressedDraw('small-map');
    const small = new SmallMap<string, number>();
    const map = new Map<string, number>();
    for (let step = 0; step < 5_000; step++) {
      const key = `key ${Math.floor(draw('key', step) * keys)}`;
      // Stretches of growth and of decline, so that it is empty and full by turns.
      const grows = Math.floor(step / 500) % 2 === 0;
      if (draw('act', step) < (grows ? 0.7 : 0.2)) {
        small.set(key, step);
        map.set(key, step);
      } else expect(small.delete(key)).toBe(map.delete(key));
      expect(small.get(key)).toBe(map.get(key));
      expect(small.has(key)).toBe(map.has(key));
      expect(small.size).toBe(map.size);
      expect(small.first).toBe([...map.values()][0]);
      if (step % 10 === 0) {
        expect([...small]).toEqual([...map]);
        expect([...small.keys()]).toEqual([...map.keys()]);
        expect([...small.values()]).toEqual([...map.values()]);
      }
    }
    small.clear();
    expect([...small]).toEqual([]);
    expect(small.size).toBe(0);
  });
});
