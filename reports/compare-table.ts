// The comparison of a run's systems for a terminal, at most a hundred columns wide.
import pc from 'picocolors';
import { bytesInWords, countInWords, delayInWords, durationInWords, percent } from './figures-in-words.ts';
import { runWarnings } from './class-drivers.ts';
import { hasBitten } from './evaluate.ts';
import { shareOf } from './metrics/delivery.ts';
import type { ExpectationRecord, RunRecord } from './record.ts';
import type { BlameLine, LatencyFigures, SystemRecord, TaskFigures } from './record-system.ts';
import { blameInWords, caveatOf, deadlineCaveats, resendCaveat, headline } from './summarise.ts';
import { costInWords, disputesInWords, entryInWords, sidesInWords } from './dispute-words.ts';
import { agreementInWords, drainInWords, recoveryInWords } from './recovery-words.ts';
import { refusalsInWords } from './refusal-words.ts';
import { serviceLoadsInWords } from './service-load-words.ts';
import { absenceInWords, obstaclesInWords, taskWords } from './task-words.ts';

const width = 100;
const labelWidth = 28;
/** Lines of blame shown per system. */
const blameLines = 4;
/** Disputed entries likewise. */
const disputeLines = 4;

/** A row: its label, and what stands below each system. */
interface Row {
  readonly label: string;
  readonly cell: (system: SystemRecord) => string;
}

const delayRow = (label: string, which: 'p50' | 'p90' | 'p99'): Row => ({
  label,
  cell: ({ latencyMs }) => delay(latencyMs, which),
});

function delay(latency: LatencyFigures, which: 'p50' | 'p90' | 'p99'): string {
  return delayInWords(latency[which], latency.beyondHorizon.includes(which));
}

/** Share in the run, and the twin's in brackets where it differs. */
function besideTwin(run: number | null, twin: number | null): string {
  const [ours, twins] = [percent(run), percent(twin)];
  return ours === twins ? ours : `${ours} (${twins})`;
}

/** The figures that every view of a run shows, in this order. */
export const figureRows: readonly Row[] = [
  { label: 'fidelity (A nearest, C profile)', cell: ({ fidelity }) => fidelity ?? '–' },
  {
    label: 'within 10 s',
    cell: ({ delivery, twin }) => besideTwin(delivery.within['10s'], twin.delivery.within['10s']),
  },
  {
    label: 'within 1 min',
    cell: ({ delivery, twin }) => besideTwin(delivery.within['1m'], twin.delivery.within['1m']),
  },
  {
    label: 'within 1 h',
    cell: ({ delivery, twin }) => besideTwin(delivery.within['1h'], twin.delivery.within['1h']),
  },
  { label: 'ever', cell: ({ delivery, twin }) => besideTwin(delivery.ratio, twin.delivery.ratio) },
  { label: 'within 1 min, resent 0 · 100 %', cell: ({ resend }) => resendCell(resend, 'within1m') },
  { label: 'ever, resent 0 · 100 %', cell: ({ resend }) => resendCell(resend, 'ratio') },
  { label: 'both ends online, 1 min', cell: ({ whenConnected }) => percent(whenConnected.within['1m']) },
  delayRow('delay, median', 'p50'),
  delayRow('delay, 90th percentile', 'p90'),
  delayRow('delay, 99th percentile', 'p99'),
  { label: 'late · lost against twin', cell: lateAndLost },
  { label: 'cut off over 1 min · 1 h', cell: cutOffCell },
  { label: 'cut off, person-hours', cell: ({ cutOff }) => countInWords(cutOff.personHours) },
  {
    label: 'worst tenth of people, 1 min',
    cell: ({ availability, twin }) => besideTwin(availability?.p10 ?? null, twin.availability?.p10 ?? null),
  },
  { label: 'touched: people · deliveries', cell: radiusCell },
  { label: 'recovered after last fault', cell: recoveryInWords },
  { label: 'backlog, peak', cell: ({ backlog }) => countInWords(backlog.peak) },
  { label: 'backlog drained after', cell: drainInWords },
  { label: 'there before key · never read', cell: keyCell },
  { label: 'replicas agree again after', cell: ({ convergence }) => agreementInWords(convergence) },
  { label: 'their state · their front', cell: aspectsCell },
  { label: 'divergence windows · hours', cell: divergenceCell },
  { label: 'out of order · twice', cell: orderCell },
  { label: 'busiest server, busiest min', cell: ({ serverLoad }) => percentOf(serverLoad?.busiestMinute) },
  { label: 'energy per delivery, at least', cell: ({ energy }) => energyCell(energy?.perDeliveryJoules) },
  { label: 'bytes on the wire', cell: ({ bytes }) => bytesInWords(bytes.internet) },
  { label: 'bytes on the air', cell: ({ bytes }) => (bytes.radio === 0 ? '–' : bytesInWords(bytes.radio)) },
];

/** With nobody and with everybody sending again by hand. */
function resendCell(resend: SystemRecord['resend'], figure: 'within1m' | 'ratio'): string {
  return resend === undefined ? '–' : `${percent(resend.never[figure])} · ${percent(resend.always[figure])}`;
}

function radiusCell({ blastRadius }: SystemRecord): string {
  return blastRadius === undefined
    ? '–'
    : `${percent(blastRadius.people)} · ${percent(blastRadius.deliveries)}`;
}

function divergenceCell({ divergence, convergence }: SystemRecord): string {
  return divergence === undefined || convergence.objects === 0
    ? '–'
    : `${countInWords(divergence.windows)} · ${countInWords(divergence.objectHours)}`;
}

function orderCell({ order }: SystemRecord): string {
  return order === undefined ? '–' : `${countInWords(order.outOfOrder)} · ${countInWords(order.duplicates)}`;
}

/** A share that may exceed one. */
function percentOf(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  return share > 1 ? `${countInWords(Math.round(share * 100))} %` : percent(share);
}

function energyCell(joules: number | null | undefined): string {
  if (joules === null || joules === undefined) return '–';
  if (joules < 0.1) return `${(joules * 1_000).toPrecision(2)} mJ`;
  const twoDigits = joules.toPrecision(2);
  return `${joules < 99.5 ? twoDigits : countInWords(Number(twoDigits))} J`;
}

function lateAndLost({ blameAccount }: SystemRecord): string {
  return `${countInWords(blameAccount.late)} · ${countInWords(blameAccount.lost)}`;
}

function cutOffCell({ cutOff }: SystemRecord): string {
  return `${countInWords(cutOff.overOneMinute)} · ${countInWords(cutOff.overOneHour)}`;
}

function keyCell({ undecryptable: waits }: SystemRecord): string {
  if (waits === undefined || waits.deliveries === 0) return '–';
  const longest = waits.longestSeconds === null ? '' : ` (longest ${durationInWords(waits.longestSeconds)})`;
  return `${countInWords(waits.deliveries)} · ${countInWords(waits.never)}${longest}`;
}

function aspectsCell({ convergence }: SystemRecord): string {
  const { state, extremities } = convergence.aspects;
  return state === undefined || extremities === undefined
    ? '–'
    : `${agreementInWords(state)} · ${agreementInWords(extremities)}`;
}

/** The whole report of a run as text. */
export function compareTable(record: RunRecord): string {
  const sections = [
    heading(record),
    figures(record),
    taskSection(record),
    serviceLoadSection(record),
    operatorSection(record),
    blameSection(record),
    missingSection(record),
    disputeSection(record),
    refusalSection(record),
    resetSection(record),
    expectationSection(record),
    checkSection(record),
    idleSection(record),
    footer(record),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(record: RunRecord): string {
  const { delivery } = Object.values(record.systems)[0] ?? {};
  const counts =
    delivery === undefined
      ? ''
      : `${countInWords(record.people)} people, ${countInWords(delivery.sent)} messages, ` +
        `${countInWords(delivery.expected)} expected deliveries (a message × a recipient)`;
  const sentences = headline(record).flatMap((sentence) => wrapped(sentence, width));
  return [pc.bold(record.title), pc.dim(counts), '', ...sentences].join('\n');
}

function figures({ systems, faults }: RunRecord): string {
  const all = Object.entries(systems);
  const column = Math.min(24, Math.floor((width - labelWidth) / Math.max(1, all.length)));
  const line = (label: string, cells: readonly string[]): string =>
    label.padEnd(labelWidth) + cells.map((cell) => ` ${cell.padStart(column - 1)}`).join('');
  const head = headLines(
    all.map(([id]) => id),
    column,
  ).map((cells) => pc.bold(line('', cells)));
  const note =
    faults.length === 0
      ? 'No faults in this run.'
      : 'In brackets: the twin, the same run without the faults.';
  return [
    ...head,
    ...figureRows.map((row) =>
      line(
        row.label,
        all.map(([, system]) => row.cell(system)),
      ),
    ),
    pc.dim(note),
  ].join('\n');
}

/** Names of systems that fit into columns: broken after hyphens, the last parts on one line. */
function headLines(ids: readonly string[], column: number): readonly (readonly string[])[] {
  const broken = ids.map((id) => {
    const parts: string[] = [];
    for (const word of id.split(/(?<=-)/)) {
      const last = parts.at(-1);
      if (last !== undefined && last.length + word.length < column) parts[parts.length - 1] = last + word;
      else parts.push(word);
    }
    return parts;
  });
  const most = Math.max(...broken.map(({ length }) => length));
  return Array.from({ length: most }, (_, row) =>
    broken.map((parts) => parts[row - most + parts.length] ?? ''),
  );
}

/** What people set out to do beyond writing: the share done in time, and why the rest was not. */
function taskSection({ systems }: RunRecord): string {
  const all = Object.entries(systems);
  const kinds = [...new Set(all.flatMap(([, { tasks }]) => tasks.map(({ kind }) => kind)))];
  if (kinds.length === 0) return '';
  const column = Math.min(24, Math.floor((width - labelWidth) / all.length));
  const rows = kinds.map(
    (kind) =>
      taskWords[kind].padEnd(labelWidth) +
      all
        .map(([, { tasks }]) => taskCell(tasks.find((each) => each.kind === kind)).padStart(column))
        .join(''),
  );
  const deadline = all.flatMap(([, { tasks }]) => tasks).find(({ offered }) => offered)?.deadlineSeconds ?? 0;
  const why = all.flatMap(([id, { tasks }]) =>
    tasks.flatMap((figures) => {
      const words = figures.offered ? obstaclesInWords(figures) : `not offered: ${absenceInWords(figures)}`;
      return words === '' ? [] : wrapped(`  ${id}, ${taskWords[figures.kind]}: ${words}`, width);
    }),
  );
  const heading = `Beyond an open chat: done within ${durationInWords(deadline)} (in the twin)`;
  return [pc.bold(heading), ...rows, ...why].join('\n');
}

/** Where one system has servers of several architectures: what people who switch took with them. */
function serviceLoadSection({ systems }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(([id, system]) =>
    serviceLoadsInWords(system).flatMap((words) => wrapped(`  ${id}: ${words}`, width)),
  );
  return lines.length === 0 ? '' : [pc.bold('Load by architecture (in the twin)'), ...lines].join('\n');
}

function taskCell(figures: TaskFigures | undefined): string {
  if (figures === undefined || !figures.offered) return 'not offered';
  const { attempted, inTime, twinAttempted, twinInTime } = figures;
  return besideTwin(shareOf(inTime, attempted), shareOf(twinInTime, twinAttempted));
}

/** What operators did about the faults, and in which systems. */
function operatorSection({ actions, systems, epoch }: RunRecord): string {
  if (actions.length === 0) return '';
  const ids = Object.keys(systems);
  const lines = actions.flatMap(({ title, doneAt }) => {
    const times = new Map<string, string[]>();
    for (const id of ids) {
      const at = doneAt[id];
      const when =
        typeof at === 'number'
          ? `${new Date(Date.parse(epoch) + at * 1_000).toISOString().slice(11, 16)} UTC`
          : 'never';
      times.set(when, [...(times.get(when) ?? []), id]);
    }
    const told = [...times].map(([when, where]) =>
      times.size === 1 ? when : `${when} (${where.join(', ')})`,
    );
    return wrapped(`  ${told.join(', ')}: ${title}`, width);
  });
  return [pc.bold('Operators'), ...lines].join('\n');
}

function blameSection({ systems, faults }: RunRecord): string {
  if (faults.length === 0) return '';
  return Object.entries(systems)
    .flatMap(([id, { blame, blameAccount }]) => [
      pc.bold(`Blame · ${id}`) + pc.dim(`  ${percent(blameAccount.unexplainedShare)} unexplained`),
      ...(blame.length === 0
        ? ['  nothing late, nothing lost']
        : blame.slice(0, blameLines).flatMap(blameText)),
    ])
    .join('\n');
}

function blameText(line: BlameLine): readonly string[] {
  const cost = [
    line.deliveries === 1 ? '1 delivery' : `${countInWords(line.deliveries)} deliveries`,
    ...(line.excessSeconds > 0 ? [`${countInWords(line.excessSeconds / 3_600)} h of delay`] : []),
    ...(line.neverDelivered > 0 ? [`${countInWords(line.neverDelivered)} never delivered`] : []),
  ].join(', ');
  return [...wrapped(`  ${blameInWords(line)}`, width), pc.dim(`      ${cost}`)];
}

/** What faults have no part in. */
function missingSection({ systems }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(([id, { blameAccount }]) =>
    blameAccount.missingInTwinToo
      .slice(0, 3)
      .map(({ why, deliveries }) => `  ${id}: ${countInWords(deliveries)} ${why}`),
  );
  return lines.length === 0 ? '' : [pc.bold('Missing with and without faults'), ...lines].join('\n');
}

/** On which entries copies differed, the longest disputed first. */
function disputeSection({ systems }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(([id, { disputedState }]) => {
    const words = disputesInWords(disputedState);
    if (words === undefined || disputedState === undefined) return [];
    const entries = disputedState.entries
      .slice(0, disputeLines)
      .map((each) =>
        [
          entryInWords(each),
          ...(each.sides.length === 0 ? [] : [sidesInWords(each)]),
          costInWords(each),
        ].join('; '),
      );
    return [`  ${id}: ${words}`, ...entries.map((entry) => `    ${entry}`)];
  });
  if (lines.length === 0) return '';
  return [pc.bold('Disputed entries'), ...lines.flatMap((line) => wrapped(line, width))].join('\n');
}

/** What servers did not take as it came, the most frequent first; what the twin has alike is left out. */
function refusalSection({ systems }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(([id, { refusals }]) =>
    refusalsInWords(refusals).map((line) => `  ${id}: ${line}`),
  );
  if (lines.length === 0) return '';
  return [pc.bold('Not taken as it came'), ...lines.flatMap((line) => wrapped(line, width))].join('\n');
}

/** State resets, the first few of each system. */
function resetSection({ systems }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(
    ([
      id,
      {
        convergence: { resets, details },
      },
    ]) => {
      const resetsHere = details.filter(({ aspect }) => aspect === 'state-reset').slice(0, 3);
      const more = resets - resetsHere.length;
      return [
        ...resetsHere.flatMap(({ object, detail }) => wrapped(`  ${id}: ${object}: ${detail}`, width)),
        ...(more > 0 ? [`  ${id}: and ${countInWords(more)} more (run.json)`] : []),
      ];
    },
  );
  return lines.length === 0 ? '' : [pc.bold('State resets'), ...lines].join('\n');
}

function expectationSection({ expectations }: RunRecord): string {
  if (expectations.length === 0) return '';
  return [
    pc.bold('Expectations'),
    ...expectations.flatMap(expectationText),
    ...withoutFaultsText(expectations),
  ].join('\n');
}

/** Whether they can tell an outage from none: how many would not hold in the world without the faults. */
function withoutFaultsText(expectations: readonly ExpectationRecord[]): readonly string[] {
  const judged = expectations.flatMap(({ withoutFaults }) => withoutFaults ?? []);
  if (judged.length === 0) return [];
  const misses = judged.filter(({ holds }) => holds === false).length;
  return [pc.dim(`  Without the faults ${misses} of these ${judged.length} would not hold.`)];
}

function expectationText(expectation: ExpectationRecord): readonly string[] {
  const { basis, fit, measured, expected, note, statement } = expectation;
  const value = measured === null ? (note ?? 'nothing') : String(Number(measured.toPrecision(4)));
  const found = expectation.holds === null ? `not applicable: ${value}` : `measured ${value}`;
  const detail = `      ${expectation.system} · ${basis}${fit ? ' (fit)' : ''} · ${found}; expected ${expected}`;
  return [...wrapped(`  ${mark(expectation.holds)} ${statement}`, width), pc.dim(detail)];
}

function mark(holds: boolean | null): string {
  if (holds === null) return pc.dim('–');
  return holds ? pc.green('✓') : pc.red('✗');
}

function checkSection({ checks }: RunRecord): string {
  const failed = checks.filter(({ holds }) => !holds);
  if (failed.length === 0) return '';
  return [pc.bold('Failed checks'), ...failed.map(({ statement }) => `  ${pc.red('✗')} ${statement}`)].join(
    '\n',
  );
}

/** Faults that bit nothing and need not: why. */
function idleSection({ faults, checks }: RunRecord): string {
  const idle = faults.flatMap((fault) =>
    hasBitten(fault) ? [] : checks.filter(({ id, holds }) => holds && id === `fault-bites/${fault.id}`),
  );
  if (idle.length === 0) return '';
  const lines = idle.flatMap(({ statement }) => wrapped(`  ${mark(null)} ${statement}`, width));
  return [pc.bold('Faults that bit nothing'), ...lines].join('\n');
}

function footer(record: RunRecord): string {
  return [
    ...[
      caveatOf(record),
      ...deadlineCaveats(record),
      resendCaveat(record),
      ...runWarnings(record.systems),
    ].flatMap((line) => (line === undefined ? [] : wrapped(line, width).map((each) => pc.dim(each)))),
    `digest ${record.digest.slice(0, 16)}  outcome ${record.outcome.slice(0, 16)}  netsplit ${record.netsplit}`,
    `again: ${record.reproduce}`,
  ].join('\n');
}

/** Broken between words into lines of at most this width; later lines are indented like the first, and two more. */
function wrapped(text: string, most: number): readonly string[] {
  const indent = ' '.repeat(text.length - text.trimStart().length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const start = lines.length === 0 ? indent : `${indent}  `;
    const longer = line === '' ? start + word : `${line} ${word}`;
    if (line !== '' && visibleLength(longer) > most) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** Length without the escape sequences of colours. */
function visibleLength(text: string): number {
  return text.replace(/\x1b\[\d+m/g, '').length;
}
