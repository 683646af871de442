// What tests of mobility share: positions at an instant, contacts, connected components.
import { hours, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import { positionsByModel, type MobilityModel } from '../../sim/mobility/walk.ts';
import { generateContacts } from '../../sim/radio/contact-generator.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';
import { positionAt, type Movement } from '../../sim/radio/movement.ts';
import type { Position } from '../../sim/workload/workload.ts';

export const at = (count: number): Instant => seconds(count) as number as Instant;

/** Pieces of movement of every node at one instant. */
export function snapshot(
  model: MobilityModel,
  options: {
    readonly nodes: number;
    readonly at: Instant;
    readonly seed?: string;
    readonly warmUp?: Duration;
  },
): readonly Movement[] {
  const { nodes, seed = 'test', warmUp = hours(0) } = options;
  const positions = positionsByModel(model, nodes, seed, warmUp);
  return Array.from({ length: nodes }, (_, node) => positions.movementAt(node, options.at));
}

export function placesOf(movements: readonly Movement[], instant: Instant): readonly Position[] {
  return movements.map((movement) => positionAt(movement, instant));
}

export function contactsOf(
  model: MobilityModel,
  options: {
    readonly nodes: number;
    readonly range: number;
    readonly until: Instant;
    readonly seed?: string;
    readonly warmUp?: Duration;
  },
): ContactTrace {
  const { nodes, range, until, seed = 'test', warmUp = hours(0) } = options;
  return generateContacts({
    positions: positionsByModel(model, nodes, seed, warmUp),
    nodes: Array.from({ length: nodes }, (_, node) => `${node}`),
    range,
    until,
  });
}

/** Sizes of the connected components of a graph, greatest first. */
export function componentSizes(nodes: number, { left, right }: ContactTrace): readonly number[] {
  const parent = Int32Array.from({ length: nodes }, (_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  left.forEach((node, row) => (parent[rootOf(node)] = rootOf(right[row]!)));
  const sizes = new Map<number, number>();
  for (let node = 0; node < nodes; node++) sizes.set(rootOf(node), (sizes.get(rootOf(node)) ?? 0) + 1);
  return [...sizes.values()].sort((one, other) => other - one);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
