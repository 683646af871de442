// The report of a campaign: conclusions with their intervals, figures, what broke and what it did, and how to repeat it.
import { systems as registry } from '../../sim/systems/registry.ts';
import { fidelityOf } from '../../sim/systems/fidelity.ts';
import type { CampaignReport } from '../campaign/campaign-report.ts';
import { estimateInWords } from '../campaign/campaign-table.ts';
import { figures } from '../campaign/figures.ts';
import { seedsInWords } from '../campaign/seeds.ts';
import type { NamedChart } from '../charts/run-charts.ts';
import { countInWords, durationInWords } from '../figures-in-words.ts';
import { blameInWords } from '../summarise.ts';
import type { CampaignEvidence } from './campaign-evidence.ts';
import type { CampaignPageData } from './campaign-page-data.ts';
import type { Block, ReportDocument } from './document.ts';
import { assumptionsBlock, clock } from './shared-blocks.ts';

/** Puts the report of a campaign together: a function of its data alone. */
export function campaignDocument(
  data: CampaignPageData,
  report: CampaignReport,
  charts: readonly NamedChart[],
): ReportDocument {
  const { shape } = report;
  const { evidence } = data;
  return {
    title: shape.title,
    blocks: [
      ...(evidence === undefined ? [] : [{ kind: 'text', text: evidence.description } as const]),
      {
        kind: 'text',
        text:
          `${countInWords(shape.seeds.length)} ${shape.seeds.length === 1 ? 'seed' : 'seeds'} × ${shape.variants.length} ` +
          `${shape.variants.length === 1 ? 'variant' : 'variants'} of ${shape.systems.join(', ')}, each run with its twin ` +
          `without faults: ${report.runs.finished} of ${report.runs.planned} runs. In every run all systems are compared over ` +
          'the same expected deliveries.',
      },
      { kind: 'list', items: report.headlines },
      { kind: 'caveat', lines: [...report.caveats, ...limits(report, evidence)] },
      { kind: 'heading', text: 'What the seeds say' },
      { kind: 'list', items: report.conclusions.map(({ words }) => words) },
      ...(report.crossovers.length === 0
        ? []
        : [
            { kind: 'heading', text: 'Where curves cross' } as const,
            { kind: 'list', items: report.crossovers } as const,
          ]),
      ...charts.map(({ svg }): Block => ({ kind: 'chart', svg })),
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
      ...(evidence === undefined
        ? failed(report)
        : [
            ...timeline(evidence),
            ...blame(report, evidence),
            ...judged(evidence),
            assumptionsBlock(evidence.assumptions),
          ]),
      { kind: 'folded', title: 'The scenario', blocks: [{ kind: 'code', text: data.scenario }] },
      { kind: 'heading', text: 'How to repeat it' },
      provenance(data),
    ],
    data,
  };
}

/** What each model leaves out. */
function limits({ shape }: CampaignReport, evidence: CampaignEvidence | undefined): readonly string[] {
  return shape.systems.flatMap((id) => {
    const said = evidence?.systems[id];
    const grade = registry.get(id)?.fidelity;
    return said === undefined
      ? []
      : [
          `${said.title} (${grade === undefined ? 'fidelity not graded' : fidelityOf(grade)}). ${said.description}`,
        ];
  });
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

function timeline({ faults, epoch }: CampaignEvidence): readonly Block[] {
  if (faults.length === 0) return [{ kind: 'text', text: 'These runs have no faults.' }];
  return [
    { kind: 'heading', text: 'What went wrong, and when' },
    {
      kind: 'table',
      head: ['fault', 'from', 'to', 'hits', 'source'],
      rows: [...faults]
        .sort((left, right) => left.start - right.start)
        .map(({ title, start, end, target, source }) => [
          title,
          clock(epoch, start),
          clock(epoch, end),
          target,
          source,
        ]),
    },
  ];
}

function blame({ shape }: CampaignReport, { blame: lines, systems }: CampaignEvidence): readonly Block[] {
  if (lines.length === 0) return [];
  return [
    { kind: 'heading', text: 'What made messages late or lost, over all seeds' },
    ...shape.variants.flatMap(({ label }, variant): Block[] => {
      const ours = lines.filter((line) => line.variant === variant);
      if (ours.length === 0) return [];
      return [
        ...(label === '' ? [] : [{ kind: 'text', text: label } as const]),
        {
          kind: 'table',
          head: ['', 'from the fault to the message', 'deliveries', 'delay in all', 'never delivered'],
          rows: ours.map((line) => [
            systems[line.system]?.title ?? line.system,
            blameInWords(line),
            countInWords(line.deliveries),
            durationInWords(line.excessSeconds),
            countInWords(line.neverDelivered),
          ]),
        },
      ];
    }),
  ];
}

function judged({ judged: all }: CampaignEvidence): readonly Block[] {
  if (all.length === 0) return [];
  return [
    { kind: 'heading', text: 'Checks and expectations' },
    {
      kind: 'table',
      head: ['', '', 'held in runs', 'did not hold', 'did not apply'],
      rows: all.map(({ id, statement, held, failed: not, idle }) => [
        id,
        statement,
        countInWords(held),
        countInWords(not),
        countInWords(idle),
      ]),
    },
  ];
}

function failed({ failed: all, runs }: CampaignReport): readonly Block[] {
  if (all.length === 0) return [];
  return [
    { kind: 'heading', text: 'Checks and expectations that did not hold' },
    { kind: 'list', items: all.map(({ id, runs: count }) => `${id}: in ${count} of ${runs.finished} runs`) },
  ];
}

function provenance({
  name,
  netsplit,
  engine,
  scenarioDigest,
  seeds,
  systems,
  overrides,
  axes,
}: CampaignPageData): Block {
  const command = [
    'npx netsplit campaign',
    name,
    `--seeds ${seedsInWords(seeds)}`,
    `--systems ${systems.join(',')}`,
    ...overrides.map((override) => `--set '${override}'`),
    ...axes.map(({ path, values }) => `--vary '${path}=${values.join(',')}'`),
  ].join(' ');
  return {
    kind: 'table',
    head: ['', ''],
    rows: [
      ['command', command],
      ['check this file', 'npx netsplit verify <this file>'],
      ['seeds', seedsInWords(seeds)],
      ['netsplit', netsplit],
      ['engine', engine],
      ['scenario with data files', scenarioDigest],
    ],
  };
}
