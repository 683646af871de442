// The warning that a small class drives a difference: given where it was planted, and nowhere else.
import { describe, expect, it } from 'vitest';
import { driverWarnings, smallDrivers, type ClassSide } from '../../reports/class-drivers.ts';

/** Two countries: a large one and one of this share of a thousand deliveries. */
function side(title: string, small: number, within: { large: number; small: number }): ClassSide {
  const country = (
    name: string,
    expected: number,
    withinOneMinute: number,
  ): ClassSide['classes'][number] => ({
    dimension: 'country',
    name,
    expected,
    withinOneMinute,
  });
  return {
    title,
    classes: [country('DE', 1_000 - small, within.large), country('TV', small, within.small)],
  };
}

describe('a class below 5 % of the deliveries', () => {
  it('is warned of when the difference comes from it', () => {
    const left = side('Signal', 40, { large: 0.99, small: 0.99 });
    const right = side('Matrix', 40, { large: 0.985, small: 0.2 });
    expect(smallDrivers(left, right)).toMatchObject([{ dimension: 'country', name: 'TV', share: 0.04 }]);
    expect(driverWarnings(left, right)).toEqual([
      'Signal against Matrix: 86.8 % of the difference of 3.6 points within a minute comes from country “TV”, 4.0 % of the expected deliveries: quote it for that class, not for all.',
    ]);
    expect(driverWarnings(right, left)).toHaveLength(1);
  });

  it('is not when the difference is everybody’s, is small, or the class is not', () => {
    const everybody = side('b', 40, { large: 0.9, small: 0.9 });
    expect(smallDrivers(side('a', 40, { large: 0.99, small: 0.99 }), everybody)).toEqual([]);
    const alike = side('b', 9, { large: 0.99, small: 0 });
    expect(smallDrivers(side('a', 9, { large: 0.99, small: 0.99 }), alike)).toEqual([]);
    const large = side('b', 60, { large: 0.99, small: 0.2 });
    expect(smallDrivers(side('a', 60, { large: 0.99, small: 0.99 }), large)).toEqual([]);
  });
});
