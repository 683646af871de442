// A series that somebody observed, from a table as spreadsheets write it: instants in UTC and values.
import { csvRecords, type CsvRecord } from '../../scenarios/csv-records.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { parseWallTime } from '../../scenarios/time-notation.ts';
import { StoreError } from '../store.ts';

/** One observation. */
export interface ObservedPoint {
  /** Seconds since the run's epoch. */
  readonly at: number;
  readonly value: number;
}

/** How a file of observations is read. */
export interface ObservedFormat {
  readonly file: string;
  readonly epochMs: number;
  /** Name of the column with the values; the only one beside `time` when left out. */
  readonly column: string | undefined;
  /** Whether values are shares from 0 to 1; otherwise counts. */
  readonly isShare: boolean;
}

/** A file's observations in order, and how many instants it names without saying what was observed then. */
export interface ObservedSeries {
  readonly points: readonly ObservedPoint[];
  readonly withoutValue: number;
}

/**
 * Lines of `time,value` below a head line, by time: `2025-10-20T07:48Z,0.31`. Columns may have other names and stand in
 * any order as long as one is called `time`. Fields may be in quotes; a head line with semicolons and no commas means
 * semicolons between fields and a comma before the decimals, as spreadsheets of many countries write.
 * @throws StoreError naming file and line
 */
export function parseObserved(text: string, format: ObservedFormat): ObservedSeries {
  const { file, epochMs } = format;
  const plain = text.replace(/^\uFEFF/, '');
  const [firstLine = ''] = plain.split('\n');
  const separator = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
  const [head, ...records] = recordsOf(plain, file, separator);
  const names = (head?.fields ?? []).map((name) => name.trim());
  const time = names.indexOf('time');
  if (time === -1)
    throw new StoreError(
      `${file}:${head?.line ?? 1}: expected a column called "time", found ${names.length === 0 ? 'an empty file' : names.join(', ')}`,
    );
  const value = valueColumn(names, time, format);
  const points: ObservedPoint[] = [];
  let withoutValue = 0;
  let last = -Infinity;
  for (const { fields, line } of records) {
    const where = `${file}:${line}`;
    const said = (fields[time] ?? '').trim();
    const at = parseWallTime(said);
    if (at === undefined)
      throw new StoreError(`${where}: expected an instant in UTC such as 2025-10-20T07:48Z, found "${said}"`);
    if (at <= last) throw new StoreError(`${where}: expected a later instant than on the line before`);
    last = at;
    const number = valueOf(fields[value], separator, where, format);
    if (number === undefined) withoutValue++;
    else points.push({ at: (at - epochMs) / 1_000, value: number });
  }
  if (points.length < 2)
    throw new StoreError(`${file}: expected at least two observations, found ${points.length}`);
  return { points, withoutValue };
}

/** @throws StoreError in place of the reader's own error */
function recordsOf(text: string, file: string, separator: ',' | ';'): readonly CsvRecord[] {
  try {
    return [...csvRecords(text, file, separator)].filter(({ fields }) =>
      fields.some((field) => field.trim() !== ''),
    );
  } catch (error) {
    throw error instanceof ScenarioError ? new StoreError(error.message) : error;
  }
}

/** A number; undefined where nothing was observed. */
function valueOf(
  field: string | undefined,
  separator: ',' | ';',
  where: string,
  { isShare }: ObservedFormat,
): number | undefined {
  const said = (field ?? '').trim();
  if (said === '') return undefined;
  const number = Number(separator === ';' ? said.replace(',', '.') : said);
  if (!Number.isFinite(number)) throw new StoreError(`${where}: expected a number, found "${said}"`);
  if (isShare && (number < 0 || number > 1))
    throw new StoreError(
      `${where}: expected a share from 0 to 1, found ${said}; per cent must be divided by 100`,
    );
  if (number < 0) throw new StoreError(`${where}: expected a count, found ${said}`);
  return number;
}

function valueColumn(names: readonly string[], time: number, { column, file }: ObservedFormat): number {
  const others = names.filter((_, index) => index !== time);
  if (column !== undefined) {
    const index = names.indexOf(column);
    if (index === -1 || index === time)
      throw new StoreError(`${file}:1: expected a column called "${column}", found ${others.join(', ')}`);
    return index;
  }
  if (others.length !== 1)
    throw new StoreError(
      `${file}:1: expected one column beside "time", found ${others.join(', ') || 'none'}; --column chooses`,
    );
  return time === 0 ? 1 : 0;
}
