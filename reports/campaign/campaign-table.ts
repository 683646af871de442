// A campaign on the terminal: figures with their intervals, what they come to in words, and what stands beside them.
import pc from 'picocolors';
import type { CampaignReport } from './campaign-report.ts';
import { valueInWords } from './conclusions.ts';
import type { FigureSummary } from './analysis.ts';
import { figures, type Figure, type FigureValue } from './figures.ts';
import { fewestSeeds } from '../statistics/estimate.ts';

const labelWidth = 44;
const columnWidth = 30;

/** The whole report of a campaign as text. */
export function campaignTable(report: CampaignReport): string {
  const sections = [
    heading(report),
    report.headlines.join('\n'),
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
      `${seeds.length} seeds × ${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ` +
        `${systems.length} systems each with its twin: ${runs.finished} of ${runs.planned} runs`,
    ),
  ].join('\n');
}

function figuresSection(report: CampaignReport, variant: number): string {
  const { shape, wanted } = report;
  const label = shape.variants[variant]?.label ?? '';
  const head = pc.bold(line(label, shape.systems));
  if (shape.seeds.length < fewestSeeds)
    return [head, ...wanted.flatMap((figure) => valueLines(report, variant, figure))].join('\n');
  const shown = shape.variants.length > 1 ? wanted : figures;
  return [
    head,
    ...shown.map((figure) =>
      line(
        figure.title,
        summariesOf(report, variant, figure).map((summary) => estimateInWords(summary, figure)),
      ),
    ),
  ].join('\n');
}

function line(name: string, cells: readonly string[]): string {
  return name.padEnd(labelWidth) + cells.map((cell) => cell.padStart(columnWidth)).join('');
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
function valueLines(report: CampaignReport, variant: number, figure: Figure): readonly string[] {
  const summaries = summariesOf(report, variant, figure);
  const { seeds } = report.shape;
  return [
    figure.title,
    ...seeds.map((seed, index) =>
      line(
        `  seed ${seed}`,
        summaries.map(({ values }) => figureInWords(values[index] ?? null, figure)),
      ),
    ),
    ...(seeds.length > 1
      ? [
          line(
            `  mean of ${seeds.length} seeds`,
            summaries.map((summary) => estimateInWords(summary, figure)),
          ),
        ]
      : []),
  ];
}

function figureInWords(value: FigureValue | null, { unit }: Figure): string {
  if (value === null || value === 'nothing') return '–';
  return value === 'beyond-horizon' ? '> horizon' : valueInWords(value, unit);
}

/** `81.2 % (79.9 % to 82.5 %)`; the mean alone where there is no interval; where some lie beyond the horizon, how many. */
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
    case 'values':
      return valueInWords(estimate.mean, unit);
    case 'interval':
      return `${valueInWords(estimate.mean, unit)} (${valueInWords(estimate.low, unit)} to ${valueInWords(estimate.high, unit)})`;
  }
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
