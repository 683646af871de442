// Where a person is from hour to hour: at home, at work, and on the way between. Exogenous.
import { present } from '../../protocol/assert.ts';
import { hours, minutes, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { normal } from '../random/distributions.ts';
import type { AccessProfile, City, District, World } from '../world.ts';
import { dayLength, localDate, localOffset } from './local-time.ts';
import type { Position, Stay } from './workload.ts';

/** Networks of a person: at home, at the office, and everywhere else. */
export interface Networks {
  readonly home: AccessProfile;
  readonly office: AccessProfile;
  /** Wherever they are: base stations hand a phone over without its address changing, so that one stands for them all. */
  readonly mobile: AccessProfile;
}

/** Whose days these are. */
export interface StaysOptions {
  readonly id: number;
  readonly city: City;
  readonly home: Position;
  readonly workDistrict: District;
  readonly networks: Networks;
  readonly employedShare: number;
  readonly world: World;
  readonly draw: AddressedDraw;
  readonly horizon: Instant;
}

/**
 * Home, and on working days to work and back: hours assumed (leaving 7:45 ± 40 min, returning 17:15 ± 50 min, 15 to 45
 * min on the way, Monday to Friday everywhere).
 */
export function createStays(options: StaysOptions): readonly Stay[] {
  const { id, city, home, workDistrict, networks, employedShare, world, draw, horizon } = options;
  const offset = localOffset(world, city);
  const stays: Stay[] = [stay(-offset, 'home', home, home, networks.home)];
  if (draw('person', id, 'employed') < employedShare) {
    const work = positionIn(workDistrict, draw, id, 'work');
    const atWork = draw('person', id, 'work-network') < 0.5 ? networks.office : networks.mobile;
    for (let midnight = -offset; midnight < horizon; midnight += dayLength) {
      const number = Math.round((midnight + offset) / dayLength);
      if (!isWorkingDay(localDate(world, city) + number)) continue;
      const leave = midnight + normal(draw('person', id, 'leave', number), hours(7.75), minutes(40));
      const back = midnight + normal(draw('person', id, 'return', number), hours(17.25), minutes(50));
      const way = minutes(15) + Math.floor(draw('person', id, 'way', number) * minutes(30));
      const arrival = leave + way;
      if (leave <= midnight || back <= arrival || back + way >= midnight + dayLength) continue;
      stays.push(
        stay(leave, 'way', home, work, networks.mobile),
        stay(arrival, 'work', work, work, atWork),
        stay(back, 'way', work, home, networks.mobile),
        stay(back + way, 'home', home, home, networks.home),
      );
    }
  }
  return withinRun(stays, horizon);
}

/** For people whose places something else tells. */
export function stayOutAndAbout({ home, networks }: StaysOptions): readonly Stay[] {
  return [stay(0, 'way', home, home, networks.mobile)];
}

function stay(
  start: number,
  place: Stay['place'],
  from: Position,
  to: Position,
  access: AccessProfile,
): Stay {
  return { start: start as Instant, place, from, to, access };
}

/** From the epoch on: whoever is at work or on the way then begins there. */
function withinRun(stays: readonly Stay[], horizon: Instant): readonly Stay[] {
  const first = Math.max(
    0,
    stays.findLastIndex(({ start }) => start <= 0),
  );
  const begin = present(stays[first], 'a stay at the epoch');
  const end = stays[first + 1]?.start;
  const from = end === undefined ? begin.from : between(begin, end);
  return [
    { ...begin, start: 0 as Instant, from },
    ...stays.slice(first + 1).filter(({ start }) => start < horizon),
  ];
}

/** Where somebody on the way is at the epoch. */
function between({ start, from, to }: Stay, end: Instant): Position {
  const passed = (0 - start) / (end - start);
  return {
    x: wholeMetre(from.x + (to.x - from.x) * passed),
    y: wholeMetre(from.y + (to.y - from.y) * passed),
  };
}

/** Monday to Friday, by days since 1 January 1970, a Thursday. */
function isWorkingDay(date: number): boolean {
  const weekday = (((date + 4) % 7) + 7) % 7;
  return weekday >= 1 && weekday <= 5;
}

/** One of the choices, by a uniform draw. */
export function pick<T>(choices: readonly T[], uniform: number): T {
  return present(choices[Math.floor(uniform * choices.length)], 'something to choose from');
}

/** Uniform over the disc, by rejection: no trigonometry, whose last bit differs between engines. */
export function positionIn(district: District, draw: AddressedDraw, id: number, purpose: string): Position {
  for (let attempt = 0; attempt < 64; attempt++) {
    const x = draw('person', id, purpose, 'x', attempt) * 2 - 1;
    const y = draw('person', id, purpose, 'y', attempt) * 2 - 1;
    if (x * x + y * y <= 1) {
      return {
        x: wholeMetre(district.x + x * district.radiusMetres),
        y: wholeMetre(district.y + y * district.radiusMetres),
      };
    }
  }
  return { x: wholeMetre(district.x), y: wholeMetre(district.y) };
}

/** Rounded, and never -0, which is another place than 0 to those who compare. */
function wholeMetre(metres: number): number {
  return Math.round(metres) + 0;
}
