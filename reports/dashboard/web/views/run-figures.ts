// The figures of one run: the headline of each system, the full table, and the same by class.
import {
  bytesInWords,
  countInWords,
  delayInWords,
  durationInWords,
  percent,
} from '../../../figures-in-words.ts';
import type { RunRecord } from '../../../record.ts';
import type { ClassRow, SystemRecord } from '../../../record-system.ts';
import { agreementInWords, drainInWords, recoveryInWords } from '../../../recovery-words.ts';
import { headline } from '../../../summarise.ts';
import { ownColour } from '../colours.ts';
import { card, element, table, type Child } from '../dom.ts';

/** How much of the whole, and by a mark how much it was without the faults. */
function gauge(own: number | null, twin: number | null): Child {
  if (own === null) return undefined;
  const share = element('span', { class: 'share' });
  share.style.width = `${own * 100}%`;
  const mark = element('span', { class: 'twin' });
  mark.style.left = `${(twin ?? 0) * 100}%`;
  return element('div', { class: 'gauge', 'aria-hidden': 'true' }, share, twin !== null && mark);
}

/** What a run says first: for each system its figure, the sentence that can be quoted, and what it is. */
export function headlineCards(record: RunRecord): Child {
  const sentences = headline(record);
  return element(
    'div',
    { class: 'headlines' },
    ...Object.entries(record.systems).map(([id, { title, description, delivery, twin }], index) => {
      const made = card(
        { title },
        element('p', { class: 'figure' }, percent(delivery.within['1m'])),
        gauge(delivery.within['1m'], twin.delivery.within['1m']),
        element(
          'p',
          { class: 'note' },
          `of ${countInWords(delivery.expected)} expected deliveries within a minute; the mark: ${percent(twin.delivery.within['1m'])} without the faults`,
        ),
        element('p', { class: 'sentence' }, sentences[index]),
        element(
          'details',
          {},
          element('summary', {}, 'What it is'),
          element('p', { class: 'note' }, description),
        ),
      );
      made.style.setProperty('--own', ownColour(id));
      return made;
    }),
  );
}

interface FigureRow {
  readonly label: string;
  cell(system: SystemRecord): string;
}

const delayRow = (label: string, which: 'p50' | 'p90' | 'p99'): FigureRow => ({
  label,
  cell: ({ latencyMs, twin }) =>
    `${delayInWords(latencyMs[which], latencyMs.beyondHorizon.includes(which))} (${delayInWords(twin.latencyMs[which], twin.latencyMs.beyondHorizon.includes(which))})`,
});

const withinRow = (label: string, which: '10s' | '1m' | '1h'): FigureRow => ({
  label,
  cell: ({ delivery, twin }) =>
    `${percent(delivery.within[which])} (${percent(twin.delivery.within[which])})`,
});

const orDash = (seconds: number | null): string => (seconds === null ? '–' : durationInWords(seconds));

const figureRows: readonly FigureRow[] = [
  withinRow('delivered within 10 s', '10s'),
  withinRow('delivered within 1 min', '1m'),
  withinRow('delivered within 1 h', '1h'),
  {
    label: 'delivered ever',
    cell: ({ delivery, twin }) => `${percent(delivery.ratio)} (${percent(twin.delivery.ratio)})`,
  },
  {
    label: 'within 1 min, sender and recipient online',
    cell: ({ whenConnected }) => percent(whenConnected.within['1m']),
  },
  delayRow('delay, median', 'p50'),
  delayRow('delay, 90th percentile', 'p90'),
  delayRow('delay, 99th percentile', 'p99'),
  { label: 'late against the twin', cell: ({ blameAccount }) => countInWords(blameAccount.late) },
  { label: 'lost against the twin', cell: ({ blameAccount }) => countInWords(blameAccount.lost) },
  { label: 'cut off, median of those', cell: ({ cutOff }) => orDash(cutOff.medianSeconds) },
  { label: 'cut off, longest', cell: ({ cutOff }) => orDash(cutOff.longestSeconds) },
  { label: 'cut off, person-hours', cell: ({ cutOff }) => countInWords(cutOff.personHours) },
  { label: 'recovered after the last fault', cell: recoveryInWords },
  { label: 'backlog, peak', cell: ({ backlog }) => countInWords(backlog.peak) },
  { label: 'backlog drained after the last fault', cell: drainInWords },
  {
    label: 'there before its key · never read',
    cell: ({ undecryptable: waits }) =>
      waits === undefined ? '–' : `${countInWords(waits.deliveries)} · ${countInWords(waits.never)}`,
  },
  {
    label: 'all replicas agree again after',
    cell: ({ convergence }) => agreementInWords(convergence),
  },
  {
    label: 'bytes on the wire',
    cell: ({ bytes, twin }) => `${bytesInWords(bytes.internet)} (${bytesInWords(twin.bytes.internet)})`,
  },
  {
    label: 'bytes on the air',
    cell: ({ bytes, twin }) => `${bytesInWords(bytes.radio)} (${bytesInWords(twin.bytes.radio)})`,
  },
  { label: 'time on the air', cell: ({ bytes }) => orDash(bytes.airSeconds) },
  { label: 'time of listening for others', cell: ({ bytes }) => orDash(bytes.scanSeconds ?? null) },
];

/** Every figure beside its twin's. */
export function figuresCard({ systems }: RunRecord): Child {
  return card(
    { title: 'All figures' },
    table(
      'In brackets: the same without the faults. What never came counts as infinitely late.',
      [
        { title: '', cell: ({ label }: FigureRow) => label },
        ...Object.values(systems).map((system) => ({
          title: system.title,
          number: true,
          cell: (row: FigureRow) => row.cell(system),
        })),
      ],
      figureRows,
    ),
  );
}

/** Delivery by distance, conversation and country. */
export function classCard({ systems }: RunRecord): Child {
  const first = Object.values(systems)[0]?.byClass ?? [];
  const find = (system: SystemRecord, { dimension, name }: ClassRow): ClassRow | undefined =>
    system.byClass.find((row) => row.dimension === dimension && row.name === name);
  return card(
    { title: 'For whom' },
    table(
      'Delivered within a minute, by class; in brackets without the faults.',
      [
        { title: 'class', cell: ({ dimension, name }: ClassRow) => `${dimension}: ${name}` },
        { title: 'of all', number: true, cell: ({ shareOfExpected }) => percent(shareOfExpected) },
        ...Object.values(systems).map((system) => ({
          title: system.title,
          number: true,
          cell: (row: ClassRow) => {
            const own = find(system, row);
            return own === undefined
              ? '–'
              : `${percent(own.withinOneMinute)} (${percent(own.twinWithinOneMinute)})`;
          },
        })),
      ],
      first,
    ),
  );
}
