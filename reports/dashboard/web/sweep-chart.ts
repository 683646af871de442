// A figure along an axis: a curve with its interval as a band for each system.
import { Chart } from 'chart.js';
import { valueInWords } from '../../campaign/conclusions.ts';
import type { Sweep } from '../../campaign/sweeps.ts';
import type { CampaignView } from '../../views/campaigns.ts';
import { dashes } from '../../dashes.ts';
import { canvasIn, fitText, registerCharts } from './charts.ts';
import { colour, systemColour } from './colours.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Bands are three curves: the low end, the high end filled down to it, and the mean. */
export function sweepChart(
  box: HTMLElement,
  { axis, unit, curves }: Sweep,
  titles: Readonly<Record<string, string>>,
  figure: CampaignView['figure'],
): Chart {
  registerCharts();
  fitText();
  const label = `${figure.title} along ${axis}, by system, with 95 % intervals`;
  const datasets = curves.flatMap(({ system, points }, index) => {
    const mean: Point[] = [];
    const low: Point[] = [];
    const high: Point[] = [];
    for (const { at, estimate } of points) {
      if (estimate.kind === 'none') continue;
      mean.push({ x: at, y: estimate.mean });
      low.push({ x: at, y: estimate.kind === 'interval' ? estimate.low : estimate.mean });
      high.push({ x: at, y: estimate.kind === 'interval' ? estimate.high : estimate.mean });
    }
    const title = titles[system] ?? system;
    const own = systemColour(system);
    const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
    return [
      { label: `${title} low`, data: low, ...edge },
      { label: `${title} high`, data: high, ...edge, fill: '-1', backgroundColor: `${own}33` },
      {
        label: title,
        data: mean,
        borderColor: own,
        backgroundColor: own,
        borderWidth: 2.2,
        borderDash: [...(dashes[index % dashes.length] ?? [])],
        pointRadius: 3,
      },
    ];
  });
  const isBand = (text: string | undefined): boolean => / (low|high)$/.test(text ?? '');
  return new Chart(canvasIn(box, label), {
    type: 'line',
    data: { datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      scales: {
        x: {
          type: 'linear',
          grid: { color: colour('--line') },
          ticks: { color: colour('--soft') },
          title: { display: true, text: unit === '' ? axis : `${axis}, ${unit}`, color: colour('--soft') },
        },
        y: {
          grid: { color: colour('--line') },
          ticks: { color: colour('--soft'), callback: (value) => valueInWords(Number(value), figure.unit) },
          title: { display: true, text: figure.title, color: colour('--soft') },
        },
      },
      plugins: {
        legend: {
          position: 'bottom',
          labels: { color: colour('--ink'), boxHeight: 2, boxWidth: 26, filter: ({ text }) => !isBand(text) },
        },
        tooltip: {
          filter: ({ dataset }) => !isBand(dataset.label),
          callbacks: {
            label: (item) => `${item.dataset.label ?? ''}: ${valueInWords(item.parsed.y ?? 0, figure.unit)}`,
          },
        },
      },
    },
  });
}
