// `netsplit bench campaign`: how much faster two workers run a campaign than one, beside threads that only allocate.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench, Row } from './bench.ts';
import { median } from './measure.ts';
import type { SpeedUpRound } from './campaign-speed-up.ts';

/** Runs per round and number of workers, and rounds: a thousand runs in all on two workers. */
const runsPerRound = 250;
const rounds = 4;

/** The rows of measured rounds. Each round's speed-up is held against the loop's of the same round. */
export function speedUpRows(measured: readonly SpeedUpRound[]): readonly Row[] {
  const speedUp = (times: SpeedUpRound['campaign']): number => times.one / times.two;
  const own = median(measured.map(({ campaign }) => speedUp(campaign)));
  const ratio = median(measured.map(({ campaign, loop }) => speedUp(campaign) / speedUp(loop)));
  const pace = median(measured.map(({ campaign, runs }) => runs / campaign.two));
  return [
    {
      name: `runs on two workers (${own.toFixed(2)} times those on one)`,
      value: pace,
      unit: '/s',
      comparison: { name: 'with the speed-up of threads that only allocate', value: pace / ratio },
      goal: { of: 'ratio', bound: 0.95 },
    },
  ];
}

export const campaignBench: Bench = {
  name: 'campaign',
  description:
    'a thousand runs of a small scenario on two workers, beside an allocating loop on as many threads',
  parts: [
    {
      name: 'speed-up',
      run(): readonly Row[] {
        const script = fileURLToPath(new URL('./campaign-speed-up.js', import.meta.url));
        const { stdout, status, stderr } = spawnSync(
          process.execPath,
          [script, String(runsPerRound), String(rounds)],
          { encoding: 'utf8', maxBuffer: 1 << 24 },
        );
        if (status !== 0) throw new Error(`the campaign did not end well: ${stderr}`);
        return speedUpRows(JSON.parse(stdout) as SpeedUpRound[]);
      },
    },
  ],
};
