// The round-trip table against what a round trip is: about the same from either end.
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../scenarios/catalogue.ts';

describe('a round trip', () => {
  const { regionRoundTrips: table, cities } = loadCatalogue();

  it('takes as long from one end as from the other, within a quarter', () => {
    const uneven: string[] = [];
    for (const [from, row] of table) {
      for (const [to, { p50 }] of row) {
        const back = table.get(to)?.get(from)?.p50 ?? Number.NaN;
        // Below two milliseconds the table's own noise is larger than the way.
        if (!(Math.abs(p50 - back) <= Math.max(0.25 * Math.min(p50, back), 1)))
          uneven.push(`${from} to ${to}: ${p50} and ${back} ms`);
      }
    }
    expect(uneven).toEqual([]);
  });

  it('is shortest within a region', () => {
    for (const [from, row] of table) {
      const shortest = [...row].reduce((best, entry) => (entry[1].p50 < best[1].p50 ? entry : best));
      expect(shortest[0]).toBe(from);
    }
  });

  it('begins and ends near every city', () => {
    for (const { name, location } of cities) expect(table.has(location.anchorRegion), name).toBe(true);
  });
});
