// The reference of metrics is what the metrics say of themselves. That it leaves none out: registry.test.ts.
import { expect, it } from 'vitest';
import { metricsReference } from '../../../reports/metrics/reference.ts';
import { packageFile } from '../../../scenarios/package-file.ts';

it('is current', async () => {
  await expect(metricsReference()).toMatchFileSnapshot(packageFile('docs', 'reference', 'metrics.md'));
});
