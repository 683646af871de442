// The report of one run: headline, figures, charts, blame, what was expected, what is assumed, and how to repeat it.
import { runWarnings, smallClass } from '../class-drivers.ts';
import type { NamedChart } from '../charts/run-charts.ts';
import { figureRows } from '../compare-table.ts';
import { costInWords, disputesInWords, sidesInWords } from '../dispute-words.ts';
import { countInWords, durationInWords, percent } from '../figures-in-words.ts';
import { refusalsInWords } from '../refusal-words.ts';
import type { RunRecord } from '../record.ts';
import {
  blameInWords,
  caveatOf,
  deadlineCaveats,
  changesInWords,
  gradeInWords,
  headline,
  resendCaveat,
} from '../summarise.ts';
import type { Block, ReportDocument } from './document.ts';
import { assumptionsBlock, clock } from './shared-blocks.ts';

/** Lines of blame per system. */
const blameShown = 12;

/** Disputed entries per system. */
const disputesShown = 12;

/** Format of the data in a report's file. */
export const runReportKind = 'netsplit-run-report';

/** Puts the report of a run together. `scenario` is the text of its file. */
export function runDocument(
  record: RunRecord,
  scenario: string,
  charts: readonly NamedChart[],
): ReportDocument {
  return {
    title: record.title,
    blocks: [
      { kind: 'text', text: record.description },
      ...headline(record).map((text): Block => ({ kind: 'text', text })),
      {
        kind: 'caveat',
        lines: [
          caveatOf(record),
          ...deadlineCaveats(record),
          ...runWarnings(record.systems),
          ...resending(record),
          ...limits(record),
        ],
      },
      { kind: 'heading', text: 'Figures' },
      figures(record),
      {
        kind: 'text',
        text: 'In brackets: the twin, the same run without the faults. The shares of a row are of the same expected deliveries in every system.',
      },
      ...charts.map(({ svg }): Block => ({ kind: 'chart', svg })),
      ...timeline(record),
      ...blame(record),
      ...disputes(record),
      ...refusals(record),
      ...classes(record),
      ...expectations(record),
      ...checks(record),
      assumptionsBlock(record.assumptions),
      { kind: 'folded', title: 'The scenario', blocks: [{ kind: 'code', text: scenario }] },
      { kind: 'heading', text: 'How to repeat it' },
      provenance(record),
    ],
    data: { kind: runReportKind, record, scenario },
  };
}

function resending(record: RunRecord): readonly string[] {
  const caveat = resendCaveat(record);
  return caveat === undefined ? [] : [caveat];
}

function limits({ systems, overrides }: RunRecord): readonly string[] {
  return [
    ...Object.values(systems).map(
      (system) => `${system.title} (${gradeInWords(system)}). ${system.description}`,
    ),
    ...changesInWords(overrides),
  ];
}

function figures({ systems }: RunRecord): Block {
  const all = Object.values(systems);
  return {
    kind: 'table',
    head: ['', ...all.map(({ title }) => title)],
    rows: figureRows.map(({ label, cell }) => [label, ...all.map(cell)]),
  };
}

function timeline(record: RunRecord): readonly Block[] {
  const { faults, systems } = record;
  if (faults.length === 0) return [{ kind: 'text', text: 'This run has no faults.' }];
  const ids = Object.keys(systems);
  return [
    { kind: 'heading', text: 'What went wrong, and when' },
    {
      kind: 'table',
      head: ['fault', 'from', 'to', 'hits', ...ids.map((id) => `changed fates, ${id}`), 'source'],
      rows: [...faults]
        .sort((left, right) => left.start - right.start)
        .map((fault) => [
          fault.title,
          clock(record.epoch, fault.start),
          clock(record.epoch, fault.end),
          fault.target,
          ...ids.map((id) => countInWords(fault.bit[id] ?? 0)),
          fault.source,
        ]),
    },
    ...operations(record),
  ];
}

function operations(record: RunRecord): readonly Block[] {
  const { actions, systems } = record;
  if (actions.length === 0) return [];
  const all = Object.entries(systems);
  return [
    { kind: 'heading', text: 'What operators did' },
    {
      kind: 'table',
      head: ['action', 'what', 'to', ...all.map(([, { title }]) => `done, ${title}`), 'source'],
      rows: actions.map(({ title, do: what, target, doneAt, source }) => [
        title,
        what,
        target ?? '',
        ...all.map(([id]) => {
          const at = doneAt[id];
          return typeof at === 'number' ? clock(record.epoch, at) : 'never';
        }),
        source,
      ]),
    },
  ];
}

function blame({ systems, faults }: RunRecord): readonly Block[] {
  if (faults.length === 0) return [];
  return [
    { kind: 'heading', text: 'What made messages late or lost' },
    ...Object.values(systems).flatMap((system): Block[] => [
      {
        kind: 'text',
        text: `${system.title}: ${countInWords(system.blameAccount.late)} late, ${countInWords(system.blameAccount.lost)} lost; ${percent(system.blameAccount.unexplainedShare)} of it unexplained.`,
      },
      ...(system.blame.length === 0
        ? []
        : [
            {
              kind: 'table',
              head: ['from the fault to the message', 'deliveries', 'delay in all', 'never delivered'],
              rows: system.blame
                .slice(0, blameShown)
                .map((line) => [
                  blameInWords(line),
                  countInWords(line.deliveries),
                  durationInWords(line.excessSeconds),
                  countInWords(line.neverDelivered),
                ]),
            } as const,
          ]),
    ]),
  ];
}

function disputes({ systems }: RunRecord): readonly Block[] {
  const all = Object.entries(systems).flatMap(([id, { disputedState }]) => {
    const words = disputesInWords(disputedState);
    return words === undefined || disputedState === undefined ? [] : [{ id, words, disputedState }];
  });
  if (all.length === 0) return [];
  return [
    { kind: 'heading', text: 'On what copies differed while they did' },
    ...all.flatMap(({ id, words, disputedState }): Block[] => [
      { kind: 'text', text: `${id}: ${words}.` },
      {
        kind: 'table',
        head: ['entry', 'in', 'for', 'who against whom, at its longest', 'refused because of it'],
        rows: disputedState.entries
          .slice(0, disputesShown)
          .map((each) => [
            each.entry,
            each.object,
            durationInWords(each.seconds),
            sidesInWords(each),
            costInWords(each),
          ]),
      },
    ]),
  ];
}

function refusals({ systems }: RunRecord): readonly Block[] {
  const items = Object.entries(systems).flatMap(([id, each]) =>
    refusalsInWords(each.refusals).map((words) => `${id}: ${words}`),
  );
  if (items.length === 0) return [];
  return [
    { kind: 'heading', text: 'What servers did not take as it came' },
    { kind: 'list', items },
  ];
}

function classes({ systems }: RunRecord): readonly Block[] {
  const rows = Object.entries(systems).flatMap(([id, { byClass }]) =>
    byClass.map((row) => [
      `${row.dimension}: ${row.name}`,
      id,
      countInWords(row.expected),
      percent(row.shareOfExpected),
      `${percent(row.withinOneMinute)} (${percent(row.twinWithinOneMinute)})`,
      `${percent(row.delivered)} (${percent(row.twinDelivered)})`,
      (row.shareOfExpected ?? 0) < smallClass ? 'small: below 5 % of deliveries' : '',
    ]),
  );
  return [
    {
      kind: 'folded',
      title: 'By distance, kind of conversation and country',
      blocks: [
        {
          kind: 'table',
          head: ['class', 'system', 'expected', 'share of all', 'within a minute', 'ever', ''],
          rows,
        },
      ],
    },
  ];
}

function expectations({ expectations: all }: RunRecord): readonly Block[] {
  if (all.length === 0) return [];
  return [
    { kind: 'heading', text: 'What was expected' },
    {
      kind: 'table',
      head: ['', 'statement', 'system', 'measured', 'expected', 'basis', 'source'],
      rows: all.map(({ holds, statement, system, measured, expected, basis, fit, source, note }) => [
        holds === null ? 'does not apply' : holds ? 'holds' : 'does not hold',
        statement,
        system,
        measured === null ? (note ?? '–') : String(Number(measured.toPrecision(4))),
        expected,
        fit ? `${basis} (fit)` : basis,
        source,
      ]),
    },
  ];
}

function checks({ checks: all }: RunRecord): readonly Block[] {
  const failed = all.filter(({ holds }) => !holds);
  return failed.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Checks that failed' },
        { kind: 'list', items: failed.map(({ statement }) => statement) },
      ];
}

function provenance(record: RunRecord): Block {
  return {
    kind: 'table',
    head: ['', ''],
    rows: [
      ['command', record.reproduce],
      ['check this file', 'npx netsplit verify <this file>'],
      ['seed', String(record.seed)],
      ['netsplit', record.netsplit],
      ['digest of every event', record.digest],
      ['outcome', record.outcome],
      ...Object.entries(record.systems).map(([id, { digest }]) => [`digest, ${id}`, digest]),
    ],
  };
}
