// The chart of a campaign that sweeps nothing: every seed a dot, with the mean and its interval, a row per system.
import * as Plot from '@observablehq/plot';
import type { FigureSummary } from '../campaign/analysis.ts';
import type { CampaignReport } from '../campaign/campaign-report.ts';
import type { Figure } from '../campaign/figures.ts';
import { palette, renderChart } from './render.ts';

/** Rows that fit a page. */
const mostRows = 40;
const longestName = 48;

/** Draws one figure over the seeds. `notes` says where the figures come from. */
export function seedsChart(
  { shape, summaries }: Pick<CampaignReport, 'shape' | 'summaries'>,
  figure: Figure,
  notes: readonly string[],
): string {
  const scale = figure.unit === 'share' ? 100 : 1;
  const rows = summaries.filter((each) => each.figure === figure.id).slice(0, mostRows);
  const label = (summary: FigureSummary): string => {
    const variant = shape.variants[summary.variant]?.label ?? '';
    const beyond = summary.beyondHorizon === 0 ? '' : ` (> horizon on ${summary.beyondHorizon})`;
    const name = `${summary.system}${variant === '' ? '' : `, ${variant}`}`;
    return `${name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name}${beyond}`;
  };
  const dots = rows.flatMap((summary) =>
    summary.values.flatMap((value) =>
      typeof value === 'number'
        ? [{ row: label(summary), system: summary.system, value: value * scale }]
        : [],
    ),
  );
  const means = rows.flatMap((summary) => {
    const { estimate, beyondHorizon, system } = summary;
    if (estimate.kind === 'none' || beyondHorizon > 0) return [];
    const isInterval = estimate.kind === 'interval';
    return [
      {
        row: label(summary),
        system,
        mean: estimate.mean * scale,
        low: (isInterval ? estimate.low : estimate.mean) * scale,
        high: (isInterval ? estimate.high : estimate.mean) * scale,
      },
    ];
  });
  return renderChart(
    {
      height: 80 + 34 * rows.length,
      marginLeft: 40 + 7 * Math.max(8, ...rows.map((row) => label(row).length)),
      x: { grid: true, label: `${figure.title}${figure.unit === 'share' ? ' (%)' : ` (${figure.unit})`}` },
      y: { type: 'point', label: null, domain: rows.map(label) },
      color: { domain: [...shape.systems], range: [...palette] },
      marks: [
        Plot.dot(dots, { x: 'value', y: 'row', fill: 'system', fillOpacity: 0.35, r: 3.5 }),
        Plot.ruleY(means, { x1: 'low', x2: 'high', y: 'row', stroke: 'black', strokeWidth: 2, dy: -10 }),
        Plot.dot(means, { x: 'mean', y: 'row', fill: 'black', r: 3, dy: -10 }),
      ],
    },
    {
      title: `${figure.title.charAt(0).toUpperCase()}${figure.title.slice(1)}`,
      subtitle: 'dots: seeds; black: their mean with its 95 % interval, where they bear one',
      notes,
      legend: shape.systems.map((system, index) => ({
        label: system,
        colour: palette[index % palette.length] ?? '#333',
      })),
    },
  );
}
