// `netsplit bench campaign`: how much faster two workers run a campaign than one, beside threads that only allocate.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench, Row } from './bench.ts';
import type { SpeedUpRound } from './campaign-speed-up.ts';

/** Runs per slice and slices: a thousand runs on one worker, and the same on two. */
const runsPerRound = 250;
const rounds = 4;

/**
 * The rows of measured rounds. They are slices of one campaign, of which the first is slower while the engine compiles:
 * the sums count.
 */
export function speedUpRows(measured: readonly SpeedUpRound[]): readonly Row[] {
  const sum = (of: (round: SpeedUpRound) => number): number =>
    measured.reduce((total, round) => total + of(round), 0);
  const own = sum(({ campaign }) => campaign.one) / sum(({ campaign }) => campaign.two);
  const ratio = own / (sum(({ loop }) => loop.one) / sum(({ loop }) => loop.two));
  const pace = sum(({ runs }) => runs) / sum(({ campaign }) => campaign.two);
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
