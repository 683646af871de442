// A series that somebody observed, from a comma-separated file: instants in UTC and values.
import { parseWallTime } from '../../scenarios/time-notation.ts';
import { StoreError } from '../store.ts';

/** One observation. */
export interface ObservedPoint {
  /** Seconds since the run's epoch. */
  readonly at: number;
  readonly value: number;
}

/**
 * Lines of `time,value` below a head line, by time: `2025-10-20T07:48Z,0.31`. Columns may have other names and stand in
 * any order as long as one is called `time`; the value is the column of this name, or the only other one.
 * @throws StoreError naming file and line
 */
export function parseObserved(
  text: string,
  file: string,
  epochMs: number,
  column: string | undefined,
): readonly ObservedPoint[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const head = (lines[0] ?? '').split(',').map((name) => name.trim());
  const time = head.indexOf('time');
  if (time === -1)
    throw new StoreError(`${file}:1: expected a column called "time", found ${head.join(', ')}`);
  const value = valueColumn(head, time, column, file);
  const points: ObservedPoint[] = [];
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `${file}:${index + 2}`;
    const cells = line.split(',').map((cell) => cell.trim());
    const at = parseWallTime(cells[time] ?? '');
    if (at === undefined)
      throw new StoreError(
        `${where}: expected an instant in UTC such as 2025-10-20T07:48Z, found "${cells[time] ?? ''}"`,
      );
    const number = Number(cells[value]);
    if (cells[value] === undefined || cells[value] === '' || !Number.isFinite(number))
      throw new StoreError(`${where}: expected a number, found "${cells[value] ?? ''}"`);
    const before = points.at(-1);
    const seconds = (at - epochMs) / 1_000;
    if (before !== undefined && seconds <= before.at)
      throw new StoreError(`${where}: expected a later instant than on the line before`);
    points.push({ at: seconds, value: number });
  });
  if (points.length < 2)
    throw new StoreError(`${file}: expected at least two observations, found ${points.length}`);
  return points;
}

function valueColumn(
  head: readonly string[],
  time: number,
  wanted: string | undefined,
  file: string,
): number {
  const others = head.filter((_, index) => index !== time);
  if (wanted !== undefined) {
    const index = head.indexOf(wanted);
    if (index === -1 || index === time)
      throw new StoreError(`${file}:1: expected a column called "${wanted}", found ${others.join(', ')}`);
    return index;
  }
  if (others.length !== 1)
    throw new StoreError(
      `${file}:1: expected one column beside "time", found ${others.join(', ')}; --column chooses`,
    );
  return time === 0 ? 1 : 0;
}
