// The list of metrics leaves none out, and the places that it names are there.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../../../reports/metrics/registry.ts';
import { systemRecordSchema } from '../../../reports/record-system.ts';
import { saveRun } from '../../../reports/store.ts';
import { packageFile } from '../../../scenarios/package-file.ts';
import { plantedRun } from '../../support/planted-run.ts';

it('has every metric there is, with definition, unit and caveats', async () => {
  const known = new Set(metrics.map(({ metric }) => metric));
  for (const file of readdirSync(packageFile('reports', 'metrics'))) {
    const exported = (await import(pathToFileURL(packageFile('reports', 'metrics', file)).href)) as Record<
      string,
      unknown
    >;
    for (const [name, value] of Object.entries(exported))
      if (typeof value === 'object' && value !== null && 'compute' in value)
        expect(known.has(value as (typeof metrics)[number]['metric']), `${file}: ${name}`).toBe(true);
  }
  for (const { metric } of metrics) {
    expect(metric.definition.length).toBeGreaterThan(40);
    expect(metric.unit).not.toBe('');
    expect(metric.caveats.length).toBeGreaterThan(0);
  }
});

it('names places that a record has, and every figure of a record is named', () => {
  const named = new Set(metrics.flatMap(({ record }) => record.map((path) => path.split('.')[0])));
  const shape = Object.keys(systemRecordSchema.shape);
  expect([...named].filter((name) => !shape.includes(name!))).toEqual([]);
  const noFigures = new Set(
    [
      'title',
      'description',
      'fidelity',
      'digest',
      'outcome',
      'events',
      'endedBy',
      'busiestNodes',
      'recoverySeconds',
      // Of further simulations that are not kept: with nobody and with everybody sending again by hand.
      'resend',
    ].concat(['counts', 'situations', 'counters']),
  );
  expect(shape.filter((name) => !named.has(name) && !noFigures.has(name))).toEqual([]);
});

describe('of a metric', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-registry-'));
  const shape = systemRecordSchema.shape;
  let files: readonly string[];
  beforeAll(async () => {
    files = readdirSync((await saveRun(folder, plantedRun())).path);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(metrics.map((each) => [each.metric.id, each] as const))(
    '%s every place is there, and every file is kept beside the record',
    (_id, { record, files: named }) => {
      expect(record.length).toBeGreaterThan(0);
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !files.includes(`${name}.parquet`))).toEqual([]);
      for (const path of record) {
        const [first = '', second] = path.split('.');
        expect(Object.keys(shape)).toContain(first);
        if (second !== undefined) expect(Object.keys(shape.twin.shape)).toContain(second);
      }
    },
  );

  it('every figure of the twin and every file is some metric’s', () => {
    const ofTwins = metrics.flatMap(({ record }) => record.filter((path) => path.startsWith('twin.')));
    const noFigures = ['digest', 'outcome', 'events'];
    expect(ofTwins.map((path) => path.slice('twin.'.length)).sort()).toEqual(
      Object.keys(shape.twin.shape)
        .filter((name) => !noFigures.includes(name))
        .sort(),
    );
    const named = new Set(metrics.flatMap(({ files: each }) => each.map((name) => `${name}.parquet`)));
    expect(files.filter((file) => file.endsWith('.parquet') && !named.has(file))).toEqual([]);
  });
});
