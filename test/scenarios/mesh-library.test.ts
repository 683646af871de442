// The small mesh scenarios of the library run, and do what they say; the campus is the one that its generator makes.
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../reports/runner.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { campusLines } from '../support/campus.ts';

/** `npm run soak` has everybody come, who makes the same happen four times as often. */
const isSoak = process.env['MODE'] === 'soak';

// Seeds at which few are late by chance: a hundred late deliveries may have one that no fault explains, and not two.
describe.each([
  ['wrong-clocks', 3, ['people.count=24', 'people.peoplePerRoom=24', 'people.roomSize=16']],
  ['jammed-square', 1, ['people.count=18', 'people.peoplePerRoom=18', 'people.roomSize=12']],
  ['busy-channel', 1, ['windows.horizon=35m']],
  ['hostile-flooder', 1, ['people.count=12', 'people.peoplePerRoom=12', 'people.roomSize=8']],
  ['far-friends', 1, ['people.count=16', 'people.directChatsPerPerson=4', 'windows.horizon=2h']],
])('%s', (name, seed, fewer) => {
  it('meets its expectations, with every late message explained', async () => {
    const scenario = { ...loadScenario(name), overrides: isSoak ? [] : fewer };
    const { record } = await runScenario({ scenario, name, seed, workers: 0 });
    expect(record.expectations.map(({ id, holds }) => ({ id, holds }))).toEqual(
      record.expectations.map(({ id }) => ({ id, holds: true })),
    );
    expect(record.checks.filter(({ holds }) => !holds).map(({ id }) => id)).toEqual([]);
    for (const { id, bit } of record.faults)
      expect(
        Object.values(bit).some((count) => count > 0),
        id,
      ).toBe(true);
  }, 180_000);
});

// An iPhone takes nothing from an Android phone's gossip that is older than two minutes.
it('a channel of iPhones that says no more than a filter names loses nothing between the camps', async () => {
  const fewer = ['people.messagesPerPersonPerDay=800', 'people.androidShare=0'];
  const overrides = [...fewer, ...(isSoak ? [] : ['windows.horizon=35m'])];
  const scenario = { ...loadScenario('busy-channel'), overrides };
  const { record } = await runScenario({ scenario, name: 'busy-channel', seed: 1, workers: 0 });
  expect(record.systems['bitchat']?.delivery.ratio).toBeGreaterThan(0.98);
}, 180_000);

it('campus.contacts.gz is what its generator makes', () => {
  const kept = gunzipSync(
    readFileSync(packageFile('scenarios', 'datasets', 'campus.contacts.gz')),
  ).toString();
  expect(campusLines()).toBe(kept);
});
