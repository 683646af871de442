// Who is whose neighbour: places in the order of a curve that fills the square and seldom jumps (D. Hilbert, 1891).
import type { Place } from './spread.ts';

/** Cells along a side of the square. */
const cells = 1 << 10;

/** Groups of so many places next to each other, within a square of side 1; the last may be smaller. */
export function groupsOf(places: readonly Place[], size: number): readonly (readonly number[])[] {
  const cell = (share: number): number => Math.min(cells - 1, Math.floor(share * cells));
  const sorted = places
    .map(({ x, y }, index) => ({ index, at: alongCurve(cell(x), cell(y)) }))
    .sort((one, other) => one.at - other.at || one.index - other.index)
    .map(({ index }) => index);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, group) =>
    sorted.slice(group * size, (group + 1) * size),
  );
}

function alongCurve(column: number, row: number): number {
  let x = column;
  let y = row;
  let at = 0;
  for (let side = cells / 2; side > 0; side >>= 1) {
    const isRight = (x & side) > 0;
    const isLow = (y & side) > 0;
    at += side * side * ((isRight ? 3 : 0) ^ (isLow ? 1 : 0));
    if (isLow) continue;
    const turned = isRight ? cells - 1 - x : x;
    x = isRight ? cells - 1 - y : y;
    y = turned;
  }
  return at;
}
