// Between people and their providers: base stations with batteries, and the fixed lines of neighbourhoods, whose home
// routers have none. Made for the cities of a scenario, because nobody else needs them.
import { hours } from '../protocol/time.ts';
import { createAddressedDraw } from '../sim/random/addressed.ts';
import { accessSiteKey } from '../sim/infrastructure/access-site-key.ts';
import type { City, Component, ComponentId } from '../sim/world.ts';
import { ispNames } from './access-networks.ts';
import { component, hard } from './component-maker.ts';

/** Numbers of a scenario about access networks. */
export interface AccessSiteNumbers {
  readonly cellsPerDistrict: number;
  readonly cellBatteryLeastHours: number;
  readonly cellBatteryMostHours: number;
}

/** Components, and which of them a district's people use. */
export interface MadeAccessSites {
  readonly components: readonly Component[];
  readonly sites: ReadonlyMap<string, readonly ComponentId[]>;
}

/** The access sites of these cities. */
export function createAccessSites(cities: readonly City[], numbers: AccessSiteNumbers): MadeAccessSites {
  const components: Component[] = [];
  const sites = new Map<string, readonly ComponentId[]>();
  const draw = createAddressedDraw('access-sites');
  for (const city of cities) {
    const { country } = city.location;
    for (const { name: district } of city.districts) {
      const grid = `power/${city.name}/${district}`;
      const at = { city: city.name, country, district };
      components.push(
        component(grid, 'power-area', { ...at, grid: 'district' }, hard(`power/${city.name}`), city.location),
      );
      for (const [isp, network] of ispNames) {
        const stem = `${city.name}/${district}/${isp}`;
        const made =
          network === 'home'
            ? [component(`line/${stem}`, 'access-line', { ...at, isp }, hard(city.component, grid))]
            : Array.from({ length: numbers.cellsPerDistrict }, (_, index) =>
                cell(`cell/${stem}/${index + 1}`, { ...at, isp }, city, grid, numbers, draw),
              );
        components.push(...made);
        sites.set(
          accessSiteKey(city.name, district, `isp/${country}/${isp}` as ComponentId),
          made.map(({ id }) => id),
        );
      }
    }
  }
  return { components, sites };
}

/** A base station. Its battery lasts uniformly between two bounds: a property of the site, the same in every run. */
function cell(
  id: string,
  attributes: Readonly<Record<string, string>>,
  city: City,
  grid: string,
  { cellBatteryLeastHours: least, cellBatteryMostHours: most }: AccessSiteNumbers,
  draw: (...address: readonly string[]) => number,
): Component {
  const outlives = hours(least + draw('battery', id) * (most - least));
  const mains = { on: grid as ComponentId, strength: 'hard' as const, ...(outlives > 0 ? { outlives } : {}) };
  return {
    ...component(id, 'cell', attributes, hard(city.component)),
    needs: [...hard(city.component), mains],
  };
}
