// The fault timeline of a scenario as a picture: the sending window as ground, a bar for each fault.
import { durationInWords } from '../../../figures-in-words.ts';
import type { ScenarioSummary, TimelineFault } from '../../wire.ts';
import { clockTime } from '../clock-time.ts';
import { element, svg, type Child } from '../dom.ts';

const width = 600;
const barHeight = 7;
const lane = 11;
/** Of the small text beside bars. */
const letterWidth = 4.6;
/** Lanes drawn; scenarios with more faults say so in words. */
const mostLanes = 12;

/** When the faults hold, with the same in words for those who cannot see it. */
export function faultTimeline({ faults, windows, epoch }: ScenarioSummary, labelled: boolean): Child {
  const last = Math.max(windows.sendingEnd, ...faults.map(({ end }) => Math.min(end, windows.horizon)));
  const x = (seconds: number): number => (Math.min(seconds, last) / last) * width;
  const lanes = [...faults].sort((left, right) => left.start - right.start).slice(0, mostLanes);
  const height = Math.max(2, lanes.length) * lane + 18;
  const time = (seconds: number): string => clockTime(Date.parse(epoch) + seconds * 1_000, true);
  const words =
    faults.length === 0
      ? 'No faults.'
      : faults.map(({ title, start, end }) => `${title}: ${time(start)} to ${time(end)}`).join('. ');
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Fault timeline. ${words}` },
    svg('rect', {
      class: 'sending',
      x: x(windows.sendingStart),
      width: x(windows.sendingEnd) - x(windows.sendingStart),
      y: 0,
      height: height - 16,
    }),
    ...lanes.map(({ start, end, title }, index) =>
      svg(
        'rect',
        {
          class: 'fault',
          x: x(start),
          width: Math.max(2.5, x(end) - x(start)),
          y: 4 + index * lane,
          height: barHeight,
          rx: 2,
        },
        svg('title', {}, `${title}, ${durationInWords(end - start)}`),
      ),
    ),
    ...(labelled ? lanes.map((fault, index) => laneLabel(fault, index, x)) : []),
    svg('line', { class: 'axis', x1: 0, x2: width, y1: height - 15, y2: height - 15 }),
    ...[0, 0.5, 1].map((share) =>
      svg(
        'text',
        {
          x: share * width,
          y: height - 3,
          'text-anchor': share === 0 ? 'start' : share === 1 ? 'end' : 'middle',
        },
        durationLabel(share * last),
      ),
    ),
  );
  return element(
    'figure',
    { class: 'timeline' },
    labelled
      ? element(
          'div',
          { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Fault timeline' },
          picture,
        )
      : picture,
    labelled &&
      element(
        'figcaption',
        { class: 'note' },
        `Grey: people are sending. Bars: faults${faults.length > mostLanes ? `, the first ${mostLanes} of ${faults.length}` : ''}. From ${time(0)}.`,
      ),
  );
}

/** The name of a fault, on the side of its bar where there is more room. */
function laneLabel(
  { title, start, end }: TimelineFault,
  index: number,
  x: (seconds: number) => number,
): SVGElement {
  const isAfter = width - x(end) >= x(start);
  const letters = Math.floor((isAfter ? width - x(end) : x(start)) / letterWidth);
  return svg(
    'text',
    {
      class: 'lane',
      x: isAfter ? x(end) + 5 : x(start) - 5,
      y: 4 + index * lane + barHeight / 2,
      dy: '0.35em',
      'text-anchor': isAfter ? 'start' : 'end',
    },
    title.length > letters ? `${title.slice(0, Math.max(0, letters - 1))}…` : title,
  );
}

function durationLabel(seconds: number): string {
  return seconds === 0 ? '0' : durationInWords(seconds).replace(' 00 min', '');
}
