// The command without a scenario, its help, and the six things to do.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sixThings } from '../../cli/six-things.ts';
import { libraryNames } from '../../scenarios/load.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { compiledNetsplit, compilingTakes, netsplit, serveOnce } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netsplit-cli-'));
  await compiledNetsplit();
}, compilingTakes);

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
    const { exitCode, stdout } = await netsplitHere('--help');
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
    const { exitCode, stdout } = await netsplitHere('list');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').filter((line) => /^\S/.test(line))).toEqual(libraryNames());
  });

  it.each(['run', 'verify', 'diff', 'validate', 'resolve', 'room', 'serve', 'start'])(
    'explains the options of %s',
    async (command) => {
      const { exitCode, stdout } = await netsplitHere(command, '--help');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: netsplit ${command} `));
    },
  );
});

describe('the six things to do', () => {
  const lines = [...sixThings.matchAll(/^ {2}npx netsplit (.*?)(?: {2,}.*)?$/gm)].map(
    ([, line = '']) => line,
  );
  const argumentsOf = (line: string): readonly string[] =>
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

  it.each(lines.filter((line) => !line.startsWith('serve')))(
    'can be done as they are written: %s',
    async (line) => {
      const [command = '', scenario = '', ...rest] = argumentsOf(line);
      // Runs are tried with few people: what is under test is the line.
      const small = ['people.count=4', 'windows.sending=20m', 'windows.warmUp=1m'].flatMap((change) => [
        ...['--set', change],
      ]);
      const where = command === 'run' ? ['--out', folder] : [];
      const args = command === 'list' ? [] : [scenario, ...rest, ...small, '--systems', 'signal', ...where];
      const { exitCode, stdout, stderr } = await netsplitHere(command, ...args);
      expect([0, 1], stderr).toContain(exitCode);
      expect(stdout.length).toBeGreaterThan(50);
    },
  );

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
