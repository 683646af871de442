// A campaign on the terminal: figures with their intervals, what they come to in words, and what stands beside them.
import pc from 'picocolors';
import type { CampaignReport } from './campaign-report.ts';
import { valueInWords } from './conclusions.ts';
import type { FigureSummary } from './analysis.ts';
import { figures, type Figure } from './figures.ts';

const labelWidth = 44;
const columnWidth = 30;

/** The whole report of a campaign as text. */
export function campaignTable(report: CampaignReport): string {
  const sections = [
    heading(report),
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

function figuresSection({ shape, summaries, wanted }: CampaignReport, variant: number): string {
  const few = shape.variants.length > 1;
  const shown = few ? wanted : figures;
  const label = shape.variants[variant]?.label ?? '';
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(labelWidth) + cells.map((cell) => cell.padStart(columnWidth)).join('');
  return [
    pc.bold(line(label, shape.systems)),
    ...shown.map((figure) =>
      line(
        figure.title,
        shape.systems.map((system) =>
          cellOf(
            summaries.find(
              (each) => each.variant === variant && each.system === system && each.figure === figure.id,
            ),
            figure,
          ),
        ),
      ),
    ),
  ].join('\n');
}

function cellOf(summary: FigureSummary | undefined, figure: Figure): string {
  if (summary === undefined) return '–';
  return estimateInWords(summary, figure);
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
