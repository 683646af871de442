// Outages of the library end as they did when their pages were written. The quick suite holds the smallest to it; all of them, of
// up to a minute each, are run by `npm run soak`. With `-u` the pins are written anew: then the pages have to follow.
import { expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { runScenario } from '../../../reports/runner.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../../scenarios/load.ts';
import { pinFile, pinOf } from '../../support/outage-pins.ts';

const isSoak = process.env['MODE'] === 'soak';
const small = ['aws-middle-east-2026-03-01'];
const outages = libraryNames().filter(
  (name) => compileScenario(loadScenario(name)).document.depicts !== 'study',
);

it.each(isSoak ? outages : small)(
  '%s ends as it did',
  async (name) => {
    const { record } = await runScenario({ scenario: loadScenario(name), name, seed: 1, workers: 0 });
    await expect(`${JSON.stringify(pinOf(record), null, 2)}\n`).toMatchFileSnapshot(
      fileURLToPath(pinFile(name)),
    );
  },
  600_000,
);
