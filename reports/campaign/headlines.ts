// What a campaign says of each system by itself, in sentences that can be quoted: median and range over the seeds.
import { quantileSorted } from 'simple-statistics';
import { compareNumbers } from '../../protocol/order.ts';
import { fewestSeeds } from '../statistics/estimate.ts';
import type { FigureSummary } from './analysis.ts';
import type { CampaignShape } from './campaign-plan.ts';
import { valueInWords, type Names } from './conclusions.ts';
import type { Figure } from './figures.ts';

/**
 * A sentence per variant, system and figure; none for so few seeds that their values themselves are shown. Whoever copies
 * one has seeds, range, and the grade of the model with its limits.
 */
export function headlinesOf(
  { variants, systems, seeds }: CampaignShape,
  summaries: readonly FigureSummary[],
  wanted: readonly Figure[],
  names: Names,
): readonly string[] {
  if (seeds.length < fewestSeeds) return [];
  return variants.flatMap((_, variant) =>
    systems.flatMap((system) =>
      wanted.flatMap((figure) => {
        const found = summaries.find(
          (each) => each.variant === variant && each.system === system && each.figure === figure.id,
        );
        const words = found === undefined ? undefined : spread(found, figure);
        if (words === undefined) return [];
        const where = names.variant(variant);
        return [
          `${names.system(system)}${where === '' ? '' : ` with ${where}`}, ${figure.title}: ${words}. ${names.limits(system)}`.trim(),
        ];
      }),
    ),
  );
}

/** `median 97.1 %, from 95.2 % to 98.8 % over 40 seeds`; what lies beyond the horizon is larger than any number. */
function spread({ values }: FigureSummary, { unit }: Figure): string | undefined {
  const numbers = values
    .flatMap((value) => (value === null || value === 'nothing' ? [] : [value]))
    .map((value) => (value === 'beyond-horizon' ? Infinity : value))
    .sort(compareNumbers);
  const [least] = numbers;
  const most = numbers.at(-1);
  if (least === undefined || most === undefined) return undefined;
  const inWords = (value: number): string => (value === Infinity ? '> horizon' : valueInWords(value, unit));
  // Between the middle two of an even number lies no number when one of them lies beyond the horizon.
  const [lower, upper] = [numbers[(numbers.length - 1) >> 1] ?? least, numbers[numbers.length >> 1] ?? most];
  const median = upper === Infinity ? upper : quantileSorted([lower, upper], 0.5);
  return `median ${inWords(median)}, from ${inWords(least)} to ${inWords(most)} over ${numbers.length} seeds`;
}
