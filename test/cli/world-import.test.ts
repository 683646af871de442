// `netsplit world import`: two spreadsheets in, a scenario out; every mistake in them is named where it stands.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../scenarios/catalogue.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { importWorld } from '../../scenarios/world-import.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const servers = readFileSync(example('servers.csv'), 'utf8');
const people = readFileSync(example('people.csv'), 'utf8');
const catalogue = loadCatalogue();

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsplit-world-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const imported = (serverTable: string, peopleTable = people): string =>
  importWorld(
    {
      servers: { text: serverTable, file: 'servers.csv' },
      people: { text: peopleTable, file: 'people.csv' },
      name: 'mine',
      count: 200,
    },
    catalogue,
  );

describe('the example', () => {
  it('becomes a scenario that runs, and breaks where its country goes off the Internet', async () => {
    const out = join(folder, 'mine.yaml');
    const done = await netsplitHere(
      'world',
      'import',
      example('servers.csv'),
      example('people.csv'),
      '--people',
      '60',
      '--out',
      out,
    );
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    const shutdown =
      'faults=[{ id: cut, title: Off, kind: shutdown, target: id=country/DE, start: 2h, end: 4h, source: invented }]';
    const runWith = (faults: string) =>
      netsplitHere('run', out, '--seed', '1', '--out', folder, '--json', '--set', faults);
    const quiet = await runWith('faults=[]');
    const cut = await runWith(shutdown);
    const late = (result = quiet) =>
      (
        JSON.parse(result.stdout) as {
          systems: { matrix: { delivered: { withinOneMinute: number } } };
        }
      ).systems.matrix;
    expect(quiet.exitCode, quiet.stderr).toBe(0);
    expect(cut.exitCode, cut.stderr).toBe(0);
    expect(JSON.stringify(late(cut))).not.toEqual(JSON.stringify(late(quiet)));
  });

  it('has people on the servers that the table names, in its proportions', () => {
    const { document } = compileScenario({ text: imported(servers), file: 'mine.yaml' });
    expect(document.people.cities).toEqual([
      expect.objectContaining({ name: 'berlin', share: 0.6 }),
      expect.objectContaining({ name: 'hamburg', share: 0.13 }),
      expect.objectContaining({ name: 'paris', share: 0.13 }),
      expect.objectContaining({ name: 'munich', share: 0.14 }),
    ]);
    expect(
      document.world.servers?.map(({ name, software, usersFrom }) => [name, software, usersFrom]),
    ).toEqual([
      ['chat.gov.example', 'synapse', { berlin: 4200 }],
      ['health.example', 'synapse', { berlin: 1800 }],
      ['schools.example', 'synapse', { hamburg: 1300, paris: 1300 }],
      ['city-of-munich.example', 'dendrite', { munich: 900 }],
      ['volunteers.example', 'dendrite', { munich: 500 }],
    ]);
  });
});

describe('a table means the same', () => {
  const plain = imported(servers);
  it.each<[string, (text: string) => string]>([
    ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (text) => `\uFEFF${text}`],
    ['with semicolons', (text) => text.replaceAll(',', ';')],
    ['with quotes', (text) => text.replaceAll(/[^,\n]+/g, '"$&"')],
    [
      'with capitals',
      (text) => text.replaceAll(/own|berlin|synapse|name|users/g, (word) => word.toUpperCase()),
    ],
    ['without its last line feed', (text) => text.trimEnd()],
    ['with empty lines at the end', (text) => `${text}\n\n`],
  ])('%s', (_, written) => {
    expect(imported(written(servers), written(people))).toBe(plain);
  });
});

describe('a mistake is named where it stands', () => {
  const head = 'name,provider,region,users,software\n';
  it.each<[string, string, RegExp]>([
    ['an empty file', '', /^servers\.csv:1:1: expected a column "name"; the header has nothing/],
    ['a header alone', head, /^servers\.csv: expected at least one server/],
    [
      'a mistyped column',
      'name,provider,region,user\n',
      /^servers\.csv:1:1: expected a column "users"; did you mean "user"/,
    ],
    [
      'an unknown provider',
      `${head}a.example,hetzer,falkenstein,3,synapse\n`,
      /^servers\.csv:2:11: provider: unknown provider "hetzer"; did you mean "hetzner"/,
    ],
    [
      'an unknown region',
      `${head}a.example,hetzner,falkenstien,3,synapse\n`,
      /^servers\.csv:2:19: region: unknown region "falkenstien" of hetzner; did you mean "falkenstein"/,
    ],
    [
      'an unknown city of one’s own',
      `${head}a.example,own,berlim,3,synapse\n`,
      /^servers\.csv:2:15: region: expected a city .*did you mean "berlin"/,
    ],
    [
      'negative users',
      `${head}a.example,own,berlin,-3,synapse\n`,
      /^servers\.csv:2:22: users: expected a whole number of 0 or more, found "-3"/,
    ],
    ['broken users', `${head}a.example,own,berlin,1e3,synapse\n`, /found "1e3"/],
    ['no users', `${head}a.example,own,berlin,,synapse\n`, /^servers\.csv:2:22: users: .*found ""/],
    [
      'another software',
      `${head}a.example,own,berlin,3,conduit\n`,
      /^servers\.csv:2:24: software: expected synapse or dendrite, found "conduit"/,
    ],
    [
      'a name that is none',
      `${head}a example,own,berlin,3,synapse\n`,
      /^servers\.csv:2:1: name: expected a host name/,
    ],
    [
      'a name twice',
      `${head}a.example,own,berlin,3,\nA.example,own,berlin,4,\n`,
      /^servers\.csv:3:1: name: a server is called "a\.example" already/,
    ],
    [
      'a field too many',
      `${head}a.example,own,berlin,3,synapse,more\n`,
      /^servers\.csv:2:32: expected 5 fields as in the header, found 6/,
    ],
    ['an open quote', `${head}"a.example,own\n`, /^servers\.csv:2:1: a quote is never closed/],
  ])('%s', (_, text, says) => {
    expect(() => imported(text, 'city,people\nberlin,3\n')).toThrow(ScenarioError);
    expect(() => imported(text, 'city,people\nberlin,3\n')).toThrow(says);
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown city',
      'city,people\nberlim,3\n',
      /^people\.csv:2:1: city: unknown city "berlim"; did you mean "berlin"/,
    ],
    [
      'half a person',
      'city,people\nberlin,3.5\n',
      /^people\.csv:2:8: people: expected a whole number .*"3\.5"/,
    ],
    [
      'an unknown server',
      'city,people,server\nberlin,3,chat.gv.example\n',
      /^people\.csv:2:10: server: no server is called "chat\.gv\.example"; did you mean "chat\.gov\.example"/,
    ],
    ['nobody', 'city,people\nberlin,0\n', /^people\.csv: expected a city with people/],
  ])('%s', (_, text, says) => {
    expect(() => imported(servers, text)).toThrow(says);
  });

  it('all of them at once, and nothing is written', async () => {
    const wrong = join(folder, 'wrong.csv');
    writeFileSync(wrong, `name,provider,region,users\na.example,ows,berlin,3\nb.example,own,berlin,x\n`);
    const out = join(folder, 'none.yaml');
    const { exitCode, stderr } = await netsplitHere(
      'world',
      'import',
      wrong,
      example('people.csv'),
      '--out',
      out,
    );
    expect(exitCode).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(existsSync(out)).toBe(false);
  });
});
