// Two runs side by side: the curves of both, every figure, and the difference.
import { percent } from '../../../figures-in-words.ts';
import type { ComparedRow, ComparedRuns } from '../../../views/compared-runs.ts';
import * as api from '../api.ts';
import { DrawnCharts, timeChart, type Curve } from '../charts.ts';
import { swatch } from '../colours.ts';
import { shareCurve } from '../curves.ts';
import { card, element, fill, table } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';

/** Both runs' curves on the first one's clock. */
function curvesOf({ left, right, titles }: ComparedRuns): Curve[] {
  const epochMs = Date.parse(left.epoch);
  return Object.keys(titles).flatMap((system) =>
    [left, right].flatMap(({ series }, index): Curve[] => {
      const own = series[system];
      if (own === undefined) return [];
      return [
        {
          name: `${titles[system] ?? system}${index === 0 ? '' : ', second run'}`,
          system,
          dashed: index === 1,
          points: shareCurve(own.withinOneMinute, own.expected, { epochMs, ...own }),
        },
      ];
    }),
  );
}

/** The view of two runs. */
export const compareView: View = async (root, { path: [, left = '', right = ''] }) => {
  const compared = await api.compare(left, right);
  const plot = element('div', { class: 'plot tall' });
  const { differs, rows, titles } = compared;
  fill(
    root,
    element('h1', {}, 'Two runs'),
    element(
      'p',
      { class: 'lead' },
      'First: ',
      element('a', { href: addressOf(['run', left]) }, `${compared.left.title}, seed ${compared.left.seed}`),
      '. Second: ',
      element(
        'a',
        { href: addressOf(['run', right]) },
        `${compared.right.title}, seed ${compared.right.seed}`,
      ),
      '.',
    ),
    element(
      'p',
      { class: 'note' },
      differs.length === 0
        ? 'Scenario, seed and changes are the same: so is everything else.'
        : `They differ in: ${differs.join('. ')}. Two runs are two anecdotes: a campaign tells chance from difference.`,
    ),
    element(
      'div',
      { class: 'grid' },
      card({ title: 'Delivered within a minute, by time of sending', note: 'Dotted: the second run.' }, plot),
      card(
        { title: 'Every figure' },
        table(
          'Second minus first',
          [
            {
              title: 'system',
              cell: ({ system }: ComparedRow) =>
                element('span', {}, swatch(system), titles[system] ?? system),
            },
            {
              title: 'figure',
              cell: ({ title, definition }) => element('span', { title: definition }, title),
            },
            { title: 'first', number: true, cell: (row) => row.left },
            { title: 'second', number: true, cell: (row) => row.right },
            {
              title: 'change',
              number: true,
              cell: ({ change, changed }) => (changed ? element('strong', {}, change) : change),
            },
          ],
          rows,
        ),
      ),
    ),
  );
  const charts = new DrawnCharts(() => [
    timeChart(plot, {
      label: 'Share delivered within a minute over time, by system and run',
      curves: curvesOf(compared),
      yTitle: 'delivered within 1 min',
      yFormat: percent,
      yMax: 1,
    }),
  ]);
  return { title: 'Two runs', leave: charts.close, repaint: charts.repaint };
};
