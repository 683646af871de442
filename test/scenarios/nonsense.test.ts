// What a person may get wrong: each gets an error that names file, line, column and what was expected.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { scenarioText, type Blocks } from '../support/scenario-text.ts';

const compile = (text: string) => compileScenario({ text, file: 'sample.yaml' });

function complaint(run: () => unknown): ScenarioError {
  try {
    run();
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Line and column of the first place at which the needle stands in the text. */
function placeOf(needle: string, text: string): string {
  const before = text.slice(0, text.indexOf(needle)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

const faultWith = (changes: Readonly<Record<string, string>>): string => {
  const fields = {
    id: 'tables',
    title: 'It is gone',
    kind: 'down',
    target: 'region=us-east-1 service=dynamodb',
    start: '1h',
    end: '2h',
    source: 'invented',
    ...changes,
  };
  return `faults:\n  - ${Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n    ')}`;
};

interface Nonsense {
  readonly what: string;
  readonly blocks: Blocks;
  /** Text at which the error points. */
  readonly at: string;
  readonly says: RegExp;
}

const table: readonly Nonsense[] = [
  {
    what: 'an unknown key',
    blocks: { title: 'title: A sample\ndescripton: oops' },
    at: 'descripton',
    says: /descripton: unknown key "descripton"; did you mean "description"\?/,
  },
  {
    what: 'a word for a number',
    blocks: { people: 'people:\n  count: many\n  cities: [{ name: berlin, share: 1 }]' },
    at: 'many',
    says: /people\.count: expected number, found "many"/,
  },
  {
    what: 'a number for a list',
    blocks: { faults: 'faults: 3' },
    at: '3\nexpect',
    says: /faults: expected array, found 3/,
  },
  {
    what: 'too few people',
    blocks: { people: 'people:\n  count: 1\n  cities: [{ name: berlin, share: 1 }]' },
    at: '1\n  cities',
    says: /people\.count: .*>=2.*found 1/,
  },
  {
    what: 'shares above 1',
    blocks: {
      people:
        'people:\n  cities: [{ name: berlin, share: 1 }]\n  shareInDirectChats: 0.8\n  shareInGroups: 0.7',
    },
    at: '0.7',
    says: /people\.shareInGroups: expected shareInDirectChats \+ shareInGroups of at most 1/,
  },
  {
    what: 'an unknown city',
    blocks: { people: 'people:\n  cities: [{ name: berlim, share: 1 }]' },
    at: 'berlim',
    says: /unknown city "berlim"; did you mean "berlin"\?/,
  },
  {
    what: 'an epoch without zone',
    blocks: { epoch: 'epoch: 2025-10-20T00:00' },
    at: '2025-10-20T00:00\n',
    says: /epoch: expected an instant in UTC/,
  },
  {
    what: 'a negative time',
    blocks: { faults: faultWith({ start: '-1h' }) },
    at: '-1h',
    says: /faults\.tables\.start: expected an instant in UTC .*found "-1h"/,
  },
  {
    what: 'an instant before the epoch',
    blocks: { faults: faultWith({ start: '2025-10-19T06:48Z' }) },
    at: '2025-10-19',
    says: /expected an instant at or after the epoch/,
  },
  {
    what: 'an end before the start',
    blocks: { faults: faultWith({ start: '3h' }) },
    at: '2h\n',
    says: /faults\.tables\.end: expected an end after the start "3h", found "2h"/,
  },
  {
    what: 'a fault after the horizon',
    blocks: { faults: faultWith({ start: '50h', end: '51h' }) },
    at: '50h',
    says: /expected a start before the horizon/,
  },
  {
    what: 'ramps that do not fit',
    blocks: { faults: faultWith({ rampUp: '40m', rampDown: '30m' }) },
    at: '40m',
    says: /expected ramps that fit/,
  },
  {
    what: 'an unknown kind of fault',
    blocks: { faults: faultWith({ kind: 'explosion' }) },
    at: 'explosion',
    says: /faults\.tables\.kind: .*found "explosion"/,
  },
  {
    what: 'a field of another kind of fault',
    blocks: { faults: faultWith({ probability: '0.5' }) },
    at: 'probability',
    says: /unknown key "probability"/,
  },
  {
    what: 'a probability above 1',
    blocks: { faults: faultWith({ kind: 'loss', probability: '1.5' }) },
    at: '1.5',
    says: /faults\.tables\.probability: .*<=1.*found 1\.5/,
  },
  {
    what: 'an unknown region',
    blocks: { faults: faultWith({ target: 'region=us-esat-1 service=dynamodb' }) },
    at: 'region=us-esat-1',
    says: /matches nothing; did you mean region=us-east-1/,
  },
  {
    what: 'an unknown attribute',
    blocks: { faults: faultWith({ target: 'regoin=us-east-1' }) },
    at: 'regoin',
    says: /matches nothing; did you mean region=us-east-1/,
  },
  {
    what: 'a selector for a machine that no system has',
    blocks: { faults: faultWith({ target: 'host=signal-caht-1' }) },
    at: 'host=signal-caht-1',
    says: /"host=signal-caht-1" matches nothing; did you mean host=signal-chat-1/,
  },
  {
    what: 'a circle around no place',
    blocks: { faults: faultWith({ target: 'within 40 km of Berlin' }) },
    at: 'within 40',
    says: /expected .*latitude.*longitude|expected .*52/i,
  },
  {
    what: 'a circle with nothing in it',
    blocks: { faults: faultWith({ target: 'within 4 km of 0,0' }) },
    at: 'within 4',
    says: /"within 4 km of 0,0" matches nothing/,
  },
  {
    what: 'a path from nowhere',
    blocks: { faults: faultWith({ kind: 'loss', probability: '0.1', target: 'path from EU to Asai' }) },
    at: 'path from',
    says: /did you mean .*Asia/i,
  },
  {
    what: 'a fault that ends by an action that nobody takes',
    blocks: { faults: faultWith({ endsWith: 'mended' }) },
    at: 'mended',
    says: /endsWith: nothing is called "mended" here; there are none/,
  },
  {
    what: 'a selector that is none',
    blocks: { faults: faultWith({ target: 'everything in Virginia' }) },
    at: 'everything in',
    says: /faults\.tables\.target: expected key=value, found "everything" \(at character 1/,
  },
  {
    what: 'two faults of one name',
    blocks: { faults: `${faultWith({})}\n${faultWith({}).replace('faults:\n', '')}` },
    at: 'tables\n    title: It is gone\n    kind: down\n    target: region=us-east-1 service=dynamodb\n    start: 1h\n    end: 2h\n    source: invented\nexpect',
    says: /two faults are called "tables"/,
  },
  {
    what: 'components that need each other',
    blocks: {
      people: `world:
  components:
    - { id: host/a, kind: host, needs: [host/b] }
    - { id: host/b, kind: host, needs: [host/a] }
people:
  cities: [{ name: berlin, share: 1 }]`,
    },
    at: '[host/b]',
    says: /world\.components\.host\/a\.needs: a component needs itself: host\/a -> host\/b -> host\/a/,
  },
  {
    what: 'a need of nothing that exists',
    blocks: {
      people: `world:
  components:
    - { id: host/a, kind: host, needs: [aws/us-east-9] }
people:
  cities: [{ name: berlin, share: 1 }]`,
    },
    at: 'aws/us-east-9',
    says: /host\/a needs aws\/us-east-9, which does not exist; did you mean aws\/us-east-1/,
  },
  ...[
    {
      what: 'a quorum of more than there are',
      component:
        '{ id: store, kind: service, redundancy: { atLeast: 4, of: [aws/us-east-1/a, aws/us-east-1/b] } }',
      at: '4, of',
      says: /store needs at least 4 of 2: expected 1 to 2/,
    },
    {
      what: 'a member that does not exist',
      component:
        '{ id: store, kind: service, redundancy: { atLeast: 1, of: [aws/us-east-1/a, aws/us-east-1/d] } }',
      at: 'aws/us-east-1/d',
      says: /needs aws\/us-east-1\/d, which does not exist; did you mean aws\/us-east-1\/a/,
    },
    {
      what: 'a failover of several at once',
      component:
        '{ id: store, kind: service, redundancy: { atLeast: 2, of: [aws/us-east-1/a, aws/us-east-1/b], failover: { detectionSeconds: 20 } } }',
      at: '2, of',
      says: /fails over from one to another: expected at least 1, found 2/,
    },
    {
      what: 'a negative detection time',
      component:
        '{ id: store, kind: service, redundancy: { atLeast: 1, of: [aws/us-east-1/a], failover: { detectionSeconds: -20 } } }',
      at: '-20 }',
      says: /detectionSeconds: .*>=0.*found -20/,
    },
    {
      what: 'a battery behind a need that is none',
      component: '{ id: store, kind: service, needs: [{ on: aws/us-east-1, strength: soft, outlives: 4h }] }',
      at: '{ on: aws/us-east-1, strength',
      says: /outlives aws\/us-east-1 only where it needs it at all: as a hard need/,
    },
  ].map(({ what, component, at, says }) => ({
    what,
    blocks: {
      people: `world:\n  components:\n    - ${component}\npeople:\n  cities: [{ name: berlin, share: 1 }]`,
    },
    at,
    says,
  })),
  ...[
    {
      what: 'a server at no place',
      servers: '[{ name: a.example, site: hetzner/falkenstien, users: 3 }]',
      at: 'hetzner/falkenstien',
      says: /there is no component "hetzner\/falkenstien"; did you mean "hetzner\/falkenstein"/,
    },
    {
      what: 'two servers of one name',
      servers:
        '[{ name: a.example, site: aws/us-east-1, users: 3 }, { site: aws/us-east-1, name: a.example, users: 4 }]',
      at: 'a.example, users: 4',
      says: /two servers are called "a\.example"/,
    },
    {
      what: 'a server with a negative number of users',
      servers: '[{ name: a.example, site: aws/us-east-1, users: -3 }]',
      at: '-3 }]',
      says: /users: .*>=0.*found -3/,
    },
    {
      what: 'users from a city where nobody lives',
      servers: '[{ name: a.example, site: aws/us-east-1, users: 3, usersFrom: { berlim: 3 } }]',
      at: '3 } }',
      says: /nobody lives in "berlim"; did you mean "berlin"/,
    },
    {
      what: 'people who have no server',
      servers: '[{ name: a.example, site: aws/us-east-1, users: 0 }]',
      at: '[{ name: a.example',
      says: /expected a server with users for the people of berlin/,
    },
    {
      what: 'a software that nobody wrote a core of',
      servers: '[{ name: a.example, site: aws/us-east-1, users: 3, software: conduit }]',
      at: 'conduit',
      says: /software: .*found "conduit"/,
    },
  ].map(({ what, servers, at, says }) => ({
    what,
    blocks: { people: `world:\n  servers: ${servers}\npeople:\n  cities: [{ name: berlin, share: 1 }]` },
    at,
    says,
  })),
  {
    what: 'a place in an unknown region',
    blocks: {
      people: `world:
  components:
    - { id: host/a, kind: host, region: eu-wets-1 }
people:
  cities: [{ name: berlin, share: 1 }]`,
    },
    at: 'eu-wets-1',
    says: /unknown region "eu-wets-1"; did you mean "eu-west-1"/,
  },
  {
    what: 'no system',
    blocks: { systems: 'systems: {}', expectations: undefined },
    at: '{}',
    says: /systems: expected at least one system/,
  },
  {
    what: 'an unknown system',
    blocks: { systems: 'systems: { signal: , matrx: }' },
    at: 'matrx',
    says: /systems\.matrx: expected one of .*; did you mean "matrix"\?/,
  },
  {
    what: 'an unknown parameter of a system',
    blocks: { systems: 'systems:\n  signal: { busyInstnces: 4 }' },
    at: 'busyInstnces',
    says: /signal has no parameter "busyInstnces"; did you mean "busyInstances"\?/,
  },
  {
    what: 'a share of more than all',
    blocks: { systems: 'systems:\n  matrix: { notaryShare: 2 }' },
    at: 'notaryShare',
    says: /expected a share of servers, from 0 to 1, found 2/,
  },
  {
    what: 'a switch that is neither on nor off',
    blocks: { systems: 'systems:\n  bitchat: { couriers: 7 }' },
    at: 'couriers',
    says: /expected 0 or 1, found 7/,
  },
  {
    what: 'a short horizon without a reason',
    blocks: { windows: 'windows: { warmUp: 1h, sending: 23h, horizon: 30h }' },
    at: '30h',
    says: /expected a horizon at least 24h after the last send, or shortHorizon/,
  },
  {
    what: 'a horizon inside the sending window',
    blocks: { windows: 'windows: { warmUp: 1h, sending: 23h, horizon: 3h, shortHorizon: why }' },
    at: '3h, short',
    says: /expected the horizon after the end of the sending window/,
  },
  {
    what: 'an expectation without bounds',
    blocks: {
      expectations: `expectations:
  - { id: any, text: Anything., basis: law, system: signal, metric: converged, source: none }`,
    },
    at: '{ id: any',
    says: /expectations\.any: expected least, most or both/,
  },
  {
    what: 'an expectation of a system that is not there',
    blocks: {
      expectations: `expectations:
  - { id: any, text: Anything., basis: law, system: singal, metric: converged, least: 1, source: none }`,
    },
    at: 'singal',
    says: /the scenario names no system "singal"; did you mean "signal"\?/,
  },
  {
    what: 'an expectation over a window that runs backwards',
    blocks: {
      expectations: `expectations:
  - { id: any, text: Anything., basis: law, system: signal, metric: ratio, least: 1, source: none, sentBetween: [3h, 2h] }`,
    },
    at: '[3h',
    says: /expected two instants within the run, the first one earlier, found 3h and 2h/,
  },
  {
    what: 'an assumption about nothing',
    blocks: {
      expectations: 'assumptions:\n  - { path: people.cuont, meaning: how many }',
    },
    at: 'people.cuont',
    says: /no value of this file is called "people\.cuont".*did you mean "people\.count"\?/,
  },
];

describe('a scenario that makes no sense', () => {
  it.each(table)('with $what is refused where that stands', ({ blocks, at, says }) => {
    const text = scenarioText(blocks);
    expect(text).toContain(at);
    const { message } = complaint(() => compile(text));
    expect(message).toMatch(says);
    expect(message).toContain(`sample.yaml:${placeOf(at, text)}: `);
  });

  it('names all that is wrong, not the first thing only', () => {
    const { problems } = complaint(() => compile(scenarioText({ title: 'title: 3', name: 'name: A b' })));
    expect(problems.map(({ path }) => path)).toEqual(['name', 'title']);
  });
});

describe('a file that is no scenario', () => {
  it.each([
    ['an empty file', '', /^sample\.yaml:1:1: expected a scenario, found an empty file$/],
    ['nothing but a comment', '# nothing\n', /^sample\.yaml:1:1: expected a scenario, found an empty file$/],
    ['a sentence', 'hello there', /^sample\.yaml:1:1: .*expected .*found "hello there"/],
    ['a list', '- 1\n', /^sample\.yaml:1:1: expected object/],
    ['a key twice', 'name: a\nname: b\n', /^sample\.yaml:2:1: not YAML: .*unique/],
    ['an open bracket', 'name: [a\n', /^sample\.yaml:2:1: not YAML: /],
    ['two documents', 'name: a\n---\nname: b\n', /^sample\.yaml:\d:1: not YAML: .*multiple/],
    ['a binary file', '\u0000\u0001\u0002', /^sample\.yaml/],
  ])('%s', (_, text, says) => {
    expect(complaint(() => compile(text)).message).toMatch(says);
  });

  it('refuses ten megabytes of aliases unread', () => {
    const text = `a: &a [${'x,'.repeat(10)}]\nb: [${'*a,'.repeat(3_500_000)}]\n`;
    expect(text.length).toBeGreaterThan(10_000_000);
    expect(complaint(() => compile(text)).message).toMatch(/expected a scenario of at most 2 MB, found 10/);
  });

  it('refuses a small file whose aliases expand to billions', () => {
    const levels = 'bcdefghij'.split('').map((name, index) => {
      const below = 'abcdefghij'[index] ?? '';
      return `${name}: &${name} [${Array(9).fill(`*${below}`).join(', ')}]`;
    });
    const text = `a: &a [x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\n`;
    expect(complaint(() => compile(text)).message).toMatch(/aliases expand to far too much/);
  });

  it('accepts a few aliases made by hand', () => {
    const text = scenarioText({
      people: 'people:\n  cities:\n    - &first { name: berlin, share: 1 }\n    - *first',
    });
    expect(compile(text).document.people.cities).toHaveLength(2);
  });
});

describe('a scenario that cannot be loaded', () => {
  it.each([
    ['small-twon', /there is no such scenario; did you mean "small-town"\?/],
    ['aws-us-east-1-2025-10-21', /did you mean "aws-us-east-1-2025-10-20" or /],
    ['overload', /there is no such scenario; did you mean "signal-overload-2021-01-15"\?/],
    ['zzz', /there is no such scenario \(`netsplit list` shows all\)/],
    ['no/such/small-town.yaml', /did you mean "small-town"\?/],
    ['scenarios', /expected a scenario file, found a folder/],
  ])('%s', (name, says) => {
    expect(complaint(() => loadScenario(name)).message).toMatch(says);
  });

  it('refuses a file that is far too large before it reads it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
    try {
      const file = join(folder, 'large.yaml');
      writeFileSync(file, '');
      truncateSync(file, 50_000_000);
      expect(complaint(() => loadScenario(file)).message).toMatch(/at most 2 MB, found 50\.0 MB/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
