// The charts: lines over time under shaded fault bands, cumulative latency, bars of blame.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
  type ChartConfiguration,
  type Scale,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import { dashes } from '../../dashes.ts';
import { durationInWords, familiarTimes, percent } from '../../figures-in-words.ts';
import { clockTime } from './clock-time.ts';
import { colour, systemColour } from './colours.ts';
import { faultLanes, laneRoom, lanesOf, type Band } from './fault-lanes.ts';

/** Importing this file is enough; whoever draws with Chart.js directly says so by calling it. */
export function registerCharts(): void {
  Chart.register(
    BarController,
    BarElement,
    CategoryScale,
    Filler,
    Legend,
    LinearScale,
    LineController,
    LineElement,
    LogarithmicScale,
    PointElement,
    Tooltip,
    annotation,
  );
}

registerCharts();

/** One curve. `dashed` for the twin or another secondary reading. */
export interface Curve {
  readonly name: string;
  readonly system: string;
  readonly dashed?: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Systems differ in dash as well as in colour, so that the picture survives black-and-white print. */
function dashOf(systems: readonly string[], curve: Curve): number[] {
  if (curve.dashed === true) return [1.5, 4];
  return [...(dashes[systems.indexOf(curve.system) % dashes.length] ?? [])];
}

function datasets(curves: readonly Curve[]): ChartConfiguration<'line'>['data']['datasets'] {
  const systems = [...new Set(curves.map((curve) => curve.system))];
  return curves.map((curve) => ({
    label: curve.name,
    data: [...curve.points],
    borderColor: systemColour(curve.system),
    backgroundColor: systemColour(curve.system),
    borderWidth: curve.dashed === true ? 1.2 : 2.2,
    borderDash: dashOf(systems, curve),
    pointRadius: 0,
    pointHitRadius: 8,
    tension: 0,
  }));
}

function bandAnnotations(bands: readonly Band[]): Record<string, object> {
  return Object.fromEntries(
    bands.map((band, index) => [
      `band${index}`,
      {
        type: 'box',
        xMin: band.start,
        xMax: band.end,
        backgroundColor: colour('--band'),
        borderWidth: 0,
        drawTime: 'beforeDatasetsDraw',
      },
    ]),
  );
}

/** A canvas with an accessible name inside a box of fixed height. */
export function canvasIn(box: HTMLElement, label: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  box.append(canvas);
  return canvas;
}

/** Charts of a view, made anew when the page's colours change. */
export class DrawnCharts {
  readonly #draw: () => readonly Chart[];
  #charts: readonly Chart[];

  constructor(draw: () => readonly Chart[]) {
    this.#draw = draw;
    this.#charts = draw();
  }

  readonly repaint = (): void => {
    this.close();
    this.#charts = this.#draw();
  };

  readonly close = (): void => {
    for (const chart of this.#charts) {
      const { canvas } = chart;
      chart.destroy();
      canvas.remove();
    }
  };
}

interface LineOptions {
  readonly label: string;
  readonly curves: readonly Curve[];
  readonly bands?: readonly Band[];
  /** The bands have their names above them. */
  readonly isNamed?: boolean;
  readonly xTitle?: string;
  readonly yTitle: string;
  readonly yFormat: (value: number) => string;
  readonly yMax?: number;
  /** First and last wall time; as far as the curves go when left out. */
  readonly xRange?: readonly [number, number];
}

const tickSteps = [600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000];
/** Width of a time of day with some air, pixels. */
const tickWidth = 70;

/** Ticks at whole ten minutes, hours or days, as many as fit. */
function roundTicks(axis: Scale): void {
  const most = Math.max(2, axis.width / tickWidth);
  const step = tickSteps.find((each) => (axis.max - axis.min) / each <= most) ?? tickSteps.at(-1) ?? 1;
  axis.ticks = [];
  for (let value = Math.ceil(axis.min / step) * step; value <= axis.max; value += step)
    axis.ticks.push({ value });
}

/** What of a chart's curves is worth a line of the legend: dotted ones are explained beside the chart. */
function legendOf(curves: readonly Curve[]): NonNullable<ChartConfiguration<'line'>['options']>['plugins'] {
  return {
    legend: {
      position: 'bottom',
      labels: {
        color: colour('--ink'),
        usePointStyle: true,
        pointStyle: 'line',
        pointStyleWidth: 34,
        // A line of the legend looks like its curve, dashes and all.
        generateLabels: (chart) =>
          Chart.defaults.plugins.legend.labels.generateLabels(chart).map((label) => {
            const { borderDash, borderWidth } =
              (chart as Chart<'line'>).data.datasets[label.datasetIndex ?? 0] ?? {};
            return { ...label, lineDash: borderDash as number[], lineWidth: borderWidth as number };
          }),
        filter: ({ datasetIndex }) => curves[datasetIndex ?? 0]?.dashed !== true,
      },
    },
  };
}

/** Text as large as the page's own: on a large screen everything is. */
export function fitText(): void {
  const { fontSize } = getComputedStyle(document.documentElement);
  Chart.defaults.font.size = Math.round(0.75 * parseFloat(fontSize));
}

/** Curves over time of day; x is wall time in milliseconds since 1970. */
export function timeChart(box: HTMLElement, options: LineOptions): Chart {
  const named = options.isNamed === true ? (options.bands ?? []) : [];
  box.style.setProperty('--above', String(lanesOf(named)));
  fitText();
  const during = options.bands?.length
    ? `. Shaded: ${options.bands.map(({ title }) => title).join('; ')}`
    : '';
  return new Chart(canvasIn(box, `${options.label}${during}`), {
    type: 'line',
    data: { datasets: datasets(options.curves) },
    plugins: [faultLanes(named)],
    options: {
      layout: { padding: { top: laneRoom(named) } },
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: {
          type: 'linear',
          ...(options.xRange === undefined ? {} : { min: options.xRange[0], max: options.xRange[1] }),
          grid: { color: colour('--line') },
          ticks: {
            color: colour('--soft'),
            autoSkip: false,
            maxRotation: 0,
            callback: (value) => clockTime(Number(value)),
          },
          title: { display: true, text: options.xTitle ?? 'time of sending, UTC', color: colour('--soft') },
          afterBuildTicks: roundTicks,
        },
        y: {
          min: 0,
          ...(options.yMax === undefined ? {} : { max: options.yMax }),
          grid: { color: colour('--line') },
          ticks: {
            color: colour('--soft'),
            callback: (value) => (options.yMax === 1 ? wholePercent(value) : options.yFormat(Number(value))),
          },
          title: { display: true, text: options.yTitle, color: colour('--soft') },
        },
      },
      plugins: {
        ...legendOf(options.curves),
        tooltip: {
          callbacks: {
            title: (items) => (items[0] ? clockTime(items[0].parsed.x ?? 0, true) : ''),
            label: (item) => `${item.dataset.label ?? ''}: ${options.yFormat(item.parsed.y ?? 0)}`,
          },
        },
        annotation: { annotations: bandAnnotations(options.bands ?? []) },
      },
    },
  });
}

function familiarTicks(axis: Scale): void {
  const found = [...familiarTimes.keys()].filter((value) => value >= axis.min && value <= axis.max);
  const each = Math.ceil((found.length * tickWidth) / Math.max(tickWidth, axis.width));
  axis.ticks = found.filter((_, index) => index % each === 0).map((value) => ({ value }));
}

/** A share on an axis, in whole per cent. */
const wholePercent = (value: string | number): string => `${Math.round(Number(value) * 100)} %`;

/** Share of expected deliveries that arrived within a time; x in seconds, logarithmic. */
export function latencyChart(box: HTMLElement, label: string, curves: readonly Curve[]): Chart {
  fitText();
  return new Chart(canvasIn(box, label), {
    type: 'line',
    data: { datasets: datasets(curves) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: {
          type: 'logarithmic',
          grid: { color: colour('--line') },
          ticks: {
            color: colour('--soft'),
            maxRotation: 0,
            autoSkip: false,
            callback: (value) => familiarTimes.get(Number(value)) ?? null,
          },
          title: { display: true, text: 'time from pressing send to reading', color: colour('--soft') },
          afterBuildTicks: familiarTicks,
        },
        y: {
          min: 0,
          max: 1,
          grid: { color: colour('--line') },
          ticks: { color: colour('--soft'), callback: wholePercent },
          title: { display: true, text: 'of expected deliveries', color: colour('--soft') },
        },
      },
      plugins: {
        ...legendOf(curves),
        tooltip: {
          callbacks: {
            title: (items) => (items[0] ? `within ${durationInWords(items[0].parsed.x ?? 0)}` : ''),
            label: (item) => `${item.dataset.label ?? ''}: ${percent(item.parsed.y ?? 0)}`,
          },
        },
      },
    },
  });
}
