// Campaign folders: the list, and all that is shown of one: conclusions, paired differences, sweeps, sensitivity.
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reportCampaign } from '../campaign/campaign-report.ts';
import { cellsFolder } from '../campaign/campaign-runner.ts';
import { isCampaignFolder, readCampaign } from '../campaign/campaign-store.ts';
import { readCells } from '../campaign/cell-store.ts';
import { valueInWords } from '../campaign/conclusions.ts';
import { figures, figuresById, headlineFigures, type FigureUnit } from '../campaign/figures.ts';
import type { Sweep } from '../campaign/sweeps.ts';
import type { Estimate } from '../statistics/estimate.ts';
import { StoreError } from '../store.ts';
import { NoAnswer } from './no-answer.ts';

/** A line of the list. */
export interface CampaignSummary {
  readonly id: string;
  readonly title?: string;
  readonly seeds?: number;
  readonly variants?: number;
  readonly systems?: readonly string[];
  readonly problem?: string;
}

/** One system in one variant. */
interface ShownEstimate {
  readonly system: string;
  readonly variant: string;
  readonly estimate: Estimate;
  readonly words: string;
  readonly beyondHorizon: number;
}

/** Two sides, seed by seed. */
interface ShownDifference {
  readonly left: string;
  readonly right: string;
  readonly difference: Estimate;
  readonly words: string;
  readonly verdict: string;
}

/** One bar of the tornado. */
interface ShownSwing {
  readonly path: string;
  readonly base: number;
  readonly low: number;
  readonly high: number;
  readonly values: readonly number[];
  readonly reverses: boolean;
}

/** All that is shown of a campaign under one figure. */
export interface CampaignView {
  readonly id: string;
  readonly title: string;
  /** What every variant has changed in the scenario's file. */
  readonly changes: readonly string[];
  readonly seeds: number;
  readonly runs: { readonly finished: number; readonly planned: number };
  readonly figure: {
    readonly id: string;
    readonly title: string;
    readonly unit: FigureUnit;
    readonly definition: string;
  };
  readonly figures: readonly { readonly id: string; readonly title: string }[];
  readonly titles: Readonly<Record<string, string>>;
  /** Median and range over the seeds of every system, in sentences that can be quoted. */
  readonly headlines: readonly string[];
  readonly estimates: readonly ShownEstimate[];
  readonly differences: readonly ShownDifference[];
  readonly conclusions: readonly string[];
  readonly sweeps: readonly Sweep[];
  readonly crossovers: readonly string[];
  readonly caveats: readonly string[];
  readonly failed: readonly { readonly id: string; readonly runs: number }[];
  readonly sensitivity: { readonly subject: string; readonly swings: readonly ShownSwing[] } | null;
}

/** The campaigns of a folder by name; one that is not there has none. */
export async function listCampaigns(root: string): Promise<readonly CampaignSummary[]> {
  let names: string[];
  try {
    names = (await readdir(root)).filter((name) => isCampaignFolder(join(root, name))).sort();
  } catch {
    return [];
  }
  return Promise.all(
    names.map(async (id): Promise<CampaignSummary> => {
      try {
        const { shape } = await readCampaign(join(root, id));
        const { title, seeds, variants, systems } = shape;
        return { id, title, seeds: seeds.length, variants: variants.length, systems };
      } catch (error) {
        if (error instanceof StoreError) return { id, problem: error.message };
        throw error;
      }
    }),
  );
}

/**
 * @param wanted id of the figure; the first headline figure when left out
 * @throws StoreError, NoAnswer
 */
export async function campaignView(folder: string, wanted = headlineFigures[0] ?? ''): Promise<CampaignView> {
  const figure = figuresById.get(wanted);
  if (figure === undefined) throw new NoAnswer(`there is no figure "${wanted}"`);
  const { shape } = await readCampaign(folder);
  const { byKey } = await readCells(cellsFolder(folder));
  const report = reportCampaign(shape, byKey, [figure.id]);
  // Not every cell has every system.
  const titles = new Map(
    [...byKey.values()].flatMap(({ systems }) =>
      Object.entries(systems).map(([id, { title: called }]) => [id, called] as const),
    ),
  );
  const title = (system: string): string => titles.get(system) ?? system;
  const label = (variant: number): string => shape.variants[variant]?.label ?? '';
  const side = (each: { system: string; variant: number }): string =>
    [title(each.system), label(each.variant)].filter((part) => part !== '').join(', ');
  return {
    id: shape.id,
    title: shape.title,
    changes: shape.overrides,
    seeds: shape.seeds.length,
    runs: report.runs,
    figure: { id: figure.id, title: figure.title, unit: figure.unit, definition: figure.definition },
    figures: figures.map(({ id, title: called }) => ({ id, title: called })),
    titles: Object.fromEntries(shape.systems.map((system) => [system, title(system)])),
    headlines: report.headlines,
    estimates: report.summaries
      .filter((each) => each.figure === figure.id)
      .map(({ system, variant, estimate, beyondHorizon }) => ({
        system,
        variant: label(variant),
        estimate,
        words: estimateInWords(estimate, figure.unit, beyondHorizon),
        beyondHorizon,
      })),
    differences: report.conclusions.map(({ left, right, paired, words, verdict }) => ({
      left: side(left),
      right: side(right),
      difference: paired.difference,
      words,
      verdict: JSON.stringify(verdict),
    })),
    conclusions: report.conclusions.map(({ words }) => words),
    sweeps: report.sweeps,
    crossovers: report.crossovers,
    caveats: report.caveats,
    failed: report.failed,
    sensitivity: await sensitivityOf(folder, figure.id),
  };
}

function estimateInWords(estimate: Estimate, unit: FigureUnit, beyondHorizon: number): string {
  if (beyondHorizon > 0) return `beyond the horizon on ${beyondHorizon} seeds`;
  switch (estimate.kind) {
    case 'none':
      return 'nothing to measure';
    case 'interval':
      return `${valueInWords(estimate.mean, unit)} (${valueInWords(estimate.low, unit)} to ${valueInWords(estimate.high, unit)})`;
    default:
      return valueInWords(estimate.mean, unit);
  }
}

interface SwingDocument {
  readonly subject: string;
  readonly base: number | null;
  readonly size: number;
  readonly reverses: boolean;
  readonly ends: readonly { readonly value: number; readonly mean: number | null }[];
}

interface SensitivityDocument {
  readonly figure: { readonly id: string };
  readonly ranked: readonly {
    readonly assumption: { readonly path: string };
    readonly swings: readonly SwingDocument[];
  }[];
}

/** Bars of a tornado. */
const mostSwings = 15;

/** What `netsplit sensitivity` left in the folder, of the same figure. */
async function sensitivityOf(folder: string, figure: string): Promise<CampaignView['sensitivity']> {
  let document: SensitivityDocument;
  try {
    const text = await readFile(join(resolve(folder), 'sensitivity.json'), 'utf8');
    document = JSON.parse(text) as SensitivityDocument;
  } catch {
    return null;
  }
  if (document.figure.id !== figure) return null;
  const subject = document.ranked[0]?.swings.at(-1)?.subject ?? '';
  const swings = document.ranked.flatMap(({ assumption, swings: all }): ShownSwing[] => {
    const swing = all.find((each) => each.subject === subject);
    if (swing === undefined || swing.base === null || swing.size === 0) return [];
    const means = [swing.base, ...swing.ends.flatMap(({ mean }) => (mean === null ? [] : [mean]))];
    return [
      {
        path: assumption.path,
        base: swing.base,
        low: Math.min(...means),
        high: Math.max(...means),
        values: swing.ends.map(({ value }) => value),
        reverses: swing.reverses,
      },
    ];
  });
  swings.sort((left, right) => right.high - right.low - (left.high - left.low));
  return { subject, swings: swings.slice(0, mostSwings) };
}
