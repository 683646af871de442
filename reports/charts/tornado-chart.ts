// The tornado: one bar per assumption, from the answer at the low end of its range to the answer at the high end.
import * as Plot from '@observablehq/plot';
import type { Figure } from '../campaign/figures.ts';
import type { RankedAssumption, Swing } from '../sensitivity/tornado.ts';
import { palette, renderChart } from './render.ts';

/** Bars that fit a page; the others are in the table. */
const mostBars = 20;

/** Draws what the assumptions do to one subject: a system, or the difference of two. */
export function tornadoChart(
  ranked: readonly RankedAssumption[],
  subject: string,
  figure: Figure,
  notes: readonly string[],
): string {
  const scale = figure.unit === 'share' ? 100 : 1;
  const swings = ranked
    .flatMap(({ assumption, swings: all }) => {
      const swing = all.find((each) => each.subject === subject);
      return swing === undefined ? [] : [{ assumption, swing }];
    })
    .filter(({ swing }) => swing.size > 0)
    .sort((left, right) => right.swing.size - left.swing.size)
    .slice(0, mostBars);
  const bars = swings.flatMap(({ assumption, swing }) =>
    swing.ends.flatMap(({ value, mean }) =>
      mean === null || swing.base === null || mean === swing.base
        ? []
        : [
            {
              path: assumption.path,
              end: value < assumption.value ? 'at the low end' : 'at the high end',
              from: swing.base * scale,
              to: mean * scale,
              value: String(value),
            },
          ],
    ),
  );
  const base = baseOf(swings);
  return renderChart(
    {
      height: 70 + 22 * swings.length,
      marginLeft: 290,
      x: {
        grid: true,
        inset: 36,
        label: `${subject}: ${figure.title}${figure.unit === 'share' ? ' (points)' : ` (${figure.unit})`}`,
      },
      y: { label: null, domain: swings.map(({ assumption }) => assumption.path) },
      color: {
        domain: ['at the low end', 'at the high end'],
        range: [palette[0], palette[1]],
        legend: false,
      },
      marks: [
        Plot.barX(bars, { y: 'path', x1: 'from', x2: 'to', fill: 'end', insetTop: 3, insetBottom: 3 }),
        Plot.text(bars, {
          y: 'path',
          x: 'to',
          text: 'value',
          textAnchor: 'start',
          dx: 4,
          filter: (bar: { from: number; to: number }) => bar.to >= bar.from,
        }),
        Plot.text(bars, {
          y: 'path',
          x: 'to',
          text: 'value',
          textAnchor: 'end',
          dx: -4,
          filter: (bar: { from: number; to: number }) => bar.to < bar.from,
        }),
        ...(base === null ? [] : [Plot.ruleX([base * scale], { stroke: '#333' })]),
        ...(subject.includes(' - ') ? [Plot.ruleX([0], { stroke: '#EE6677', strokeDasharray: '4 3' })] : []),
      ],
    },
    {
      title: 'Which assumption decides the answer?',
      subtitle: `${subject}: ${figure.title}, each assumption at the ends of its plausible range (blue low, red high)`,
      notes,
    },
  );
}

function baseOf(swings: readonly { readonly swing: Swing }[]): number | null {
  return swings[0]?.swing.base ?? null;
}
