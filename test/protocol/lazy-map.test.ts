// The map that is made when it is used, against the language's own.
import { describe, expect } from 'vitest';
import { LazyMap } from '../../protocol/lazy-map.ts';
import { fc, property } from '../support/property.ts';

describe('a lazy map', () => {
  property([
    fc.array(
      fc.record({ what: fc.constantFrom('set', 'delete', 'clear'), key: fc.integer({ min: 0, max: 9 }) }),
      { maxLength: 60 },
    ),
  ])('holds what a map holds, in its order', (steps) => {
    const lazy = new LazyMap<number, number>();
    const map = new Map<number, number>();
    for (const [index, { what, key }] of steps.entries()) {
      if (what === 'set') {
        lazy.set(key, index);
        map.set(key, index);
      } else if (what === 'delete') expect(lazy.delete(key)).toBe(map.delete(key));
      else {
        lazy.clear();
        map.clear();
      }
      expect(lazy.size).toBe(map.size);
      expect(lazy.has(key)).toBe(map.has(key));
      expect(lazy.get(key)).toBe(map.get(key));
      expect([...lazy.entries()]).toEqual([...map.entries()]);
      expect([...lazy.keys()]).toEqual([...map.keys()]);
      expect([...lazy.values()]).toEqual([...map.values()]);
    }
  });
});
