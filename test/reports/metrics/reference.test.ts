// The reference of metrics is what the metrics say of themselves, and it leaves none out.
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { metricsReference } from '../../../reports/metrics/reference.ts';
import { metrics } from '../../../reports/metrics/registry.ts';
import { systemRecordSchema } from '../../../reports/record-system.ts';
import { packageFile } from '../../../scenarios/package-file.ts';

it('is current', async () => {
  await expect(metricsReference()).toMatchFileSnapshot(packageFile('docs', 'reference', 'metrics.md'));
});

it('lists every metric there is, with definition, unit and caveats', async () => {
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
