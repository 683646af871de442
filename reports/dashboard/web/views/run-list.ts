// The list of runs, with what is under way above it.
import { percent } from '../../../figures-in-words.ts';
import { hasEnded, type RunSummary, type WorkState } from '../../wire.ts';
import * as api from '../api.ts';
import { swatch } from '../colours.ts';
import { card, element, fill, table, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf, remember } from '../router.ts';

type GoodSummary = Extract<RunSummary, { title: string }>;

/** Lines of the table shown at once. */
const pageSize = 100;
/** Milliseconds until a store that is being read for the first time is asked again. */
const patience = 600;

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

function underWay(works: readonly WorkState[]): Child {
  const active = works.filter((work) => !hasEnded(work));
  if (active.length === 0) return undefined;
  return card(
    { title: 'Under way' },
    ...active.map(({ id, title, status }) =>
      element(
        'p',
        {},
        element('a', { href: addressOf(['live', String(id)]) }, title),
        status === 'waiting' && ' (waiting)',
      ),
    ),
  );
}

function runTable(runs: readonly GoodSummary[], compare: (id: string, chosen: boolean) => void): Child {
  return table(
    'Delivered within a minute; in brackets the same without the faults. Every run is one seed.',
    [
      {
        title: 'scenario',
        cell: (run: GoodSummary) =>
          element(
            'span',
            {},
            element('a', { href: addressOf(['run', run.id]) }, run.title),
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
      {
        title: 'compare',
        cell: ({ id, title, seed }) => {
          const box = element('input', { type: 'checkbox', 'aria-label': `compare ${title}, seed ${seed}` });
          box.addEventListener('change', () => compare(id, box.checked));
          return box;
        },
      },
    ],
    runs,
  );
}

const empty = (): Child =>
  card(
    { title: 'No runs yet' },
    element(
      'p',
      {},
      element('a', { href: '#/scenarios' }, 'Choose a scenario and run it here'),
      ', or on the command line:',
    ),
    element('pre', {}, 'npx netsplit run small-town --seed 1'),
  );

/** Two chosen runs lead to their comparison. */
class Chosen {
  readonly link = element('a', { class: 'button', hidden: true }, 'Compare the two');
  readonly hint = element('span', { class: 'note' }, 'Choose two runs to compare them.');
  #ids: readonly string[] = [];

  readonly take = (id: string, chosen: boolean): void => {
    this.#ids = chosen ? [...this.#ids, id] : this.#ids.filter((each) => each !== id);
    const [left = '', right = ''] = this.#ids;
    this.link.hidden = this.#ids.length !== 2;
    this.hint.hidden = this.#ids.length === 2;
    this.link.href = addressOf(['compare', left, right]);
  };
}

/** The page of all runs. */
export const runListView: View = async (root, { query }) => {
  const [first, works] = await Promise.all([api.runs(), api.works()]);
  let { runs, unread } = first;
  let shown = pageSize;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const search = element('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    value: query.get('q') ?? '',
  });
  const status = element('p', { class: 'note', role: 'status' });
  const body = element('div');
  const chosen = new Chosen();
  const draw = (): void => {
    const wanted = search.value.toLowerCase();
    const good = runs
      .filter((run) => 'title' in run)
      .filter((run) => `${run.title} ${run.id}`.toLowerCase().includes(wanted));
    const damaged = runs.filter((run) => 'problem' in run);
    const more = element(
      'button',
      { type: 'button' },
      `Show ${Math.min(pageSize, good.length - shown)} more`,
    );
    more.addEventListener('click', () => {
      shown += pageSize;
      draw();
    });
    status.textContent =
      unread > 0
        ? `Reading the store: ${unread} folders to go.`
        : good.length === 1
          ? '1 run.'
          : `${good.length} runs.`;
    fill(
      body,
      runs.length === 0 && unread === 0
        ? empty()
        : card(
            { title: 'Finished' },
            runTable(good.slice(0, shown), chosen.take),
            good.length > shown && more,
          ),
      damaged.length > 0 &&
        card(
          { title: 'Folders that are no runs' },
          ...damaged.map(({ id, problem }) => element('p', {}, `${id}: ${problem}`)),
        ),
    );
  };
  const again = (): void => {
    if (unread === 0) return;
    timer = setTimeout(() => {
      api.runs().then(
        (list) => {
          ({ runs, unread } = list);
          draw();
          again();
        },
        (error: unknown) => (status.textContent = error instanceof Error ? error.message : String(error)),
      );
    }, patience);
  };
  search.addEventListener('input', () => {
    shown = pageSize;
    draw();
    remember(addressOf([], { q: search.value === '' ? undefined : search.value }));
  });
  fill(
    root,
    element('h1', {}, 'Runs'),
    element(
      'p',
      { class: 'lead' },
      'Messaging systems under the same outage: the same people say the same things, the same parts break at the same times.',
    ),
    underWay(works),
    runs.length > 0 && element('p', { class: 'field' }, element('label', { for: 'search' }, 'Find'), search),
    element('p', { class: 'row' }, chosen.link, runs.length > 1 && chosen.hint),
    status,
    body,
  );
  draw();
  again();
  return { title: '', leave: () => clearTimeout(timer) };
};
