// Every figure of a record, computed again by SQL from the Parquet files beside it, as `netsplit query` runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { figures as campaignFigures } from '../../../reports/campaign/figures.ts';
import { MissingPackage } from '../../../reports/missing-package.ts';
import { openRuns, queryRuns, QueryRefused, type OpenRuns } from '../../../reports/query/query-runs.ts';
import type { RunRecord } from '../../../reports/record.ts';
import { runScenario } from '../../../reports/runner.ts';
import { withResendBounds } from '../../../reports/resend-bounds.ts';
import { saveRun } from '../../../reports/store.ts';
import { disputeFigures } from './dispute-figures.ts';
import { expectationsText, measuredExpectations } from './expectation-figures.ts';
import { figures } from './figures.ts';
import { moreFigures } from './more-figures.ts';
import { leavesOf, watched } from './leaves.ts';

const scenario = {
  text: `
netsplit: 1
name: ten-people
title: Ten people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 35m, horizon: 2h, shortHorizon: a test }
people:
  count: 12
  cities: [{ name: berlin, share: 1 }]
  messagesPerPersonPerDay: 250
  districtsPerCity: 1
  districtRadiusMetres: 60
  meshSessionsPerDay: 18
  meshSessionMeanMinutes: 20
  shareInDirectChats: 0.1
  shareInGroups: 0.3
  roomSize: 12
  peoplePerRoom: 12
  firstContactsPerDay: 20
  deviceLinksPerDay: 10
  loginsPerDay: 30
  attachmentsPerDay: 20
  roomChangesPerDay: 1500
  guestsPerRoom: 6
  guestMessagesPerDay: 500
world:
  servers:
    - { name: ash.example, site: hetzner/falkenstein, users: 4, software: synapse }
    - { name: cedar.example, site: ovh/gravelines, users: 4, software: synapse }
    - { name: fir.example, site: aws/us-east-1, users: 4, software: synapse }
systems: { signal: , matrix: { encryptedPublicShare: 1 }, bitchat: }
faults:
  - id: table-store-dns
    title: The table store's DNS record is empty
    kind: dns
    target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb
    answer: empty
    negativeTtlSeconds: 60
    start: 15m
    end: 25m
    source: invented
  - id: peering
    title: Two providers do not reach each other
    kind: partition
    target: id=aws/us-east-1
    from: id=hetzner/falkenstein
    start: 10m
    end: 28m
    source: invented
  - id: second-way
    title: Nor do they by way of a third one
    kind: partition
    target: id=aws/us-east-1
    from: id=ovh/gravelines
    start: 14m
    end: 24m
    source: invented
expectations:
${expectationsText}
`,
  file: 'ten-people.yaml',
};

/** Whether DuckDB, an optional package, is installed here. */
const hasDuckDb = await import('@duckdb/node-api').then(
  () => true,
  () => false,
);

const store = mkdtempSync(join(tmpdir(), 'netsplit-sql-'));
let record: RunRecord;
let runs: OpenRuns | undefined;
beforeAll(async () => {
  const options = { scenario, name: 'x', seed: 5, workers: 0 };
  const run = await withResendBounds(await runScenario(options), options);
  ({ record } = run);
  await saveRun(store, run);
  runs = hasDuckDb ? await openRuns(store) : undefined;
});
afterAll(() => {
  runs?.close();
  rmSync(store, { recursive: true, force: true });
});

const rowsOf = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
  present(await runs?.query(sql), 'DuckDB').rows;

/** Numbers may differ by as little as sums of doubles in another order do. */
function sameFigures(found: unknown, expected: unknown): void {
  expect(takenFrom(found, expected)).toEqual(expected);
}

/** What was found, with the expected numbers wherever they are the same but for rounding. */
function takenFrom(found: unknown, expected: unknown): unknown {
  if (Array.isArray(found) && Array.isArray(expected))
    return found.map((each, index) => takenFrom(each, expected[index]));
  if (typeof found !== 'number' || typeof expected !== 'number') return found;
  return Math.abs(found - expected) <= 1e-9 * Math.abs(expected) ? expected : found;
}

/** What the figures below read of the records: the rest has no SQL. */
const recomputed = new Set<string>();

describe.runIf(hasDuckDb).each(['signal', 'matrix', 'bitchat'])('by SQL alone, of %s', (id) => {
  it.each([...figures, ...moreFigures, ...disputeFigures])('$figure', async ({ sql, recorded }) => {
    const system = present(record.systems[id], id);
    sameFigures(await rowsOf(sql(id)), recorded(watched(system, recomputed), id));
  });
});

describe.runIf(hasDuckDb)('by SQL alone, what the scenario expects', () => {
  it.each(measuredExpectations)('$id', async ({ id, sql }) => {
    const measured = record.expectations.find((each) => each.id === id)?.measured;
    expect(measured).toEqual(expect.any(Number));
    sameFigures(await rowsOf(sql), [[measured]]);
  });
});

it('computes the figures of campaigns from nothing that has no SQL', () => {
  const read = new Set<string>();
  for (const system of Object.values(record.systems))
    for (const figure of campaignFigures) figure.of(watched(system, read));
  expect(read.size).toBeGreaterThan(15);
  expect([...read].filter((leaf) => !recomputed.has(leaf))).toEqual([]);
});

it('has a world that shows what is to be computed again', () => {
  const matrix = present(record.systems['matrix'], 'matrix');
  const signal = present(record.systems['signal'], 'signal');
  expect(matrix.undecryptable?.deliveries).toBeGreaterThan(0);
  expect(matrix.divergence?.windows).toBeGreaterThan(0);
  expect(
    matrix.disputedState?.entries.some(({ sides, refused }) => sides.length > 1 && refused.length > 0),
  ).toBe(true);
  expect(signal.tasks.some(({ reasons, blame }) => reasons.length > 0 && blame.length > 0)).toBe(true);
  const bitchat = present(record.systems['bitchat'], 'bitchat');
  expect(bitchat.delivery.delivered).toBeGreaterThan(bitchat.delivery.expected / 10);
  expect(bitchat.delivery.delivered).toBeLessThan(bitchat.delivery.expected);
  expect(new Set(record.expectations.map(({ measured }) => measured)).size).toBeGreaterThan(12);
  expect(signal.resend?.never.within1m).not.toBeNull();
  for (const { situations, blame } of [matrix, signal]) {
    expect(Object.keys(situations).length).toBeGreaterThan(0);
    expect(blame.length).toBeGreaterThan(0);
  }
});

/** What stands in a record that is no figure: names, hashes, and what a limit of the machine left of a run. */
const noFigures =
  /^(title|description|fidelity|digest|outcome|events|endedBy|twin\.(digest|outcome|events))$|^busiestNodes|^series\.(start|bucketSeconds)$|\.title$|^faults\.\*\.id$|\.without$/;

it.runIf(hasDuckDb)('leaves no figure of the records without SQL', () => {
  const leaves = new Set(Object.values(record.systems).flatMap((system) => leavesOf(system)));
  expect([...leaves].filter((leaf) => !noFigures.test(leaf) && !recomputed.has(leaf))).toEqual([]);
});

describe.runIf(hasDuckDb)('a query', () => {
  it('finds what the records of runs say', async () => {
    expect(
      await rowsOf(
        'SELECT seed, scenario, system, fidelity FROM runs JOIN systems USING (run) ORDER BY system',
      ),
    ).toEqual([
      [5, 'ten-people', 'bitchat', 'B'],
      [5, 'ten-people', 'matrix', 'A'],
      [5, 'ten-people', 'signal', 'B'],
    ]);
    const [[value]] = (await rowsOf(
      "SELECT value FROM figures WHERE system = 'signal' AND figure = 'within-1m'",
    )) as [[number]];
    expect(value).toBe(record.systems['signal']?.delivery.within['1m']);
  });

  it('is refused with the reason, and reads nothing outside the store', async () => {
    await expect(queryRuns(store, 'SELEC 1')).rejects.toThrow(/syntax error/);
    await expect(queryRuns(store, 'SELECT * FROM fate')).rejects.toThrow(
      /^there is no table fate; did you mean "fates"\?; there are runs, /,
    );
    await expect(queryRuns(store, 'SELECT nothing FROM fates')).rejects.toThrow(QueryRefused);
    await expect(queryRuns(store, "SELECT * FROM read_text('/etc/hostname')")).rejects.toThrow(
      /[Pp]ermission|disabled/,
    );
    await expect(queryRuns(join(store, 'absent'), 'SELECT 1')).rejects.toThrow(/found none/);
  });
});

it('says what is missing when DuckDB is not installed', () => {
  expect(new MissingPackage('`netsplit query`', '@duckdb/node-api').message).toBe(
    '`netsplit query` needs an optional package that is not installed here: `npm install @duckdb/node-api`',
  );
});
