// The charts of one run: what came in time as the day went, how long it took, who was cut off; faults in the background.
import * as Plot from '@observablehq/plot';
import { mostPoints } from '../buckets.ts';
import { dashes } from '../dashes.ts';
import { familiarTimes } from '../figures-in-words.ts';
import type { RunRecord } from '../record.ts';
import { faultBand, palette, renderChart, type ChartText } from './render.ts';

/** A chart with a name fit for a file. */
export interface NamedChart {
  readonly name: string;
  readonly svg: string;
}

/** All charts of a run. `notes` says where the figures come from. */
export function runCharts(record: RunRecord, notes: readonly string[]): readonly NamedChart[] {
  return [
    { name: 'within-a-minute', svg: inTimeChart(record, notes) },
    { name: 'latency', svg: latencyChart(record, notes) },
    { name: 'cut-off', svg: cutOffChart(record, notes) },
  ];
}

interface Point {
  readonly system: string;
  readonly at: Date;
  readonly value: number;
  readonly line: string;
}

const wall = (record: RunRecord, seconds: number): Date =>
  new Date(Date.parse(record.epoch) + seconds * 1_000);

/** Faults as bands behind everything else. */
function faultBands(record: RunRecord): Plot.Markish[] {
  const { windows } = record;
  const bands = record.faults.map(({ start, end }) => ({
    from: wall(record, start),
    to: wall(record, Math.min(end, windows.horizon)),
  }));
  return bands.length === 0 ? [] : [Plot.rectX(bands, { x1: 'from', x2: 'to', ...faultBand })];
}

function systemColours(record: RunRecord): Plot.ScaleOptions {
  return { domain: Object.keys(record.systems), range: [...palette] };
}

/** Sums neighbouring buckets, `width` of them at a time. */
function coarse(counts: readonly number[], width: number): readonly number[] {
  const sums: number[] = [];
  for (let start = 0; start < counts.length; start += width)
    sums.push(counts.slice(start, start + width).reduce((sum, count) => sum + count, 0));
  return sums;
}

function inTimeChart(record: RunRecord, notes: readonly string[]): string {
  const points = Object.entries(record.systems).flatMap(([system, { series }]): Point[] => {
    const width = Math.ceil(series.expected.length / mostPoints);
    const expected = coarse(series.expected, width);
    const line = (name: string, counts: readonly number[]): Point[] =>
      coarse(counts, width).flatMap((count, index) => {
        const of = expected[index] ?? 0;
        const at = wall(record, series.start + (index + 0.5) * width * series.bucketSeconds);
        return of === 0 ? [] : [{ system, at, value: (100 * count) / of, line: name }];
      });
    return [...line('run', series.withinOneMinute), ...line('twin', series.twinWithinOneMinute)];
  });
  return lines(record, points, notes, {
    title: 'Delivered within a minute',
    subtitle: 'by instant of sending; thin: the twin without the faults; grey: the faults',
    label: 'expected deliveries (%)',
    domain: [0, 100],
  });
}

function cutOffChart(record: RunRecord, notes: readonly string[]): string {
  const points = Object.entries(record.systems).flatMap(([system, { series }]): Point[] => {
    const width = Math.ceil(series.cutOff.length / mostPoints);
    return series.cutOff.flatMap((value, index) =>
      index % width === 0
        ? [
            {
              system,
              at: wall(record, series.start + (index + 1) * series.bucketSeconds),
              value,
              line: 'run',
            },
          ]
        : [],
    );
  });
  return lines(record, points, notes, {
    title: 'People cut off',
    subtitle: 'from a failed send until the next one that works, or something comes',
    label: 'people',
    domain: undefined,
  });
}

interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly label: string;
  readonly domain: readonly [number, number] | undefined;
}

function lines(
  record: RunRecord,
  points: readonly Point[],
  notes: readonly string[],
  chart: LineChart,
): string {
  const run = points.filter(({ line }) => line === 'run');
  const twin = points.filter(({ line }) => line === 'twin');
  return renderChart(
    {
      height: 280,
      grid: true,
      x: { type: 'utc', label: 'UTC', tickFormat: clockFormat(record) },
      y: {
        label: chart.label,
        ...(chart.domain === undefined ? { zero: true } : { domain: [...chart.domain] }),
      },
      color: systemColours(record),
      marks: [
        ...faultBands(record),
        Plot.lineY(twin, { x: 'at', y: 'value', stroke: 'system', strokeWidth: 0.8, strokeOpacity: 0.6 }),
        ...dashed(record, run, 'at'),
      ],
    },
    { title: chart.title, subtitle: chart.subtitle, notes, legend: legendOf(record) },
  );
}

/** A line per system, each with dashes of its own. */
function dashed(
  record: RunRecord,
  points: readonly { readonly system: string }[],
  x: 'at' | 'seconds',
): Plot.Markish[] {
  return Object.keys(record.systems).map((system, index) =>
    Plot.lineY(
      points.filter((point) => point.system === system),
      {
        x,
        y: 'value',
        stroke: 'system',
        strokeWidth: 1.8,
        strokeDasharray: (dashes[index % dashes.length] ?? []).join(' ') || 'none',
      },
    ),
  );
}

function legendOf(record: RunRecord): ChartText['legend'] & object {
  return Object.keys(record.systems).map((label, index) => ({
    label,
    colour: palette[index % palette.length] ?? '#333',
  }));
}

/** Hours and minutes; with the day where the picture spans more than one. */
function clockFormat({ windows }: RunRecord): string {
  return windows.horizon > 26 * 3_600 ? '%d %b %H:%M' : '%H:%M';
}

function latencyChart(record: RunRecord, notes: readonly string[]): string {
  const points = Object.entries(record.systems).flatMap(([system, { latencyCurve }]) => {
    const { edgesMs, delivered, twin, expected } = latencyCurve;
    const line = (name: string, counts: readonly number[]) =>
      edgesMs.map((edge, index) => ({
        system,
        seconds: edge / 1_000,
        value: expected === 0 ? 0 : (100 * (counts[index] ?? 0)) / expected,
        line: name,
      }));
    return [...line('run', delivered), ...line('twin', twin)];
  });
  const run = points.filter(({ line }) => line === 'run');
  return renderChart(
    {
      height: 280,
      grid: true,
      x: { type: 'log', label: 'delay', ticks: [...familiarTimes.keys()] },
      y: { label: 'expected deliveries that came no later (%)', domain: [0, 100] },
      color: systemColours(record),
      marks: [
        // The axis that a logarithmic scale makes by itself names powers of ten only.
        Plot.axisX([...familiarTimes.keys()], { text: (seconds: number) => familiarTimes.get(seconds) }),
        Plot.lineY(
          points.filter(({ line }) => line === 'twin'),
          {
            x: 'seconds',
            y: 'value',
            stroke: 'system',
            strokeWidth: 0.8,
            strokeOpacity: 0.6,
          },
        ),
        ...dashed(record, run, 'seconds'),
      ],
    },
    {
      title: 'How long it took',
      subtitle: 'what never came never counts; thin: the twin without the faults',
      notes,
      legend: legendOf(record),
    },
  );
}
