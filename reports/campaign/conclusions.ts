// What a comparison comes to, as a verdict and as a sentence that can be quoted: with its seeds, range and limits.
import { bytesInWords, countInWords, durationInWords } from '../figures-in-words.ts';
import type { Estimate } from '../statistics/estimate.ts';
import type { Comparison } from './analysis.ts';
import { figuresById, type Figure, type FigureUnit } from './figures.ts';

/** What the seeds say about left against right. */
export type Verdict =
  | 'left-larger'
  | 'right-larger'
  | 'not-distinguishable'
  | 'equal-on-every-seed'
  /** Fewer than twenty seeds, or too few of them differ: values are shown, nothing is concluded. */
  | 'no-interval'
  | 'beyond-horizon'
  | 'nothing-to-compare';

/** Names for the two sides of a comparison: of a system, and of a variant, which is empty when there is only one. */
export interface Names {
  /** With the grade of its model: `Signal (fidelity B)`. */
  system(id: string): string;
  /** What the figures of these systems must be quoted with, after a sentence. */
  limits(...ids: readonly string[]): string;
  variant(number: number): string;
}

/** The verdict on a comparison. */
export function verdictOn({ beyondHorizon, paired }: Comparison): Verdict {
  if (paired.seeds === 0) return 'nothing-to-compare';
  if (beyondHorizon.left + beyondHorizon.right > 0) return 'beyond-horizon';
  const { difference } = paired;
  switch (difference.kind) {
    case 'none':
      return 'nothing-to-compare';
    case 'values':
      return 'no-interval';
    case 'constant':
      if (difference.mean === 0) return 'equal-on-every-seed';
      return difference.mean > 0 ? 'left-larger' : 'right-larger';
    case 'interval':
      if (difference.low > 0) return 'left-larger';
      return difference.high < 0 ? 'right-larger' : 'not-distinguishable';
  }
}

/** A comparison as a sentence, and after it what the models of the systems rest on: whoever copies one has both. */
export function conclusionInWords(comparison: Comparison, names: Names): string {
  const limits = names.limits(comparison.left.system, comparison.right.system);
  return `${findingInWords(comparison, names)} ${limits}`.trim();
}

function findingInWords(comparison: Comparison, names: Names): string {
  const figure = figuresById.get(comparison.figure);
  if (figure === undefined) throw new RangeError(`no figure ${comparison.figure}`);
  const { left, right, about } = subject(comparison, figure, names);
  const { paired } = comparison;
  switch (verdictOn(comparison)) {
    case 'nothing-to-compare':
      return `${about}: no seed has a value on both sides.`;
    case 'equal-on-every-seed':
      return `${about}: the same on each of ${paired.seeds} seeds.`;
    case 'beyond-horizon':
      return `${about}: ${beyondWords(comparison, left, right)}`;
    case 'no-interval':
      return `${about}: ${withoutInterval(comparison, figure)}`;
    case 'not-distinguishable':
      return `${about}: not distinguishable. ${range(comparison, figure)}${pairingWords(comparison)}.`;
    case 'left-larger':
    case 'right-larger':
      return `${about}: ${shift(paired.difference, figure)}. ${range(comparison, figure)}${pairingWords(comparison)}.`;
  }
}

/** `Signal against Matrix with people.count=60`, `Signal, people.count=60 against people.count=30`. */
function subject(
  { left, right }: Comparison,
  { title }: Figure,
  names: Names,
): { readonly left: string; readonly right: string; readonly about: string } {
  if (left.variant === right.variant) {
    const label = names.variant(left.variant);
    const sides = { left: names.system(left.system), right: names.system(right.system) };
    const where = label === '' ? '' : ` with ${label}`;
    return { ...sides, about: `${capital(title)}, ${sides.left} against ${sides.right}${where}` };
  }
  const sides = { left: names.variant(left.variant), right: names.variant(right.variant) };
  return {
    ...sides,
    about: `${capital(title)}, ${names.system(left.system)} with ${sides.left} against ${sides.right}`,
  };
}

function beyondWords({ beyondHorizon, paired }: Comparison, left: string, right: string): string {
  return (
    `beyond the horizon on ${beyondHorizon.left} seeds of ${left} and ${beyondHorizon.right} of ${right}, so there is no ` +
    `mean difference; larger on ${paired.larger}, smaller on ${paired.smaller}, alike on ${paired.equal} of ${paired.seeds} seeds.`
  );
}

function withoutInterval({ paired }: Comparison, figure: Figure): string {
  const { difference } = paired;
  if (difference.kind !== 'values') return 'no value.';
  if (paired.equal === paired.seeds)
    return `alike on each of ${seedsInWords(paired.seeds)}, which are too few for an interval.`;
  const why =
    difference.why === 'few-seeds'
      ? `${paired.seeds === 1 ? 'one seed is' : `${paired.seeds} seeds are`} too few for an interval`
      : `all but a few of ${paired.seeds} seeds are alike, which bears no interval`;
  return `${shift(difference, figure)} on average, but ${why}; larger on ${paired.larger}, smaller on ${paired.smaller}.`;
}

function seedsInWords(count: number): string {
  return count === 1 ? '1 seed' : `${count} seeds`;
}

function shift(difference: Estimate, { unit }: Figure): string {
  const mean = 'mean' in difference ? difference.mean : 0;
  return `${differenceInWords(Math.abs(mean), unit)} ${mean < 0 ? 'less' : 'more'}`;
}

/** `95 % interval 2.9 to 3.5 points more; 40 seeds, more on 40`. */
function range({ paired }: Comparison, figure: Figure): string {
  const { difference, seeds, larger, smaller, equal, effectSize } = paired;
  const counts = `${seeds} seeds: more on ${larger}, less on ${smaller}${equal === 0 ? '' : `, alike on ${equal}`}`;
  const effect = effectSize === null ? '' : `; effect size ${effectSize.toFixed(2).replace('-', '−')}`;
  if (difference.kind !== 'interval') return `Exactly so on each of ${seeds} seeds${effect}`;
  return `95 % interval ${interval(difference.low, difference.high, figure.unit)}; ${counts}${effect}`;
}

function pairingWords({ paired: { correlation, varianceSaved } }: Comparison): string {
  if (correlation === null || varianceSaved === null) return '';
  const saved =
    varianceSaved >= 0
      ? `saves ${Math.round(varianceSaved * 100)} % of the variance`
      : `costs ${Math.round(-varianceSaved * 100)} % more variance`;
  return `; pairing: correlation ${correlation.toFixed(2).replace('-', '−')}, ${saved}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `+2.9 to +3.5 points`. */
function interval(low: number, high: number, unit: FigureUnit): string {
  const signed = (value: number): string => {
    const size = differenceInWords(Math.abs(value), unit);
    return Number.parseFloat(size) === 0 ? size : `${value < 0 ? '−' : '+'}${size}`;
  };
  const [first, last] = [signed(low), signed(high)];
  return `${unit === 'share' ? first.replace(/ points$/, '') : first} to ${last}`;
}

/** The size of a difference: shares differ by points. */
export function differenceInWords(size: number, unit: FigureUnit): string {
  return unit === 'share' ? `${significant(size * 100)} points` : valueInWords(size, unit);
}

/** A value of a figure. */
export function valueInWords(value: number, unit: FigureUnit): string {
  switch (unit) {
    case 'share':
      return `${significant(value * 100)} %`;
    case 'seconds':
      return durationInWords(value);
    case 'milliseconds':
      return durationInWords(value / 1_000);
    case 'person-hours':
      return `${significant(value)} person-hours`;
    case 'bytes':
      return bytesInWords(value);
    case 'joules':
      return `${significant(value)} J`;
    case 'count':
      return countInWords(value);
  }
}

/** Three digits that mean something, without exponents. */
function significant(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1_000 ? countInWords(rounded) : String(Math.abs(rounded) < 1e-6 ? 0 : rounded);
}
