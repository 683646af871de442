// Each model against what is known of it: determinism, stationary speeds and places, laws of its draws.
import { describe, expect, it } from 'vitest';
import { hours, minutes, type Duration, type Instant } from '../../../protocol/time.ts';
import type { MobilityChoice } from '../../../sim/mobility/mobility.ts';
import { mobilityModel } from '../../../sim/mobility/mobility.ts';
import { streetGrid, waysTo } from '../../../sim/mobility/street-map.ts';
import { positionsByModel } from '../../../sim/mobility/walk.ts';
import { positionAt, type Movement } from '../../../sim/radio/movement.ts';
import type { Position } from '../../../sim/workload/workload.ts';
import { at, mean, placesOf, snapshot } from '../../support/mobility.ts';
import { fc, property } from '../../support/property.ts';

const side = 1_000;
const area = { width: side, height: side };
const walking = { area, speed: [0.5, 1.5], pause: [0, 0] } as const;
const map = streetGrid(8, 6, 100);
const routine = {
  midnight: 0,
  map,
  offices: [3, 17, 40],
  meetingSpots: [20],
  goesOut: 0.5,
  speed: [0.5, 1.5],
} as const;
const camps = [
  { x: 0, y: 0 },
  { x: 2_000, y: 0 },
  { x: 0, y: 2_000 },
];
const gathering = {
  place: { x: 500, y: 500 },
  radius: 40,
  begins: at(7_200),
  ends: at(14_400),
  share: 0.6,
  spread: minutes(20),
};
const choices: readonly MobilityChoice[] = [
  { model: 'static', area },
  { model: 'random-waypoint', ...walking },
  { model: 'random-direction', ...walking, travel: [60, 600] },
  { model: 'levy-walk', area, alpha: 1, beta: 1, flight: [5, 1_500], pause: [30, 3_600] },
  { model: 'daily-routine', ...routine },
  { model: 'gatherings', roaming: { ...walking, pause: [0, 120] }, gatherings: [gathering] },
  {
    model: 'camps',
    camps,
    radius: 50,
    travellersShare: 0.2,
    stay: [600, 1_800],
    speed: [0.5, 1.5],
    travelSpeed: [1, 2],
    pause: [0, 60],
  },
];
const called = (name: MobilityChoice['model']): MobilityChoice =>
  choices.find(({ model }) => model === name)!;

const speedOf = ({ vx, vy }: Movement): number => Math.sqrt(vx * vx + vy * vy) * 1e6;
const distance = (left: Position, right: Position): number => Math.hypot(left.x - right.x, left.y - right.y);

describe.each(choices)('$model', (choice) => {
  const model = mobilityModel(choice);

  it('gives the same path to the same person for the same seed, however many others there are', () => {
    const path = (nodes: number, seed: string): readonly Movement[] => {
      const positions = positionsByModel(model, nodes, seed, hours(1));
      return Array.from({ length: 50 }, (_, step) => positions.movementAt(2, at(step * 500)));
    };
    expect(path(3, 'one')).toEqual(path(9, 'one'));
    expect(path(3, 'one')).not.toEqual(path(3, 'two'));
  });

  it('moves without a jump, at walking speeds or below, and stays where it belongs', () => {
    const positions = positionsByModel(model, 5, 'seed', hours(1));
    for (let node = 0; node < 5; node++) {
      let before: Movement | undefined;
      for (let instant = 0 as Instant; instant < hours(30);) {
        const movement = positions.movementAt(node, instant);
        const here = positionAt(movement, instant);
        if (before !== undefined) expect(distance(positionAt(before, before.end), here)).toBeLessThan(0.01);
        // Rhee's long flights are rides; everything else walks.
        expect(speedOf(movement)).toBeLessThan(choice.model === 'levy-walk' ? 12 : 2.01);
        expect(Math.min(here.x, here.y)).toBeGreaterThan(-51);
        expect(Math.max(here.x, here.y)).toBeLessThan(2_051);
        expect(movement.end).toBeGreaterThan(instant);
        instant = movement.end;
        before = movement;
      }
    }
  });
});

describe('random waypoint', () => {
  const model = mobilityModel(called('random-waypoint'));
  const places = (when: number): readonly Position[] =>
    placesOf(snapshot(model, { nodes: 4_000, at: at(when), warmUp: hours(3) }), at(when));
  const fromMiddle = (when: number): number =>
    mean(places(when).map((place) => distance(place, { x: side / 2, y: side / 2 })));

  it('has the stationary speeds of the literature: slow legs last longer', () => {
    // Density ~ 1 / v (Yoon, Liu, Noble 2003): the mean is (b - a) / ln(b / a), not (a + b) / 2.
    const speeds = snapshot(model, { nodes: 6_000, at: at(600), warmUp: hours(3) }).map(speedOf);
    expect(mean(speeds)).toBeCloseTo(1 / Math.log(3), 1.8);
    expect(mean(speeds)).toBeLessThan(0.93);
  });

  it('has stationary places, nearer to the middle than uniform ones', () => {
    // Uniform points are 0.3826 sides from the middle; Bettstetter's density gives about 0.32 (IEEE TMC 2, 2003).
    expect(fromMiddle(0) / side).toBeLessThan(0.335);
    expect(Math.abs(fromMiddle(0) - fromMiddle(20_000)) / side).toBeLessThan(0.01);
  });
});

describe('random direction', () => {
  const model = mobilityModel(called('random-direction'));

  it('keeps places uniform at every instant', () => {
    for (const when of [0, 500, 20_000]) {
      const cells = new Array<number>(16).fill(0);
      for (const { x, y } of placesOf(snapshot(model, { nodes: 8_000, at: at(when) }), at(when)))
        cells[Math.min(3, Math.floor((x / side) * 4)) * 4 + Math.min(3, Math.floor((y / side) * 4))]!++;
      const chi = cells.reduce((sum, found) => sum + (found - 500) ** 2 / 500, 0);
      expect(chi, `at ${when} s`).toBeLessThan(37.7); // 15 degrees of freedom, 0.1 %
    }
  });
});

describe('Lévy walk', () => {
  it('has flights with the tail of its exponent', () => {
    const model = mobilityModel({
      ...called('levy-walk'),
      area: { width: 90_000, height: 90_000 },
    } as MobilityChoice);
    const positions = positionsByModel(model, 300, 'tail', 0 as Duration);
    const lengths: number[] = [];
    for (let node = 0; node < 300; node++)
      for (let instant = 0 as Instant; instant < hours(20);) {
        const movement = positions.movementAt(node, instant);
        if (speedOf(movement) > 0) lengths.push((speedOf(movement) * (movement.end - instant)) / 1e6);
        instant = movement.end;
      }
    // P(length > l) = (5/l - 5/1500) / (1 - 5/1500) for exponent 1.
    const share = (length: number): number => lengths.filter((each) => each > length).length / lengths.length;
    expect(lengths.length).toBeGreaterThan(10_000);
    for (const length of [10, 50, 200])
      expect(share(length) / ((5 / length - 5 / 1_500) / (1 - 5 / 1_500))).toBeCloseTo(1, 0.8);
  });
});

describe('daily routine', () => {
  const model = mobilityModel(called('daily-routine'));
  const nodes = 300;
  const standingAt = (hour: number): readonly Position[] => {
    const instant = hours(hour) as number as Instant;
    return placesOf(snapshot(model, { nodes, at: instant, warmUp: hours(24) }), instant);
  };
  const offices = routine.offices.map((office) => map.places[office]!);
  const working = (hour: number): number =>
    standingAt(hour).filter((place) => offices.some((office) => distance(place, office) < 1)).length / nodes;

  it('has people at work by day and at home by night, at the same home every night', () => {
    expect(working(12)).toBe(1);
    expect(working(3)).toBeLessThan(0.2); // those who live where an office is
    expect(standingAt(3)).toEqual(standingAt(27));
    expect(standingAt(12)).toEqual(standingAt(36));
  });

  it('knows the hour where people live', () => {
    const later = mobilityModel({ model: 'daily-routine', ...routine, midnight: hours(-20) });
    const instant = hours(16) as number as Instant; // noon there
    const places = placesOf(snapshot(later, { nodes, at: instant, warmUp: hours(24) }), instant);
    expect(places.every((place) => offices.some((office) => distance(place, office) < 1))).toBe(true);
  });
});

describe('gatherings', () => {
  const model = mobilityModel(called('gatherings'));
  const present = (when: number): number =>
    placesOf(snapshot(model, { nodes: 1_000, at: at(when), warmUp: hours(1) }), at(when)).filter(
      (place) => distance(place, gathering.place) <= gathering.radius,
    ).length / 1_000;

  it('fill the place with the share that comes, and empty it again', () => {
    expect(present(1_000)).toBeLessThan(0.03);
    expect(present(10_000)).toBeGreaterThan(0.56);
    expect(present(10_000)).toBeLessThan(0.66);
    expect(present(20_000)).toBeLessThan(0.03);
  });
});

describe('camps', () => {
  const positions = (share: number, when: number): readonly Position[] => {
    const choice = { ...called('camps'), travellersShare: share } as MobilityChoice;
    return placesOf(
      snapshot(mobilityModel(choice), { nodes: 400, at: at(when), warmUp: hours(2) }),
      at(when),
    );
  };
  const inCamp = (place: Position): number => camps.findIndex((camp) => distance(place, camp) <= 50);

  it('never leave people without travellers anywhere else than in their camp', () => {
    expect(positions(0, 50_000).map(inCamp)).toEqual(positions(0, 100).map(inCamp));
    expect(positions(0, 100).every((place) => inCamp(place) >= 0)).toBe(true);
  });

  it('have travellers in every camp in turn', () => {
    const before = positions(1, 100);
    const moved = positions(1, 50_000).filter((place, node) => inCamp(place) !== inCamp(before[node]!));
    expect(moved.length).toBeGreaterThan(200);
  });
});

describe('ways on a map', () => {
  property([fc.nat(47), fc.nat(47)])('are as long as streets of a grid make them', (from, to) => {
    const way = waysTo(map)(from, to);
    const [start, end] = [map.places[from]!, map.places[to]!];
    expect(way.length).toBe((Math.abs(start.x - end.x) + Math.abs(start.y - end.y)) / 100);
    expect(way.at(-1) ?? from).toBe(to);
    [from, ...way].reduce((one, other) => {
      expect(map.streets[one]).toContain(other);
      return other;
    });
  });
});
