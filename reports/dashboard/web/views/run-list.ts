// The list of runs, with the run under way above it.
import { percent } from '../../../figures-in-words.ts';
import type { LiveState, RunSummary } from '../../wire.ts';
import { systemColour } from '../charts.ts';
import { card, element, table, type Child } from '../dom.ts';

type GoodSummary = Extract<RunSummary, { title: string }>;

function verdict({ verdict: found }: GoodSummary): Child {
  switch (found) {
    case 'good':
      return element('span', { class: 'verdict holds' }, '✓ as expected');
    case 'check-failed':
      return element('span', { class: 'verdict fails' }, '✗ not as expected');
    case 'limit-reached':
      return element('span', { class: 'verdict fails' }, '✗ ended by a limit');
  }
}

function systemFigures({ systems }: GoodSummary): Child {
  return element(
    'span',
    {},
    ...systems.flatMap(({ id, title, withinOneMinute, twin }) => [
      swatch(id),
      `${title} ${percent(withinOneMinute)} `,
      element('span', { class: 'quiet' }, `(${percent(twin)})`),
      element('br'),
    ]),
  );
}

/** A small square in a system's colour. */
export function swatch(system: string): HTMLElement {
  const square = element('span', { class: 'swatch', 'aria-hidden': 'true' });
  square.style.background = systemColour(system);
  return square;
}

function underWay(state: LiveState | null): Child {
  if (state?.status !== 'running') return undefined;
  const done = state.jobs.reduce((sum, { now }) => sum + now / state.horizon, 0) / state.jobs.length;
  return card(
    { title: 'Under way' },
    element('p', {}, element('a', { href: '#/live' }, `${state.title}, seed ${state.seed}`)),
    element('progress', { max: 1, value: done, 'aria-label': 'done' }),
  );
}

/** The page of all runs. */
export function runListView(runs: readonly RunSummary[], live: LiveState | null): readonly Child[] {
  const good = runs.filter((run) => 'title' in run);
  const damaged = runs.filter((run) => 'problem' in run);
  return [
    element('h1', {}, 'Runs'),
    element(
      'p',
      { class: 'lead' },
      'Messaging systems under the same outage: the same people say the same things, the same parts break at the same times.',
    ),
    element(
      'div',
      { class: 'grid' },
      underWay(live),
      good.length === 0
        ? card(
            { title: 'No runs yet' },
            element('p', {}, 'Make one:'),
            element('pre', {}, 'npx netsplit run small-town --seed 1'),
          )
        : card(
            { title: 'Finished' },
            table(
              'Delivered within a minute; in brackets the same without the faults. Every run is one seed.',
              [
                {
                  title: 'scenario',
                  cell: (run) =>
                    element(
                      'span',
                      {},
                      element('a', { href: `#/run/${run.id}` }, run.title),
                      run.changed && element('span', { class: 'quiet' }, ' (changed)'),
                    ),
                },
                { title: 'delivered within 1 min', cell: systemFigures },
                { title: 'seed', number: true, cell: ({ seed }) => String(seed) },
                { title: 'expectations', cell: verdict },
                {
                  title: 'recorded',
                  cell: ({ recordedAt }) => `${recordedAt.slice(0, 10)} ${recordedAt.slice(11, 16)} UTC`,
                },
              ],
              good,
            ),
          ),
      damaged.length > 0 &&
        card(
          { title: 'Folders that are no runs' },
          ...damaged.map(({ id, problem }) => element('p', {}, `${id}: ${problem}`)),
        ),
    ),
  ];
}
