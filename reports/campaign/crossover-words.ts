// Crossovers as sentences.
import { confidence } from '../statistics/estimate.ts';
import { figuresById } from './figures.ts';
import type { Sweep, SweepCrossover } from './sweeps.ts';

/** Where the curves of a sweep change places, pair by pair; or that they do not. */
export function crossoverInWords(sweep: Sweep): readonly string[] {
  const figure = figuresById.get(sweep.figure)?.title ?? sweep.figure;
  const where = sweep.held === '' ? '' : `, with ${sweep.held}`;
  const systems = sweep.curves.map(({ system }) => system);
  return systems.flatMap((left, index) =>
    systems.slice(index + 1).flatMap((right) => {
      const found = sweep.crossovers.filter((each) => each.left === left && each.right === right);
      return found.length === 0
        ? [`${capital(figure)}: ${left} and ${right} do not change places along ${sweep.axis}${where}.`]
        : found.map((each) => `${capital(figure)}: ${sentence(sweep, each)}${where}.`);
    }),
  );
}

function sentence({ axis, unit }: Sweep, { at, above, interval, left, right }: SweepCrossover): string {
  const number = (value: number): string => `${Number(value.toPrecision(3))}${unit}`;
  const [more, less] = above === 'positive' ? [left, right] : [right, left];
  const range =
    interval === null ? '' : ` (95 % interval ${number(interval.low)} to ${number(interval.high)})`;
  const claim = `above ${axis} = ${number(at)}${range} ${more} has more than ${less}, below it less`;
  if (interval === null) return `${claim}; too few seeds for an interval`;
  return interval.support >= confidence
    ? claim
    : `perhaps ${claim}, but in ${Math.round((1 - interval.support) * 100)} % of resamples of the seeds they do not change places there`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
