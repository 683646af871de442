// What a run stands on: its faults, expectations with sources, assumptions, and the command that repeats it.
import { countInWords, durationInWords } from '../../../figures-in-words.ts';
import type {
  AssumptionRecord,
  CheckRecord,
  ExpectationRecord,
  FaultRecord,
  RunRecord,
} from '../../../record.ts';
import { clockTime } from '../clock-time.ts';
import { card, element, table, type Child } from '../dom.ts';

/** A source as a link where it is one. */
function sourceText(source: string): Child {
  const [url] = /https?:\/\/\S+/.exec(source) ?? [];
  return url === undefined ? source : element('a', { href: url, rel: 'noreferrer' }, source);
}

/** The declared faults, when they held and whom they hit. */
export function faultsCard({ faults, systems, epoch }: RunRecord): Child {
  if (faults.length === 0) return undefined;
  const time = (seconds: number): string => clockTime(Date.parse(epoch) + seconds * 1_000);
  return card(
    { title: 'What broke' },
    table(
      'Deliveries whose fate differs from the twin’s because of the fault.',
      [
        { title: 'fault', cell: ({ title }: FaultRecord) => title },
        {
          title: 'UTC',
          cell: ({ start, end }) => `${time(start)}–${time(end)} (${durationInWords(end - start)})`,
        },
        ...Object.entries(systems).map(([id, { title }]) => ({
          title,
          number: true,
          cell: ({ bit }: FaultRecord) => countInWords(bit[id] ?? 0),
        })),
        { title: 'source', cell: ({ source }) => sourceText(source) },
      ],
      faults,
    ),
  );
}

function verdictMark(holds: boolean | null): Child {
  if (holds === null) return element('span', { class: 'verdict' }, '– not asked');
  return holds
    ? element('span', { class: 'verdict holds' }, '✓ holds')
    : element('span', { class: 'verdict fails' }, '✗ fails');
}

/** What the scenario expects, and what every run must have. */
export function expectationsCard({ expectations, checks }: RunRecord): Child {
  return card(
    {
      title: 'Expectations',
      note: 'Committed before the run. “record”: published; “law”: of every such outage; “derived”: from source code. A fit was calibrated on this outage.',
    },
    expectations.length > 0 &&
      table(
        'Expectations of the scenario',
        [
          { title: '', cell: ({ holds }: ExpectationRecord) => verdictMark(holds) },
          { title: 'statement', cell: ({ statement }) => statement },
          { title: 'basis', cell: ({ basis, fit }) => (fit ? `${basis}, fit` : basis) },
          {
            title: 'measured',
            number: true,
            cell: ({ measured, note }) =>
              measured === null ? (note ?? '–') : Number(measured.toPrecision(4)),
          },
          { title: 'expected', cell: ({ expected }) => expected },
          { title: 'source', cell: ({ source }) => sourceText(source) },
        ],
        expectations,
      ),
    table(
      'Checks of every run',
      [
        { title: '', cell: ({ holds }: CheckRecord) => verdictMark(holds) },
        { title: 'statement', cell: ({ statement }) => statement },
      ],
      checks,
    ),
  );
}

/** Every modelled constant that the run used. */
export function assumptionsCard({ assumptions }: RunRecord): Child {
  const assumed = assumptions.filter(({ source }) => source === undefined).length;
  return card(
    {
      title: 'Assumptions',
      note: `${assumptions.length} modelled constants; ${assumed} of them are assumed, the rest has a source.`,
    },
    element(
      'details',
      {},
      element('summary', {}, 'Show all'),
      table(
        'Constants by where they belong; the path sets one with --set',
        [
          { title: 'of', cell: ({ scope }: AssumptionRecord) => scope },
          { title: 'path', cell: ({ path }) => element('code', {}, path) },
          { title: 'value', number: true, cell: ({ value, unit }) => `${String(value)} ${unit}` },
          { title: 'meaning', cell: ({ meaning }) => meaning },
          {
            title: 'source or range',
            cell: ({ source, range }) =>
              source === undefined
                ? range === undefined
                  ? 'assumed'
                  : `assumed; ${range[0]} to ${range[1]}`
                : sourceText(source),
          },
        ],
        assumptions,
      ),
    ),
  );
}

/** How to repeat the run, and how to know that it was repeated. */
export function provenanceCard(record: RunRecord): Child {
  const { reproduce, seed, digest, outcome, netsplit, performance: cost, scenario } = record;
  return card(
    { title: 'Repeat it', note: 'The same scenario and seed give the same digest on every machine.' },
    element('pre', {}, reproduce),
    element(
      'p',
      { class: 'note' },
      `Scenario ${scenario}, seed ${seed}, netsplit ${netsplit}. ${countInWords(cost.events)} events in ${durationInWords(cost.wallSeconds)}, ${countInWords(cost.peakMemoryMiB)} MiB.`,
    ),
    element('p', {}, 'Digest ', element('code', {}, digest)),
    element('p', {}, 'Outcome ', element('code', {}, outcome)),
  );
}
