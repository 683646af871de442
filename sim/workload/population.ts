// The people: where they live and work, how they move, which network and phone they have. Exogenous.
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import { hours, minutes, seconds, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { exponential, geometric, logNormal, normal, weightedIndex } from '../random/distributions.ts';
import type { AccessProfile, City, District, World } from '../world.ts';
import { instantByRhythm } from './daily-rhythm.ts';
import type { Habits } from './habits.ts';
import { mergeIntervals } from './intervals.ts';
import type { Device, Interval, Person, Position, Stay } from './workload.ts';

/** A city with its share of the population. */
export interface CityShare {
  readonly city: City;
  readonly share: number;
}

/** What people are made from. */
export interface PopulationOptions {
  readonly world: World;
  readonly cities: readonly CityShare[];
  readonly habits: Habits;
  readonly draw: AddressedDraw;
  /** Everything is generated for [0, horizon). */
  readonly horizon: Instant;
}

const day = hours(24);

/** Microseconds to add to an instant to get local time since some local midnight. */
export function localOffset(world: World, city: City): number {
  return ((world.epochWallMs + city.utcOffsetSeconds * 1_000) % 86_400_000) * 1_000;
}

/** The people of a run, without what their own messages make them do (see sessions.ts). */
export function createPopulation(options: PopulationOptions): readonly Person[] {
  const counts = apportion(
    options.habits.count,
    options.cities.map(({ share }) => share),
  );
  const people: Person[] = [];
  for (const [index, { city }] of options.cities.entries()) {
    for (let left = counts[index] ?? 0; left > 0; left--)
      people.push(createPerson(people.length, city, options));
  }
  return people;
}

/** Whole numbers that sum to `total` in proportion to the shares (largest remainders; the first wins a tie). */
export function apportion(total: number, shares: readonly number[]): readonly number[] {
  const sum = shares.reduce((left, right) => left + right, 0);
  const exact = shares.map((share) => (total * share) / sum);
  const counts = exact.map(Math.floor);
  let missing = total - counts.reduce((left, right) => left + right, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: Math.round((value - Math.floor(value)) * 1e9) }))
    .sort((left, right) => right.remainder - left.remainder || left.index - right.index);
  for (const { index } of byRemainder) {
    if (missing-- <= 0) break;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

function createPerson(id: number, city: City, options: PopulationOptions): Person {
  const { draw, world } = options;
  const district = pick(city.districts, draw('person', id, 'district'));
  const country = city.location.country;
  const home = positionIn(district, draw, id, 'home');
  const accessOf = (map: ReadonlyMap<string, readonly AccessProfile[]>, purpose: string): AccessProfile =>
    pick(present(map.get(country), `access networks of ${country}`), draw('person', id, purpose));
  return {
    id: id as PersonId,
    city,
    district: district.name,
    country,
    stays: createStays(
      id,
      city,
      home,
      {
        home: accessOf(world.access.homeByCountry, 'home-access'),
        office: accessOf(world.access.homeByCountry, 'office-access'),
        mobile: accessOf(world.access.mobileByCountry, 'mobile-access'),
      },
      options,
    ),
    device: createDevice(id, city, options),
  };
}

function pick<T>(choices: readonly T[], uniform: number): T {
  return present(choices[Math.floor(uniform * choices.length)], 'something to choose from');
}

/** Uniform over the disc, by rejection-free square-root radius; angle by a rational walk round the circle. */
function positionIn(district: District, draw: AddressedDraw, id: number, purpose: string): Position {
  // Uniform in the square, then scaled into the disc: no trigonometry, whose last bit differs between engines.
  for (let attempt = 0; attempt < 64; attempt++) {
    const x = draw('person', id, purpose, 'x', attempt) * 2 - 1;
    const y = draw('person', id, purpose, 'y', attempt) * 2 - 1;
    if (x * x + y * y <= 1) {
      return {
        x: Math.round(district.x + x * district.radiusMetres),
        y: Math.round(district.y + y * district.radiusMetres),
      };
    }
  }
  return { x: Math.round(district.x), y: Math.round(district.y) };
}

interface Networks {
  readonly home: AccessProfile;
  readonly office: AccessProfile;
  readonly mobile: AccessProfile;
}

/** Home, and on working days to work and back: assumed hours with a spread per person and day. */
function createStays(
  id: number,
  city: City,
  home: Position,
  networks: Networks,
  options: PopulationOptions,
): readonly Stay[] {
  const { draw, habits, horizon, world } = options;
  const atHome = (start: number): Stay => ({
    start: start as Instant,
    place: 'home',
    from: home,
    to: home,
    access: networks.home,
  });
  const stays = [atHome(0)];
  if (draw('person', id, 'employed') >= habits.employedShare) return stays;
  const work = positionIn(pick(city.districts, draw('person', id, 'work-district')), draw, id, 'work');
  const atWork = draw('person', id, 'work-network') < 0.5 ? networks.office : networks.mobile;
  const offset = localOffset(world, city);
  for (let midnight = -offset; midnight < horizon; midnight += day) {
    const number = Math.round((midnight + offset) / day);
    const leave = midnight + normal(draw('person', id, 'leave', number), hours(7.75), minutes(40));
    const back = midnight + normal(draw('person', id, 'return', number), hours(17.25), minutes(50));
    const way = minutes(15) + Math.floor(draw('person', id, 'way', number) * minutes(30));
    if (leave <= 0 || back <= leave + way || back + way >= midnight + day) continue;
    stays.push(
      { start: leave as Instant, place: 'way', from: home, to: work, access: networks.mobile },
      { start: (leave + way) as Instant, place: 'work', from: work, to: work, access: atWork },
      { start: back as Instant, place: 'way', from: work, to: home, access: networks.mobile },
      atHome(back + way),
    );
  }
  return stays.filter(({ start }) => start < horizon);
}

function createDevice(id: number, city: City, options: PopulationOptions): Device {
  const { draw, habits } = options;
  const foreground = createSessions(id, city, options);
  return {
    platform: draw('person', id, 'platform') < habits.androidShare ? 'android' : 'ios',
    clockSkewMs: normal(draw('person', id, 'clock'), 0, habits.clockSkewSigmaMs),
    offline: createOffline(id, city, options),
    foreground,
    meshOpen: mergeIntervals([...foreground, ...createMeshSessions(id, city, options)]),
  };
}

/** Switched off at night by some; short losses of network for everybody. */
function createOffline(id: number, city: City, options: PopulationOptions): readonly Interval[] {
  const { draw, habits, horizon, world } = options;
  const offset = localOffset(world, city);
  const intervals: Interval[] = [];
  const sleeper = draw('person', id, 'off-at-night') < habits.offAtNightShare;
  for (let midnight = -offset - day; midnight < horizon; midnight += day) {
    const number = Math.round((midnight + offset) / day);
    if (sleeper) {
      const start = midnight + normal(draw('person', id, 'night', number), hours(23.4), minutes(35));
      const end = midnight + day + normal(draw('person', id, 'morning', number), hours(6.8), minutes(40));
      intervals.push(clip(start, end, horizon));
    }
    const dropouts = geometric(draw('person', id, 'dropouts', number), 1 / (1 + habits.dropoutsPerDay));
    for (let each = 0; each < dropouts; each++) {
      const start = midnight + Math.floor(draw('person', id, 'dropout-at', number, each) * day);
      const length = exponential(
        draw('person', id, 'dropout-for', number, each),
        minutes(habits.dropoutMeanMinutes),
      );
      intervals.push(clip(start, start + length, horizon));
    }
  }
  return mergeIntervals(intervals);
}

/** Times at which the person looks at the application without being prompted. */
function createSessions(id: number, city: City, options: PopulationOptions): readonly Interval[] {
  const { draw, habits, horizon, world } = options;
  const expected = (habits.sessionsPerDay * horizon) / day;
  const count = Math.floor(expected) + (draw('person', id, 'sessions') < expected % 1 ? 1 : 0);
  const intervals: Interval[] = [];
  for (let each = 0; each < count; each++) {
    const start = instantByRhythm(
      draw('person', id, 'session-at', each),
      0 as Instant,
      horizon,
      localOffset(world, city),
    );
    const length = logNormal(
      draw('person', id, 'session-for', each),
      seconds(habits.sessionMedianSeconds),
      1,
    );
    intervals.push(clip(start, start + Math.max(length, seconds(5)), horizon));
  }
  return mergeIntervals(intervals);
}

/** Times for which the person leaves a mesh application open. */
function createMeshSessions(id: number, city: City, options: PopulationOptions): readonly Interval[] {
  const { draw, habits, horizon, world } = options;
  const expected = (habits.meshSessionsPerDay * horizon) / day;
  const count = Math.floor(expected) + (draw('person', id, 'mesh-sessions') < expected % 1 ? 1 : 0);
  return Array.from({ length: count }, (_, each) => {
    const uniform = draw('person', id, 'mesh-session-at', each);
    const start = instantByRhythm(uniform, 0 as Instant, horizon, localOffset(world, city));
    const length = exponential(
      draw('person', id, 'mesh-session-for', each),
      minutes(habits.meshSessionMeanMinutes),
    );
    return clip(start, start + length, horizon);
  });
}

function clip(start: number, end: number, horizon: number): Interval {
  return { start: Math.max(0, start) as Instant, end: Math.min(horizon, end) as Instant };
}

/** Index of a city drawn by share: for friends abroad. */
export function drawCity(cities: readonly CityShare[], uniform: number): number {
  return weightedIndex(
    uniform,
    cities.map(({ share }) => share),
  );
}
