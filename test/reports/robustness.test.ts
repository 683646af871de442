// Disk full, read-only, damaged, from the future: every time a clear error, and what was there before is still there.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCampaign } from '../../reports/campaign/campaign-store.ts';
import { readCell } from '../../reports/campaign/cell-store.ts';
import { MissingPackage } from '../../reports/missing-package.ts';
import { queryRuns, type QueryResult } from '../../reports/query/query-runs.ts';
import { readRecord, saveRun, StoreError, systemErrorInWords } from '../../reports/store.ts';
import { worstDeliveries } from '../../reports/worst-messages.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { oneScript, type OneScript } from '../support/one-script.ts';
import { plantedRun } from '../support/planted-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-robust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in a mount namespace of its own, where it may mount a file system. */
function inNamespace(script: string): ReturnType<typeof spawnSync> {
  return spawnSync('unshare', ['-Urm', 'sh', '-c', script], { encoding: 'utf8', timeout: 50_000 });
}
const mayMount =
  process.platform === 'linux' && inNamespace(`mount -t tmpfs -o size=64k none ${folder}`).status === 0;

/** Saves the planted run into `$1` from a process of its own, and prints what is said and what is there. */
let saver: OneScript;
beforeAll(async () => {
  const source = join(folder, 'save.mts');
  writeFileSync(
    source,
    `import { readdirSync } from 'node:fs';
import { saveRun } from ${JSON.stringify(packageFile('reports', 'store.ts'))};
import { plantedRun } from ${JSON.stringify(packageFile('test', 'support', 'planted-run.ts'))};
const store = process.argv[2]!;
const said = await saveRun(store, plantedRun()).then(() => 'saved', (error: Error) => error.name + ': ' + error.message);
process.stdout.write(JSON.stringify({ said, there: readdirSync(store) }));
`,
  );
  saver = await oneScript(source);
});
afterAll(() => saver.remove());
const save = (store: string): string => `${process.execPath} ${saver.file} ${store}`;

describe.runIf(mayMount)('a file system of its own', () => {
  const mounted = join(folder, 'mounted');
  const script = (options: string, before = ''): string =>
    `mkdir -p ${mounted} && mount -t tmpfs -o ${options} none ${mounted} && ${before} cd ${packageFile()} && ${save(mounted)}`;

  it('that is full: says so, and leaves what was there and nothing half-written', () => {
    const { stdout, stderr } = inNamespace(script('size=24k', `echo kept > ${mounted}/earlier &&`));
    expect(String(stderr)).toBe('');
    expect(JSON.parse(String(stdout))).toEqual({
      said: expect.stringMatching(
        /^StoreError: cannot write the run to .*: no space left on the disk$/,
      ) as string,
      there: ['earlier'],
    });
  });

  it('that is read-only: says so', () => {
    const { stdout } = inNamespace(script('size=1m', `mount -o remount,ro ${mounted} &&`));
    expect(JSON.parse(String(stdout))).toEqual({
      said: expect.stringMatching(/^StoreError: cannot write the run to .*: no permission$/) as string,
      there: [],
    });
  });

  it('with room: keeps the run', () => {
    const { stdout } = inNamespace(script('size=4m'));
    expect(JSON.parse(String(stdout))).toMatchObject({ said: 'saved' });
  });
});

describe('errors of the file system', () => {
  it.each([
    ['ENOSPC', 'no space left on the disk'],
    ['EROFS', 'no permission'],
    ['EACCES', 'no permission'],
  ])('%s has words', (code, words) => {
    expect(systemErrorInWords(Object.assign(new Error('x'), { code }))).toBe(words);
  });
});

describe('a damaged folder', () => {
  it('is complained about file by file, and the files stay', async () => {
    const { path } = await saveRun(join(folder, 'store'), plantedRun());
    const files = readdirSync(path);
    writeFileSync(join(path, 'fates.parquet'), readFileSync(join(path, 'fates.parquet')).subarray(0, 100));
    await expect(worstDeliveries(path, 1)).rejects.toThrow(
      /fates\.parquet: expected a Parquet file; it is damaged/,
    );
    const asked = await queryRuns(join(folder, 'store'), 'SELECT count(*) FROM fates').catch(
      (error: unknown) => error,
    );
    if (!(asked instanceof MissingPackage))
      expect(asked).toMatchObject({
        name: 'StoreError',
        message: expect.stringMatching(/fates\.parquet: expected a Parquet file; it is damaged/) as string,
      });
    writeFileSync(join(path, 'run.json'), '{"version": 99}');
    await expect(readRecord(path)).rejects.toThrow(/written by a later netsplit \(record version 99/);
    expect(readdirSync(path)).toEqual(files);
  });

  it('is left out of every table of a query, and named', async () => {
    const store = join(folder, 'three');
    const { path } = await saveRun(store, plantedRun());
    for (const name of ['short', 'later']) cpSync(path, join(store, name), { recursive: true });
    writeFileSync(
      join(store, 'short', 'spans.parquet'),
      readFileSync(join(path, 'spans.parquet')).subarray(0, 50),
    );
    writeFileSync(join(store, 'later', 'run.json'), '{"version": 99}');
    const ask = (sql: string): Promise<QueryResult | undefined> =>
      queryRuns(store, sql).catch((error: unknown) => {
        if (error instanceof MissingPackage) return undefined;
        throw error;
      });
    const fates = await ask('SELECT DISTINCT run FROM fates ORDER BY run');
    if (fates === undefined) return;
    expect(fates.rows).toEqual([[basename(path)], ['short']]);
    expect(fates.damaged).toEqual([expect.stringMatching(/later.run\.json: written by a later netsplit/)]);
    const both = await ask('SELECT DISTINCT f.run FROM fates f JOIN spans USING (run)');
    expect(both?.rows).toEqual([[basename(path)]]);
    expect(both?.damaged).toHaveLength(2);
  });

  it('of a campaign, too', async () => {
    const campaign = mkdtempSync(join(folder, 'campaign-'));
    writeFileSync(join(campaign, 'scenario.yaml'), '');
    writeFileSync(join(campaign, 'campaign.json'), '{"version": 99}');
    await expect(readCampaign(campaign)).rejects.toThrow(
      /campaign\.json: written by a later netsplit \(version 99/,
    );
    writeFileSync(join(campaign, 'campaign.json'), '{"ver');
    await expect(readCampaign(campaign)).rejects.toThrow(/campaign\.json: the file is damaged/);
    writeFileSync(join(campaign, 'cell.json'), '{"version": 99}');
    await expect(readCell(campaign)).rejects.toThrow(/cell\.json: written by a later netsplit/);
    writeFileSync(join(campaign, 'cell.json'), '');
    await expect(readCell(campaign)).rejects.toThrow(StoreError);
  });
});
