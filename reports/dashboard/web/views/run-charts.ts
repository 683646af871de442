// The charts of one run, as cards that draw themselves once they are in the page.
import type { Chart } from 'chart.js';
import { countInWords, percent } from '../../../figures-in-words.ts';
import type { RunRecord } from '../../../record.ts';
import type { LatencyCurve, SystemRecord } from '../../../record-system.ts';
import { latencyChart, timeChart, type Curve } from '../charts.ts';
import { countCurve, lastOfInterest, shareCurve, type BucketScale } from '../curves.ts';
import { card, element } from '../dom.ts';
import type { Band } from '../fault-lanes.ts';

/** A card with an empty plot, and how to draw into it. */
export interface DrawnCard {
  readonly id: 'delivery' | 'latency' | 'cut-off' | 'backlog';
  readonly card: HTMLElement;
  readonly draw: () => Chart;
}

interface Picture {
  readonly id: DrawnCard['id'];
  readonly title: string;
  readonly note: string;
  readonly width?: 'chart';
  readonly draw: (box: HTMLElement) => Chart;
}

function drawnCard({ id, title, note, width, draw }: Picture): DrawnCard {
  const plot = element('div', { class: width === undefined ? 'plot tall' : 'plot' });
  const made = card(width === undefined ? { title, note } : { title, note, width }, plot);
  return { id, card: made, draw: () => draw(plot) };
}

function bandsOf({ faults }: RunRecord, epochMs: number): Band[] {
  return faults.map(({ title, start, end }) => ({
    title,
    start: epochMs + start * 1_000,
    end: epochMs + end * 1_000,
  }));
}

/** One curve of the run and one of the twin for each system. */
function pairs(record: RunRecord, points: (system: SystemRecord, twin: boolean) => Curve['points']): Curve[] {
  return Object.entries(record.systems).flatMap(([id, system]) => [
    { name: system.title, system: id, points: points(system, false) },
    ...(record.faults.length === 0
      ? []
      : [
          {
            name: `${system.title} without the faults`,
            system: id,
            dashed: true,
            points: points(system, true),
          },
        ]),
  ]);
}

/** Up to the horizon, beyond which nothing is known. */
function delayPoints(curve: LatencyCurve, twin: boolean, horizon: number): Curve['points'] {
  const counts = twin ? curve.twin : curve.delivered;
  return curve.edgesMs
    .map((edge, index) => ({ x: edge / 1_000, y: (counts[index] ?? 0) / curve.expected }))
    .filter(({ x }) => x <= horizon);
}

/** Seconds since the epoch of the end of a bucket. */
function endOf([first]: readonly (readonly [string, SystemRecord])[], buckets: number): number {
  const { start, bucketSeconds } = first?.[1].series ?? { start: 0, bucketSeconds: 0 };
  return start + buckets * bucketSeconds;
}

const beyondTwin = 'Dotted: the same without the faults.';

/** Every chart of a run. */
export function chartCards(record: RunRecord): readonly DrawnCard[] {
  const epochMs = Date.parse(record.epoch);
  const scaleOf = ({ series }: SystemRecord): BucketScale => ({ epochMs, ...series });
  const bands = bandsOf(record, epochMs);
  const systems = Object.entries(record.systems);
  const last = Math.max(...systems.map(([, { series }]) => lastOfInterest(series)));
  const delivery: Picture = {
    id: 'delivery',
    title: 'Delivered within a minute, by time of sending',
    note: `Share of expected deliveries (one message × one recipient). Shaded: faults. ${beyondTwin}`,
    draw: (box) =>
      timeChart(box, {
        label: 'Share delivered within a minute over time, by system',
        curves: pairs(record, (system, twin) =>
          shareCurve(
            twin ? system.series.twinWithinOneMinute : system.series.withinOneMinute,
            system.series.expected,
            scaleOf(system),
          ),
        ),
        bands,
        isNamed: true,
        yTitle: 'delivered within 1 min',
        yFormat: percent,
        yMax: 1,
        xRange: [epochMs + record.windows.sendingStart * 1_000, epochMs + record.windows.sendingEnd * 1_000],
      }),
  };
  const latency: Picture = {
    id: 'latency',
    title: 'How long it took',
    note: `Share of expected deliveries that came within a time; what never came keeps a curve below 100 %. ${beyondTwin}`,
    width: 'chart',
    draw: (box) =>
      latencyChart(
        box,
        'Distribution of delay, by system',
        pairs(record, ({ latencyCurve }, twin) => delayPoints(latencyCurve, twin, record.windows.horizon)),
      ),
  };
  const counts = (
    picture: Omit<Picture, 'draw' | 'width'> & { yTitle: string },
    curves: () => Curve[],
  ): Picture => ({
    ...picture,
    width: 'chart',
    draw: (box) =>
      timeChart(box, {
        label: picture.title,
        curves: curves(),
        bands,
        xRange: [epochMs + record.windows.sendingStart * 1_000, epochMs + endOf(systems, last) * 1_000],
        xTitle: 'time, UTC',
        yTitle: picture.yTitle,
        yFormat: countInWords,
      }),
  });
  const cutOff = counts(
    {
      id: 'cut-off',
      title: 'People cut off',
      note: 'From the first failed to the next successful send or receipt. Silence is unknown, not fine.',
      yTitle: 'people',
    },
    () =>
      systems.map(([id, system]) => ({
        name: system.title,
        system: id,
        points: countCurve(system.series.cutOff, last, scaleOf(system)),
      })),
  );
  const backlog = counts(
    {
      id: 'backlog',
      title: 'Sent and not yet read',
      note: `Expected deliveries outstanding, wherever they waited. ${beyondTwin}`,
      yTitle: 'expected deliveries',
    },
    () =>
      pairs(record, (system, twin) =>
        countCurve(twin ? system.series.twinOutstanding : system.series.outstanding, last, scaleOf(system)),
      ),
  );
  return [delivery, latency, cutOff, backlog].map(drawnCard);
}
