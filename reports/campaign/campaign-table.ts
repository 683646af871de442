// A campaign on the terminal: figures with their intervals, what they come to in words, and what stands beside them.
import pc from 'picocolors';
import type { CampaignReport } from './campaign-report.ts';
import { valueInWords } from './conclusions.ts';
import { several } from '../figures-in-words.ts';
import type { FigureSummary } from './analysis.ts';
import { figures, type Figure, type FigureValue } from './figures.ts';
import { fewestSeeds } from '../statistics/estimate.ts';

const labelWidth = 44;
const leastColumn = 30;

/** The whole report of a campaign as text. */
export function campaignTable(report: CampaignReport): string {
  const sections = [
    heading(report),
    headlinesSection(report),
    ...report.shape.variants.map((_, variant) => figuresSection(report, variant)),
    conclusionsSection(report),
    crossoverSection(report),
    failedSection(report),
    report.caveats.map((caveat) => pc.dim(caveat)).join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({ shape, runs }: CampaignReport): string {
  const { seeds, variants, systems } = shape;
  return [
    pc.bold(shape.title),
    pc.dim(
      `${several(seeds.length, 'seed')} × ${several(variants.length, 'variant')}, ` +
        `${systems.length === 1 ? '1 system' : `${systems.length} systems each`} with its twin: ${runs.finished} of ${runs.planned} runs`,
    ),
  ].join('\n');
}

/** Of each system by itself. With several variants, of the first figure only: the others are in the tables below. */
function headlinesSection({ headlines, shape, wanted }: CampaignReport): string {
  if (shape.variants.length === 1) return headlines.join('\n');
  return headlines.filter((_, index) => index % wanted.length === 0).join('\n');
}

function figuresSection(report: CampaignReport, variant: number): string {
  const { shape, wanted } = report;
  const head = [shape.variants[variant]?.label ?? '', ...shape.systems];
  if (shape.seeds.length < fewestSeeds)
    return shape.variants.length > 1
      ? valuesInLines(report, variant)
      : inColumns([head, ...wanted.flatMap((figure) => valueRows(report, variant, figure))]);
  const shown = shape.variants.length > 1 ? wanted : figures;
  return inColumns([
    head,
    ...shown.map((figure) => [
      figure.title,
      ...summariesOf(report, variant, figure).map((summary) => estimateInWords(summary, figure)),
    ]),
  ]);
}

/** Rows under a bold head, in columns wide enough for what stands in them. */
function inColumns(rows: readonly (readonly string[])[]): string {
  const label = Math.max(labelWidth, ...rows.map(([name = '']) => name.length + 2));
  const widths = (rows[0] ?? [])
    .slice(1)
    .map((_, column) => Math.max(leastColumn, ...rows.map((row) => (row[column + 1] ?? '').length + 2)));
  return rows
    .map(([name = '', ...cells], index) => {
      const line =
        name.padEnd(label) + cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('');
      return index === 0 ? pc.bold(line) : line;
    })
    .join('\n');
}

/** In the order of the systems. */
function summariesOf(
  { shape, summaries }: CampaignReport,
  variant: number,
  { id }: Figure,
): readonly FigureSummary[] {
  return shape.systems.flatMap(
    (system) =>
      summaries.find((each) => each.variant === variant && each.system === system && each.figure === id) ??
      [],
  );
}

/** Too few seeds for an interval: every value is shown. */
function valueRows(report: CampaignReport, variant: number, figure: Figure): readonly (readonly string[])[] {
  const summaries = summariesOf(report, variant, figure);
  const { seeds } = report.shape;
  const ran = Math.max(0, ...summaries.map(({ values }) => values.filter((value) => value !== null).length));
  return [
    [figure.title],
    ...seeds.flatMap((seed, index) =>
      summaries.every(({ values }) => values[index] === null)
        ? []
        : [
            [
              `  seed ${seed}`,
              ...summaries.map(({ values }) => figureInWords(values[index] ?? null, figure)),
            ],
          ],
    ),
    ...(ran > 1
      ? [[`  mean of ${ran} seeds`, ...summaries.map((summary) => estimateInWords(summary, figure))]]
      : []),
  ];
}

/** The same for one of several variants: all values of a system in one line, in the order of the seeds. */
function valuesInLines(report: CampaignReport, variant: number): string {
  const { shape, wanted } = report;
  return [
    pc.bold(shape.variants[variant]?.label ?? ''),
    ...wanted.flatMap((figure) => [
      figure.title,
      ...summariesOf(report, variant, figure).map((summary) => {
        const ran = summary.values.filter((value) => value !== null);
        const values = ran.map((value) => figureInWords(value, figure)).join(', ');
        const mean =
          ran.length > 1 ? `; mean of ${ran.length} seeds ${estimateInWords(summary, figure)}` : '';
        return `  ${summary.system.padEnd(12)} ${ran.length === 0 ? 'not run' : `${values}${mean}`}`;
      }),
    ]),
  ].join('\n');
}

function figureInWords(value: FigureValue | null, { unit }: Figure): string {
  if (value === null || value === 'nothing') return '–';
  return value === 'beyond-horizon' ? '> horizon' : valueInWords(value, unit);
}

/** `81.2 % (79.9 % to 82.5 %)`; the mean alone where there is no interval, and why; where some lie beyond the horizon, how many. */
export function estimateInWords(
  { estimate, beyondHorizon, values }: FigureSummary,
  { unit }: Figure,
): string {
  const measured = values.filter((value) => value !== null && value !== 'nothing').length;
  if (beyondHorizon > 0) return `> horizon on ${beyondHorizon} of ${measured}`;
  switch (estimate.kind) {
    case 'none':
      return '–';
    case 'constant':
      return `${valueInWords(estimate.mean, unit)} (each seed)`;
    case 'values':
      return `${valueInWords(estimate.mean, unit)}${estimate.why === 'few-differ' ? ' (few seeds differ)' : ''}`;
    case 'interval':
      return `${valueInWords(estimate.mean, unit)} (${endsInWords(estimate.low, estimate.high, unit)})`;
  }
}

/** A long unit is not said three times in one cell. */
function endsInWords(low: number, high: number, unit: Figure['unit']): string {
  const ends = [valueInWords(low, unit), valueInWords(high, unit)];
  return ends.map((end) => end.replace(' person-hours', '')).join(' to ');
}

function conclusionsSection({ conclusions, shape }: CampaignReport): string {
  if (conclusions.length === 0) return '';
  const betweenSystems = conclusions.filter(({ left, right }) => left.variant === right.variant);
  const betweenVariants = conclusions.filter(({ left, right }) => left.variant !== right.variant);
  const section = (title: string, list: CampaignReport['conclusions']): string =>
    list.length === 0 ? '' : [pc.bold(title), ...list.map(({ words }) => `  ${words}`)].join('\n');
  const first = shape.variants.length > 1 ? 'Variants, each against the first value of its axis' : '';
  return [section('Systems against each other', betweenSystems), section(first, betweenVariants)]
    .filter((text) => text !== '')
    .join('\n\n');
}

function crossoverSection({ crossovers }: CampaignReport): string {
  if (crossovers.length === 0) return '';
  return [pc.bold('Where curves cross'), ...crossovers.map((words) => `  ${words}`)].join('\n');
}

function failedSection({ failed, runs }: CampaignReport): string {
  if (failed.length === 0) return '';
  return [
    pc.bold('Checks and expectations that did not hold'),
    ...failed.map(({ id, runs: count }) => `  ${id}: in ${count} of ${runs.finished} runs`),
  ].join('\n');
}
