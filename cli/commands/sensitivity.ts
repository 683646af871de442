// `netsplit sensitivity`: each assumption over its plausible range, ranked by what it does to the answer.
import { join } from 'node:path';
import pc from 'picocolors';
import { runCampaign } from '../../reports/campaign/campaign-runner.ts';
import { writeFiles, writeManifest } from '../../reports/campaign/campaign-store.ts';
import type { CellResult } from '../../reports/campaign/cell.ts';
import { parseSeeds } from '../../reports/campaign/seeds.ts';
import { tornadoChart } from '../../reports/charts/tornado-chart.ts';
import { changesInWords } from '../../reports/summarise.ts';
import { packageVersion } from '../../reports/package-version.ts';
import { assumptionRanges } from '../../reports/sensitivity/assumption-ranges.ts';
import { bothEnds, planTrials, type Trial, type TrialPlan } from '../../reports/sensitivity/one-at-a-time.ts';
import { findReversals } from '../../reports/sensitivity/reversal.ts';
import {
  sensitivityDocument,
  sensitivityTable,
  type SensitivityReport,
} from '../../reports/sensitivity/sensitivity-report.ts';
import { rankAssumptions } from '../../reports/sensitivity/tornado.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { CampaignProgressLine } from '../campaign-progress.ts';
import { exitCode, UsageError } from '../exit.ts';
import { figureOf } from '../figure-option.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface SensitivityOptions {
  readonly seeds: string;
  readonly set: readonly string[];
  readonly systems?: string;
  readonly figure: string;
  readonly only: readonly string[];
  readonly out?: string;
  readonly workers?: number;
  readonly json?: boolean;
}

/** Varies every assumption; returns the exit code. Runs that its folder has already are not repeated. */
export async function sensitivity(name: string, options: SensitivityOptions): Promise<number> {
  const figure = figureOf(options.figure);
  const scenario = { ...loadScenario(name), overrides: options.set };
  const seeds = parseSeeds(options.seeds);
  const plan = (trials: readonly Trial[]): TrialPlan =>
    planTrials({ scenario, name, seeds, systems: systemList(options.systems), trials });
  const { systems } = plan([]);
  const { ranged, fixed } = assumptionRanges(scenario, systems);
  const chosen =
    options.only.length === 0
      ? ranged
      : ranged.filter(({ path }) => options.only.some((prefix) => path.startsWith(prefix)));
  if (chosen.length === 0)
    throw new UsageError(
      `--only ${options.only.join(' ')}: no assumption with a range begins so; there are ${ranged.map(({ path }) => path).join(', ')}`,
    );
  const whole = plan(chosen.flatMap(bothEnds));
  const folder = options.out ?? join('campaigns', `${whole.id}-sensitivity-${whole.digest.slice(0, 8)}`);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    const run = (trials: TrialPlan): Promise<ReadonlyMap<string, CellResult>> =>
      runTrials(trials, folder, options, interrupt.signal);
    const ranked = rankAssumptions(whole, await run(whole), figure);
    const reversals = await findReversals(ranked, figure, async (trials) => {
      const next = plan(trials);
      return { plan: next, results: await run(next) };
    });
    await show({ plan: whole, figure, ranked, reversals, fixed }, folder, options);
    return exitCode.good;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    process.stderr.write('stopped: what was run is kept; the same command continues\n');
    return exitCode.interrupted;
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Ctrl-C. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

async function runTrials(
  plan: TrialPlan,
  folder: string,
  { workers }: SensitivityOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CellResult>> {
  const progress = new CampaignProgressLine();
  const run = await runCampaign(plan, {
    folder,
    workers,
    level: 'summary',
    resume: true,
    recheck: 0,
    signal,
    onStart: () => writeManifest(folder, plan, packageVersion()),
    onProgress: (each) => progress.update(each),
  });
  progress.end();
  if (run.stopped) throw new Stopped();
  for (const { job, message } of run.failures)
    process.stderr.write(
      `${pc.red('failed')}: seed ${job.seed} ${(job.scenario.overrides ?? []).join(' ')}: ${message}\n`,
    );
  return run.results;
}

async function show(report: SensitivityReport, folder: string, { json }: SensitivityOptions): Promise<void> {
  const { plan, figure, ranked } = report;
  const notes = [
    `netsplit ${packageVersion()} · ${plan.id} · ${plan.seeds.length} seeds · one assumption at a time, all others as written`,
    ...changesInWords(plan.overrides),
  ];
  const subjects = new Set(ranked.flatMap(({ swings }) => swings.map(({ subject }) => subject)));
  const charts = Object.fromEntries(
    [...subjects].map((subject) => [
      `charts/tornado-${subject.replaceAll(' ', '')}.svg`,
      tornadoChart(ranked, subject, figure, notes),
    ]),
  );
  const document = sensitivityDocument(report);
  await writeFiles(folder, { 'sensitivity.json': `${JSON.stringify(document, null, 1)}\n`, ...charts });
  process.stdout.write(
    json === true
      ? `${JSON.stringify(document)}\n`
      : `${sensitivityTable(report)}${pc.dim(`kept in ${folder}, charts in ${join(folder, 'charts')}`)}\n`,
  );
}
