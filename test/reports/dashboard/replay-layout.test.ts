// Where a replay draws whom: everyone once, neighbours together where there are too many, nobody outside the picture.
import { describe, expect, it } from 'vitest';
import { placementFor } from '../../../reports/dashboard/web/replay/layout.ts';

const [width, height] = [800, 500];

function cityOf(people: number): Parameters<typeof placementFor>[0] {
  const side = Math.ceil(Math.sqrt(people));
  return {
    people,
    servers: ['chat-1', 'chat-2', 'chat-3'],
    places: {
      cities: [{ name: 'berlin', latitude: 52.5, longitude: 13.4 }],
      people: Array.from({ length: people }, (_, index) => [0, index % side, Math.floor(index / side)]),
    },
  };
}

describe('the picture of a replay', () => {
  it('draws a thousand people one by one, and machines above them', () => {
    const { spots, ofPerson, ofServer, isClustered } = placementFor(cityOf(1_000), width, height);
    expect(isClustered).toBe(false);
    expect(new Set(ofPerson).size).toBe(1_000);
    const lowest = Math.max(...ofServer.map((index) => spots[index]?.y ?? 0));
    for (const index of ofPerson) expect(spots[index]?.y).toBeGreaterThan(lowest);
  });

  it('draws neighbours as one where there are more, and everybody is drawn', () => {
    const people = 20_000;
    const { spots, ofPerson, isClustered } = placementFor(cityOf(people), width, height);
    expect(isClustered).toBe(true);
    const drawn = spots.flatMap((spot) => spot.people);
    expect(drawn).toHaveLength(people);
    expect(new Set(drawn).size).toBe(people);
    expect(spots.length).toBeLessThan(1_000);
    for (const [person, index] of ofPerson.entries()) expect(spots[index]?.people).toContain(person);
  });

  it('keeps everything inside the picture', () => {
    for (const people of [1, 7, 5_000])
      for (const { x, y } of placementFor(cityOf(people), 320, 400).spots) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(320);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(400);
      }
  });
});
