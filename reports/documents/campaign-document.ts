// The report of a campaign: conclusions with their intervals, figures, sweeps, and what it takes to compute all again.
import type { CampaignReport } from '../campaign/campaign-report.ts';
import { estimateInWords } from '../campaign/campaign-table.ts';
import type { StoredCampaign } from '../campaign/campaign-store.ts';
import type { CellResult } from '../campaign/cell.ts';
import { figures } from '../campaign/figures.ts';
import type { Block, ReportDocument } from './document.ts';

/** Format of the data in a report's file. */
export const campaignReportKind = 'netsplit-campaign-report';

/** Puts the report of a campaign together. `charts` are SVG pictures. */
export function campaignDocument(
  campaign: StoredCampaign,
  results: ReadonlyMap<string, CellResult>,
  report: CampaignReport,
  charts: readonly string[],
): ReportDocument {
  const { shape } = campaign;
  return {
    title: shape.title,
    blocks: [
      {
        kind: 'text',
        text:
          `${shape.seeds.length} seeds × ${shape.variants.length} variants of ${shape.systems.join(', ')}, each run with its ` +
          `twin without faults: ${report.runs.finished} of ${report.runs.planned} runs.`,
      },
      { kind: 'list', items: report.headlines },
      { kind: 'caveat', lines: report.caveats },
      { kind: 'heading', text: 'What the seeds say' },
      { kind: 'list', items: report.conclusions.map(({ words }) => words) },
      ...(report.crossovers.length === 0
        ? []
        : [
            { kind: 'heading', text: 'Where curves cross' } as const,
            { kind: 'list', items: report.crossovers } as const,
          ]),
      ...charts.map((svg): Block => ({ kind: 'chart', svg })),
      { kind: 'heading', text: 'Figures' },
      ...shape.variants.flatMap(({ label }, variant): Block[] => [
        ...(label === '' ? [] : [{ kind: 'text', text: label } as const]),
        figuresOf(report, variant),
      ]),
      {
        kind: 'folded',
        title: 'What the figures mean',
        blocks: [
          {
            kind: 'table',
            head: ['figure', 'definition'],
            rows: figures.map(({ title, definition }) => [title, definition]),
          },
        ],
      },
      ...failed(report),
      { kind: 'folded', title: 'The scenario', blocks: [{ kind: 'code', text: campaign.scenario.text }] },
      { kind: 'heading', text: 'How to repeat it' },
      provenance(campaign),
    ],
    data: {
      kind: campaignReportKind,
      netsplit: campaign.netsplit,
      engine: campaign.engine,
      name: campaign.name,
      scenario: campaign.scenario.text,
      overrides: campaign.scenario.overrides ?? [],
      seeds: shape.seeds,
      systems: shape.systems,
      axes: shape.axes.map(({ path, values }) => ({ path, values })),
      cells: shape.cells.flatMap(({ key, variant, seed }) => {
        const cell = results.get(key);
        return cell === undefined ? [] : [{ variant, seed, digest: cell.digest, systems: cell.systems }];
      }),
    },
  };
}

function figuresOf({ shape, summaries }: CampaignReport, variant: number): Block {
  return {
    kind: 'table',
    head: ['mean over seeds (95 % interval)', ...shape.systems],
    rows: figures.map((figure) => [
      figure.title,
      ...shape.systems.map((system) => {
        const summary = summaries.find(
          (each) => each.variant === variant && each.system === system && each.figure === figure.id,
        );
        return summary === undefined ? '–' : estimateInWords(summary, figure);
      }),
    ]),
  };
}

function failed({ failed: all, runs }: CampaignReport): readonly Block[] {
  if (all.length === 0) return [];
  return [
    { kind: 'heading', text: 'Checks and expectations that did not hold' },
    { kind: 'list', items: all.map(({ id, runs: count }) => `${id}: in ${count} of ${runs.finished} runs`) },
  ];
}

function provenance({ name, netsplit, engine, scenarioDigest, scenario, shape }: StoredCampaign): Block {
  const command = [
    'npx netsplit campaign',
    name,
    `--seeds ${shape.seeds.join(',')}`,
    `--systems ${shape.systems.join(',')}`,
    ...(scenario.overrides ?? []).map((override) => `--set '${override}'`),
    ...shape.axes.map(({ path, values }) => `--vary '${path}=${values.join(',')}'`),
  ].join(' ');
  return {
    kind: 'table',
    head: ['', ''],
    rows: [
      ['command', command],
      ['check this file', 'npx netsplit verify <this file>'],
      ['netsplit', netsplit],
      ['engine', engine],
      ['scenario with data files', scenarioDigest],
    ],
  };
}
