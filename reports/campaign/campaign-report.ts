// A campaign put together for readers: figures, comparisons, sweeps, conclusions in words, and what stands beside them.
import { fidelityInWords } from '../../sim/systems/fidelity.ts';
import { systems } from '../../sim/systems/registry.ts';
import { analyseCampaign, type CampaignAnalysis, type Comparison } from './analysis.ts';
import type { CampaignShape } from './campaign-plan.ts';
import type { MeasuredCell } from './cell.ts';
import { conclusionInWords, verdictOn, type Names, type Verdict } from './conclusions.ts';
import { figures, figuresById, headlineFigures, type Figure } from './figures.ts';
import { campaignWarnings } from './class-warnings.ts';
import { headlinesOf } from './headlines.ts';
import { crossoverInWords } from './crossover-words.ts';
import { sweepsOf, type Sweep } from './sweeps.ts';
import { gradeLines } from '../grade-lines.ts';
import { changesInWords } from '../summarise.ts';
import { fewestSeeds } from '../statistics/estimate.ts';

/** A comparison with what it comes to. */
export interface Conclusion extends Comparison {
  readonly verdict: Verdict;
  readonly words: string;
}

/** All that is shown, exported or quoted of a campaign. */
export interface CampaignReport {
  readonly shape: CampaignShape;
  /** Figures that conclusions are drawn from. */
  readonly wanted: readonly Figure[];
  /** Runs that there are, of those planned. */
  readonly runs: { readonly finished: number; readonly planned: number };
  readonly summaries: CampaignAnalysis['summaries'];
  /** Each system by itself, with its range over the seeds. */
  readonly headlines: readonly string[];
  readonly conclusions: readonly Conclusion[];
  readonly sweeps: readonly Sweep[];
  /** A sentence per sweep and pair of systems. */
  readonly crossovers: readonly string[];
  /** What every quotation must say with the figures. */
  readonly caveats: readonly string[];
  /** Checks and expectations that did not hold, with the number of runs in which they did not. */
  readonly failed: readonly { readonly id: string; readonly runs: number }[];
}

/** Puts a report together. Depends on its arguments alone. */
export function reportCampaign(
  shape: CampaignShape,
  results: ReadonlyMap<string, MeasuredCell>,
  figureIds: readonly string[] = headlineFigures,
): CampaignReport {
  const analysis = analyseCampaign(shape, results);
  const wanted = figureIds.flatMap((id) => figuresById.get(id) ?? []);
  const names = namesFor(shape, results);
  const concluded = [...analysis.systems, ...analysis.variants]
    .filter(({ figure }) => figureIds.includes(figure))
    .map((comparison) => ({
      ...comparison,
      verdict: verdictOn(comparison),
      words: conclusionInWords(comparison, names),
    }));
  const sweeps = sweepsOf(shape, results, analysis, wanted);
  return {
    shape,
    wanted,
    runs: { finished: shape.cells.filter(({ key }) => results.has(key)).length, planned: shape.cells.length },
    summaries: analysis.summaries,
    headlines: headlinesOf(shape, analysis.summaries, wanted, names),
    conclusions: concluded,
    sweeps,
    crossovers: sweeps.flatMap((sweep) => crossoverInWords(sweep, names, shape.meanings?.[sweep.axis])),
    caveats: [...caveatsOf(shape, concluded, results), ...campaignWarnings(shape, results, names)],
    failed: failedOf(shape, results),
  };
}

function namesFor({ variants }: CampaignShape, results: ReadonlyMap<string, MeasuredCell>): Names {
  const [any] = results.values();
  return {
    system: (id) => {
      const grade = systems.get(id)?.fidelity;
      return `${any?.systems[id]?.title ?? id}${grade === undefined ? '' : ` (fidelity ${grade})`}`;
    },
    limits: (...ids) =>
      [...new Set(ids)]
        .flatMap((id) => {
          const system = systems.get(id);
          return system === undefined ? [] : [`${system.title}: ${fidelityInWords[system.fidelity]}.`];
        })
        .join(' '),
    variant: (number) => variants[number]?.label ?? '',
  };
}

function caveatsOf(
  { overrides, seeds, cells, systems: ids }: CampaignShape,
  conclusions: readonly Conclusion[],
  results: ReadonlyMap<string, MeasuredCell>,
): readonly string[] {
  const missing = cells.filter(({ key }) => !results.has(key)).length;
  const intervals = conclusions.filter(({ paired }) => paired.difference.kind === 'interval').length;
  return [
    ...(missing === 0 ? [] : [`Not complete: ${missing} of ${cells.length} runs are missing.`]),
    ...changesInWords(overrides),
    seeds.length < fewestSeeds
      ? `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}: fewer than ${fewestSeeds} bear no interval, so only values are given.`
      : 'Intervals are over seeds: the chance within the model. How far the model may be wrong they do not say (`netsplit sensitivity`).',
    ...gradeLines(ids),
    ...(intervals > 1
      ? [
          `Of ${intervals} intervals at 95 % some ${Math.max(1, Math.round(intervals / 20))} may miss by chance alone.`,
        ]
      : []),
  ];
}

function failedOf(
  { cells }: CampaignShape,
  results: ReadonlyMap<string, MeasuredCell>,
): readonly { readonly id: string; readonly runs: number }[] {
  const counts = new Map<string, number>();
  for (const { key } of cells)
    for (const id of results.get(key)?.failed ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].map(([id, runs]) => ({ id, runs })).sort((left, right) => right.runs - left.runs);
}

/** What the grade of a system's model says, for a column beside its figures. */
function limitsInWords(id: string): string {
  const system = systems.get(id);
  return system === undefined ? '' : fidelityInWords[system.fidelity];
}

/** One line per run and system, every figure a column: for spreadsheets. Empty: nothing to measure. */
export function figuresCsv(shape: CampaignShape, results: ReadonlyMap<string, MeasuredCell>): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = shape.cells.flatMap(({ key, variant, seed }) => {
    const cell = results.get(key);
    return shape.systems.flatMap((system) => {
      const measured = cell?.systems[system];
      if (cell === undefined || measured === undefined) return [];
      const values = figures.map(({ id }) => {
        const value = measured.figures[id] ?? 'nothing';
        return value === 'nothing' ? '' : String(value);
      });
      const setting =
        shape.variants[variant]?.overrides.map((each) => each.slice(each.indexOf('=') + 1)) ?? [];
      return [
        [
          ...setting.map(quoted),
          seed,
          system,
          ...values,
          systems.get(system)?.fidelity ?? '',
          quoted(limitsInWords(system)),
          cell.digest,
        ].join(','),
      ];
    });
  });
  const head = [
    ...shape.axes.map(({ path }) => quoted(path)),
    'seed',
    'system',
    ...figures.map(({ id }) => id),
    'fidelity',
    'limits',
    'digest',
  ];
  return `${[head.join(','), ...lines].join('\n')}\n`;
}
