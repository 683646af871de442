// Small scenarios of federation run, do what they say, and leave nothing without a named cause.
import { expect, it } from 'vitest';
import type { RunRecord } from '../../reports/record.ts';
import { runScenario } from '../../reports/runner.ts';
import { loadScenario } from '../../scenarios/load.ts';

/** `npm run soak` has people say as much as they do in the library. */
const isSoak = process.env['MODE'] === 'soak';
const quieter = [
  'people.messagesPerPersonPerDay=40',
  'people.guestMessagesPerDay=60',
  'people.roomChangesPerDay=150',
  'windows.horizon=4h',
];

/** What fails of a run's expectations and checks. */
function failures({ expectations, checks }: RunRecord): readonly string[] {
  return [...expectations.filter(({ holds }) => holds !== true), ...checks.filter(({ holds }) => !holds)].map(
    ({ id }) => id,
  );
}

it('a server that is hostile in every way meets what is expected of honest ones, and everything late is explained', async () => {
  const name = 'hostile-every-way';
  const scenario = { ...loadScenario(name), overrides: isSoak ? [] : quieter };
  const { record } = await runScenario({ scenario, name, seed: 1, workers: 0 });
  expect(failures(record)).toEqual([]);
}, 180_000);

it('moderators at work on both sides of a netsplit make one room of it again, in every aspect', async () => {
  const name = 'netsplit-two-halves';
  const { record } = await runScenario({ scenario: loadScenario(name), name, seed: 2, workers: 0 });
  expect(failures(record)).toEqual([]);
  const { convergence, situations } = record.systems['matrix'] ?? {};
  expect(situations?.['matrix.administration.done']).toBeGreaterThan(5);
  expect(convergence?.aspects['state']).toMatchObject({ converged: true });
  expect(convergence?.aspects['state']?.diverged).toBeGreaterThan(0);
  expect(convergence?.aspects['state']?.seconds).toBeLessThan(
    convergence?.aspects['extremities']?.seconds ?? 0,
  );
  expect(convergence).toMatchObject({ historyComplete: true, resets: 0 });
}, 180_000);

it('members of a closed federation keep writing behind a closed border; who is woken from outside is the rest, and is blamed on it', async () => {
  const name = 'closed-federation';
  const overrides = [
    'people.count=16',
    'people.androidShare=0.5',
    'windows.sending=6h',
    'windows.horizon=31h',
  ];
  const scenario = { ...loadScenario(name), overrides };
  const run = await runScenario({ scenario, name, seed: 1, workers: 0, systems: ['matrix-closed'] });
  const { delivery, twin, blame, blameAccount } = run.record.systems['matrix-closed']!;
  expect(delivery.delivered).toBe(twin.delivery.delivered);
  expect(delivery.within['1m']).toBeGreaterThan(0.6);
  expect(blame.map(({ fault, reason }) => `${fault}: ${reason}`)).toContain('border: push-failed');
  expect(blameAccount.unexplainedShare).toBeLessThan(0.01);
}, 180_000);
