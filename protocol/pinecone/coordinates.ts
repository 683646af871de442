// Where a node is in the spanning tree: the ports one goes through from the root down to it. The root's are empty.

/** Ports from the root down. */
export type Coordinates = readonly number[];

/** Hops along the tree: up to the common ancestor and down again (types/coordinates.go, DistanceTo). */
export function treeDistance(left: Coordinates, right: Coordinates): number {
  let common = 0;
  while (common < left.length && common < right.length && left[common] === right[common]) common++;
  return left.length + right.length - 2 * common;
}
