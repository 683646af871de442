// Two runs side by side: each figure of each system in both, and the difference.
import type { RunRecord } from '../record.ts';
import { differenceInWords, valueInWords } from '../campaign/conclusions.ts';
import { figures, type Figure, type FigureValue } from '../campaign/figures.ts';

/** One figure of one system in two runs. */
export interface ComparedFigure {
  readonly system: string;
  readonly figure: Figure;
  readonly left: FigureValue;
  readonly right: FigureValue;
  /** Right minus left; null where one of them is no number. */
  readonly difference: number | null;
}

/** Every figure of the systems that both runs have. */
export function compareRuns(left: RunRecord, right: RunRecord): readonly ComparedFigure[] {
  return Object.entries(left.systems).flatMap(([system, ours]) => {
    const theirs = right.systems[system];
    if (theirs === undefined) return [];
    return figures.map((figure): ComparedFigure => {
      const [first, second] = [figure.of(ours), figure.of(theirs)];
      const difference = typeof first === 'number' && typeof second === 'number' ? second - first : null;
      return { system, figure, left: first, right: second, difference };
    });
  });
}

/** What two runs do not have in common, in words: why they may differ at all. */
export function whatDiffers(left: RunRecord, right: RunRecord): readonly string[] {
  const list = (values: readonly string[]): string => (values.length === 0 ? 'none' : values.join('; '));
  const pairs: readonly (readonly [string, string, string])[] = [
    ['scenario', left.scenario, right.scenario],
    ['seed', String(left.seed), String(right.seed)],
    ['changed values', list(left.overrides), list(right.overrides)],
    ['people', String(left.people), String(right.people)],
    ['netsplit', left.netsplit, right.netsplit],
    ['systems', list(Object.keys(left.systems)), list(Object.keys(right.systems))],
  ];
  return pairs.flatMap(([what, first, second]) =>
    first === second ? [] : [`${what}: ${first} → ${second}`],
  );
}

/** A value as a table shows it. */
export function figureInWords(value: FigureValue, { unit }: Figure): string {
  if (value === 'nothing') return '–';
  return value === 'beyond-horizon' ? '> horizon' : valueInWords(value, unit);
}

/** A difference as a table shows it. */
export function changeInWords({ difference, figure, left, right }: ComparedFigure): string {
  if (difference === null) return left === right ? '=' : '–';
  if (difference === 0) return '=';
  return `${difference < 0 ? '−' : '+'}${differenceInWords(Math.abs(difference), figure.unit)}`;
}
