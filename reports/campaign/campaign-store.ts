// A campaign's folder: `campaign.json` says what was asked, `result.json` what was found, beside the runs themselves.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ScenarioText } from '../../scenarios/compile.ts';
import { makeFolder, StoreError, systemErrorInWords, unlessRefused, writeAtomically } from '../store.ts';
import type { CampaignPlan, CampaignShape } from './campaign-plan.ts';
import { campaignVersion } from './cell.ts';

/** What was asked, as its folder and its page keep it. */
export const campaignQuestion = {
  netsplit: z.string(),
  engine: z.string(),
  name: z.string(),
  id: z.string(),
  title: z.string(),
  scenarioDigest: z.string(),
  /** Overrides that every variant shares. */
  overrides: z.array(z.string()),
  seeds: z.array(z.number()),
  axes: z.array(
    z.object({
      path: z.string(),
      values: z.array(z.string()),
      numbers: z.array(z.number()).optional(),
      unit: z.string(),
    }),
  ),
  meanings: z.record(z.string(), z.object({ unit: z.string(), meaning: z.string() })).optional(),
  systems: z.array(z.string()),
} as const;

const manifestSchema = z.object({
  version: z.literal(campaignVersion),
  ...campaignQuestion,
  variants: z.array(
    z.object({ label: z.string(), overrides: z.array(z.string()), position: z.array(z.number()) }),
  ),
  digest: z.string(),
  cells: z.array(z.object({ key: z.string(), variant: z.number(), seed: z.number() })),
});

type Manifest = z.infer<typeof manifestSchema>;

/** A campaign as its folder tells of it. */
export interface StoredCampaign {
  readonly folder: string;
  readonly netsplit: string;
  readonly engine: string;
  readonly name: string;
  readonly scenarioDigest: string;
  readonly scenario: ScenarioText;
  readonly shape: CampaignShape;
}

const files = { manifest: 'campaign.json', scenario: 'scenario.yaml' } as const;

/** Whether a path is the folder of a campaign. */
export function isCampaignFolder(path: string): boolean {
  return existsSync(join(path, files.manifest));
}

/**
 * Writes what a campaign is about to do, so that its folder can be read, resumed and reported whatever happens next.
 * @throws StoreError when the file system refuses
 */
export async function writeManifest(folder: string, plan: CampaignPlan, netsplit: string): Promise<void> {
  const manifest: Manifest = {
    version: campaignVersion,
    netsplit,
    engine: plan.engine,
    name: plan.name,
    id: plan.id,
    title: plan.title,
    scenarioDigest: plan.scenarioDigest,
    overrides: [...plan.overrides],
    seeds: [...plan.seeds],
    axes: plan.axes.map(({ path, values, numbers, unit }) => ({
      path,
      values: [...values],
      unit,
      ...(numbers === undefined ? {} : { numbers: [...numbers] }),
    })),
    ...(plan.meanings === undefined ? {} : { meanings: { ...plan.meanings } }),
    systems: [...plan.systems],
    variants: plan.variants.map(({ label, overrides, position }) => ({
      label,
      overrides: [...overrides],
      position: [...position],
    })),
    digest: plan.digest,
    cells: plan.cells.map(({ key, variant, seed }) => ({ key, variant, seed })),
  };
  await writeFiles(folder, {
    [files.scenario]: plan.scenario.text,
    [files.manifest]: `${JSON.stringify(manifest)}\n`,
  });
}

/**
 * Writes files into a folder, each whole or not at all. A name may begin with a folder.
 * @throws StoreError when the file system refuses
 */
export async function writeFiles(
  folder: string,
  contents: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await unlessRefused(`to ${folder}`, async () => {
    for (const [name, content] of Object.entries(contents)) {
      await makeFolder(dirname(join(folder, name)));
      await writeAtomically(join(folder, name), content);
    }
  });
}

/**
 * What a folder's campaign was asked to do.
 * @throws StoreError naming the file and what is wrong with it
 */
export async function readCampaign(folder: string): Promise<StoredCampaign> {
  const path = join(folder, files.manifest);
  let value: unknown;
  let text: string;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
    text = await readFile(join(folder, files.scenario), 'utf8');
  } catch (error) {
    const what = error instanceof SyntaxError ? 'the file is damaged' : systemErrorInWords(error);
    throw new StoreError(`${path}: ${what}; expected a campaign folder written by netsplit`);
  }
  const { version } = z.object({ version: z.unknown() }).catch({ version: undefined }).parse(value);
  if (typeof version === 'number' && version > campaignVersion)
    throw new StoreError(
      `${path}: written by a later netsplit (version ${version}; this one reads up to ${campaignVersion})`,
    );
  const checked = manifestSchema.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new StoreError(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a campaign'}`);
  }
  const { netsplit, engine, name, scenarioDigest, overrides, axes, ...shape } = checked.data;
  return {
    folder,
    netsplit,
    engine,
    name,
    scenarioDigest,
    scenario: { text, file: join(folder, files.scenario), overrides },
    shape: { ...shape, overrides, axes: axes.map((axis) => ({ ...axis, numbers: axis.numbers })) },
  };
}
