// "Did you mean": candidates within a small edit distance, nearest first.
import { compareCodePoints } from '../../protocol/order.ts';

/**
 * Least number of insertions, deletions, replacements and swaps of neighbours that turn one text into the other
 * (optimal string alignment distance); `limit + 1` as soon as it is certain to be more than `limit`.
 */
export function editDistance(left: string, right: string, limit = Infinity): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let index = 1; index <= left.length; index++) {
    const next = [index];
    let least = index;
    for (let column = 1; column <= right.length; column++) {
      const same = left[index - 1] === right[column - 1];
      let cost = Math.min(
        (row[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (row[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (
        index > 1 &&
        column > 1 &&
        left[index - 1] === right[column - 2] &&
        left[index - 2] === right[column - 1]
      )
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      next.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}

/** Up to `count` candidates that differ little from what was written, nearest first; case makes no difference. */
export function nearest(written: string, candidates: Iterable<string>, count = 3): readonly string[] {
  const limit = Math.max(2, Math.floor(written.length / 3));
  const lower = written.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort(
      (left, right) => left.distance - right.distance || compareCodePoints(left.candidate, right.candidate),
    )
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
