// How people reach the Internet: fixed and mobile networks of a country, their delay, loss and rate.
import type { AccessProfile, ComponentId, World } from '../sim/world.ts';
import type { WorldDocument } from './world-schema.ts';

/** Two fixed and two mobile networks in each country: assumed. */
export const ispNames = [
  ['fixed-1', 'home'],
  ['fixed-2', 'home'],
  ['mobile-1', 'mobile'],
  ['mobile-2', 'mobile'],
] as const;

/** Every country has the same networks. */
export function accessProfiles(
  countries: readonly string[],
  numbers: WorldDocument['access'],
): Pick<World['access'], 'homeByCountry' | 'mobileByCountry'> {
  const byCountry = (wanted: 'home' | 'mobile'): ReadonlyMap<string, readonly AccessProfile[]> =>
    new Map(
      countries.map((country) => [
        country,
        ispNames
          .filter(([, kind]) => kind === wanted)
          .map(([name]) => ({ isp: `isp/${country}/${name}` as ComponentId, ...numbers[wanted] })),
      ]),
    );
  return { homeByCountry: byCountry('home'), mobileByCountry: byCountry('mobile') };
}
