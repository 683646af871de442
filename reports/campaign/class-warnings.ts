// The warning that a small class drives a difference, over all seeds of a campaign.
import { driverWarnings, type ClassSide } from '../class-drivers.ts';
import type { CampaignShape } from './campaign-plan.ts';
import type { MeasuredCell } from './cell.ts';
import type { Names } from './conclusions.ts';

/** A warning per small class that drives the difference of two systems within a variant. */
export function campaignWarnings(
  { variants, systems, cells }: CampaignShape,
  results: ReadonlyMap<string, MeasuredCell>,
  names: Names,
): readonly string[] {
  return variants.flatMap((_, variant) => {
    const found = cells.flatMap(({ key, variant: of }) => (of === variant ? (results.get(key) ?? []) : []));
    const label = names.variant(variant);
    const sides = systems.map((system): ClassSide => ({
      title: `${names.system(system)}${label === '' ? '' : ` with ${label}`}`,
      classes: pooled(found.flatMap((cell) => cell.systems[system]?.classes ?? [])),
    }));
    return sides.flatMap((side, index) =>
      sides.slice(index + 1).flatMap((other) => driverWarnings(side, other)),
    );
  });
}

/** Classes of all seeds together. */
function pooled(classes: ClassSide['classes']): ClassSide['classes'] {
  const sums = new Map<string, { of: ClassSide['classes'][number]; expected: number; inTime: number }>();
  for (const each of classes) {
    const key = `${each.dimension}/${each.name}`;
    const sum = sums.get(key) ?? { of: each, expected: 0, inTime: 0 };
    sum.expected += each.expected;
    sum.inTime += each.expected * (each.withinOneMinute ?? 0);
    sums.set(key, sum);
  }
  return [...sums.values()].map(({ of, expected, inTime }) => ({
    ...of,
    expected,
    withinOneMinute: expected === 0 ? null : inTime / expected,
  }));
}
