// The chart of a sweep: a curve per system with the band of its interval, or with the range over seeds where they are too
// few for an interval, and marks where curves cross.
import * as Plot from '@observablehq/plot';
import { figuresById, type Figure } from '../campaign/figures.ts';
import type { Sweep } from '../campaign/sweeps.ts';
import { palette, renderChart } from './render.ts';

/** Draws a sweep. `notes` says where the figures come from. */
export function sweepChart(sweep: Sweep, notes: readonly string[]): string {
  const figure = figuresById.get(sweep.figure);
  if (figure === undefined) throw new RangeError(`no figure ${sweep.figure}`);
  const { scale, label } = axisOf(figure, sweep);
  const points = sweep.curves.flatMap(({ system, points: along }) =>
    along.flatMap(({ at, estimate, beyondHorizon, least, most }) =>
      estimate.kind === 'none' || beyondHorizon > 0
        ? []
        : [
            {
              system,
              at,
              mean: estimate.mean * scale,
              low: (estimate.kind === 'interval' ? estimate.low : (least ?? estimate.mean)) * scale,
              high: (estimate.kind === 'interval' ? estimate.high : (most ?? estimate.mean)) * scale,
            },
          ],
    ),
  );
  return renderChart(
    {
      height: 340,
      marginLeft: 60,
      grid: true,
      x: { label: `${sweep.axis}${sweep.unit === '' ? '' : ` (${sweep.unit})`}` },
      y: { label: `${figure.title} (${label})` },
      color: { domain: sweep.curves.map(({ system }) => system), range: [...palette] },
      marks: [
        Plot.areaY(points, {
          x: 'at',
          y1: 'low',
          y2: 'high',
          z: 'system',
          fill: 'system',
          fillOpacity: 0.18,
        }),
        Plot.lineY(points, { x: 'at', y: 'mean', stroke: 'system', strokeWidth: 2 }),
        Plot.dot(points, { x: 'at', y: 'mean', fill: 'system', r: 3 }),
        Plot.ruleX(sweep.crossovers, { x: 'at', stroke: '#555', strokeDasharray: '4 3' }),
      ],
    },
    {
      title: `${figure.title.charAt(0).toUpperCase()}${figure.title.slice(1)}`,
      subtitle: sweep.held === '' ? `along ${sweep.axis}` : `along ${sweep.axis}, with ${sweep.held}`,
      notes: [...notes, bands(sweep)],
      legend: sweep.curves.map(({ system }, index) => ({
        label: system,
        colour: palette[index % palette.length] ?? '#333',
      })),
    },
  );
}

/** Shares in per cent, and delays in minutes where they are that long. */
function axisOf({ unit }: Figure, { curves }: Sweep): { readonly scale: number; readonly label: string } {
  if (unit === 'share') return { scale: 100, label: '%' };
  const means = curves.flatMap(({ points }) =>
    points.flatMap(({ estimate }) => (estimate.kind === 'none' ? [] : [estimate.mean])),
  );
  const isLong = Math.max(0, ...means) >= longDelay;
  return unit === 'milliseconds' && isLong
    ? { scale: 1 / 60_000, label: 'minutes' }
    : { scale: 1, label: unit };
}

/** Milliseconds from which on a curve is in minutes. */
const longDelay = 120_000;

/** What the bands of the curves are. */
function bands({ curves }: Sweep): string {
  const kinds = curves.flatMap(({ points }) => points.map(({ estimate }) => estimate.kind));
  if (!kinds.includes('interval')) return 'Bands: least to most over the seeds';
  if (!kinds.includes('values')) return 'Bands: 95 % interval of the mean over seeds';
  return 'Bands: 95 % interval of the mean over seeds; where they bear none, least to most';
}
