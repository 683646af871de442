// What `netsplit` prints and how it ends. The first call of a fresh clone compiles; the others find that done.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sixThings } from '../../cli/six-things.ts';
import { runRecordSchema, type RunRecord } from '../../reports/record.ts';
import { libraryNames } from '../../scenarios/load.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import {
  netsplit,
  netsplitInterrupted,
  serveOnce,
  type CommandOutcome,
} from '../support/netsplit-command.ts';

/** A few people for half an hour: enough to tell one run from another. */
const brief = ['windows.sending=30m', 'windows.horizon=1h', 'people.count=10'].flatMap((change) => [
  '--set',
  change,
]);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netsplit-cli-'));
  const { exitCode, stderr } = await netsplit('--version');
  expect(exitCode, stderr).toBe(0);
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const packageVersion = async (): Promise<string> =>
  (JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as { version: string }).version;

describe('without a scenario', () => {
  it('tells its version', async () => {
    expect(await netsplit('--version')).toEqual({
      exitCode: 0,
      stdout: `${await packageVersion()}\n`,
      stderr: '',
    });
  });

  it('explains its commands', async () => {
    const { exitCode, stdout } = await netsplit('--help');
    expect(exitCode).toBe(0);
    for (const command of ['run', 'verify', 'diff', 'list', 'validate', 'resolve', 'room', 'serve', 'start'])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  it('alone shows six things to do', async () => {
    const { exitCode, stdout } = await netsplit();
    expect(exitCode).toBe(0);
    expect(stdout.match(/^ {2}npx netsplit /gm)).toHaveLength(6);
  });

  it('lists the library', async () => {
    const { exitCode, stdout } = await netsplit('list');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').filter((line) => /^\S/.test(line))).toEqual(libraryNames());
  });

  it.each(['run', 'verify', 'diff', 'validate', 'resolve', 'room', 'serve', 'start'])(
    'explains the options of %s',
    async (command) => {
      const { exitCode, stdout } = await netsplit(command, '--help');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: netsplit ${command} `));
    },
  );
});

describe('validate', () => {
  it('accepts a scenario of the library, by name and by path', async () => {
    for (const name of ['small-town', 'scenarios/library/small-town.yaml']) {
      const { exitCode, stdout } = await netsplit('validate', name);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^valid small-town: 30 people, 3 systems, 1 faults, 2 expectations$/m);
    }
  });

  it('names file, line and column of what is wrong', async () => {
    const file = join(folder, 'wrong.yaml');
    const text = await readFile(packageFile('scenarios', 'library', 'small-town.yaml'), 'utf8');
    await writeFile(file, text.replace('count: 30', 'count: thirty'));
    const line = text.slice(0, text.indexOf('count: 30')).split('\n').length;
    const { exitCode, stdout, stderr } = await netsplit('validate', file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(`error: ${file}:${line}:10: people.count: expected number, found "thirty"\n`);
  });
});

describe('nonsense', () => {
  it.concurrent.each<[string, RegExp]>([
    ['rnu small-town', /unknown command "rnu"; did you mean "run"\?/],
    ['--nope', /unknown option '--nope'/],
    ['run', /missing required argument 'scenario'/],
    ['run small-town --sead 1', /unknown option '--sead'[^]*did you mean --seed/i],
    ['run small-town --seed abc', /--seed <n>.*expected a whole number from 0 to \d+, got "abc"/],
    ['run small-town --seed -1', /expected a whole number from 0/],
    ['run small-town --seed 1e3', /expected a whole number from 0/],
    ['run small-town --seed 99999999999999999999', /expected a whole number from 0/],
    ['run small-town --workers 0', /expected a whole number from 1 to 256, got "0"/],
    ['run small-twon', /there is no such scenario; did you mean "small-town"\?/],
    ['run scenarios', /expected a scenario file, found a folder/],
    ['run small-town --set bad', /--set bad: expected path=value/],
    ['run small-town --set people.cuont=4', /there is no people\.cuont; did you mean "people\.count"\?/],
    [
      'run small-town --systems sginal',
      /--systems sginal: .*expected one of signal, matrix, bitchat.*"signal"\?/,
    ],
    ['run small-town --systems ,', /--systems: expected ids separated by commas.*found ","/],
    ['run small-town --out package.json', /cannot write to .*package\.json: expected a folder on the way/],
    ['run small-town --set people.count=x', /^error: --set people\.count=x: expected number, found "x"$/m],
    ['verify test', /test: expected a scenario or a run folder, found a folder without run\.json/],
    ['verify small-twon', /did you mean "small-town"\?/],
    ['verify small-town --systems sginal', /did you mean "signal"\?/],
    ['diff small-town', /required option '--system <id>' not specified/],
    ['diff small-town --system sginal', /--system sginal: the scenario has no .*did you mean "signal"\?/],
    ['diff small-town --system bitchat --set systems={matrix:}', /the second variant has no such system/],
    ['diff small-town --system signal --perturb x', /--perturb: expected from,to,microseconds.*found "x"/],
    [
      'diff small-town --system signal --perturb phone/0,signal/chat-99,1',
      /--perturb: there is no node "signal\/chat-99"; did you mean "signal\/chat-/,
    ],
    ['validate nothing.yaml', /there is no such scenario/],
    ['resolve nothing.json', /nothing\.json: there is no such file/],
    ['resolve scenarios', /scenarios: expected a room file, found a folder/],
    ['resolve README.md', /README\.md:1:1: expected one JSON event per line/],
    ['serve --port 99999', /expected a whole number from 0 to 65535/],
    ['serve --runs package.json', /--runs package\.json: expected a folder with run folders, found a file/],
    [
      'start --runs package.json',
      /cannot write to .*package\.json: expected a folder on the way, found a file/,
    ],
    ['serve extra', /too many arguments for 'serve'/],
  ])('%s: one clear error and exit code 2', async (line, says) => {
    const { exitCode, stdout, stderr } = await netsplit(...line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr, 'no stack').not.toMatch(/^\s+at /m);
  });
});

describe('run', () => {
  const run = (...args: readonly string[]): Promise<CommandOutcome> =>
    netsplit('run', 'small-town', '--json', '--out', folder, ...args);
  const recordOf = ({ stdout }: CommandOutcome): RunRecord => runRecordSchema.parse(JSON.parse(stdout));
  const digestsOf = ({ systems }: RunRecord): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(systems).map(([id, { digest }]) => [id, digest]));

  let whole: CommandOutcome;
  let first: CommandOutcome;
  let alone: CommandOutcome;

  beforeAll(async () => {
    [whole, first, alone] = await Promise.all([
      run('--seed', '1'),
      run('--seed', '1', '--workers', '1', ...brief),
      run('--seed', '1', '--systems', 'signal', ...brief),
    ]);
  });

  it('prints one JSON document with the documented keys, and nothing else', () => {
    expect(whole.stderr).toBe('');
    expect(whole.stdout.trimEnd()).not.toContain('\n');
    const record = recordOf(whole);
    expect(Object.keys(JSON.parse(whole.stdout) as object).sort()).toEqual(
      Object.keys(runRecordSchema.shape).sort(),
    );
    expect(record).toMatchObject({ scenario: 'small-town', seed: 1, people: 30, complete: true });
    expect(Object.keys(record.systems)).toEqual(['signal', 'matrix', 'bitchat']);
    expect(record.reproduce).toContain('run small-town --seed 1');
  });

  it('ends with 0 when everything holds that is expected', () => {
    const { expectations, checks } = recordOf(whole);
    expect([...expectations, ...checks].filter(({ holds }) => holds === false)).toEqual([]);
    expect(expectations.some(({ holds }) => holds)).toBe(true);
    expect(whole.exitCode).toBe(0);
  });

  it('ends with 1 when an expectation does not hold, and says which', async () => {
    const changed = await run(
      '--seed',
      '1',
      '--systems',
      'signal',
      ...brief,
      '--set',
      'expectations.signal-loses-nothing.most=2',
      '--set',
      'expectations.signal-loses-nothing.least=1',
    );
    const failed = recordOf(changed).expectations.filter(({ holds }) => holds === false);
    expect(failed.map(({ id }) => id)).toEqual(['signal-loses-nothing']);
    expect(changed.exitCode).toBe(1);
  });

  it('keeps the run in a folder of its own and names the newest', async () => {
    const { digest } = recordOf(whole);
    const id = `small-town-1-${digest.slice(0, 8)}`;
    const kept = join(folder, id);
    expect(await readdir(kept)).toEqual(['fates.parquet', 'run.json', 'scenario.yaml', 'spans.parquet']);
    expect(JSON.parse(await readFile(join(kept, 'run.json'), 'utf8'))).toEqual(JSON.parse(whole.stdout));
    const { run: latest } = JSON.parse(await readFile(join(folder, 'latest.json'), 'utf8')) as {
      run: string;
    };
    expect(await readdir(folder)).toContain(latest);
  });

  it('gives the same with two workers, another run with another seed', async () => {
    const [again, other] = await Promise.all([
      run('--seed', '1', '--workers', '2', ...brief),
      run('--seed', '2', '--workers', '1', ...brief),
    ]);
    expect(digestsOf(recordOf(again))).toEqual(digestsOf(recordOf(first)));
    expect(recordOf(again).digest).toBe(recordOf(first).digest);
    expect(recordOf(again).outcome).toBe(recordOf(first).outcome);
    for (const [id, digest] of Object.entries(digestsOf(recordOf(other))))
      expect(digest, id).not.toBe(digestsOf(recordOf(first))[id]);
  });

  it('gives a system alone what it has beside the others', () => {
    expect(digestsOf(recordOf(alone))).toEqual({ signal: digestsOf(recordOf(first))['signal'] });
  });

  it('prints a table for people, and the seed it drew', async () => {
    const { exitCode, stdout, stderr } = await netsplit(
      ...['run', 'small-town', '--systems', 'signal', '--out', folder, ...brief],
    );
    expect([0, 1]).toContain(exitCode);
    const [, seed] = /^seed (\d+) \(drawn\)\n$/.exec(stderr) ?? [];
    expect(seed).toBeDefined();
    expect(stdout).toContain(`--seed ${seed ?? ''}`);
    expect(stdout).toContain(`kept in ${join(folder, `small-town-${seed ?? ''}-`)}`);
  });

  it('says why a run cannot be kept', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const { exitCode, stdout, stderr } = await netsplit(
      ...['run', 'small-town', '--seed', '1', '--systems', 'signal', ...brief, '--out', file],
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: cannot write the run to .*expected a folder on the way, found a file/);
  });

  describe('verify', () => {
    it('finds a second run identical', async () => {
      const { digest } = recordOf(first);
      const { exitCode, stdout } = await netsplit('verify', 'small-town', '--seed', '1', ...brief);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `identical ${digest}\n` });
    });

    it('repeats a kept run with its own changes', async () => {
      const { digest } = recordOf(first);
      const kept = join(folder, `small-town-1-${digest.slice(0, 8)}`);
      const { exitCode, stdout } = await netsplit('verify', kept);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `identical ${digest}\n` });
    });

    it('says so when a kept run was not made by this build', async () => {
      const record = recordOf(alone);
      const kept = join(folder, `small-town-1-${record.digest.slice(0, 8)}`);
      const forged = '0'.repeat(64);
      const signal = { ...record.systems['signal'], digest: forged };
      await writeFile(
        join(kept, 'run.json'),
        JSON.stringify({ ...record, digest: forged, systems: { signal } }),
      );
      const { exitCode, stdout } = await netsplit('verify', kept);
      expect(exitCode).toBe(1);
      expect(stdout).toContain(`different\n  ${forged}\n  ${record.digest}\n`);
      expect(stdout).toMatch(/^signal: this build repeats itself, but not the recorded run/m);
    });
  });
});

describe('the six things to do', () => {
  const lines = [...sixThings.matchAll(/^ {2}npx netsplit (.*?)(?: {2,}.*)?$/gm)].map(
    ([, line = '']) => line,
  );
  const argumentsOf = (line: string): readonly string[] =>
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

  it('can be done as they are written', async () => {
    for (const line of lines.filter((each) => !each.startsWith('serve'))) {
      const [command = '', scenario = '', ...rest] = argumentsOf(line);
      // Runs are tried with few people: what is under test is the line.
      const small = ['people.count=4', 'windows.sending=20m', 'windows.warmUp=1m'].flatMap((change) => [
        '--set',
        change,
      ]);
      const args =
        command === 'list'
          ? [command]
          : command === 'verify'
            ? [command, scenario, ...rest, ...small]
            : [command, scenario, ...rest, ...small, '--systems', 'signal', '--out', folder];
      const { exitCode, stdout, stderr } = await netsplit(...args);
      expect([0, 1], `${line}: ${stderr}`).toContain(exitCode);
      expect(stdout.length, line).toBeGreaterThan(50);
    }
  });

  // Windows has no signal that one process could send another as Ctrl-C does.
  it.skipIf(process.platform === 'win32')(
    'end with a dashboard that answers and lets itself be interrupted',
    async () => {
      expect(lines.at(-1)).toBe('serve');
      const { exitCode, stdout, answer } = await serveOnce('--port', '0', '--runs', folder);
      expect(stdout).toMatch(/^netsplit dashboard: http:\/\/localhost:\d+\//);
      expect(answer).toBe(200);
      expect(exitCode).toBe(0);
    },
  );
});

// Windows has no signal that one process could send another as Ctrl-C does.
describe.skipIf(process.platform === 'win32')('an interrupted run', () => {
  it('says that nothing was complete, keeps nothing, and ends as programs do that Ctrl-C stopped', async () => {
    const store = join(folder, 'interrupted');
    const args = ['run', 'aws-us-east-1-2025-10-20', '--systems', 'signal', '--out', store];
    const { exitCode, stdout, stderr } = await netsplitInterrupted(/seed \d+ \(drawn\)/, ...args);
    expect(stderr).toMatch(/stopped before any system and its twin were through/);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    expect(await readdir(store)).toEqual([]);
  });
});

describe('diff', () => {
  const diff = (...args: readonly string[]): Promise<CommandOutcome> =>
    netsplit('diff', 'small-town', '--system', 'signal', '--seed', '1', ...args);

  it('names the first event that a microsecond on one path changes', async () => {
    const { exitCode, stdout } = await diff('--perturb', 'phone/0,signal/chat-1,1');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^\d+ events are the same\. The first different one is at T\+0d \d\d:\d\d:\d\d/);
    expect(stdout).toMatch(/^ {2}left: .*\n {2}right: /m);
  });

  it('finds a fault that is taken away by its first effect, and two equal variants identical', async () => {
    const [changed, equal] = await Promise.all([diff('--set', 'faults=[]'), diff()]);
    expect(changed.exitCode).toBe(1);
    expect(changed.stdout).toMatch(/The first different one is at T\+0d/);
    expect(equal.exitCode).toBe(0);
    expect(equal.stdout).toMatch(/^identical [0-9a-f]{64}\n$/);
  });
});
