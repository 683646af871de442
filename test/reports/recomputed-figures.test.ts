// Every headline figure of a record, computed again from the Parquet files beside it alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScenario, type FinishedRun } from '../../reports/runner.ts';
import { saveRun } from '../../reports/store.ts';

const scenario = {
  text: `
netsplit: 1
name: ten-people
title: Ten people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 60m, horizon: 3h, shortHorizon: a test }
people: { count: 10, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 5, peoplePerRoom: 10 }
systems: { signal: , matrix: }
faults:
  - id: table-store-dns
    title: The table store's DNS record is empty
    kind: dns
    target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb
    answer: empty
    negativeTtlSeconds: 60
    start: 15m
    end: 40m
    source: invented
`,
  file: 'ten-people.yaml',
};

type Row = Readonly<Record<string, unknown>>;
const number = (value: unknown): number => (value === null ? NaN : Number(value));

describe.each(['signal', 'matrix'])('from Parquet alone, of %s', (system) => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-parquet-'));
  let run: FinishedRun;
  const tables = new Map<string, readonly Row[]>();
  beforeAll(async () => {
    run = await runScenario({ scenario, name: 'x', seed: 3, workers: 0 });
    const { path } = await saveRun(store, run);
    for (const name of ['fates', 'spans', 'series', 'incidents']) {
      const bytes = readFileSync(join(path, `${name}.parquet`));
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      tables.set(name, (await parquetReadObjects({ file })) as Row[]);
    }
  });
  afterAll(() => rmSync(store, { recursive: true, force: true }));
  const rowsOf = (table: string): readonly Row[] =>
    (tables.get(table) ?? []).filter((row) => row['system'] === system);
  const fates = (): { sent: number; ours: number; twins: number }[] =>
    rowsOf('fates')
      .filter((row) => row['measured'] === true)
      .map((row) => ({
        sent: number(row['sent_us']),
        ours: number(row['delivered_us']),
        twins: number(row['twin_delivered_us']),
      }));

  it('deliveries and their deadlines', () => {
    const { delivery, twin } = run.record.systems[system]!;
    const rows = fates();
    const horizon = run.record.windows.horizon * 1e6;
    const within = (which: 'ours' | 'twins', limit: number): number => {
      const counted = rows.filter(({ sent }) => horizon - sent >= limit);
      return counted.filter((row) => row[which] - row.sent <= limit).length / counted.length;
    };
    expect(rows.length).toBe(delivery.expected);
    expect(rows.filter(({ ours }) => !Number.isNaN(ours)).length / rows.length).toBe(delivery.ratio);
    for (const [name, limit] of [
      ['10s', 1e7],
      ['1m', 6e7],
      ['1h', 3.6e9],
    ] as const) {
      expect(within('ours', limit)).toBe(delivery.within[name]);
      expect(within('twins', limit)).toBe(twin.delivery.within[name]);
    }
  });

  it('percentiles of the delay', () => {
    const { latencyMs } = run.record.systems[system]!;
    const delays = fates()
      .map(({ sent, ours }) => (Number.isNaN(ours) ? Infinity : ours - sent))
      .sort((left, right) => left - right);
    const at = (share: number): number => delays[Math.ceil(share * delays.length) - 1]! / 1e3;
    expect([at(0.5), at(0.9), at(0.99)]).toEqual([latencyMs.p50, latencyMs.p90, latencyMs.p99]);
  });

  it('late, lost, and the excess that is blamed', () => {
    const { blameAccount, blame } = run.record.systems[system]!;
    const rows = fates();
    const late = rows.filter(({ ours, twins }) => ours - twins > 1e6);
    const excess = late.reduce((sum, { ours, twins }) => sum + (ours - twins), 0) / 1e6;
    expect(late.length).toBe(blameAccount.late);
    expect(rows.filter(({ ours, twins }) => Number.isNaN(ours) && !Number.isNaN(twins)).length).toBe(
      blameAccount.lost,
    );
    expect(excess).toBeCloseTo(blameAccount.excessSeconds, 6);
    const blamed = blame.reduce((sum, line) => sum + line.excessSeconds, 0);
    expect(blamed).toBeCloseTo(excess, 3);
    const touched = new Set(
      rowsOf('spans')
        .filter((row) => row['faults'] !== '')
        .map((row) => `${String(row['message'])} ${String(row['recipient'])}`),
    );
    if (late.length > 0) expect(touched.size).toBeGreaterThanOrEqual(late.length);
  });

  it('people cut off', () => {
    const { cutOff } = run.record.systems[system]!;
    const totals = new Map<unknown, number>();
    for (const row of rowsOf('incidents').filter(({ kind }) => kind === 'cut-off'))
      totals.set(
        row['person'],
        (totals.get(row['person']) ?? 0) + number(row['end_us']) - number(row['start_us']),
      );
    expect(totals.size).toBe(cutOff.people);
    expect([...totals.values()].filter((total) => total > 6e7).length).toBe(cutOff.overOneMinute);
    expect([...totals.values()].reduce((sum, total) => sum + total, 0) / 3.6e9).toBeCloseTo(
      cutOff.personHours,
      9,
    );
  });

  it('the curves, which add up to the figures', () => {
    const { series, delivery } = run.record.systems[system]!;
    const rows = rowsOf('series');
    const column = (name: string): number[] =>
      rows.map((row) => number(row[name])).filter((value) => !Number.isNaN(value));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    expect(column('within_1m')).toEqual(series.withinOneMinute);
    expect(column('cut_off')).toEqual(series.cutOff);
    expect(column('outstanding')).toEqual(series.outstanding);
    expect(sum(column('expected'))).toBe(delivery.expected);
    expect(sum(column('ever'))).toBe(delivery.delivered);
    expect(number(rows[1]?.['start_us']) - number(rows[0]?.['start_us'])).toBe(
      number(rows[0]?.['bucket_us']),
    );
  });
});
