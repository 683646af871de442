// Intervals and bars on one scale, line by line: paired differences with their intervals, and the tornado.
import { element, svg, type Child } from './dom.ts';

/** One line. */
export interface Line {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly middle: number;
  /** Beside the mark, in words. */
  readonly words: string;
  readonly isStrong: boolean;
}

const spanWidth = 300;
const rowHeight = 30;
const longestLabel = 42;
const longestWords = 36;
/** Of a character of text, about, and the widest that a line is drawn: larger text reads no better. */
const characterWidth = 7;
const mostEnlarged = 1.3;

/** A column as wide as its longest text, so that on a phone marks are not pushed out of sight. */
const columnFor = (texts: readonly string[]): number =>
  24 + characterWidth * Math.max(0, ...texts.map(({ length }) => length));

const shortened = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** The picture; `zero`: the value with a line of its own, no difference or the scenario as written. */
export function intervalPlot(title: string, lines: readonly Line[], zero: number, isBar: boolean): Child {
  const values = [zero, ...lines.flatMap(({ low, high }) => [low, high])];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || 1;
  const left = columnFor(lines.map(({ label }) => shortened(label, longestLabel)));
  const right = columnFor(lines.map(({ words }) => shortened(words, longestWords)));
  const width = left + spanWidth + right;
  const x = (value: number): number => left + ((value - least) / span) * spanWidth;
  const height = lines.length * rowHeight + 8;
  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${title}. ${lines.map(({ label, words }) => `${label}: ${words}`).join('; ')}`,
    },
    svg('line', { class: 'zero', x1: x(zero), x2: x(zero), y1: 0, y2: height }),
    ...lines.flatMap(({ label, low, high, middle, words, isStrong }, index) => {
      const y = index * rowHeight + rowHeight / 2;
      const half = isBar ? 8 : 1.5;
      return [
        svg('text', { x: left - 12, y, dy: '0.35em', 'text-anchor': 'end' }, shortened(label, longestLabel)),
        svg('rect', {
          class: isStrong ? 'span strong' : 'span',
          x: Math.min(x(low), x(high)),
          y: y - half,
          width: Math.max(1.5, Math.abs(x(high) - x(low))),
          height: 2 * half,
        }),
        !isBar && svg('circle', { class: isStrong ? 'span strong' : 'span', cx: x(middle), cy: y, r: 4.5 }),
        svg('text', { x: width - right + 12, y, dy: '0.35em' }, shortened(words, longestWords)),
      ];
    }),
  );
  picture.style.maxWidth = `${mostEnlarged * width}px`;
  return element(
    'div',
    { class: 'flow intervals', role: 'region', tabindex: 0, 'aria-label': title },
    picture,
  );
}
