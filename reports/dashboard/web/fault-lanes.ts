// The names of faults above the curves: a bar for each from its start to its end, and its title beside it.
import type { Chart, Plugin } from 'chart.js';
import { colour } from './colours.ts';
import { cutAtEnd } from './fitted-text.ts';

/** A stretch of time during which a fault was active. */
export interface Band {
  readonly title: string;
  readonly start: number;
  readonly end: number;
}

/** Faults that are named; a table beside the chart has them all. */
const mostLanes = 8;
/** As the style sheet counts them, pixels. */
const laneHeight = 15;
const gap = 6;

/** Rows that the names of these faults take. */
export const lanesOf = (bands: readonly Band[]): number =>
  Math.min(bands.length, mostLanes + (bands.length > mostLanes ? 1 : 0));

/** Room above the curves for {@link faultLanes}, pixels. */
export const laneRoom = (bands: readonly Band[]): number => lanesOf(bands) * laneHeight;

/** Draws them into the room that was left for them. */
export function faultLanes(bands: readonly Band[]): Plugin<'line'> {
  const named = [...bands].sort((left, right) => left.start - right.start).slice(0, mostLanes);
  return {
    id: 'fault-lanes',
    afterDraw(chart) {
      const { ctx: context, chartArea: area } = chart;
      const top = area.top - laneRoom(bands);
      context.save();
      context.font = '11px system-ui, sans-serif';
      context.textBaseline = 'middle';
      named.forEach((band, lane) => drawLane(chart, band, top + (lane + 0.5) * laneHeight));
      if (bands.length > mostLanes) {
        context.fillStyle = colour('--soft');
        context.fillText(
          `and ${bands.length - mostLanes} more faults`,
          area.left,
          top + (mostLanes + 0.5) * laneHeight,
        );
      }
      context.restore();
    },
  };
}

function drawLane({ ctx: context, chartArea: area, scales }: Chart, band: Band, y: number): void {
  const x = (value: number): number =>
    Math.min(area.right, Math.max(area.left, scales['x']?.getPixelForValue(value) ?? area.left));
  const [from, to] = [x(band.start), x(band.end)];
  context.fillStyle = colour('--bad');
  context.fillRect(from, y - 3, Math.max(2, to - from), 6);
  const [before, after] = [from - area.left, area.right - to];
  const isAfter = after >= before || context.measureText(band.title).width + gap <= after;
  context.fillStyle = colour('--ink');
  context.textAlign = isAfter ? 'left' : 'right';
  context.fillText(
    cutAtEnd(context, band.title, Math.max(before, after) - gap),
    isAfter ? to + gap : from - gap,
    y,
  );
}
