// `--vary path=a,b,c` and `--vary path=lo..hi:n`: the values of each axis, and every combination of them.
import { ScenarioError } from '../../scenarios/scenario-error.ts';

/** One path of the scenario and the values it takes. */
export interface Axis {
  readonly path: string;
  /** As they are written after `--set path=`. */
  readonly values: readonly string[];
  /** The values as numbers in one unit, when they are: then the axis can be drawn and crossed. */
  readonly numbers: readonly number[] | undefined;
  /** What follows each number, e.g. `m` or `%`; empty for none. */
  readonly unit: string;
}

/** One combination of values: what a campaign runs with every seed. */
export interface VariantSetting {
  /** `people.count=200, faults.x.answer=empty`; empty when nothing is varied. */
  readonly label: string;
  /** As `--set` takes them, one per axis. */
  readonly overrides: readonly string[];
  /** Which value of each axis. */
  readonly position: readonly number[];
}

/** More combinations than this are a mistake. */
const mostVariants = 10_000;

/**
 * An axis from an option's text.
 * @throws ScenarioError when it is not understood
 */
export function parseAxis(text: string): Axis {
  const equals = text.indexOf('=');
  if (equals <= 0) throw complain(text, 'expected path=a,b,c or path=lo..hi:n');
  const path = text.slice(0, equals).trim();
  const right = text.slice(equals + 1).trim();
  const values = rangeValues(text, right) ?? splitAtCommas(right);
  if (values.some((value) => value === '')) throw complain(text, 'expected a value between commas');
  if (new Set(values).size < values.length) throw complain(text, 'the same value is there twice');
  return { path, values, ...asNumbers(values) };
}

/** `10m..60m:6`: so many values at equal distances, ends included; undefined when it is no range. */
function rangeValues(text: string, right: string): readonly string[] | undefined {
  const number = String.raw`(-?\d+(?:\.\d+)?)([a-zA-Z%]*)`;
  const match = new RegExp(`^${number}\\.\\.${number}:(\\d+)$`).exec(right);
  if (match === null) {
    if (/\.\./.test(right)) throw complain(text, `expected lo..hi:n, e.g. 0..0.5:6, found "${right}"`);
    return undefined;
  }
  const [, low, lowUnit, high, highUnit, steps] = match;
  if (lowUnit !== '' && highUnit !== lowUnit)
    throw complain(text, `expected both ends in one unit, found "${right}"`);
  const count = Number(steps);
  const from = Number(low);
  const to = Number(high);
  if (count < 2 || count > mostVariants || !(to > from))
    throw complain(text, `expected at least two values from a lower to a higher end, found "${right}"`);
  return Array.from({ length: count }, (_, index) => {
    const value = from + ((to - from) * index) / (count - 1);
    return `${Number(value.toPrecision(12))}${highUnit ?? ''}`;
  });
}

/** At commas outside brackets and quotes, so that YAML lists and maps can be values. */
function splitAtCommas(text: string): readonly string[] {
  const values: string[] = [];
  let depth = 0;
  let quote = '';
  let value = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('[{'.includes(character)) depth++;
    else if (']}'.includes(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') {
      values.push(value.trim());
      value = '';
    } else value += character;
  }
  return [...values, value.trim()];
}

function asNumbers(values: readonly string[]): Pick<Axis, 'numbers' | 'unit'> {
  const parts = values.map((value) => /^(-?\d+(?:\.\d+)?)([a-zA-Z%]*)$/.exec(value));
  const unit = parts[0]?.[2] ?? '';
  return parts.every((part) => part !== null && part[2] === unit)
    ? { numbers: parts.map((part) => Number(part?.[1])), unit }
    : { numbers: undefined, unit: '' };
}

/**
 * Every combination, the last axis changing fastest; one variant without overrides when nothing is varied.
 * @throws ScenarioError when there are too many
 */
export function variantsOf(axes: readonly Axis[]): readonly VariantSetting[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > mostVariants)
    throw complain(
      axes.map(({ path }) => path).join(' '),
      `expected at most ${mostVariants} combinations, found ${count}`,
    );
  let variants: VariantSetting[] = [{ label: '', overrides: [], position: [] }];
  for (const { path, values } of axes)
    variants = variants.flatMap((variant) =>
      values.map((value, index) => ({
        label: [...(variant.label === '' ? [] : [variant.label]), `${path}=${shortNumber(value)}`].join(', '),
        overrides: [...variant.overrides, `${path}=${value}`],
        position: [...variant.position, index],
      })),
    );
  return variants;
}

/** `0.3333` for `0.333333333333`: as long as people read it. */
function shortNumber(value: string): string {
  const [, number, unit = ''] = /^(-?\d+\.\d{5,})([a-zA-Z%]*)$/.exec(value) ?? [];
  return number === undefined ? value : `${Number(Number(number).toPrecision(4))}${unit}`;
}

function complain(text: string, message: string): ScenarioError {
  return new ScenarioError(`--vary ${text}`, [{ path: '', position: undefined, message }]);
}
