// From a spreadsheet to a scenario: homeservers and where people live, as two tables.
import { stringify } from 'yaml';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { Catalogue } from './catalogue.ts';
import { csvRecords } from './csv-records.ts';
import { didYouMean, ScenarioError, type ScenarioProblem } from './scenario-error.ts';

/** A table as text. */
export interface TableText {
  readonly text: string;
  /** For error messages. */
  readonly file: string;
}

/** What a world is imported from. */
export interface WorldTables {
  /** `name, provider, region, users, software`. */
  readonly servers: TableText;
  /** `city, people`, and `server` where it is known who has an account where. */
  readonly people: TableText;
  /** Id of the scenario. */
  readonly name: string;
  /** People to simulate, in the proportions of the table. */
  readonly count: number;
}

/** One row with its fields by column. */
interface Row {
  get(column: string): string;
  problem(column: string, message: string): ScenarioProblem;
}

/** Provider of a machine room of one's own, in a city. */
export const ownProvider = 'own';

const softwares = ['synapse', 'dendrite'] as const;

/**
 * The text of a scenario with these servers and people, and nothing broken yet.
 * @throws ScenarioError with file, line, column and what was expected
 */
export function importWorld(tables: WorldTables, catalogue: Catalogue): string {
  const people = readPeople(tables.people, catalogue);
  const servers = readServers(tables.servers, catalogue);
  const names = [...servers.keys()];
  const problems = people.flatMap(({ server, row }) =>
    server === '' || servers.has(server)
      ? []
      : [row.problem('server', `no server is called "${server}"${didYouMean(nearest(server, names))}`)],
  );
  if (problems.length > 0) throw new ScenarioError(tables.people.file, problems);
  const byCity = new Map<string, number>();
  const accounts = new Map<string, Record<string, number>>();
  for (const { city, count, server } of people) {
    byCity.set(city, (byCity.get(city) ?? 0) + count);
    if (server === '') continue;
    const known = accounts.get(server) ?? {};
    known[city] = (known[city] ?? 0) + count;
    accounts.set(server, known);
  }
  return scenarioText(tables, [...servers.values()], byCity, accounts, catalogue);
}

interface ImportedServer {
  readonly name: string;
  readonly site: string;
  /** A machine room of one's own: the city it is in. */
  readonly ownCity: string | undefined;
  readonly users: number;
  readonly software: (typeof softwares)[number];
}

interface ImportedPeople {
  readonly city: string;
  readonly count: number;
  readonly server: string;
  readonly row: Row;
}

function readServers(table: TableText, catalogue: Catalogue): ReadonlyMap<string, ImportedServer> {
  const sites = sitesByProvider(catalogue);
  const servers = new Map<string, ImportedServer>();
  const problems: ScenarioProblem[] = [];
  for (const row of readTable(table, ['name', 'provider', 'region', 'users'], ['software'])) {
    const name = row.get('name').toLowerCase();
    const software = (row.get('software') || softwares[0]).toLowerCase();
    const users = wholeNumber(row, 'users', problems);
    const place = placeOf(row, sites, catalogue, problems);
    if (!/^[a-z0-9]([a-z0-9.-]{0,228}[a-z0-9])?(:\d{1,5})?$/.test(name))
      problems.push(row.problem('name', `expected a host name such as matrix.example.org, found "${name}"`));
    else if (servers.has(name)) problems.push(row.problem('name', `a server is called "${name}" already`));
    const known = softwares.find((each) => each === software);
    if (known === undefined)
      problems.push(
        row.problem(
          'software',
          `expected synapse or dendrite, found "${software}"; of others netsplit has no core`,
        ),
      );
    if (place !== undefined && known !== undefined)
      servers.set(name, { name, ...place, users, software: known });
  }
  if (problems.length > 0) throw new ScenarioError(table.file, problems);
  if (servers.size === 0)
    throw new ScenarioError(table.file, [
      { path: '', position: undefined, message: 'expected at least one server' },
    ]);
  return servers;
}

/** Hosting sites and regions by provider, then by what follows the slash. */
function sitesByProvider({ components }: Catalogue): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sites = new Map<string, Map<string, string>>();
  for (const { id, kind, attributes } of components) {
    const { provider } = attributes;
    if (kind !== 'region' || provider === undefined) continue;
    const known = sites.get(provider) ?? new Map<string, string>();
    known.set(id.slice(id.indexOf('/') + 1), id);
    sites.set(provider, known);
  }
  return sites;
}

function placeOf(
  row: Row,
  sites: ReadonlyMap<string, ReadonlyMap<string, string>>,
  { cities }: Catalogue,
  problems: ScenarioProblem[],
): { readonly site: string; readonly ownCity: string | undefined } | undefined {
  const provider = row.get('provider').toLowerCase();
  const region = row.get('region').toLowerCase();
  if (provider === ownProvider) {
    const names = cities.map(({ name }) => name);
    if (names.includes(region)) return { site: `own/${region}`, ownCity: region };
    problems.push(
      row.problem(
        'region',
        `expected a city for a machine room of one's own, found "${region}"${didYouMean(nearest(region, names))}`,
      ),
    );
    return undefined;
  }
  const known = sites.get(provider);
  if (known === undefined) {
    const names = [...sites.keys(), ownProvider];
    problems.push(
      row.problem(
        'provider',
        `unknown provider "${provider}"${didYouMean(nearest(provider, names)) || `; known are ${names.join(', ')}`}`,
      ),
    );
    return undefined;
  }
  const regions = [...known.keys()];
  const chosen = region === '' && regions.length === 1 ? regions[0] : region;
  const site = known.get(chosen ?? '');
  if (site !== undefined) return { site, ownCity: undefined };
  const advice =
    didYouMean(nearest(region, regions)) || `; ${provider} has ${regions.slice(0, 12).join(', ')}`;
  problems.push(row.problem('region', `unknown region "${region}" of ${provider}${advice}`));
  return undefined;
}

function readPeople(table: TableText, { cities }: Catalogue): readonly ImportedPeople[] {
  const names = cities.map(({ name }) => name);
  const problems: ScenarioProblem[] = [];
  const people = readTable(table, ['city', 'people'], ['server']).map((row): ImportedPeople => {
    const city = row.get('city').toLowerCase().replaceAll(' ', '-');
    if (!names.includes(city))
      problems.push(
        row.problem(
          'city',
          `unknown city "${city}"${didYouMean(nearest(city, names)) || `; known are ${names.join(', ')}`}`,
        ),
      );
    return {
      city,
      count: wholeNumber(row, 'people', problems),
      server: row.get('server').toLowerCase(),
      row,
    };
  });
  if (problems.length === 0 && !people.some(({ count }) => count > 0))
    problems.push({ path: '', position: undefined, message: 'expected a city with people' });
  if (problems.length > 0) throw new ScenarioError(table.file, problems);
  return people;
}

function wholeNumber(row: Row, column: string, problems: ScenarioProblem[]): number {
  const text = row.get(column);
  if (/^\d{1,12}$/.test(text)) return Number(text);
  problems.push(row.problem(column, `expected a whole number of 0 or more, found "${text}"`));
  return 0;
}

/** What fits in an error message, of a file that may be anything. */
function shortened(text: string): string {
  const limit = 80;
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

/** Rows of a table with a header line: columns in any order, in any case, further ones ignored. */
function readTable(
  { text, file }: TableText,
  needed: readonly string[],
  optional: readonly string[],
): readonly Row[] {
  const plain = text.replace(/^\uFEFF/, '');
  const [firstLine = ''] = plain.split('\n', 1);
  const separator = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
  const records = [...csvRecords(plain, file, separator)];
  const [header] = records;
  const names = header?.fields.map((field) => field.trim().toLowerCase()) ?? [];
  const problems = needed.flatMap((column): ScenarioProblem[] => {
    if (names.includes(column)) return [];
    const message = `expected a column "${column}"${didYouMean(nearest(column, names)) || `; the header has ${shortened(names.join(', ')) || 'nothing'}`}`;
    return [{ path: '', position: { line: 1, column: 1 }, message }];
  });
  if (problems.length > 0) throw new ScenarioError(file, problems);
  return records.slice(1).map(({ fields, line, columns }): Row => {
    const at = (column: string): number => names.indexOf(column);
    const problem = (column: string, message: string): ScenarioProblem => ({
      path: column,
      position: { line, column: columns[at(column)] ?? 1 },
      message,
    });
    if (fields.length > names.length) {
      const message = `expected ${names.length} fields as in the header, found ${fields.length}`;
      throw new ScenarioError(file, [
        { path: '', position: { line, column: columns[names.length] ?? 1 }, message },
      ]);
    }
    return {
      get: (column) =>
        optional.includes(column) || names.includes(column) ? (fields[at(column)] ?? '').trim() : '',
      problem,
    };
  });
}

function scenarioText(
  { name, count, servers: { file: serversFile }, people: { file: peopleFile } }: WorldTables,
  servers: readonly ImportedServer[],
  byCity: ReadonlyMap<string, number>,
  accounts: ReadonlyMap<string, Readonly<Record<string, number>>>,
  catalogue: Catalogue,
): string {
  const inhabited = [...byCity].filter(([, people]) => people > 0);
  const total = inhabited.reduce((sum, [, people]) => sum + people, 0);
  const ownCities = [...new Set(servers.flatMap(({ ownCity }) => ownCity ?? []))];
  const document = {
    netsplit: 1,
    name,
    title: `${servers.length} homeservers, ${count} people`,
    description: `Imported from ${serversFile} and ${peopleFile}. Nothing breaks yet: add faults, and expectations.`,
    epoch: '2026-01-12T06:00Z',
    windows: {
      warmUp: '30m',
      sending: '12h',
      horizon: '18h',
      shortHorizon: 'an import without faults; longer with faults whose back-off lasts into the night',
    },
    people: {
      count,
      cities: inhabited.map(([city, people]) => ({
        name: city,
        share: Number((people / total).toPrecision(9)),
      })),
    },
    world: {
      ...(ownCities.length === 0 ? {} : { components: ownCities.map((city) => ownSite(city, catalogue)) }),
      servers: servers.map(({ name: server, site, users, software }) => {
        const usersFrom = accounts.get(server);
        return { name: server, site, users, ...(usersFrom === undefined ? {} : { usersFrom }), software };
      }),
    },
    systems: { matrix: null },
    faults: [],
  };
  return stringify(document, { lineWidth: 110, nullStr: '' });
}

/** A machine room in a city, on the backbone where the city is. */
function ownSite(name: string, { cities }: Catalogue): object {
  const city = cities.find((each) => each.name === name);
  return {
    id: `own/${name}`,
    kind: 'region',
    attributes: { provider: ownProvider, region: name, country: city?.location.country ?? '' },
    region: city?.location.anchorRegion ?? '',
    needs: [`country/${city?.location.country ?? ''}`],
  };
}
