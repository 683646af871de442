// Which small class of deliveries drives a difference: a figure for a few must not be quoted as one for all.
import { percent } from './figures-in-words.ts';
import type { ClassRow } from './record-system.ts';

/** A class below this share of the expected deliveries may drive a difference without speaking for anybody. */
export const smallClass = 0.05;
/** Differences below a point need no warning. */
const leastDifference = 0.01;
/** A class drives a difference when at least this part of it comes from the class. */
const leastPart = 0.5;

/** One side of a difference: shares delivered within a minute, by class. */
export interface ClassSide {
  readonly title: string;
  readonly classes: readonly Pick<ClassRow, 'dimension' | 'name' | 'expected' | 'withinOneMinute'>[];
}

/** A small class that a difference comes from. */
export interface ClassDriver {
  readonly dimension: ClassRow['dimension'];
  readonly name: string;
  /** Of all expected deliveries. */
  readonly share: number;
  /** Left minus right, of all; and the part of it that comes from the class. */
  readonly difference: number;
  readonly part: number;
}

/**
 * Classes below 5 % of the expected deliveries from which at least half of a difference of a point or more comes. Both sides
 * have the same expected deliveries, so the difference is the sum over classes of share times difference within the class.
 */
export function smallDrivers(left: ClassSide, right: ClassSide): readonly ClassDriver[] {
  const dimensions = [...new Set(left.classes.map(({ dimension }) => dimension))];
  return dimensions.flatMap((dimension) => {
    const ours = left.classes.filter((each) => each.dimension === dimension);
    const all = ours.reduce((sum, { expected }) => sum + expected, 0);
    const parts = ours.map(({ name, expected, withinOneMinute }) => {
      const theirs = right.classes.find((each) => each.dimension === dimension && each.name === name);
      const within = (withinOneMinute ?? 0) - (theirs?.withinOneMinute ?? 0);
      return { name, share: expected / all, contribution: (expected / all) * within };
    });
    const difference = parts.reduce((sum, { contribution }) => sum + contribution, 0);
    if (!(Math.abs(difference) >= leastDifference)) return [];
    return parts
      .filter(({ share, contribution }) => share < smallClass && contribution / difference >= leastPart)
      .map(({ name, share, contribution }) => ({
        dimension,
        name,
        share,
        difference,
        part: contribution / difference,
      }));
  });
}

/** A warning per small class that drives the difference of two sides, for everybody who quotes it. */
export function driverWarnings(left: ClassSide, right: ClassSide): readonly string[] {
  return smallDrivers(left, right).map(
    ({ dimension, name, share, difference, part }) =>
      `${left.title} against ${right.title}: ${percent(Math.min(1, part))} of the difference of ${(Math.abs(difference) * 100).toFixed(1)} points within ` +
      `a minute comes from ${dimension} “${name}”, ${percent(share)} of the expected deliveries: quote it for that class, not for all.`,
  );
}

/** Warnings for every two systems, and for each against its twin. */
export function runWarnings(
  systems: Readonly<Record<string, { readonly title: string; readonly byClass: readonly ClassRow[] }>>,
): readonly string[] {
  const sides = Object.values(systems).map(({ title, byClass }): ClassSide => ({ title, classes: byClass }));
  const twins = Object.values(systems).map(({ title, byClass }): ClassSide => ({
    title: `${title} without the faults`,
    classes: byClass.map((row) => ({ ...row, withinOneMinute: row.twinWithinOneMinute })),
  }));
  return sides.flatMap((side, index) => [
    ...sides.slice(index + 1).flatMap((other) => driverWarnings(side, other)),
    ...twins.slice(index, index + 1).flatMap((twin) => driverWarnings(side, twin)),
  ]);
}
