// Where a static random geometric graph percolates: mean degree 4.512 in two dimensions (S. Quintanilla, S. Torquato,
// R. M. Ziff, "Efficient measurement of the percolation threshold for fully penetrable discs", J. Phys. A 33 (2000):
// filling factor 0.676339, so that 4 · -ln(1 - 0.676339) = 4.512).
import { describe, expect, it } from 'vitest';
import { standing } from '../../../sim/mobility/static.ts';
import { at, componentSizes, contactsOf, mean } from '../../support/mobility.ts';

const nodes = 12_000;
const side = 10_000;
const model = standing({ width: side, height: side });

/** Share of the greatest component, and mean size of the others as a node sees it. */
function components(degree: number, seed: string): { readonly share: number; readonly others: number } {
  const range = Math.sqrt((degree * side * side) / (Math.PI * nodes));
  const [greatest = 0, ...rest] = componentSizes(
    nodes,
    contactsOf(model, { nodes, range, until: at(1), seed }),
  );
  const squares = rest.reduce((sum, size) => sum + size * size, 0);
  return { share: greatest / nodes, others: squares / nodes };
}

describe('contacts of nodes that stand', () => {
  const degrees = [3.5, 4, 4.25, 4.5, 4.75, 5, 5.5, 6];
  const seeds = ['a', 'b', 'c'];
  const curve = degrees.map((degree) => {
    const each = seeds.map((seed) => components(degree, seed));
    return {
      degree,
      share: mean(each.map(({ share }) => share)),
      others: mean(each.map(({ others }) => others)),
    };
  });

  it('percolate at a mean degree of 4.5: below it there are islands, above it one continent', () => {
    const shareAt = (degree: number): number => curve.find((row) => row.degree === degree)!.share;
    expect(shareAt(3.5)).toBeLessThan(0.06);
    expect(shareAt(4)).toBeLessThan(0.2);
    expect(shareAt(5)).toBeGreaterThan(0.75);
    expect(shareAt(6)).toBeGreaterThan(0.95);
  });

  it('have the largest islands at the threshold', () => {
    const peak = curve.reduce((best, row) => (row.others > best.others ? row : best));
    expect(peak.degree).toBeGreaterThanOrEqual(4.25);
    expect(peak.degree).toBeLessThanOrEqual(4.75);
  });
});
