// The same run at every level: its figures are the same, and more of it is kept; recorded again it is what it was.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { record as recordAgain } from '../../cli/commands/record.ts';
import type { RunRecord } from '../../reports/record.ts';
import { runScenario } from '../../reports/runner.ts';
import { readRecord, saveRun, StoreError } from '../../reports/store.ts';

const scenario = {
  text: `
netsplit: 1
name: few-people
title: A few people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 30m, horizon: 2h, shortHorizon: a test }
people: { count: 6, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 200, roomSize: 3, peoplePerRoom: 6 }
systems: { signal: , matrix: }
faults:
  - id: table-store-dns
    title: The table store's DNS record is empty
    kind: dns
    target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb
    answer: empty
    negativeTtlSeconds: 60
    start: 10m
    end: 20m
    source: invented
`,
  file: 'few-people.yaml',
};

describe('a run at every level', () => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-levels-'));
  let path: string;
  let before: RunRecord;
  beforeAll(async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const run = await runScenario({ scenario, name: 'few-people.yaml', seed: 2, workers: 0 });
    ({ path } = await saveRun(store, run));
    before = await readRecord(path);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    rmSync(store, { recursive: true, force: true });
  });
  const table = async (name: string): Promise<readonly Record<string, unknown>[]> => {
    const bytes = readFileSync(join(path, `${name}.parquet`));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    return parquetReadObjects({ file });
  };

  it.each(['full', 'summary', 'fates', 'full'] as const)('%s: has the same record', async (level) => {
    await recordAgain(path, { level });
    expect(await readRecord(path)).toEqual(before);
    expect(existsSync(join(path, 'fates.parquet'))).toBe(level !== 'summary');
    expect(existsSync(join(path, 'observations.parquet'))).toBe(level === 'full');
    expect(readdirSync(store).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('full: every observation is there, and the way of every delivery without gap', async () => {
    const observations = await table('observations');
    const ways = await table('ways');
    for (const [id, system] of Object.entries(before.systems)) {
      const of = (rows: typeof ways, variant: string): typeof ways =>
        rows.filter((row) => row['system'] === id && row['variant'] === variant);
      const count = (kind: string): number =>
        of(observations, 'run').filter((row) => row['kind'] === kind).length;
      expect(count('resent')).toBe(system.counts['resent']);
      expect(count('attempt-failed')).toBe(system.counts['attemptsFailed']);
      const delivered = (await table('fates')).filter(
        (row) => row['system'] === id && row['delivered_us'] !== null,
      );
      expect(count('delivered')).toBe(delivered.length);
      const lengths = new Map<string, number>();
      for (const row of of(ways, 'run')) {
        const key = `${String(row['message'])} ${String(row['recipient'])}`;
        lengths.set(key, (lengths.get(key) ?? 0) + Number(row['end_us']) - Number(row['start_us']));
      }
      for (const row of delivered)
        expect(lengths.get(`${String(row['message'])} ${String(row['recipient'])}`)).toBe(
          Number(row['delivered_us']) - Number(row['sent_us']),
        );
    }
  });

  it('is not touched when this netsplit does not repeat it', async () => {
    const file = join(path, 'run.json');
    const changed = readFileSync(file, 'utf8').replaceAll(before.digest, `0000${before.digest.slice(4)}`);
    writeFileSync(file, changed);
    await expect(recordAgain(path, { level: 'summary' })).rejects.toThrow(StoreError);
    expect(readFileSync(file, 'utf8')).toBe(changed);
    expect(existsSync(join(path, 'observations.parquet'))).toBe(true);
  });
});
