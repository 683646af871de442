// The charts of a campaign: curves with bands where something was swept, the seeds themselves where nothing was.
import type { CampaignReport } from '../campaign/campaign-report.ts';
import type { NamedChart } from './run-charts.ts';
import { seedsChart } from './seeds-chart.ts';
import { sweepChart } from './sweep-chart.ts';

/** In the order of the figures that conclusions are drawn from, each with its source, seeds and limits inside. */
export function campaignCharts(netsplit: string, report: CampaignReport): readonly NamedChart[] {
  const { shape, sweeps, wanted, caveats } = report;
  const notes = [
    `netsplit ${netsplit} · ${shape.id} · ${shape.seeds.length} ${shape.seeds.length === 1 ? 'seed' : 'seeds'} · ${report.runs.finished} of ${report.runs.planned} runs`,
    ...caveats.filter((caveat) => !caveat.startsWith('Of ')).slice(0, mostNotes),
  ];
  if (sweeps.length > 0)
    return sweeps.map((sweep, index) => ({
      name: `${index + 1}-${sweep.figure}`,
      svg: sweepChart(sweep, notes),
    }));
  return wanted.map((figure, index) => ({
    name: `${index + 1}-${figure.id}`,
    svg: seedsChart(report, figure, notes),
  }));
}

/** Caveats that fit under a picture. */
const mostNotes = 6;
