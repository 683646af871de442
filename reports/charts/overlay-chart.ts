// The record over the curve: an observed series in black over the simulated ones.
import * as Plot from '@observablehq/plot';
import { simulatedPoints, simulatedSeries, type SimulatedName } from '../comparison/against-record.ts';
import type { ObservedPoint } from '../comparison/observed-series.ts';
import type { RunRecord } from '../record.ts';
import { faultBand, palette, renderChart } from './render.ts';

/** Draws an observed series over those of a run. */
export function overlayChart(
  record: RunRecord,
  systems: readonly string[],
  name: SimulatedName,
  observed: readonly ObservedPoint[],
  notes: readonly string[],
): string {
  const { title, isShare } = simulatedSeries[name];
  const scale = isShare ? 100 : 1;
  const wall = (seconds: number): Date => new Date(Date.parse(record.epoch) + seconds * 1_000);
  const points = systems.flatMap((system) => {
    const series = record.systems[system]?.series;
    return series === undefined
      ? []
      : simulatedPoints(series, name).map(({ at, value }) => ({
          system,
          at: wall(at),
          value: value * scale,
        }));
  });
  const seen = observed.map(({ at, value }) => ({ at: wall(at), value: value * scale }));
  const bands = record.faults.map(({ start, end }) => ({
    from: wall(start),
    to: wall(Math.min(end, record.windows.horizon)),
  }));
  return renderChart(
    {
      height: 320,
      grid: true,
      x: {
        type: 'utc',
        label: 'UTC',
        tickFormat: record.windows.horizon > 26 * 3_600 ? '%d %b %H:%M' : '%H:%M',
      },
      y: { label: isShare ? '%' : title, zero: true },
      color: { domain: [...systems], range: [...palette] },
      marks: [
        ...(bands.length === 0 ? [] : [Plot.rectX(bands, { x1: 'from', x2: 'to', ...faultBand })]),
        Plot.lineY(points, { x: 'at', y: 'value', stroke: 'system', strokeWidth: 1.4 }),
        Plot.lineY(seen, { x: 'at', y: 'value', stroke: 'black', strokeWidth: 2 }),
        Plot.dot(seen, { x: 'at', y: 'value', fill: 'black', r: 2 }),
      ],
    },
    {
      title: 'The record over the curve',
      subtitle: `${title}; black: observed; grey: the faults`,
      notes,
      legend: systems.map((label, index) => ({ label, colour: palette[index % palette.length] ?? '#333' })),
    },
  );
}
