// What leads on from a run: closer looks at it, and every form in which it can be taken away.
import type { RunRecord } from '../../../record.ts';
import * as api from '../api.ts';
import { card, element, type Child } from '../dom.ts';
import { addressOf } from '../router.ts';

/** Views of one run, the one that is shown marked as such. */
export function runViews(id: string, current: 'run' | 'day' | 'replay' | 'rooms'): Child {
  const views = [
    ['run', 'Results', addressOf(['run', id])],
    ['day', 'One person’s day', addressOf(['run', id, 'day'])],
    ['replay', 'Replay', addressOf(['run', id, 'replay'])],
    ['rooms', 'Rooms', addressOf(['run', id, 'rooms'])],
  ] as const;
  return element(
    'nav',
    { class: 'subnav noprint', 'aria-label': 'Views of this run' },
    ...views.map(([view, label, href]) =>
      element('a', { href, ...(view === current ? { 'aria-current': 'page' } : {}) }, label),
    ),
  );
}

const reports = [
  ['html', 'page to hand on'],
  ['md', 'Markdown'],
  ['json', 'run.json'],
  ['csv', 'figures as CSV'],
  ['junit', 'JUnit for CI'],
] as const;
const charts = [
  ['within-a-minute', 'Delivery over time'],
  ['latency', 'Delays'],
  ['cut-off', 'People cut off'],
] as const;
const files = ['fates.parquet', 'spans.parquet', 'series.parquet', 'incidents.parquet', 'scenario.yaml'];

/** Every export. */
export function downloadsCard(id: string, { systems }: RunRecord): Child {
  return card(
    { title: 'Take it away', width: 'half', note: 'All of it is made from the run’s own record.' },
    ...[
      {
        title: 'Reports',
        links: reports.map(([format, label]) => [api.reportOf(id, format), label] as const),
      },
      {
        title: 'Charts',
        links: charts.flatMap(([name, label]) =>
          ['svg', 'png'].map(
            (format) => [api.chartOf(id, `${name}.${format}`), `${label} (${format.toUpperCase()})`] as const,
          ),
        ),
      },
      {
        title: 'Traces for Perfetto, simulated again',
        links: Object.entries(systems).map(
          ([system, { title }]) => [api.traceOf(id, system), title] as const,
        ),
      },
      { title: 'Records', links: files.map((name) => [api.fileOf(id, name), name] as const) },
    ].flatMap(({ title, links }) => [
      element('h3', {}, title),
      element(
        'ul',
        { class: 'downloads plain' },
        ...links.map(([href, label]) => element('li', {}, element('a', { href, download: true }, label))),
      ),
    ]),
  );
}

/** When replicas disagreed, and for how long. */
export function convergenceCard({ systems, epoch }: RunRecord): Child {
  const told = Object.values(systems).filter(({ convergence }) => convergence.converged !== null);
  if (told.length === 0) return undefined;
  const inWords = (seconds: number | null, converged: boolean | null): string =>
    seconds === null ? (converged === false ? 'not by the horizon' : '–') : `${Math.round(seconds)} s`;
  return card(
    {
      title: 'Do the copies agree?',
      width: 'half',
      note: `Of what is kept in several places; from ${epoch.slice(0, 10)}.`,
    },
    ...told.map(({ title, convergence: found }) =>
      element(
        'div',
        {},
        element('h3', {}, title),
        element(
          'ul',
          {},
          element(
            'li',
            {},
            found.converged === true ? 'At the horizon all copies agree.' : 'At the horizon copies differ.',
          ),
          element(
            'li',
            {},
            `${found.diverged} of ${found.objects} objects had copies that differed for over a minute; the longest for ${Math.round(found.longestSeconds)} s.`,
          ),
          element(
            'li',
            {},
            `After the last fault, agreement but for a minute: ${inWords(found.seconds, found.converged)}; without any difference: ${inWords(found.strictSeconds, found.converged)}.`,
          ),
          found.resets > 0 && element('li', {}, `${found.resets} objects fell back to an older state.`),
          ...found.causes.map(({ aspect, cause, replicas, objects }) =>
            element('li', {}, `${aspect}: ${cause} (${replicas} copies of ${objects} objects)`),
          ),
        ),
      ),
    ),
  );
}
