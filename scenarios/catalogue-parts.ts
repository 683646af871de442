// Countries, backbone routes between continents, power grids and resolvers: what the clouds and the cities stand on.
import { continents } from '../sim/infrastructure/continents.ts';
import type { City, Component } from '../sim/world.ts';
import { ispNames } from './access-networks.ts';
import { component, hard } from './component-maker.ts';
import { field, readTable } from './data-table.ts';

/** Each country is its gateway: what stays inside does not pass it. */
export function countryComponents(): readonly Component[] {
  return readTable('countries.csv').map((row) => {
    const country = field(row, 'country');
    return component(`country/${country}`, 'country', { country, continent: field(row, 'continent') });
  });
}

/** One route between any two continents that stands for all cables there; a scenario may add cables of its own. */
export function backboneComponents(): readonly Component[] {
  return continents.flatMap((from, index) =>
    continents.slice(index + 1).map((to) => component(`path/${from}-${to}`, 'path', { from, to })),
  );
}

/** National grids and those of cities. Data centres run on generators and need none of them (assumed). */
export function powerComponents(cities: readonly Pick<City, 'name' | 'location'>[]): readonly Component[] {
  const countries = readTable('countries.csv').map((row) => field(row, 'country'));
  return [
    ...countries.map((country) => component(`power/${country}`, 'power-area', { country, grid: 'national' })),
    ...cities.map(({ name, location }) =>
      component(
        `power/${name}`,
        'power-area',
        { city: name, country: location.country, grid: 'city' },
        hard(`power/${location.country}`),
        location,
      ),
    ),
  ];
}

/** Resolvers of access networks and of cloud regions; machines elsewhere run one of their own. */
export function resolverComponents(
  countries: readonly string[],
  regions: readonly string[],
): readonly Component[] {
  return [
    ...countries.flatMap((country) =>
      ispNames.map(([isp]) =>
        component(
          `resolver/isp/${country}/${isp}`,
          'resolver',
          { isp, country },
          hard(`isp/${country}/${isp}`),
        ),
      ),
    ),
    ...regions.map((region) =>
      component(`resolver/aws/${region}`, 'resolver', { provider: 'aws', region }, hard(`aws/${region}`)),
    ),
  ];
}
