// What is kept of many seeds is what a campaign came to. Where one lies in `campaigns/<scenario>` (`npx netsplit campaign <scenario>
// --seeds 1..30 --out campaigns/<scenario>`), it is held to it, and its first seed to the pin; with `-u` both are written anew: then the
// pages have to follow.
import { describe, expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { present } from '../../../protocol/assert.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../../scenarios/load.ts';
import { pinFile, pinOf } from '../../support/outage-pins.ts';
import { campaignRecords, readSeeds, seedsFile, seedsOf } from '../../support/outage-seeds.ts';

const kept = readdirSync(new URL('seeds/', import.meta.url)).map((file) => file.replace(/\.json$/, ''));

describe.each(kept)('what is kept of %s', (name) => {
  const { seeds, command, expectations } = present(readSeeds(name), name);

  it('is about its expectations, seed by seed', () => {
    const { document } = compileScenario(loadScenario(name));
    expect(Object.keys(expectations)).toEqual(document.expectations.map(({ id }) => id));
    expect(command).toBe(`npx netsplit campaign ${name} --seeds 1..${seeds}`);
  });

  it('counts no seed twice, and is in order', () => {
    for (const { holds, of, least, median, most } of Object.values(expectations)) {
      expect(holds).toBeLessThanOrEqual(of);
      expect(of).toBeLessThanOrEqual(seeds);
      const [low, middle, high] = [least, median, most].map((value) => value ?? Infinity) as [
        number,
        number,
        number,
      ];
      expect(low).toBeLessThanOrEqual(middle);
      expect(middle).toBeLessThanOrEqual(high);
    }
  });
});

for (const name of libraryNames()) {
  const records = campaignRecords(fileURLToPath(new URL(`../../../campaigns/${name}`, import.meta.url)));
  if (records.length > 0)
    it(`${name} came to what is kept, with seed 1 to what is pinned`, async () => {
      const kept = [
        [seedsFile(name), seedsOf(name, records)],
        [pinFile(name), pinOf(present(records[0], 'run with seed 1'))],
      ] as const;
      for (const [file, content] of kept)
        await expect(`${JSON.stringify(content, null, 2)}\n`).toMatchFileSnapshot(fileURLToPath(file));
    });
}
