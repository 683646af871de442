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

const width = 860;
const left = 330;
const right = 230;
const rowHeight = 30;

/** The picture; `zero`: the value with a line of its own, no difference or the scenario as written. */
export function intervalPlot(title: string, lines: readonly Line[], zero: number, isBar: boolean): Child {
  const values = [zero, ...lines.flatMap(({ low, high }) => [low, high])];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || 1;
  const x = (value: number): number => left + ((value - least) / span) * (width - left - right);
  const height = lines.length * rowHeight + 8;
  const shortened = (text: string, longest: number): string =>
    text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return element(
    'div',
    { class: 'flow', role: 'region', tabindex: 0, 'aria-label': title },
    svg(
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
          svg('text', { x: left - 12, y, dy: '0.35em', 'text-anchor': 'end' }, shortened(label, 42)),
          svg('rect', {
            class: isStrong ? 'span strong' : 'span',
            x: Math.min(x(low), x(high)),
            y: y - half,
            width: Math.max(1.5, Math.abs(x(high) - x(low))),
            height: 2 * half,
          }),
          !isBar && svg('circle', { class: isStrong ? 'span strong' : 'span', cx: x(middle), cy: y, r: 4.5 }),
          svg('text', { x: width - right + 12, y, dy: '0.35em' }, shortened(words, 36)),
        ];
      }),
    ),
  );
}
