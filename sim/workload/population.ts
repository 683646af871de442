// The people: where they live and work, how they move, which network and phone they have. Exogenous.
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import { hours, minutes, seconds, type Instant } from '../../protocol/time.ts';
import { accessSiteKey } from '../infrastructure/access-site-key.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { exponential, geometric, logNormal, normal } from '../random/distributions.ts';
import type { AccessProfile, City, ComponentId, District, World } from '../world.ts';
import { activityBetween, instantByRhythm } from './daily-rhythm.ts';
import type { Habits } from './habits.ts';
import { gapsBetween, mergeIntervals } from './intervals.ts';
import { dayLength, localOffset } from './local-time.ts';
import { createStays, pick, positionIn, stayOutAndAbout } from './stays.ts';
import { wholeNumber } from './whole-number.ts';
import type { Computer, Device, Interval, Person } from './workload.ts';

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
  /** Something else than homes and offices says where people are: they are on the way, on mobile networks. */
  readonly outAndAbout?: boolean;
}

/** The people of a run, without what their own messages make them do (see create-workload.ts). */
export function createPopulation(options: PopulationOptions): readonly Person[] {
  const counts = apportion(
    options.habits.count,
    options.cities.map(({ share }) => share),
  );
  const people: Person[] = [];
  const sites = new SharedProfiles(options.world.access.sites);
  for (const [index, { city }] of options.cities.entries()) {
    for (let left = counts[index] ?? 0; left > 0; left--)
      people.push(createPerson(people.length, city, { ...options, sites }));
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

/** Access networks with the site that leads to them; one object for all who use the same, since people are many. */
class SharedProfiles {
  readonly #sites: World['access']['sites'];
  readonly #profiles = new Map<AccessProfile, Map<ComponentId, AccessProfile>>();

  constructor(sites: World['access']['sites']) {
    this.#sites = sites;
  }

  through(profile: AccessProfile, city: City, district: string, uniform: number): AccessProfile {
    const choices = this.#sites?.get(accessSiteKey(city.name, district, profile.isp)) ?? [];
    const site = choices[Math.floor(uniform * choices.length)];
    if (site === undefined) return profile;
    let known = this.#profiles.get(profile);
    if (known === undefined) this.#profiles.set(profile, (known = new Map<ComponentId, AccessProfile>()));
    let shared = known.get(site);
    if (shared === undefined) known.set(site, (shared = { ...profile, site }));
    return shared;
  }
}

function createPerson(
  id: number,
  city: City,
  options: PopulationOptions & { readonly sites: SharedProfiles },
): Person {
  const { draw, world } = options;
  const district = pick(city.districts, draw('person', id, 'district'));
  const country = city.location.country;
  const home = positionIn(district, draw, id, 'home');
  const workDistrict = pick(city.districts, draw('person', id, 'work-district'));
  const accessOf = (
    map: ReadonlyMap<string, readonly AccessProfile[]>,
    purpose: string,
    { name }: District,
  ): AccessProfile => {
    const profile = pick(
      present(map.get(country), `access networks of ${country}`),
      draw('person', id, purpose),
    );
    return options.sites.through(profile, city, name, draw('person', id, purpose, 'site'));
  };
  const homeAccess = accessOf(world.access.homeByCountry, 'home-access', district);
  const computer = createComputer(id, city, homeAccess, options);
  const grid = `power/${city.name}/${district.name}` as ComponentId;
  return {
    id: id as PersonId,
    city,
    district: district.name,
    country,
    stays: (options.outAndAbout === true ? stayOutAndAbout : createStays)({
      id,
      city,
      home,
      workDistrict,
      networks: {
        home: homeAccess,
        office: accessOf(world.access.homeByCountry, 'office-access', workDistrict),
        mobile: accessOf(world.access.mobileByCountry, 'mobile-access', district),
      },
      employedShare: options.habits.employedShare,
      world,
      draw,
      horizon: options.horizon,
    }),
    ...(world.components.has(grid) ? { grid } : {}),
    device: createDevice(id, city, options),
    ...(computer === undefined ? {} : { computer }),
  };
}

/** A computer at home, asleep while nobody uses it. */
function createComputer(
  id: number,
  city: City,
  access: AccessProfile,
  options: PopulationOptions,
): Computer | undefined {
  const { draw, habits, horizon } = options;
  if (draw('person', id, 'computer') >= habits.computerShare) return undefined;
  const length = (each: number): number =>
    exponential(draw('person', id, 'computer-for', each), minutes(habits.computerSessionMeanMinutes));
  const perDay = habits.computerSessionsPerDay;
  const inUse = byRhythm(id, city, { purpose: 'computer-session', perDay, length }, options);
  const clockSkewMs = normal(draw('person', id, 'computer-clock'), 0, habits.clockSkewSigmaMs);
  return { clockSkewMs, access, inUse, asleep: gapsBetween(inUse, horizon) };
}

function createDevice(id: number, city: City, options: PopulationOptions): Device {
  const { draw, habits } = options;
  const foreground = createSessions(id, city, options);
  return {
    platform: draw('person', id, 'platform') < habits.androidShare ? 'android' : 'ios',
    batteryLife: hours(habits.phoneBatteryHours),
    clockSkewMs: normal(draw('person', id, 'clock'), 0, habits.clockSkewSigmaMs),
    ...createAbsences(id, city, options),
    foreground,
    meshOpen: mergeIntervals([...foreground, ...createMeshSessions(id, city, options)]),
  };
}

/** Switched off at night by some; short losses of network for everybody. */
function createAbsences(id: number, city: City, options: PopulationOptions): Pick<Device, 'off' | 'offline'> {
  const { draw, habits, horizon, world } = options;
  const offset = localOffset(world, city);
  const off: Interval[] = [];
  const withoutNetwork: Interval[] = [];
  const sleeper = draw('person', id, 'off-at-night') < habits.offAtNightShare;
  for (let midnight = -offset - dayLength; midnight < horizon; midnight += dayLength) {
    const number = Math.round((midnight + offset) / dayLength);
    if (sleeper) {
      const start = midnight + normal(draw('person', id, 'night', number), hours(23.4), minutes(35));
      const end =
        midnight + dayLength + normal(draw('person', id, 'morning', number), hours(6.8), minutes(40));
      off.push(clip(start, end, horizon));
    }
    const dropouts = geometric(draw('person', id, 'dropouts', number), 1 / (1 + habits.dropoutsPerDay));
    for (let each = 0; each < dropouts; each++) {
      const start = midnight + Math.floor(draw('person', id, 'dropout-at', number, each) * dayLength);
      const length = exponential(
        draw('person', id, 'dropout-for', number, each),
        minutes(habits.dropoutMeanMinutes),
      );
      withoutNetwork.push(clip(start, start + length, horizon));
    }
  }
  return { off: mergeIntervals(off), offline: mergeIntervals([...off, ...withoutNetwork]) };
}

/** Times at which the person looks at the application without being prompted. */
function createSessions(id: number, city: City, options: PopulationOptions): readonly Interval[] {
  const { draw, habits } = options;
  const length = (each: number): number => {
    const uniform = draw('person', id, 'session-for', each);
    return Math.max(logNormal(uniform, seconds(habits.sessionMedianSeconds), 1), seconds(5));
  };
  return byRhythm(id, city, { purpose: 'session', perDay: habits.sessionsPerDay, length }, options);
}

/** Times for which the person leaves a mesh application open. */
function createMeshSessions(id: number, city: City, options: PopulationOptions): readonly Interval[] {
  const { draw, habits } = options;
  const length = (each: number): number =>
    exponential(draw('person', id, 'mesh-session-for', each), minutes(habits.meshSessionMeanMinutes));
  return byRhythm(id, city, { purpose: 'mesh-session', perDay: habits.meshSessionsPerDay, length }, options);
}

/** So many intervals a day, beginning by the rhythm of the day. */
function byRhythm(
  id: number,
  city: City,
  habit: { readonly purpose: string; readonly perDay: number; readonly length: (each: number) => number },
  { draw, horizon, world }: PopulationOptions,
): readonly Interval[] {
  const { purpose, perDay, length } = habit;
  const offset = localOffset(world, city);
  const epoch = 0 as Instant;
  const count = wholeNumber(
    perDay * activityBetween(epoch, horizon, offset),
    draw('person', id, `${purpose}s`),
  );
  const intervals = Array.from({ length: count }, (_, each) => {
    const start = instantByRhythm(draw('person', id, `${purpose}-at`, each), epoch, horizon, offset);
    return clip(start, start + length(each), horizon);
  });
  return mergeIntervals(intervals);
}

function clip(start: number, end: number, horizon: number): Interval {
  return { start: Math.max(0, start) as Instant, end: Math.min(horizon, end) as Instant };
}
