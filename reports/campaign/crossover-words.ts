// Crossovers as sentences that can be quoted: above which value of what was swept one system overtakes the other.
import { confidence } from '../statistics/estimate.ts';
import type { AxisMeaning } from './campaign-plan.ts';
import type { Names } from './conclusions.ts';
import { figuresById } from './figures.ts';
import type { Sweep, SweepCrossover } from './sweeps.ts';

/** Where the curves of a sweep change places, pair by pair; or that they do not. */
export function crossoverInWords(
  sweep: Sweep,
  names: Names,
  meaning: AxisMeaning | undefined,
): readonly string[] {
  const figure = figuresById.get(sweep.figure);
  if (figure === undefined) throw new RangeError(`no figure ${sweep.figure}`);
  const where = sweep.held === '' ? '' : `, with ${sweep.held}`;
  const systems = sweep.curves.map(({ system }) => system);
  return systems.flatMap((left, index) =>
    systems.slice(index + 1).flatMap((right) => {
      const found = sweep.crossovers.filter((each) => each.left === left && each.right === right);
      const limits = names.limits(left, right);
      return found.length === 0
        ? [
            `${capital(figure.title)}: ${names.system(left)} and ${names.system(right)} do not change places along ${sweep.axis}${where}. ${limits}`.trim(),
          ]
        : found.map((each) =>
            `${sentence(sweep, each, names, meaning, figure.larger)}${where}. ${limits}`.trim(),
          );
    }),
  );
}

/** `Above 47 % of people (accounts on matrix.org, systems.matrix.matrixOrgShare; 95 % interval …) Matrix loses more … than Signal, below it less.` */
function sentence(
  { axis, unit, curves }: Sweep,
  { at, above, interval, seeds, left, right }: SweepCrossover,
  names: Names,
  meaning: AxisMeaning | undefined,
  larger: string,
): string {
  const numbers = curves[0]?.points.map((point) => point.at) ?? [];
  const number = (value: number): string => valueInWords(value, unit, meaning, numbers);
  const [more, less] = above === 'positive' ? [left, right] : [right, left];
  const what = meaning === undefined ? axis : `${meaning.meaning.replace(/[.\s]+$/, '')}, ${axis}`;
  const range =
    interval === null
      ? 'too few seeds for an interval'
      : `95 % interval ${number(interval.low).replace(ofWhom, '')} to ${number(interval.high).replace(ofWhom, '')}`;
  const claim =
    `above ${number(at)} (${what}; ${range}; ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}) ${names.system(more)} ${larger} than ${names.system(less)}, ` +
    'below it is the other way round';
  if (interval === null || interval.support >= confidence) return capital(claim);
  return `Perhaps ${claim}, but in ${Math.round((1 - interval.support) * 100)} % of resamples of the seeds they do not change places there`;
}

/** In ranges the unit is not said again. */
const ofWhom = / of .*$/;

/** `47 % of people` where the axis is a share of something, else the number in its unit. */
function valueInWords(
  value: number,
  unit: string,
  meaning: AxisMeaning | undefined,
  numbers: readonly number[],
): string {
  const ofWhat = /^of (.+)$/.exec(meaning?.unit ?? '');
  if (unit === '' && ofWhat !== null && numbers.every((each) => each >= 0 && each <= 1))
    return `${Number((value * 100).toPrecision(3))} % of ${ofWhat[1] ?? ''}`;
  const plain = `${Number(value.toPrecision(3))}${unit}`;
  return unit === '' && meaning !== undefined && meaning.unit !== '' ? `${plain} ${meaning.unit}` : plain;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
