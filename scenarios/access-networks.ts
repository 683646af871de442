// How people reach the Internet: fixed and mobile networks of a country, their delay, loss and rate. All assumed: no
// table of last-mile latency by country could be had.
import type { AccessProfile, Assumption, ComponentId, World } from '../sim/world.ts';

/** Two fixed and two mobile networks in each country; all numbers assumed. */
export const ispNames = [
  ['fixed-1', 'home'],
  ['fixed-2', 'home'],
  ['mobile-1', 'mobile'],
  ['mobile-2', 'mobile'],
] as const;

const accessNumbers = {
  home: {
    medianRttMs: 10,
    sigma: 0.5,
    lossProbability: 0.001,
    upBitsPerSecond: 20_000_000,
    downBitsPerSecond: 100_000_000,
  },
  mobile: {
    medianRttMs: 40,
    sigma: 0.4,
    lossProbability: 0.005,
    upBitsPerSecond: 10_000_000,
    downBitsPerSecond: 40_000_000,
  },
} as const;

/** Every country has the same networks. */
export function accessProfiles(countries: readonly string[]): World['access'] {
  const byCountry = (wanted: 'home' | 'mobile'): ReadonlyMap<string, readonly AccessProfile[]> =>
    new Map(
      countries.map((country) => [
        country,
        ispNames
          .filter(([, kind]) => kind === wanted)
          .map(([name]) => ({ isp: `isp/${country}/${name}` as ComponentId, ...accessNumbers[wanted] })),
      ]),
    );
  return { homeByCountry: byCountry('home'), mobileByCountry: byCountry('mobile') };
}

/** For the report. */
export const accessAssumptions: readonly Assumption[] = [
  {
    path: 'world.access.home.medianRttMs',
    value: accessNumbers.home.medianRttMs,
    unit: 'ms',
    meaning: 'round trip of a fixed line to the first router (log-normal, sigma 0.5)',
    range: [4, 30],
  },
  {
    path: 'world.access.home.lossProbability',
    value: accessNumbers.home.lossProbability,
    unit: '',
    meaning: 'loss per segment on a fixed line',
    range: [0.0001, 0.01],
  },
  {
    path: 'world.access.mobile.medianRttMs',
    value: accessNumbers.mobile.medianRttMs,
    unit: 'ms',
    meaning: 'round trip of 4G to the first router (log-normal, sigma 0.4)',
    range: [20, 100],
  },
  {
    path: 'world.access.mobile.lossProbability',
    value: accessNumbers.mobile.lossProbability,
    unit: '',
    meaning: 'loss per segment on 4G',
    range: [0.001, 0.02],
  },
];
