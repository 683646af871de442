// What the page of a campaign is made from, and holds: enough to draw it again and to compute every figure again.
import { z } from 'zod';
import type { CampaignShape } from '../campaign/campaign-plan.ts';
import { campaignQuestion, type StoredCampaign } from '../campaign/campaign-store.ts';
import { cellResultSchema, type MeasuredCell } from '../campaign/cell.ts';
import { variantsOf } from '../campaign/variants.ts';
import { campaignEvidenceSchema, type CampaignEvidence } from './campaign-evidence.ts';

/** Format of the data in a report's file. */
export const campaignReportKind = 'netsplit-campaign-report';

export const campaignPageSchema = z.object({
  kind: z.literal(campaignReportKind),
  ...campaignQuestion,
  /** Text of the scenario's file. */
  scenario: z.string(),
  /** Of the campaign: seeds the resampling of intervals. */
  digest: z.string(),
  /** The runs that there are, of all seeds and variants. */
  cells: z.array(
    cellResultSchema
      .pick({ seed: true, digest: true, systems: true, failed: true })
      .extend({ variant: z.number() }),
  ),
  evidence: campaignEvidenceSchema.optional(),
});

/** All that a campaign's page shows comes from this. */
export type CampaignPageData = z.infer<typeof campaignPageSchema>;

/** Gathers it; the order of its keys is always the same, whoever gathers it. */
export function campaignPageData(
  { netsplit, engine, name, scenarioDigest, scenario, shape }: StoredCampaign,
  results: ReadonlyMap<string, MeasuredCell>,
  evidence: CampaignEvidence | undefined,
): CampaignPageData {
  const { id, title, overrides, seeds, systems, axes, meanings, digest } = shape;
  return campaignPageSchema.parse({
    kind: campaignReportKind,
    netsplit,
    engine,
    name,
    id,
    title,
    scenarioDigest,
    scenario: scenario.text,
    overrides,
    seeds,
    systems,
    axes,
    meanings,
    digest,
    cells: shape.cells.flatMap(({ key, variant, seed }) => {
      const cell = results.get(key);
      return cell === undefined
        ? []
        : [{ seed, digest: cell.digest, systems: cell.systems, failed: cell.failed, variant }];
    }),
    evidence,
  });
}

/** The campaign that a page's data speak of; its cells are called by variant and seed. */
export function campaignOfPage(data: CampaignPageData): {
  readonly shape: CampaignShape;
  readonly results: ReadonlyMap<string, MeasuredCell>;
} {
  const key = (variant: number, seed: number): string => `${variant} ${seed}`;
  const axes = data.axes.map((axis) => ({ ...axis, numbers: axis.numbers }));
  const variants = variantsOf(axes);
  return {
    shape: {
      id: data.id,
      title: data.title,
      overrides: data.overrides,
      seeds: data.seeds,
      axes,
      meanings: data.meanings,
      systems: data.systems,
      variants,
      digest: data.digest,
      cells: data.seeds.flatMap((seed) =>
        variants.map((_, variant) => ({ key: key(variant, seed), variant, seed })),
      ),
    },
    results: new Map(data.cells.map((cell) => [key(cell.variant, cell.seed), cell])),
  };
}
