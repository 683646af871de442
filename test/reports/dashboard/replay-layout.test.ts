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
    const { spots, ofPerson, ofServer, groupSize } = placementFor(cityOf(1_000), width, height);
    expect(groupSize).toBe(1);
    expect(new Set(ofPerson).size).toBe(1_000);
    const lowest = Math.max(...ofServer.map((index) => spots[index]?.y ?? 0));
    for (const index of ofPerson) expect(spots[index]?.y).toBeGreaterThan(lowest);
  });

  it('draws neighbours as one where there are more, and everybody is drawn', () => {
    const people = 20_000;
    const { spots, ofPerson, groupSize } = placementFor(cityOf(people), width, height);
    expect(Math.max(...spots.map((spot) => spot.people.length))).toBe(groupSize);
    const drawn = spots.flatMap((spot) => spot.people);
    expect(drawn).toHaveLength(people);
    expect(new Set(drawn).size).toBe(people);
    expect(spots.length).toBeLessThanOrEqual(1_000 + 3);
    const elsewhere = spots.filter(
      (spot, index) => !spot.people.every((person) => ofPerson[person] === index),
    );
    expect(elsewhere).toEqual([]);
  });

  it('lets nobody hide behind another, even where a whole district has one address', () => {
    const start = cityOf(600);
    const crowded = {
      ...start,
      places: {
        cities: start.places?.cities ?? [],
        people: Array.from({ length: 600 }, () => [0, 3, 3] as [number, number, number]),
      },
    };
    const { spots } = placementFor(crowded, width, height);
    const people = spots.filter((spot) => spot.server === undefined);
    const [radius = 0] = people.map((spot) => spot.radius);
    let nearest = Infinity;
    for (const [index, one] of people.entries())
      for (const other of people.slice(index + 1))
        nearest = Math.min(nearest, Math.hypot(one.x - other.x, one.y - other.y));
    expect(nearest).toBeGreaterThan(0.9 * radius);
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
