// Running a campaign: what is kept, resumed, refused, recomputed and held against itself.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planCampaign } from '../../../reports/campaign/campaign-plan.ts';
import {
  CampaignExists,
  cellsFolder,
  runCampaign,
  type CampaignSettings,
} from '../../../reports/campaign/campaign-runner.ts';
import { readCampaign, writeManifest } from '../../../reports/campaign/campaign-store.ts';
import type { CellJob, CellResult } from '../../../reports/campaign/cell.ts';
import type { CellPool } from '../../../reports/campaign/cell-pool.ts';
import { readCells } from '../../../reports/campaign/cell-store.ts';
import { cellFile, cellFolder } from '../../../reports/campaign/run-cell.ts';
import { parseSeeds } from '../../../reports/campaign/seeds.ts';
import { parseAxis } from '../../../reports/campaign/variants.ts';
import { runScenario } from '../../../reports/runner.ts';
import { isRunFolder, readRecord, StoreError } from '../../../reports/store.ts';
import { ScenarioError } from '../../../scenarios/scenario-error.ts';

const scenario = {
  text: `
netsplit: 1
name: few-people
title: A few people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 20m, horizon: 40m, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 4, peoplePerRoom: 4 }
systems: { signal: }
faults: []
`,
  file: 'few-people.yaml',
};

const plan = planCampaign({
  scenario,
  name: 'few-people.yaml',
  seeds: [1, 2],
  axes: [parseAxis('people.count=4,5')],
});

/** Results without what the machine contributed. */
const withoutCosts = (results: Iterable<CellResult>): unknown[] =>
  [...results]
    .map(({ wallSeconds: _wall, ...rest }) => rest)
    .sort((left, right) => (left.key < right.key ? -1 : 1));

describe('a campaign', () => {
  let folder: string;
  let settings: CampaignSettings;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'netsplit-campaign-'));
    settings = { folder, level: 'fates', resume: false, recheck: 1, workers: 0 };
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps a run folder per seed and variant, which is the run that `run` makes', async () => {
    const progress: number[] = [];
    const run = await runCampaign(plan, {
      ...settings,
      onProgress: ({ finished }) => void progress.push(finished),
    });
    expect(run).toMatchObject({
      failures: [],
      determinismFailures: [],
      rechecked: 1,
      stopped: false,
      foreign: 0,
    });
    expect(progress).toEqual([0, 1, 2, 3, 4]);
    expect(readdirSync(cellsFolder(folder))).toHaveLength(4);
    const [job] = plan.cells;
    const path = cellFolder(cellsFolder(folder), job!);
    expect(isRunFolder(path)).toBe(true);
    const alone = await runScenario({ scenario: job!.scenario, name: 'x', seed: job!.seed, workers: 0 });
    expect((await readRecord(path)).digest).toBe(alone.record.digest);
    expect(run.results.get(job!.key)?.digest).toBe(alone.record.digest);
  });

  it('continues where it was stopped, runs damaged cells again, and ends with the same results', async () => {
    const whole = await runCampaign(plan, { ...settings, folder: join(folder, 'whole') });
    const interrupt = new AbortController();
    const part = await runCampaign(plan, {
      ...settings,
      signal: interrupt.signal,
      onProgress: ({ finished }) => {
        if (finished === 2) interrupt.abort();
      },
    });
    expect(part).toMatchObject({ stopped: true, rechecked: 0 });
    expect(part.results.size).toBe(2);
    expect((await readCells(cellsFolder(folder))).byKey.size).toBe(2);
    await expect(runCampaign(plan, settings)).rejects.toThrow(CampaignExists);

    const damaged = cellFolder(cellsFolder(folder), plan.cells[0]!);
    writeFileSync(join(damaged, cellFile), '{"version":1,');
    let kept = -1;
    const rest = await runCampaign(plan, {
      ...settings,
      resume: true,
      onProgress: (progress) => (kept = progress.kept),
    });
    expect(kept).toBe(1);
    expect(rest.damaged).toEqual([expect.stringMatching(/cell\.json: the file is damaged/)]);
    expect(withoutCosts(rest.results.values())).toEqual(withoutCosts(whole.results.values()));
  });

  it('never takes a result of another engine, scenario, seed or parameter for its own', () => {
    const keys = new Set(plan.cells.map(({ key }) => key));
    expect(keys.size).toBe(4);
    const again = planCampaign({ scenario, name: 'x', seeds: [2, 1], axes: [parseAxis('people.count=5,4')] });
    expect(new Set(again.cells.map(({ key }) => key))).toEqual(keys);
    const others = [
      planCampaign({ scenario, name: 'x', seeds: [3], axes: [] }),
      planCampaign({
        scenario: { ...scenario, overrides: ['people.roomSize=3'] },
        name: 'x',
        seeds: [1],
        axes: [],
      }),
    ];
    for (const { cells } of others) for (const { key } of cells) expect(keys.has(key)).toBe(false);
  });

  it('reports a job that does not repeat itself', async () => {
    const run = await runCampaign(plan, {
      ...settings,
      recheck: 4,
      openPool: () => Promise.resolve(fakePool((job, again) => (again && job.seed === 2 ? 'b' : 'a'))),
    });
    expect(run.rechecked).toBe(4);
    expect(
      run.determinismFailures.map(({ job, system, first, second }) => [job.seed, system, first, second]),
    ).toEqual([
      [2, 'signal', 'a', 'b'],
      [2, 'signal', 'a', 'b'],
    ]);
  });

  it('goes on when one run fails, and stops when the disk does', async () => {
    const failing = fakePool((job) => {
      if (job.seed === 1) throw new Error('broke a rule');
      return 'a';
    });
    const run = await runCampaign(plan, { ...settings, openPool: () => Promise.resolve(failing) });
    expect(run.failures.map(({ job, message }) => [job.seed, message])).toEqual([
      [1, 'broke a rule'],
      [1, 'broke a rule'],
    ]);
    expect(run.results.size).toBe(2);
    const full = fakePool(() => {
      throw new StoreError('cannot write: no space left on the disk');
    });
    await expect(runCampaign(plan, { ...settings, openPool: () => Promise.resolve(full) })).rejects.toThrow(
      /no space left on the disk; 0 finished runs are kept: continue with --resume/,
    );
  });

  it('refuses to count a run on other data than its key names', async () => {
    const [cell] = plan.cells;
    const other = { ...plan, cells: [{ ...(cell as CellJob), scenarioDigest: 'f'.repeat(64) }] };
    const run = await runCampaign(other, { ...settings, recheck: 0 });
    expect([...run.results]).toEqual([]);
    expect(run.failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('data files are not those'),
    ]);
    expect((await readCells(cellsFolder(folder))).byKey.size).toBe(0);
  });

  it('is described by its folder', async () => {
    await writeManifest(folder, plan, '0.0.0');
    const stored = await readCampaign(folder);
    expect(stored.shape.variants).toEqual(plan.variants);
    expect(stored.shape.axes).toEqual(plan.axes);
    expect(stored.shape.cells.map(({ key }) => key)).toEqual(plan.cells.map(({ key }) => key));
    expect(stored.scenario.text).toBe(scenario.text);
    writeFileSync(join(folder, 'campaign.json'), '{"version":99}');
    await expect(readCampaign(folder)).rejects.toThrow(/written by a later netsplit \(version 99/);
  });
});

describe('seeds and axes', () => {
  it('are read as they are meant', () => {
    expect(parseSeeds('3..5,9,4')).toEqual([3, 4, 5, 9]);
    expect(parseAxis('a.b=1,[x, y],"q,r"').values).toEqual(['1', '[x, y]', '"q,r"']);
    expect(parseAxis('a=10m..30m:3')).toEqual({
      path: 'a',
      values: ['10m', '20m', '30m'],
      numbers: [10, 20, 30],
      unit: 'm',
    });
    expect(parseAxis('a=0..0.3:4').values).toEqual(['0', '0.1', '0.2', '0.3']);
  });

  it.each(['', '5..3', 'a', '1,,2', '1..99999999'])('refuse the seeds "%s"', (text) => {
    expect(() => parseSeeds(text)).toThrow(ScenarioError);
  });

  it.each(['a', '=1', 'a=1,', 'a=1,1', 'a=1..2', 'a=2..1:3', 'a=1m..2h:3', 'a=1..2:1'])(
    'refuse the axis "%s"',
    (text) => {
      expect(() => parseAxis(text)).toThrow(ScenarioError);
    },
  );
});

/** Cells without simulation: the digest is what the test wants, told whether the cell runs for the second time. */
function fakePool(digestOf: (job: CellJob, again: boolean) => string): CellPool {
  return {
    width: 1,
    async run(job, { folder }) {
      const digest = digestOf(job, folder === undefined);
      return Promise.resolve({
        version: 1,
        key: job.key,
        engine: job.engine,
        scenarioDigest: job.scenarioDigest,
        seed: job.seed,
        overrides: [],
        digest,
        outcome: digest,
        complete: true,
        systems: { signal: { title: 'Signal', digest, expected: 1, figures: {} } },
        failed: [],
        wallSeconds: 0,
      });
    },
    close: () => Promise.resolve(),
  };
}
