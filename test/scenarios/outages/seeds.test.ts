// What is kept of many seeds is what a campaign came to. Where one lies in `campaigns/<scenario>` (`npx netsplit campaign <scenario>
// --seeds 1..30 --out campaigns/<scenario>`), it is held to it; with `-u` what is kept is written anew: then the pages have to follow.
import { it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { compileScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../../scenarios/load.ts';
import { campaignRecords, seedsFile, seedsOf } from '../../support/outage-seeds.ts';

const campaigns = new URL('../../../campaigns/', import.meta.url);
const outages = libraryNames().filter(
  (name) => compileScenario(loadScenario(name)).document.depicts !== 'study',
);

it.for(outages)('%s over its seeds', async (name, { skip, expect }) => {
  const records = campaignRecords(fileURLToPath(new URL(name, campaigns)));
  if (records.length === 0) skip('no campaign of it lies here');
  await expect(`${JSON.stringify(seedsOf(name, records), null, 2)}\n`).toMatchFileSnapshot(
    fileURLToPath(seedsFile(name)),
  );
});
