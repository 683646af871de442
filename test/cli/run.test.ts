// `netsplit run` and `netsplit verify`: what they print, keep and end with.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecordSchema, type RunRecord } from '../../reports/record.ts';
import { briefScenario, type BriefScenario } from '../support/brief-scenario.ts';
import {
  compiledNetsplit,
  compilingTakes,
  netsplit,
  netsplitInterrupted,
  type CommandOutcome,
} from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

let brief: BriefScenario;

const run = (...args: readonly string[]): Promise<CommandOutcome> =>
  netsplit('run', brief.file, '--json', '--out', brief.folder, ...args);
const runHere = (...args: readonly string[]): Promise<CommandOutcome> =>
  netsplitHere('run', brief.file, '--json', '--out', brief.folder, ...args);
const recordOf = ({ stdout }: CommandOutcome): RunRecord => runRecordSchema.parse(JSON.parse(stdout));
const digestsOf = ({ systems }: RunRecord): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(systems).map(([id, { digest }]) => [id, digest]));
const folderOf = ({ scenario, seed, digest }: RunRecord): string =>
  join(brief.folder, `${scenario}-${seed}-${digest.slice(0, 8)}`);

/** All systems; one alone. Most tests look at these. */
let whole: CommandOutcome;
let alone: CommandOutcome;

beforeAll(async () => {
  brief = briefScenario();
  await compiledNetsplit();
  [whole, alone] = await Promise.all([
    run('--seed', '1', '--workers', '1'),
    run('--seed', '1', '--systems', 'signal'),
  ]);
}, compilingTakes);

afterAll(() => brief.remove());

describe('run', () => {
  it('prints one JSON document with the documented keys, and nothing else', () => {
    expect(whole.stderr).toBe('');
    expect(whole.stdout.trimEnd()).not.toContain('\n');
    const { unfinished: _onlyWhenInterrupted, live: _onlyInRealTime, ...documented } = runRecordSchema.shape;
    expect(Object.keys(JSON.parse(whole.stdout) as object).sort()).toEqual(Object.keys(documented).sort());
    const record = recordOf(whole);
    expect(record).toMatchObject({ scenario: 'small-town', seed: 1, people: 10, complete: true });
    expect(Object.keys(record.systems)).toEqual(['signal', 'matrix', 'bitchat']);
    expect(record.reproduce).toContain(`run ${brief.file} --seed 1`);
  });

  it('ends with 0 when everything holds that is expected', () => {
    const { expectations, checks } = recordOf(whole);
    expect([...expectations, ...checks].filter(({ holds }) => holds === false)).toEqual([]);
    expect(expectations.some(({ holds }) => holds)).toBe(true);
    expect(whole.exitCode).toBe(0);
  });

  it('ends with 1 when an expectation does not hold, and says which', async () => {
    const changed = await runHere(
      ...['--seed', '1', '--systems', 'signal'],
      ...['--set', 'expectations.signal-loses-nothing.most=2'],
      ...['--set', 'expectations.signal-loses-nothing.least=1'],
    );
    const failed = recordOf(changed).expectations.filter(({ holds }) => holds === false);
    expect(failed.map(({ id }) => id)).toEqual(['signal-loses-nothing']);
    expect(changed.exitCode).toBe(1);
  });

  it('ends with 3 when a limit ends it, and keeps what there is', async () => {
    const { exitCode, stdout } = await runHere(
      '--seed',
      '1',
      '--systems',
      'signal',
      '--set',
      'limits.events=500',
    );
    const record = recordOf({ exitCode, stdout, stderr: '' });
    expect(record).toMatchObject({ complete: false, systems: { signal: { endedBy: 'event-limit' } } });
    expect(record.systems['signal']?.busiestNodes.length).toBeGreaterThan(0);
    expect(await readdir(folderOf(record))).toContain('run.json');
    expect(exitCode).toBe(3);
  });

  it('keeps the run in a folder of its own and names the newest', async () => {
    const kept = folderOf(recordOf(whole));
    expect((await readdir(kept)).toSorted()).toEqual([
      'charges.parquet',
      'counts.parquet',
      'disputes.parquet',
      'fates.parquet',
      'incidents.parquet',
      'load.parquet',
      'messages.parquet',
      'places.json',
      'refused.parquet',
      'run.json',
      'scenario.yaml',
      'series.parquet',
      'spans.parquet',
      'tasks.parquet',
      'traffic.parquet',
    ]);
    expect(JSON.parse(await readFile(join(kept, 'run.json'), 'utf8'))).toEqual(JSON.parse(whole.stdout));
    const newest = await readFile(join(brief.folder, 'latest.json'), 'utf8');
    expect(await readdir(brief.folder)).toContain((JSON.parse(newest) as { run: string }).run);
  });

  it('gives the same with two workers, another run with another seed', async () => {
    const again = await run('--seed', '1', '--workers', '2');
    const other = await runHere('--seed', '2', '--systems', 'signal');
    expect(digestsOf(recordOf(again))).toEqual(digestsOf(recordOf(whole)));
    expect(recordOf(again).digest).toBe(recordOf(whole).digest);
    expect(recordOf(again).outcome).toBe(recordOf(whole).outcome);
    expect(digestsOf(recordOf(other))).not.toEqual(digestsOf(recordOf(alone)));
  });

  it('gives a system alone what it has beside the others', () => {
    expect(digestsOf(recordOf(alone))).toEqual({ signal: digestsOf(recordOf(whole))['signal'] });
  });

  it('prints a table for people, and the seed it drew', async () => {
    const { exitCode, stdout, stderr } = await netsplitHere(
      ...['run', brief.file, '--systems', 'signal', '--out', brief.folder],
    );
    expect([0, 1]).toContain(exitCode);
    const [, seed] = /^seed (\d+) \(drawn\)\n$/.exec(stderr) ?? [];
    expect(seed).toBeDefined();
    expect(stdout).toContain(`--seed ${seed ?? ''}`);
    expect(stdout).toContain(`kept in ${join(brief.folder, `small-town-${seed ?? ''}-`)}`);
  });
});

describe('verify', () => {
  it('finds a second run identical', async () => {
    const { digest } = recordOf(alone);
    const { exitCode, stdout } = await netsplitHere(
      'verify',
      brief.file,
      '--seed',
      '1',
      '--systems',
      'signal',
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `identical ${digest}\n` });
  });

  it('repeats a kept run with its own systems', async () => {
    const record = recordOf(alone);
    const { exitCode, stdout } = await netsplitHere('verify', folderOf(record));
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `identical ${record.digest}\n` });
  });

  it('says so when a kept run was not made by this build', async () => {
    const record = recordOf(alone);
    const forged = '0'.repeat(64);
    const signal = { ...record.systems['signal'], digest: forged };
    await writeFile(
      join(folderOf(record), 'run.json'),
      JSON.stringify({ ...record, digest: forged, systems: { signal } }),
    );
    const { exitCode, stdout } = await netsplitHere('verify', folderOf(record));
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`different\n  ${forged}\n  ${record.digest}\n`);
    expect(stdout).toMatch(/^signal: this build repeats itself, but not the recorded run/m);
  });
});

// Windows has no signal that one process could send another as Ctrl-C does.
describe.skipIf(process.platform === 'win32')('an interrupted run', () => {
  it('says that nothing was complete, keeps nothing, and ends as programs do that Ctrl-C stopped', async () => {
    const store = join(brief.folder, 'interrupted');
    const args = ['run', 'aws-us-east-1-2025-10-20', '--systems', 'signal', '--out', store];
    const { exitCode, stdout, stderr } = await netsplitInterrupted(/seed \d+ \(drawn\)/, ...args);
    expect(stderr).toMatch(/stopped before any system and its twin were through/);
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    expect(await readdir(store)).toEqual([]);
  });
});
