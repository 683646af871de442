// Who is on which local network when: households and offices behind one router each.
import { compareNumbers } from '../../protocol/order.ts';
import type { Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Person, Stay, Workload } from '../workload/workload.ts';
import type { ComponentId, World } from '../world.ts';
import type { LocalNetworkParameters } from './local-network-parameters.ts';

/** A router with Wi-Fi, and the power that it needs; undefined where the world has no grid there. */
export interface LocalNetworkPlace {
  readonly name: string;
  readonly grid: ComponentId | undefined;
}

/** From then on somebody is on this network, or on none. */
export interface LocalNetworkStay {
  readonly start: Instant;
  readonly place: LocalNetworkPlace | undefined;
}

/**
 * The local networks of everybody's days. People whose homes (or desks) hang on the same fixed lines are put together in
 * random order, so many to a router as the parameters say; whoever is alone on one is on none.
 */
export function localNetworkStays(
  { people }: Workload,
  { components }: World,
  parameters: LocalNetworkParameters,
  draw: AddressedDraw,
): readonly (readonly LocalNetworkStay[])[] {
  const sizes = { home: parameters.localNetworkHomePeople, work: parameters.localNetworkOfficePeople };
  const routers = new Map<string, string>();
  for (const kind of ['home', 'work'] as const)
    for (const [line, ids] of sizes[kind] < 2 ? [] : peopleByLine(people, kind, components)) {
      const inOrder = ids.toSorted((left, right) =>
        compareNumbers(draw('local-network', kind, left), draw('local-network', kind, right)),
      );
      for (const [index, id] of inOrder.entries())
        routers.set(`${kind}/${id}`, `${kind}/${line}/${Math.floor(index / sizes[kind])}`);
    }
  return people.map((person, id) =>
    person.stays.map((stay): LocalNetworkStay => {
      const name = routers.get(`${stay.place}/${id}`);
      const { start } = stay;
      if (name === undefined || lineOf(stay, person, components) === undefined)
        return { start, place: undefined };
      return { start, place: { name, grid: gridOf(stay, person, components) } };
    }),
  );
}

/** The grid that a router hangs on, as far as the world has grids. */
function gridOf(
  { place, access: { site } }: Stay,
  { grid }: Person,
  components: World['components'],
): ComponentId | undefined {
  const needs = site === undefined ? [] : (components.get(site)?.needs ?? []);
  const own = needs.find(({ on }) => components.get(on)?.kind === 'power-area')?.on;
  return own ?? (place === 'home' ? grid : undefined);
}

/** The fixed lines through which somebody is connected during a stay; undefined in a mobile network. */
function lineOf(
  { place, access: { isp, site } }: Stay,
  { city, district }: Person,
  components: World['components'],
): string | undefined {
  if (site !== undefined) return components.get(site)?.kind === 'access-line' ? site : undefined;
  return place === 'home' ? `${city.name}/${district}/${isp}` : undefined;
}

/** People by the line of their first stay of this kind. */
function peopleByLine(
  people: readonly Person[],
  kind: Stay['place'],
  components: World['components'],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [id, person] of people.entries()) {
    const stay = person.stays.find(({ place }) => place === kind);
    const line = stay === undefined ? undefined : lineOf(stay, person, components);
    if (line === undefined) continue;
    const neighbours = found.get(line);
    if (neighbours === undefined) found.set(line, [id]);
    else neighbours.push(id);
  }
  return found;
}
