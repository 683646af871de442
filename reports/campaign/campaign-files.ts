// What a campaign leaves in its folder beside the runs: every figure as a table, what was found, and the pictures.
import { campaignCharts } from '../charts/campaign-charts.ts';
import { packageVersion } from '../package-version.ts';
import { figuresCsv, type CampaignReport } from './campaign-report.ts';
import type { CampaignRun } from './campaign-runner.ts';
import { writeFiles } from './campaign-store.ts';

/**
 * Writes them, each whole or not at all.
 * @throws StoreError when the file system refuses
 */
export async function writeCampaignFiles(
  folder: string,
  run: CampaignRun,
  report: CampaignReport,
): Promise<void> {
  await writeFiles(folder, {
    'figures.csv': figuresCsv(run.plan, run.results),
    'result.json': `${JSON.stringify(campaignResult(run, report), null, 1)}\n`,
    ...charts(report),
  });
}

/** What result.json and `--json` hold. */
export function campaignResult(run: CampaignRun, report: CampaignReport): object {
  const { shape, wanted, ...found } = report;
  return {
    version: 1,
    netsplit: packageVersion(),
    engine: run.plan.engine,
    scenario: shape.id,
    scenarioDigest: run.plan.scenarioDigest,
    seeds: shape.seeds,
    systems: shape.systems,
    variants: shape.variants,
    figures: wanted.map(({ id, title, unit, better, definition }) => ({
      id,
      title,
      unit,
      better,
      definition,
    })),
    ...found,
    determinism: {
      rechecked: run.rechecked,
      failures: run.determinismFailures.map(({ job, ...failure }) => ({
        seed: job.seed,
        variant: job.variant,
        ...failure,
      })),
    },
    failures: run.failures.map(({ job, message }) => ({ seed: job.seed, variant: job.variant, message })),
  };
}

/** SVG files of the charts, by name. */
function charts(report: CampaignReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    campaignCharts(packageVersion(), report).map(({ name, svg }) => [`charts/${name}.svg`, svg]),
  );
}
