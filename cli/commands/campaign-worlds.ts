// `netsplit campaign --assumptions`: the range by chance, the range by ignorance, and what it takes to turn the answer.
import { join } from 'node:path';
import pc from 'picocolors';
import { figuresCsv } from '../../reports/campaign/campaign-report.ts';
import { CampaignExists, runCampaign, type CampaignRun } from '../../reports/campaign/campaign-runner.ts';
import type { CampaignPlan } from '../../reports/campaign/campaign-plan.ts';
import { writeFiles, writeManifest } from '../../reports/campaign/campaign-store.ts';
import { figuresById, headlineFigures, type Figure } from '../../reports/campaign/figures.ts';
import { parseSeeds } from '../../reports/campaign/seeds.ts';
import { gradeLines } from '../../reports/grade-lines.ts';
import { changesInWords } from '../../reports/summarise.ts';
import { packageVersion } from '../../reports/package-version.ts';
import { planWorlds, type WorldsPlan } from '../../reports/sensitivity/drawn-worlds.ts';
import { bothEnds, planTrials } from '../../reports/sensitivity/one-at-a-time.ts';
import { findReversals, type Reversal } from '../../reports/sensitivity/reversal.ts';
import { reversalWords } from '../../reports/sensitivity/sensitivity-report.ts';
import { rankAssumptions } from '../../reports/sensitivity/tornado.ts';
import {
  mightiest,
  rangesInWords,
  twoRanges,
  type RangesOfPair,
} from '../../reports/sensitivity/two-ranges.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { CampaignProgressLine } from '../campaign-progress.ts';
import { exitCode, UsageError } from '../exit.ts';
import { figureOf } from '../figure-option.ts';
import { systemList } from '../system-list.ts';
import type { CampaignCommandOptions } from './campaign.ts';

/** Assumptions that are moved one by one, and the seeds with which that is done: enough to see a reversal. */
const closerLook = { assumptions: 8, seeds: 5 } as const;

/** Runs a campaign over plausible worlds; returns the exit code. */
export async function campaignWorlds(name: string, options: CampaignCommandOptions): Promise<number> {
  if (options.vary.length > 0)
    throw new UsageError('--assumptions draws its own values: expected it without --vary');
  const wanted = (options.figures?.split(',') ?? headlineFigures.slice(0, 1)).map((id) =>
    figureOf(id.trim()),
  );
  const scenario = { ...loadScenario(name), overrides: options.set };
  const plan = planWorlds(scenario, name, parseSeeds(options.seeds), systemList(options.systems));
  const folder = options.out ?? join('campaigns', `${plan.id}-worlds-${plan.digest.slice(0, 8)}`);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    const run = await runPlan(plan, folder, options, interrupt.signal, options.resume === true);
    if (run.stopped) return stopped();
    const pairs = wanted.flatMap((figure) => twoRanges(plan, run.results, figure));
    const reversals = await smallestChange(plan, pairs, wanted, folder, options, interrupt.signal);
    if (interrupt.signal.aborted) return stopped();
    await show({ plan, pairs, reversals, run }, folder, options);
    return run.failures.length > 0 ? exitCode.checkFailed : exitCode.good;
  } finally {
    process.off('SIGINT', stop);
  }
}

function stopped(): number {
  process.stderr.write('stopped: what was run is kept; continue with --resume\n');
  return exitCode.interrupted;
}

async function runPlan(
  plan: CampaignPlan,
  folder: string,
  { workers, record, recheck }: CampaignCommandOptions,
  signal: AbortSignal,
  resume: boolean,
): Promise<CampaignRun> {
  const progress = new CampaignProgressLine();
  try {
    return await runCampaign(plan, {
      folder,
      workers,
      level: record,
      resume,
      recheck,
      signal,
      onStart: () => writeManifest(folder, plan, packageVersion()),
      onProgress: (each) => progress.update(each),
    });
  } catch (error) {
    if (error instanceof CampaignExists) throw new UsageError(error.message);
    throw error;
  } finally {
    progress.end();
  }
}

/** Moves the assumptions that go most with the answer, one at a time, until it turns round. */
async function smallestChange(
  plan: WorldsPlan,
  pairs: readonly RangesOfPair[],
  [figure]: readonly Figure[],
  folder: string,
  options: CampaignCommandOptions,
  signal: AbortSignal,
): Promise<readonly Reversal[]> {
  const chosen = mightiest(pairs, plan.assumptions.ranged, closerLook.assumptions);
  if (figure === undefined || chosen.length === 0) return [];
  const { scenario, name, systems } = plan;
  const seeds = plan.seeds.slice(0, closerLook.seeds);
  const inOwnFolder = { ...options, recheck: 0, record: 'summary' as const };
  const run = async (trials: Parameters<typeof planTrials>[0]['trials']) => {
    const next = planTrials({ scenario, name, seeds, systems, trials });
    const { results } = await runPlan(next, join(folder, 'one-at-a-time'), inOwnFolder, signal, true);
    return { plan: next, results };
  };
  const first = await run(chosen.flatMap(bothEnds));
  return findReversals(rankAssumptions(first.plan, first.results, figure), figure, run);
}

interface Shown {
  readonly plan: WorldsPlan;
  readonly pairs: readonly RangesOfPair[];
  readonly reversals: readonly Reversal[];
  readonly run: CampaignRun;
}

async function show(
  { plan, pairs, reversals, run }: Shown,
  folder: string,
  options: CampaignCommandOptions,
): Promise<void> {
  const { ranged, fixed } = plan.assumptions;
  const reversal = reversalWords(
    reversals,
    pairs.some(({ drivers }) => drivers.length > 0),
  );
  const document = {
    version: 1,
    netsplit: packageVersion(),
    engine: plan.engine,
    scenario: plan.id,
    scenarioDigest: plan.scenarioDigest,
    seeds: plan.seeds,
    systems: plan.systems,
    pairs,
    limits: gradeLines(plan.systems),
    reversals,
    reversalsInWords: reversal,
    drawn: ranged,
    fixed,
    withoutWorld: plan.withoutWorld,
  };
  await writeFiles(folder, {
    'worlds.json': `${JSON.stringify(document, null, 1)}\n`,
    'figures.csv': figuresCsv(plan, run.results),
  });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  const words = pairs.flatMap((pair) => {
    const figure = figuresById.get(pair.figure);
    if (figure === undefined) return [];
    const silent = plan.worlds.size - pair.ignorance.count;
    return [
      ...rangesInWords(pair, figure),
      ...(silent > 0 ? [`  in ${silent} of ${plan.worlds.size} worlds there is no number to compare`] : []),
      '',
    ];
  });
  process.stdout.write(
    [
      pc.bold(plan.title),
      pc.dim(
        `${plan.seeds.length} seeds as written, ${plan.worlds.size} worlds with ${ranged.length} assumptions drawn from their plausible ranges`,
      ),
      '',
      ...words,
      ...reversal,
      ...(plan.withoutWorld.length === 0
        ? []
        : [`No world that the scenario bears could be drawn for ${plan.withoutWorld.length} seeds.`]),
      pc.dim(
        `${fixed.length} assumptions were not drawn: no range, no numbers, or no scenario can set them.`,
      ),
      ...[...changesInWords(plan.overrides), ...gradeLines(plan.systems)].map((line) => pc.dim(line)),
      pc.dim(`kept in ${folder}`),
      '',
    ].join('\n'),
  );
  for (const { job, message } of run.failures)
    process.stderr.write(`${pc.red('failed')}: seed ${job.seed}: ${message}\n`);
}
