// A whole run from a scenario's text: two simulations of a system, compared, recorded, stored and read again.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareTable } from '../../reports/compare-table.ts';
import { verdictOf } from '../../reports/evaluate.ts';
import { runRecordSchema } from '../../reports/record.ts';
import { RunInterrupted, runScenario, type FinishedRun, type RunOptions } from '../../reports/runner.ts';
import type { SimulationProgress } from '../../reports/simulation-job.ts';
import {
  isRunFolder,
  listRuns,
  readRecord,
  readReproduction,
  readRun,
  saveRun,
  StoreError,
} from '../../reports/store.ts';

const text = `
netsplit: 1
name: ten-people
title: Ten people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 60m, horizon: 2h, shortHorizon: a test }
people: { count: 10, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 5, peoplePerRoom: 10 }
systems: { signal: }
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
expectations:
  - { id: nothing-lost, text: Nothing acknowledged is lost., basis: law, system: signal, metric: lost-after-acceptance, most: 0, source: invented }
  - { id: impossible, text: More is delivered than was sent., basis: derived, system: signal, metric: ratio, sentBetween: [5m, 65m], least: 1.5, source: invented }
  - { id: always, text: All is well without faults., basis: law, system: signal, metric: ratio, sentBetween: [5m, 65m], least: 0.99, source: invented, withoutFaults: true }
`;
const scenario = { text, file: 'ten-people.yaml' };
const options: RunOptions = { scenario, name: 'ten-people.yaml', seed: 7 };

describe('a run', () => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-store-'));
  const progress: SimulationProgress[] = [];
  let run: FinishedRun;
  beforeAll(async () => {
    run = await runScenario({ ...options, onProgress: (each) => void progress.push(each) });
  });
  afterAll(() => rmSync(store, { recursive: true, force: true }));

  it('has a record that its own schema accepts', () => {
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(run.record)))).toEqual(run.record);
  });

  it('is the same again, and another with another seed', async () => {
    const again = await runScenario(options);
    const other = await runScenario({ ...options, seed: 8 });
    expect(again.record.digest).toBe(run.record.digest);
    expect(other.record.digest).not.toBe(run.record.digest);
    const withoutCosts = ({ performance: _cost, recordedAt: _when, ...rest }: FinishedRun['record']) => rest;
    expect(withoutCosts(again.record)).toEqual(withoutCosts(run.record));
  });

  it('shows the fault against the twin, and that it bit', () => {
    const signal = run.record.systems['signal']!;
    expect(signal.twin.digest).not.toBe(signal.digest);
    expect(signal.twin.delivery.expected).toBe(signal.delivery.expected);
    expect(signal.delivery.within['1m']).toBeLessThan(signal.twin.delivery.within['1m'] ?? 0);
    expect(signal.faults).toEqual([{ id: 'table-store-dns', bit: expect.any(Number) as number }]);
    expect(run.record.faults[0]?.bit['signal']).toBeGreaterThan(0);
    expect(run.record.checks.find(({ id }) => id === 'fault-bites/table-store-dns')?.holds).toBe(true);
  });

  it('is judged by its expectations', () => {
    expect(run.record.expectations.map(({ id, holds }) => [id, holds])).toEqual([
      ['nothing-lost', true],
      ['impossible', false],
      ['always', true],
    ]);
    expect(verdictOf(run.record)).toBe('check-failed');
  });

  it('is its own twin when its faults are taken away, and expectations about them do not apply', async () => {
    const without = await runScenario({ ...options, scenario: { ...scenario, overrides: ['faults=[]'] } });
    const signal = without.record.systems['signal']!;
    expect(signal.twin.digest).toBe(signal.digest);
    expect(signal.digest).toBe(run.record.systems['signal']!.twin.digest);
    expect(signal.blame).toEqual([]);
    expect(without.record.expectations.map(({ holds }) => holds)).toEqual([null, null, true]);
    expect(without.record.reproduce).toBe("npx netsplit run ten-people.yaml --seed 7 --set 'faults=[]'");
    expect(verdictOf(without.record)).toBe('good');
  });

  it('tells its progress to the end, growing', () => {
    const ours = progress.filter(({ variant }) => variant === 'run');
    const totals = ours.map(({ ever }) => ever.reduce((sum, count) => sum + count, 0));
    expect(totals).toEqual(totals.toSorted((left, right) => left - right));
    expect(ours.at(-1)?.now).toBe(ours.at(-1)?.horizon);
    expect(ours.at(-1)?.ever).toEqual(run.record.systems['signal']!.series.ever);
  });

  it('prints as a table of at most a hundred columns', () => {
    const table = compareTable(run.record).replace(/\x1b\[\d+m/g, '');
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const words of [
      'within 1 min',
      'One run with one seed (7)',
      run.record.reproduce,
      '✗ More is delivered',
    ])
      expect(table).toContain(words);
  });

  it('has in JSON the figures that scripts build on, by their promised names', () => {
    expect(JSON.parse(JSON.stringify(run.record))).toMatchObject({
      scenario: 'ten-people',
      seed: 7,
      systems: {
        signal: {
          delivery: { within: { '10s': expect.any(Number) as number } },
          latencyMs: { p50: expect.any(Number) as number },
          recoverySeconds: null, // less than half an hour of sending is left
          convergence: { converged: null, seconds: null },
          blame: expect.any(Array) as unknown[],
        },
      },
      performance: { eventsPerSecond: expect.any(Number) as number },
    });
  });

  it('ends with a clear error when a system is unknown', async () => {
    await expect(runScenario({ ...options, systems: ['signa'] })).rejects.toThrow(/did you mean "signal"/);
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    const stopped = runScenario({ ...options, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toThrow(RunInterrupted);
  });

  it('keeps the systems that are through with their twins when it is stopped, and names the others', async () => {
    const stop = new AbortController();
    const { record } = await runScenario({
      ...options,
      scenario: { ...scenario, overrides: ['systems={signal: , bitchat: }'] },
      signal: stop.signal,
      onProgress: ({ system }) => {
        if (system === 'bitchat') stop.abort();
      },
    });
    expect(record).toMatchObject({ complete: false, unfinished: ['bitchat'] });
    expect(Object.keys(record.systems)).toEqual(['signal']);
    expect(record.systems['signal']?.digest).toBe(run.record.systems['signal']?.digest);
    const words = compareTable(record).replaceAll(/\s+/g, ' ');
    expect(words).toContain('not complete: it was interrupted before bitchat had ended');
  });

  it.each([
    { limits: { seconds: 0 }, endedBy: 'time-limit', words: '--max-seconds' },
    { limits: { memoryMiB: 1 }, endedBy: 'memory-limit', words: '--max-memory' },
  ])('ends with what it has at the $endedBy', async ({ limits, endedBy, words }) => {
    const { record } = await runScenario({ ...options, limits });
    expect(record).toMatchObject({ complete: false, systems: { signal: { endedBy } } });
    expect(record.systems['signal']?.events).toBeGreaterThan(0);
    expect(record.systems['signal']?.events).toBeLessThan(run.record.systems['signal']?.events ?? 0);
    expect(record.checks.find(({ id }) => id === 'whole/signal')?.statement).toMatch(
      new RegExp(`\\(${words}.*busiest nodes, by events: signal/`),
    );
    expect(verdictOf(record)).toBe('limit-reached');
  });

  describe('in the store', () => {
    let path: string;
    beforeAll(async () => {
      ({ path } = await saveRun(store, run));
    });

    it('comes back as it was, with the scenario', async () => {
      const { run: id } = JSON.parse(await readFile(join(store, 'latest.json'), 'utf8')) as { run: string };
      expect(await readRun(store, id)).toEqual(run.record);
      const reproduction = await readReproduction(path);
      expect(reproduction).toMatchObject({ scenario: { text, overrides: [] }, systems: ['signal'] });
      expect(isRunFolder(path)).toBe(true);
    });

    it('is replaced by the same run, with nothing half-written left', async () => {
      await saveRun(store, run);
      expect(readdirSync(store).toSorted()).toEqual([
        'latest.json',
        run.record.scenario + '-7-' + run.record.digest.slice(0, 8),
      ]);
    });

    it('holds enough to compute its figures again from the Parquet file alone', async () => {
      const file = await readFile(join(path, 'fates.parquet'));
      const rows = await parquetReadObjects({ file: arrayBufferOf(file) });
      const measured = rows.filter((row) => row['measured'] === true);
      const inTime = measured.filter(
        (row) =>
          row['delivered_us'] !== null && Number(row['delivered_us']) - Number(row['sent_us']) <= 60_000_000,
      );
      const { delivery } = run.record.systems['signal']!;
      expect(measured.length).toBe(delivery.expected);
      expect(inTime.length / measured.length).toBe(delivery.within['1m']);
    });

    it('keeps spans that cover each delay that differs from the twin’s exactly', async () => {
      const [fates, spans] = await Promise.all(
        ['fates.parquet', 'spans.parquet'].map(async (name) =>
          parquetReadObjects({ file: arrayBufferOf(await readFile(join(path, name))) }),
        ),
      );
      const lengths = new Map<string, number>();
      const keyOf = (row: Record<string, unknown>): string =>
        `${String(row['message'])} ${String(row['recipient'])}`;
      for (const span of spans!)
        lengths.set(
          keyOf(span),
          (lengths.get(keyOf(span)) ?? 0) + Number(span['end_us']) - Number(span['start_us']),
        );
      const late = fates!.filter(
        (row) =>
          row['delivered_us'] !== row['twin_delivered_us'] &&
          row['delivered_us'] !== null &&
          Number(row['delivered_us']) - Number(row['sent_us']) > 1_000_000,
      );
      expect(late.length).toBeGreaterThan(0);
      for (const row of late)
        expect(lengths.get(keyOf(row))).toBe(Number(row['delivered_us']) - Number(row['sent_us']));
    });

    it('is complained about when damaged, or written by a later netsplit', async () => {
      const broken = mkdtempSync(join(store, 'broken-'));
      const complaint = async (content: string): Promise<string> => {
        writeFileSync(join(broken, 'run.json'), content);
        return readRecord(broken).then(
          () => 'none',
          (error: unknown) => (error instanceof StoreError ? error.message : 'another error'),
        );
      };
      expect(await complaint('{"version":')).toMatch(/run\.json: expected JSON; the file is damaged/);
      expect(await complaint('{"version":99}')).toMatch(/written by a later netsplit \(record version 99/);
      expect(await complaint('{"version":1}')).toMatch(/run\.json: netsplit: /);
      expect(await complaint('[]')).toMatch(/run\.json: /);
      const listed = await listRuns(store);
      expect(listed.map((each) => 'record' in each)).toEqual([true, false]);
      await expect(readRun(store, '../etc')).rejects.toThrow(StoreError);
      await expect(readRun(store, 'nothing')).rejects.toThrow(/there is no such file/);
    });

    it('says so when it cannot be written', async () => {
      const file = join(store, 'not-a-folder');
      writeFileSync(file, '');
      await expect(saveRun(file, run)).rejects.toThrow(StoreError);
    });

    it('is an empty list where there is no store', async () => {
      expect(await listRuns(join(store, 'absent'))).toEqual([]);
    });
  });
});

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
