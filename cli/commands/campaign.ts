// `netsplit campaign`: many seeds, several variants, paired comparisons with intervals; kept run by run.
import { join } from 'node:path';
import pc from 'picocolors';
import { campaignResult, writeCampaignFiles } from '../../reports/campaign/campaign-files.ts';
import { reportCampaign } from '../../reports/campaign/campaign-report.ts';
import { CampaignExists, runCampaign, type CampaignRun } from '../../reports/campaign/campaign-runner.ts';
import type { CellPool } from '../../reports/campaign/cell-pool.ts';
import { planCampaign, type CampaignPlan } from '../../reports/campaign/campaign-plan.ts';
import { writeManifest } from '../../reports/campaign/campaign-store.ts';
import { campaignTable } from '../../reports/campaign/campaign-table.ts';
import { headlineFigures } from '../../reports/campaign/figures.ts';
import { parseSeeds } from '../../reports/campaign/seeds.ts';
import { parseAxis } from '../../reports/campaign/variants.ts';
import { packageVersion } from '../../reports/package-version.ts';
import type { RecordLevel } from '../../reports/store.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { firstDifference } from '../../sim/kernel/trace-diff.ts';
import { CampaignProgressLine } from '../campaign-progress.ts';
import { exitCode, UsageError } from '../exit.ts';
import { figureOf } from '../figure-option.ts';
import { simulationMaker } from '../simulations.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface CampaignCommandOptions {
  readonly seeds: string;
  readonly vary: readonly string[];
  readonly set: readonly string[];
  readonly systems?: string;
  readonly figures?: string;
  readonly out?: string;
  readonly workers?: number;
  readonly record: RecordLevel;
  readonly recheck: number;
  readonly resume?: boolean;
  readonly assumptions?: boolean;
  readonly queue?: string;
  readonly json?: boolean;
}

/** Runs a campaign; returns the exit code. */
export async function campaign(name: string, options: CampaignCommandOptions): Promise<number> {
  const wanted = figureList(options.figures);
  const plan = planCampaign({
    scenario: { ...loadScenario(name), overrides: options.set },
    name,
    seeds: parseSeeds(options.seeds),
    axes: options.vary.map(parseAxis),
    systems: systemList(options.systems),
  });
  const folder = options.out ?? join('campaigns', `${plan.id}-${plan.digest.slice(0, 8)}`);
  const run = await runKeeping(plan, folder, options);
  const report = reportCampaign(plan, run.results, wanted);
  await writeCampaignFiles(folder, run, report);
  if (options.json === true) process.stdout.write(`${JSON.stringify(campaignResult(run, report))}\n`);
  else process.stdout.write(`${campaignTable(report)}\n${afterwards(run, folder)}\n`);
  tellFailures(run);
  if (run.stopped) {
    process.stderr.write(
      `stopped: ${report.runs.finished} of ${report.runs.planned} runs are kept; continue with --resume\n`,
    );
    return exitCode.interrupted;
  }
  return run.failures.length + run.determinismFailures.length > 0 ? exitCode.checkFailed : exitCode.good;
}

async function runKeeping(
  plan: CampaignPlan,
  folder: string,
  options: CampaignCommandOptions,
): Promise<CampaignRun> {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const progress = new CampaignProgressLine();
  try {
    return await runCampaign(plan, {
      openPool: openQueue(plan, options),
      folder,
      workers: options.workers,
      level: options.record,
      resume: options.resume === true,
      recheck: options.recheck,
      signal: interrupt.signal,
      onStart: () => writeManifest(folder, plan, packageVersion()),
      onProgress: (each) => progress.update(each),
    });
  } catch (error) {
    if (error instanceof CampaignExists) throw new UsageError(error.message);
    throw error;
  } finally {
    process.off('SIGINT', stop);
    progress.end();
  }
}

function figureList(option: string | undefined): readonly string[] {
  return option?.split(',').map((id) => figureOf(id.trim()).id) ?? headlineFigures;
}

/** The workers at a queue, when one is named. */
function openQueue(
  { engine }: CampaignPlan,
  { queue }: CampaignCommandOptions,
): ((signal: AbortSignal) => Promise<CellPool>) | undefined {
  if (queue === undefined) return undefined;
  return async (signal) => {
    const { queuePool } = await import('../../reports/queue/queue-pool.ts');
    const onNotice = (notice: string): void => void process.stderr.write(`${notice}\n`);
    return queuePool({ url: queue, engine, signal, onNotice });
  };
}

function afterwards(
  { rechecked, foreign, damaged, determinismFailures }: CampaignRun,
  folder: string,
): string {
  return [
    ...(rechecked > 0 && determinismFailures.length === 0
      ? [pc.dim(`${rechecked} ${rechecked === 1 ? 'run' : 'runs'} repeated: identical`)]
      : []),
    ...(foreign > 0
      ? [pc.dim(`${foreign} runs in the folder are of other seeds, scenarios or engines: not used`)]
      : []),
    ...damaged.map((problem) => pc.yellow(`damaged, run again: ${problem}`)),
    pc.dim(`kept in ${folder}`),
  ].join('\n');
}

function tellFailures({ failures, determinismFailures }: CampaignRun): void {
  for (const { job, message } of failures)
    process.stderr.write(
      `${pc.red('failed')}: seed ${job.seed} ${(job.scenario.overrides ?? []).join(' ')}: ${message}\n`,
    );
  for (const { job, system, first, second } of determinismFailures) {
    process.stderr.write(
      `${pc.red('not deterministic')}: ${system}, seed ${job.seed} ${(job.scenario.overrides ?? []).join(' ')}\n  ${first}\n  ${second}\n`,
    );
    const make = simulationMaker(job.scenario, system, job.seed);
    const difference = firstDifference(make, make);
    process.stderr.write(
      difference === undefined
        ? '  two further runs are the same: the kept run was made otherwise, or only its twin differs\n'
        : `  first different event: ${difference.words}\n`,
    );
  }
}
