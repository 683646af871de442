// The library as other people have it: packed, unpacked beside its dependencies, and used by vitest and by jest's `expect`. What the
// package forgets to take along, and what only works inside of this repository, shows here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { packageFile } from '../../scenarios/package-file.ts';

const root = packageFile('.');
const project = mkdtempSync(join(tmpdir(), 'netsplit-user-'));
const netsplit = join(project, 'node_modules', 'netsplit');

interface Output {
  readonly code: number | null;
  readonly text: string;
}

/** As vitest's JSON reporter has it. */
interface Told {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

function inProject(...command: readonly string[]): Output {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', CI: '1', VITEST: undefined },
  });
  return { code: status, text: `${stdout}${stderr}` };
}

/** The same promises and the same broken one, for either runner. */
const promises = `
expect.extend(matchers);
const apart = (meetings) => scenario({
  netsplit: 1, name: 'apart', title: 'Apart', description: 'Two phones.', epoch: '2026-01-05T10:00Z',
  windows: { warmUp: '1m', sending: '10m', horizon: '20m', shortHorizon: 'a test' },
  people: { count: 2, cities: [{ name: 'berlin', share: 1 }] },
  movement: { model: 'meetings', meetings },
  script: { conversations: [{ kind: 'group', members: [0, 1] }], messages: [{ at: '5m', by: 0, in: 0 }] },
  systems: { bitchat: {} },
});
const [near, far] = [[{ between: [0, 1], from: '0s', until: '20m' }], []].map((each) => simulate(apart(each)));
const isRefused = (check, words) => {
  let message = 'nothing was refused';
  try { check(); } catch (error) { message = error.message; }
  expect(message).toMatch(words);
};
const hold = () => {
  expect(near).toDeliver(60);
  expect(near).toConverge();
  expect(near).toHoldInvariants(['shown-once']);
  expect(far).not.toDeliver();
  isRefused(() => expect(far).toDeliver(60), /message 0 to person 1: never/);
  isRefused(() => expect(near).not.toDeliver(60), /expected the run not to deliver everything within 60 s/);
};
const draw = () => {
  fc.assert(fc.property(faultTimelines({ targets: ['kind=city city=berlin'], overBy: 900 }), (faults) => {
    expect(scenario({ ...JSON.parse(apart([]).text), faults }).compiled.faults.length).toBe(faults.length);
  }), { seed: 1, numRuns: 5 });
  fc.assert(fc.property(roomDags('12', { maxSteps: 20 }), ([create]) => {
    expect(create.type).toBe('m.room.create');
  }), { seed: 1, numRuns: 5 });
};
const fail = () => fc.assert(
  fc.property(runsOf('firechat', { maxPeople: 2 }), (drawn) => { expect(simulate(drawn)).not.toDeliver(); }),
  { seed: 3, numRuns: 3, reporter: keepingCases(cases) },
);
`;
const imports = `
import fc from 'fast-check';
import { faultTimelines, keepingCases, matchers, roomDags, runsOf, scenario, simulate } from 'netsplit';
`;

beforeAll(() => {
  // Compiles when sources are newer than what they were compiled to.
  execFileSync(process.execPath, [join(root, 'cli', 'netsplit.js'), '--version'], { cwd: root });
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as readonly { readonly filename: string }[];
  mkdirSync(netsplit, { recursive: true });
  const tarball = join(project, present(packed, 'a package').filename);
  execFileSync('tar', ['-xzf', tarball, '-C', netsplit, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(netsplit, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  // As if installed, without asking a registry: the same versions are here.
  for (const name of [...Object.keys(dependencies), 'vitest', 'expect']) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
}, 600_000);

afterAll(() => {
  rmSync(project, { recursive: true });
});

/** What a failing property says: with which seed and path it fails again, and how to see why. */
const told = /seed 3, path "[\d:]+"\s+npx netsplit replay (\S+property-seed-3\.yaml)/;

function expectTold(text: string, cases: string): void {
  const [, file = ''] = told.exec(text) ?? [];
  expect(text).toMatch(told);
  expect(file).toBe(join(cases, 'property-seed-3.yaml'));
  const replayed = inProject(join(netsplit, 'cli', 'netsplit.js'), 'replay', file, '--json');
  expect(replayed.code, replayed.text).toBe(0);
}

describe('the package', () => {
  it('works in vitest, and a property that fails there tells how to go on', () => {
    const cases = 'cases-of-vitest';
    const promised = `import { expect, test } from 'vitest';${imports}const cases = '${cases}';${promises}`;
    writeFileSync(join(project, 'good.test.js'), `${promised}test('hold', hold); test('draw', draw);`);
    writeFileSync(join(project, 'bad.test.js'), `${promised}test('fail', fail);`);
    const run = inProject(
      ...[join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', project],
      ...[
        '--maxWorkers=1',
        '--no-isolate',
        '--reporter=json',
        '--outputFile=told.json',
        '--reporter=default',
      ],
    );
    const { testResults } = JSON.parse(readFileSync(join(project, 'told.json'), 'utf8')) as Told;
    const outcomes = testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ title, status }) => `${title} ${status}`),
    );
    expect(outcomes.sort(), run.text).toEqual(['draw passed', 'fail failed', 'hold passed']);
    expect(run.code).toBe(1);
    expectTold(run.text, cases);
  }, 300_000);

  it('works with jest’s expect, and a property that fails there tells how to go on', () => {
    const cases = 'cases-of-jest';
    const promised = `import { expect } from 'expect';${imports}const cases = '${cases}';${promises}`;
    writeFileSync(join(project, 'good.mjs'), `${promised}hold(); draw();`);
    writeFileSync(join(project, 'bad.mjs'), `${promised}fail();`);
    const good = inProject('good.mjs');
    expect(good.code, good.text).toBe(0);
    const bad = inProject('bad.mjs');
    expect(bad.code).toBe(1);
    expectTold(bad.text, cases);
  }, 300_000);
});
