// The world that every scenario starts from: clouds, hosting sites, cities, countries, access networks.
import { present } from '../protocol/assert.ts';
import type {
  Assumption,
  City,
  Component,
  ComponentId,
  HostingShare,
  Location,
  RegionRoundTrip,
} from '../sim/world.ts';
import { ispNames } from './access-networks.ts';
import { field, numberIn, readTable, type Row } from './data-table.ts';
import { component, hard } from './component-maker.ts';
import {
  backboneComponents,
  countryComponents,
  powerComponents,
  resolverComponents,
} from './catalogue-parts.ts';

/** Everything the shipped data sets say. */
export interface Catalogue {
  readonly components: readonly Component[];
  /** Without a time offset: that depends on the date. */
  readonly cities: readonly (Omit<City, 'utcOffsetSeconds' | 'districts'> & { readonly timeZone: string })[];
  readonly regionRoundTrips: ReadonlyMap<string, ReadonlyMap<string, RegionRoundTrip>>;
  readonly regions: ReadonlyMap<string, Location>;
  readonly hosting: readonly HostingShare[];
  /** Those in which people can live, sorted. */
  readonly countries: readonly string[];
  readonly assumptions: readonly Assumption[];
}

let loaded: Catalogue | undefined;

/** Reads the data sets once per process. */
export function loadCatalogue(): Catalogue {
  loaded ??= buildCatalogue();
  return loaded;
}

function buildCatalogue(): Catalogue {
  const regions = new Map(
    readTable('aws-regions.csv').map((row) => [field(row, 'region'), locationOf(row, field(row, 'region'))]),
  );
  const cities = readCities();
  const countries = [...new Set(cities.map(({ location }) => location.country))].sort();
  const sites = readTable('hosting-sites.csv');
  return {
    components: [
      ...cloudComponents(regions),
      ...siteComponents(sites),
      ...pushComponents(regions),
      ...countryComponents(),
      ...backboneComponents(),
      ...powerComponents(cities),
      ...cities.map((city) =>
        component(
          city.component,
          'city',
          { city: city.name, country: city.location.country },
          hard(`country/${city.location.country}`),
          city.location,
        ),
      ),
      ...countries.flatMap((country) =>
        ispNames.map(([name]) => component(`isp/${country}/${name}`, 'isp', { isp: name, country })),
      ),
      ...resolverComponents(countries, [...regions.keys()]),
    ],
    cities,
    regionRoundTrips: readRoundTrips(),
    regions,
    hosting: hostingShares(sites),
    countries,
    assumptions: [hostingAssumption],
  };
}

function locationOf(row: Row, anchorRegion: string): Location {
  return {
    latitude: numberIn(row, 'latitude'),
    longitude: numberIn(row, 'longitude'),
    country: field(row, 'country'),
    anchorRegion,
  };
}

function readRoundTrips(): Catalogue['regionRoundTrips'] {
  const table = new Map<string, Map<string, RegionRoundTrip>>();
  for (const row of readTable('region-round-trips.csv')) {
    const from = field(row, 'from');
    const line = table.get(from) ?? new Map<string, RegionRoundTrip>();
    table.set(
      from,
      line.set(field(row, 'to'), { p50: numberIn(row, 'rtt_p50_ms'), p90: numberIn(row, 'rtt_p90_ms') }),
    );
  }
  return table;
}

/** Centres of the districts of every city, metres on its plane: assumed, too far apart for any radio. */
const districtCentres = [
  { name: 'centre', x: 0, y: 0 },
  { name: 'north', x: 0, y: 3_000 },
  { name: 'east', x: 3_000, y: 0 },
  { name: 'south', x: 0, y: -3_000 },
] as const;

/** The first `count` districts of a city, each a disc of this radius. */
export function districtsOf(count: number, radiusMetres: number): City['districts'] {
  return districtCentres.slice(0, count).map((centre) => ({ ...centre, radiusMetres }));
}

function readCities(): Catalogue['cities'] {
  return readTable('cities.csv').map((row) => ({
    component: `city/${field(row, 'name')}` as ComponentId,
    name: field(row, 'name'),
    location: locationOf(row, field(row, 'anchor')),
    timeZone: field(row, 'time_zone'),
  }));
}

const managedServices = ['dynamodb', 's3', 'sts', 'lambda', 'ec2-launch', 'ec2-network'] as const;

/** One cloud with all its regions, three zones each, its managed services, and the names these answer to. */
function cloudComponents(regions: ReadonlyMap<string, Location>): readonly Component[] {
  const provider = 'aws';
  return [
    component('provider/aws', 'provider', { provider }),
    ...[...regions].flatMap(([region, location]) => {
      const at = { provider, region };
      const place = `aws/${region}`;
      return [
        component(
          place,
          'region',
          { ...at, country: location.country },
          hard('provider/aws', `country/${location.country}`),
          location,
        ),
        ...['a', 'b', 'c'].map((zone) =>
          component(`${place}/${zone}`, 'zone', { ...at, zone }, hard(place), location),
        ),
        ...managedServices.map((service) =>
          component(`${place}/${service}`, 'service', { ...at, service }, hard(place), location),
        ),
        component(`${place}/nlb`, 'load-balancer', { ...at, service: 'nlb' }, hard(place), location),
        ...['dynamodb', 'sts', 'ec2', 's3'].map((service) => {
          const name = `${service}.${region}.amazonaws.com`;
          return component(`dns/${name}`, 'dns-zone', { ...at, service, name });
        }),
      ];
    }),
  ];
}

function siteComponents(sites: readonly Row[]): readonly Component[] {
  const others = sites.filter((row) => field(row, 'provider') !== 'aws');
  const providers = [...new Set(others.map((row) => field(row, 'provider')))];
  return [
    ...providers.map((provider) => component(`provider/${provider}`, 'provider', { provider })),
    ...others.map((row) => {
      const provider = field(row, 'provider');
      const region = field(row, 'site').split('/')[1] ?? '';
      return component(
        field(row, 'site'),
        'region',
        { provider, region, country: field(row, 'country') },
        hard(`provider/${provider}`, `country/${field(row, 'country')}`),
        locationOf(row, field(row, 'anchor')),
      );
    }),
    // matrix.org: "bare metal at Mythic Beasts" (matrix.org, post-mortem of September 2025).
    component('provider/mythic-beasts', 'provider', { provider: 'mythic-beasts' }),
    component(
      'mythic-beasts/cambridge',
      'region',
      { provider: 'mythic-beasts', region: 'cambridge', country: 'GB' },
      hard('provider/mythic-beasts', 'country/GB'),
      {
        latitude: 52.2,
        longitude: 0.12,
        country: 'GB',
        anchorRegion: 'eu-west-2',
      },
    ),
  ];
}

/** The platforms' push services, on their owners' own infrastructure. Where they answer from is assumed. */
function pushComponents(regions: ReadonlyMap<string, Location>): readonly Component[] {
  const location = present(regions.get('us-west-1'), 'region us-west-1');
  return [
    component('provider/apple', 'provider', { provider: 'apple' }),
    component(
      'apple/apns',
      'service',
      { provider: 'apple', service: 'apns' },
      hard('provider/apple'),
      location,
    ),
    component('provider/google', 'provider', { provider: 'google' }),
    component(
      'google/fcm',
      'service',
      { provider: 'google', service: 'fcm' },
      hard('provider/google'),
      location,
    ),
  ];
}

function hostingShares(sites: readonly Row[]): readonly HostingShare[] {
  const total = sites.reduce((sum, row) => sum + numberIn(row, 'servers'), 0);
  return sites
    .map((row) => ({ site: field(row, 'site') as ComponentId, share: numberIn(row, 'servers') / total }))
    .sort((left, right) => right.share - left.share);
}

const hostingAssumption: Assumption = {
  path: 'world.hosting',
  value: 'fediverse servers by network, April 2025',
  unit: '',
  meaning: 'shares of hosting providers among independent Matrix servers (a proxy)',
  source: 'fedidb and ipinfo, R. Ricci, 2025',
};
