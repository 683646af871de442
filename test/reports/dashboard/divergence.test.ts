// When copies differed, as the page shows it: long stretches alone, longest first, by system and aspect.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { file } from '../../../reports/columns.ts';
import { saveRun } from '../../../reports/store.ts';
import { runDivergence } from '../../../reports/views/divergence.ts';
import { plantedRun } from '../../support/planted-run.ts';

interface Incident {
  readonly kind: string;
  readonly object: string;
  readonly aspect: string | null;
  /** Minutes; null: beyond the horizon. */
  readonly start: number;
  readonly end: number | null;
}

const incidents: readonly Incident[] = [
  { kind: 'cut-off', object: '!a', aspect: null, start: 0, end: 90 },
  { kind: 'disagreement', object: '!a', aspect: 'state', start: 10, end: 20 },
  { kind: 'disagreement', object: '!b', aspect: 'state', start: 15, end: null },
  { kind: 'disagreement', object: '!a', aspect: 'state', start: 30, end: 30.5 },
  { kind: 'disagreement', object: '!a', aspect: 'state', start: 40, end: 45 },
  { kind: 'disagreement', object: '!c', aspect: 'extremities', start: 1, end: 3 },
];

describe('disagreement over time', () => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-divergence-'));
  let folder: string;
  beforeAll(async () => {
    ({ path: folder } = await saveRun(store, plantedRun()));
    const microseconds = (minutes: number | null): bigint | null =>
      minutes === null ? null : BigInt(minutes * 60_000_000);
    const columns = file([
      { name: 'system', data: incidents.map(() => 'matrix'), type: 'STRING' },
      { name: 'kind', data: incidents.map(({ kind }) => kind), type: 'STRING' },
      { name: 'aspect', data: incidents.map(({ aspect }) => aspect), type: 'STRING' },
      { name: 'object', data: incidents.map(({ object }) => object), type: 'STRING' },
      { name: 'start_us', data: incidents.map(({ start }) => microseconds(start)), type: 'INT64' },
      { name: 'end_us', data: incidents.map(({ end }) => microseconds(end)), type: 'INT64' },
    ]);
    writeFileSync(join(folder, 'incidents.parquet'), columns);
  });
  afterAll(() => rmSync(store, { recursive: true, force: true }));

  it('is told by aspect, with what is open lasting to the horizon and what is short left out', async () => {
    const { aspects } = await runDivergence(folder);
    expect(aspects.map(({ system, aspect }) => [system, aspect])).toEqual([
      ['matrix', 'state'],
      ['matrix', 'extremities'],
    ]);
    expect(aspects[0]?.objects).toEqual([
      { object: '!b', stretches: [{ start: 900, end: 7_200 }], seconds: 6_300 },
      {
        object: '!a',
        stretches: [
          { start: 600, end: 1_200 },
          { start: 2_400, end: 2_700 },
        ],
        seconds: 900,
      },
    ]);
  });
});
