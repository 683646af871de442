// What cannot be used as given: one clear error, exit code 2, no stack.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFile } from '../../scenarios/package-file.ts';
import { briefScenario, type BriefScenario } from '../support/brief-scenario.ts';
import { compiledNetsplit, compilingTakes, netsplit } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

let brief: BriefScenario;

beforeAll(async () => {
  brief = briefScenario();
  await compiledNetsplit();
}, compilingTakes);

afterAll(() => brief.remove());

describe('validate', () => {
  it('accepts a scenario of the library, by name and by path', async () => {
    for (const name of ['small-town', 'scenarios/library/small-town.yaml']) {
      const { exitCode, stdout } = await netsplitHere('validate', name);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^valid small-town: 30 people, 3 systems, 1 fault, 2 expectations$/m);
    }
  });

  it('names file, line and column of what is wrong', async () => {
    const file = join(brief.folder, 'wrong.yaml');
    const text = await readFile(packageFile('scenarios', 'library', 'small-town.yaml'), 'utf8');
    await writeFile(file, text.replace('count: 30', 'count: thirty'));
    const line = text.slice(0, text.indexOf('count: 30')).split('\n').length;
    const { exitCode, stdout, stderr } = await netsplitHere('validate', file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(`error: ${file}:${line}:10: people.count: expected number, found "thirty"\n`);
  });
});

describe('nonsense', () => {
  it.each<[string, RegExp]>([
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
    ['whatif small-town --change bad', /--change bad: expected path=value/],
    [
      'whatif small-town --change people.cuont=4',
      /--change people\.cuont=4: there is no people\.cuont; did you mean "people\.count"\?/,
    ],
    ['whatif small-town --set people.cuont=4 --change people.count=4', /--set people\.cuont=4: there is no/],
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
    ['bench mehs', /unknown bench "mehs"; did you mean "mesh"\?.*there are kernel, /],
    [
      'bench mesh --part flods',
      /unknown part "flods"; did you mean "floods"\?.*there are as The ONE; floods; crowds of 1,000; /,
    ],
    ['validate nothing.yaml', /there is no such scenario/],
    [
      'explain runs/nothing',
      /^error: runs\/nothing is no run folder, .*: expected the number of a message$/m,
    ],
    [
      'inspect small-town --system signal --node phone/0 --at 99h',
      /--at: expected an instant from 0 s to the horizon, 3 h 00 min after the epoch/,
    ],
    ['resolve nothing.json', /nothing\.json: there is no such file/],
    ['resolve scenarios', /scenarios: expected a file, found a folder/],
    [
      'resolve examples/state-reset.ndjson --room-version 99',
      /^error: --room-version 99: expected a room version from 1 to 12, found "99"/m,
    ],
    [
      'replay examples/state-reset.ndjson',
      /state-reset\.ndjson: expected a case, found a Matrix room; `netsplit resolve` judges it/,
    ],
    ['trace small-town --system sginal', /--system sginal: .*expected one of signal, matrix, bitchat/],
    ['resolve README.md', /README\.md:1:1: expected JSON: /],
    ['serve --port 99999', /expected a whole number from 0 to 65535/],
    ['serve --runs package.json', /--runs package\.json: expected a folder with run folders, found a file/],
    [
      'start --runs package.json',
      /cannot write to .*package\.json: expected a folder on the way, found a file/,
    ],
    ['serve extra', /too many arguments for 'serve'/],
    [
      'room examples/state-reset.ndjson --out nowhere/x.svg',
      /cannot write nowhere\/x\.svg: there is no folder nowhere$/m,
    ],
    ['replay cases/reported/synapse-1953.yaml --out nowhere/x.svg', /there is no folder nowhere$/m],
    ['regress cases/reported --workers 1 --junit nowhere/x.xml', /there is no folder nowhere$/m],
    [
      'world import examples/servers.csv examples/people.csv --out nowhere/x.yaml',
      /there is no folder nowhere$/m,
    ],
    ['new abc --out package.json/x.yaml', /cannot write package\.json.x\.yaml: expected a folder on the way/],
  ])('%s: one clear error and exit code 2', async (line, says) => {
    const { exitCode, stdout, stderr } = await netsplitHere(...line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr, 'no stack').not.toMatch(/^\s+at /m);
  });

  // On other systems nothing keeps a folder from being made at this path.
  it.runIf(process.platform === 'linux')('ends where no folder can be made, and does not hang', async () => {
    const { exitCode, stderr } = await netsplitHere(
      'search',
      'state-resolution',
      '--runs',
      '1',
      '--out',
      '/proc/x',
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'error: cannot write /proc/x: no folder can be made there\n',
    });
  });

  it('ends the process in the same way', async () => {
    const line = ['run', 'small-twon'];
    expect(await netsplit(...line)).toEqual(await netsplitHere(...line));
  });
});
