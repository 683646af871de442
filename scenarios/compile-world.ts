// From the document to the world: the catalogue, what the scenario adds, and the cities in which its people live.
import { buildDependencyGraph, type GraphRejection } from '../sim/infrastructure/dependency-graph.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { seconds, type Duration } from '../protocol/time.ts';
import type { CityShare } from '../sim/workload/population.ts';
import type {
  City,
  Component,
  ComponentId,
  Dependency,
  ListedServer,
  Redundancy,
  World,
} from '../sim/world.ts';
import { accessProfiles } from './access-networks.ts';
import { createAccessSites } from './access-sites.ts';
import { districtsOf, type Catalogue } from './catalogue.ts';
import type { RoomSource } from './find-room.ts';
import { settleRoom } from './settle-room.ts';
import type { ParsedScenario } from './parse.ts';
import { accessAssumptions } from './schema-assumptions.ts';
import { didYouMean, type ScenarioError } from './scenario-error.ts';
import type { ComponentDocument } from './world-schema.ts';

/** Seconds to add to UTC at an instant in a zone of the tz database. */
function utcOffsetSeconds(timeZone: string, wallMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(
    wallMs,
  );
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hour = '0', minute = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hour) * 3_600 + Number(minute) * 60);
}

/**
 * The cities in which people live, with their shares.
 * @throws ScenarioError naming the nearest cities
 */
export function compileCities(
  parsed: ParsedScenario,
  catalogue: Catalogue,
  epochWallMs: number,
): readonly CityShare[] {
  const { districtsPerCity, districtRadiusMetres } = parsed.document.people;
  const districts = districtsOf(districtsPerCity, districtRadiusMetres);
  return parsed.document.people.cities.map(({ name, share }, index) => {
    const path = ['people', 'cities', index, 'name'];
    const known = catalogue.cities.find((city) => city.name === name);
    if (known === undefined) {
      const names = catalogue.cities.map((city) => city.name);
      throw parsed.problemAt(path, `unknown city "${name}"${didYouMean(nearest(name, names))}`);
    }
    const { timeZone, ...city } = known;
    return {
      city: { ...city, districts, utcOffsetSeconds: utcOffsetSeconds(timeZone, epochWallMs) } satisfies City,
      share,
    };
  });
}

/**
 * The whole world of a run.
 * @throws ScenarioError pointing at the component, need or member that cannot be
 */
export function compileWorld(
  parsed: ParsedScenario,
  catalogue: Catalogue,
  cities: readonly City[],
  epochWallMs: number,
  room?: RoomSource,
): World {
  const { world } = parsed.document;
  const { components: made, sites } = createAccessSites(distinct(cities), world.access);
  const added = world.components.map((component, index) =>
    compileComponent(component, catalogue, (field, message) =>
      parsed.problemAt(['world', 'components', index, field], message),
    ),
  );
  const components = [...catalogue.components, ...made, ...added];
  const graph = buildDependencyGraph(components);
  if (!graph.ok) throw graphProblem(parsed, graph);
  const listed = world.servers === undefined ? undefined : compileServers(parsed, components, cities);
  const placed =
    room === undefined
      ? { servers: listed }
      : settleRoom(parsed, room, { epochWallMs, listed, ...catalogue });
  return {
    components: new Map(components.map((component) => [component.id, component])),
    cities,
    regionRoundTrips: catalogue.regionRoundTrips,
    access: { ...accessProfiles(catalogue.countries, world.access), sites },
    hosting: catalogue.hosting,
    ...(placed.servers === undefined ? {} : { servers: placed.servers }),
    ...('room' in placed ? { room: placed.room } : {}),
    assumptions: [
      ...accessAssumptions(world.access),
      ...catalogue.assumptions,
      ...('roomAssumption' in placed ? [placed.roomAssumption] : []),
    ],
    epochWallMs,
  };
}

function compileComponent(
  { id, kind, attributes, needs, redundancy, region }: ComponentDocument,
  { regions }: Catalogue,
  complain: (field: string, message: string) => ScenarioError,
): Component {
  const location = region === undefined ? undefined : regions.get(region);
  if (region !== undefined && location === undefined)
    throw complain('region', `unknown region "${region}"${didYouMean(nearest(region, regions.keys()))}`);
  return {
    id: id as ComponentId,
    kind,
    attributes,
    needs: needs.map(({ on, strength, outlives, cycle }): Dependency => ({
      on: on as ComponentId,
      strength,
      ...(outlives === 0 ? {} : { outlives: outlives as Duration }),
      ...(cycle === undefined ? {} : { declaredCycle: true }),
    })),
    ...(redundancy === undefined ? {} : { redundancy: compileRedundancy(redundancy) }),
    ...(location === undefined ? {} : { location }),
  };
}

function compileRedundancy({
  atLeast,
  of,
  failover,
  lost,
}: NonNullable<ComponentDocument['redundancy']>): Redundancy {
  return {
    members: of.map((id) => id as ComponentId),
    atLeast,
    lost,
    ...(failover === undefined
      ? {}
      : {
          failover: {
            detection: seconds(failover.detectionSeconds),
            switchOver: seconds(failover.switchOverSeconds),
          },
        }),
  };
}

/** Points at the scenario's own component where the world goes wrong. */
function graphProblem(parsed: ParsedScenario, rejection: GraphRejection): ScenarioError {
  const { component, need, member, rule, detail } = rejection;
  const index = parsed.document.world.components.findLastIndex(({ id }) => id === component);
  const path: PropertyKey[] = ['world', 'components'];
  if (index >= 0) {
    path.push(index);
    if (need !== undefined) path.push('needs', need);
    else if (member !== undefined) path.push('redundancy', 'of', member);
    else if (rule === 'graph.quorum' || rule === 'graph.failover') path.push('redundancy', 'atLeast');
    else path.push(rule === 'graph.cycle' ? 'needs' : 'id');
  }
  return parsed.problemAt(path, detail);
}

/** A scenario may name a city more than once: its shares add up. */
function distinct(cities: readonly City[]): readonly City[] {
  return [...new Map(cities.map((city) => [city.name, city])).values()];
}

/** The servers that the scenario lists, each at a place that there is. */
function compileServers(
  parsed: ParsedScenario,
  components: readonly Component[],
  cities: readonly City[],
): readonly ListedServer[] {
  const ids = new Set<string>(components.map(({ id }) => id));
  const cityNames = cities.map(({ name }) => name);
  const seen = new Set<string>();
  const servers = parsed.document.world.servers ?? [];
  for (const city of cityNames)
    if (servers.every(({ users, usersFrom }) => users === 0 && (usersFrom?.[city] ?? 0) === 0))
      throw parsed.problemAt(['world', 'servers'], `expected a server with users for the people of ${city}`);
  const checkSite = (site: string, path: readonly (string | number)[]): void => {
    if (!ids.has(site))
      throw parsed.problemAt(path, `there is no component "${site}"${didYouMean(nearest(site, [...ids]))}`);
  };
  return servers.map((server, index) => {
    const path = ['world', 'servers', index];
    if (seen.has(server.name))
      throw parsed.problemAt([...path, 'name'], `two servers are called "${server.name}"`);
    seen.add(server.name);
    const { delegation, ...rest } = server;
    checkSite(server.site, [...path, 'site']);
    if (delegation !== undefined) checkSite(delegation.site, [...path, 'delegation', 'site']);
    if (delegation !== undefined && server.name.includes(':'))
      throw parsed.problemAt([...path, 'delegation'], 'a name with a port says itself where its server is');
    for (const city of Object.keys(server.usersFrom ?? {}))
      if (!cityNames.includes(city))
        throw parsed.problemAt(
          [...path, 'usersFrom', city],
          `nobody lives in "${city}"${didYouMean(nearest(city, cityNames))}`,
        );
    return {
      ...rest,
      site: server.site as ComponentId,
      ...(delegation === undefined
        ? {}
        : { delegation: { ...delegation, site: delegation.site as ComponentId } }),
    };
  });
}
