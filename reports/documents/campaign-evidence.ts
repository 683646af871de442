// What the records of a campaign's runs say together: what broke, what was assumed, what the faults did, what was judged.
import { z } from 'zod';
import { cellFolder } from '../campaign/run-cell.ts';
import type { CampaignShape } from '../campaign/campaign-plan.ts';
import { assumptionSchema, faultSchema, type RunRecord } from '../record.ts';
import { blameLineSchema } from '../record-system.ts';
import { readRecord } from '../store.ts';

/** Lines of blame that are kept per system and variant. */
const blameKept = 6;

export const campaignEvidenceSchema = z.object({
  description: z.string(),
  epoch: z.string(),
  /** By id, with what each model leaves out. */
  systems: z.record(z.string(), z.object({ title: z.string(), description: z.string() })),
  /** Of the first run: times may differ between runs where people's actions or variants move them. */
  faults: z.array(
    faultSchema.pick({ id: true, title: true, start: true, end: true, target: true, source: true }),
  ),
  /** As the first variant has them. */
  assumptions: z.array(assumptionSchema),
  /** Checks and expectations, and in how many runs each held, did not hold, and did not apply. */
  judged: z.array(
    z.object({
      id: z.string(),
      statement: z.string(),
      held: z.number(),
      failed: z.number(),
      idle: z.number(),
    }),
  ),
  /** Sums over the seeds of each variant; those with most deliveries. */
  blame: z.array(
    blameLineSchema
      .pick({
        title: true,
        reason: true,
        holder: true,
        deliveries: true,
        excessSeconds: true,
        neverDelivered: true,
      })
      .extend({ variant: z.number(), system: z.string() }),
  ),
});

/** What a campaign's page tells beside figures. */
export type CampaignEvidence = z.infer<typeof campaignEvidenceSchema>;
type Judged = CampaignEvidence['judged'][number];
type BlameSum = CampaignEvidence['blame'][number];

/** Puts it together record by record, so that thousands need not be held at once. The order of records counts. */
export class EvidenceFold {
  #first: RunRecord | undefined;
  readonly #judged = new Map<string, Judged>();
  readonly #blame = new Map<string, BlameSum>();

  add(variant: number, record: RunRecord): void {
    this.#first ??= record;
    for (const { id, statement, holds } of [...record.checks, ...record.expectations]) {
      const sum = this.#judged.get(id) ?? { id, statement, held: 0, failed: 0, idle: 0 };
      this.#judged.set(id, {
        ...sum,
        held: sum.held + (holds === true ? 1 : 0),
        failed: sum.failed + (holds === false ? 1 : 0),
        idle: sum.idle + (holds === null ? 1 : 0),
      });
    }
    for (const [system, { blame }] of Object.entries(record.systems))
      for (const { fault, title, reason, holder, deliveries, excessSeconds, neverDelivered } of blame) {
        const key = [variant, system, fault, reason, holder].join('\n');
        const sum = this.#blame.get(key);
        this.#blame.set(key, {
          variant,
          system,
          title,
          reason,
          holder,
          deliveries: (sum?.deliveries ?? 0) + deliveries,
          excessSeconds: (sum?.excessSeconds ?? 0) + excessSeconds,
          neverDelivered: (sum?.neverDelivered ?? 0) + neverDelivered,
        });
      }
  }

  /** Undefined when there was no record. */
  result(): CampaignEvidence | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    const groups = new Map<string, BlameSum[]>();
    for (const sum of this.#blame.values()) {
      const group = `${sum.variant} ${sum.system}`;
      groups.set(group, [...(groups.get(group) ?? []), sum]);
    }
    return {
      description: first.description,
      epoch: first.epoch,
      systems: Object.fromEntries(
        Object.entries(first.systems).map(([id, { title, description }]) => [id, { title, description }]),
      ),
      faults: first.faults.map(({ id, title, start, end, target, source }) => ({
        id,
        title,
        start,
        end,
        target,
        source,
      })),
      assumptions: first.assumptions,
      judged: [...this.#judged.values()],
      blame: [...groups.values()].flatMap((lines) =>
        lines.sort((left, right) => right.deliveries - left.deliveries).slice(0, blameKept),
      ),
    };
  }
}

/**
 * The evidence in a campaign's folder, over the cells that it has.
 * @throws StoreError when a record cannot be read
 */
export async function readEvidence(
  folder: string,
  cells: CampaignShape['cells'],
): Promise<CampaignEvidence | undefined> {
  const fold = new EvidenceFold();
  for (const cell of cells) fold.add(cell.variant, await readRecord(cellFolder(folder, cell)));
  return fold.result();
}
