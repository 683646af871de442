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
      {
        title: 'Space-time (Lamport) diagrams of what suffered most, simulated again',
        links: Object.entries(systems).flatMap(([system, { title }]) =>
          ['svg', 'png'].map(
            (format) =>
              [api.diagramOf(id, `${system}.${format}`), `${title} (${format.toUpperCase()})`] as const,
          ),
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
