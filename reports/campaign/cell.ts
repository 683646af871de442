// One cell of a campaign: one variant with one seed, every system with its twin. Its key says what it is a function of.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { classRowSchema } from '../record-system.ts';
import type { ScenarioText } from '../../scenarios/compile.ts';

/** Version of the form in which cells and campaigns are kept. */
export const campaignVersion = 1;

/** What a worker needs to run a cell: plain data. */
export interface CellJob {
  /** SHA-256 over engine, scenario with data files and parameters, seed and systems: equal keys mean equal results. */
  readonly key: string;
  readonly engine: string;
  readonly scenarioDigest: string;
  /** Number of the variant in the campaign; another campaign may number it otherwise. */
  readonly variant: number;
  readonly seed: number;
  /** With the overrides of the variant. */
  readonly scenario: ScenarioText;
  readonly name: string;
  readonly systems: readonly string[];
}

const figureValue = z.union([z.number(), z.literal('nothing'), z.literal('beyond-horizon')]);

export const cellResultSchema = z.object({
  version: z.literal(campaignVersion),
  key: z.string(),
  engine: z.string(),
  scenarioDigest: z.string(),
  seed: z.number(),
  overrides: z.array(z.string()),
  /** SHA-256 over every event of every system; outcome over what was observed. */
  digest: z.string(),
  outcome: z.string(),
  /** False when a limit ended a simulation. */
  complete: z.boolean(),
  systems: z.record(
    z.string(),
    z.object({
      title: z.string(),
      digest: z.string(),
      expected: z.number(),
      figures: z.record(z.string(), figureValue),
      /** Delivery by class, for the warning about small ones; cells made before it have none. */
      classes: z
        .array(classRowSchema.pick({ dimension: true, name: true, expected: true, withinOneMinute: true }))
        .optional(),
    }),
  ),
  /** Ids of checks and expectations that did not hold. */
  failed: z.array(z.string()),
  wallSeconds: z.number(),
});

/** What a campaign keeps of a cell beside its run folder. */
export type CellResult = z.infer<typeof cellResultSchema>;

/** What of it a report is made from. */
export type MeasuredCell = Pick<CellResult, 'digest' | 'systems' | 'failed'>;

interface CellIdentity {
  readonly engine: string;
  readonly scenarioDigest: string;
  readonly seed: number;
  readonly systems: readonly string[];
}

/** The key of a cell. The scenario's digest covers its text, what was changed in it, and the data sets. */
export function cellKey({ engine, scenarioDigest, seed, systems }: CellIdentity): string {
  return createHash('sha256')
    .update(JSON.stringify([campaignVersion, engine, scenarioDigest, seed, [...systems]]))
    .digest('hex');
}

/** What a cell came to, as short as it can be compared. */
export interface CellDigests {
  readonly key: string;
  /** By system. */
  readonly digests: Readonly<Record<string, string>>;
}

/** The digests of a result. */
export function digestsOf({ key, systems }: Pick<CellResult, 'key' | 'systems'>): CellDigests {
  return {
    key,
    digests: Object.fromEntries(Object.entries(systems).map(([system, { digest }]) => [system, digest])),
  };
}
