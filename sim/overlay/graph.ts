// Graphs of nodes and links for studies of overlays: made by rule, or read from a list of edges.
import type { RandomStream } from '../../protocol/random-stream.ts';

/** Nodes 0 to size - 1 and the links between them, each once, the lower node first. */
export interface Graph {
  readonly name: string;
  readonly size: number;
  readonly edges: readonly (readonly [number, number])[];
}

/** Collects edges, each pair once, no node with itself. */
class EdgeSet {
  readonly #edges = new Map<string, readonly [number, number]>();

  get size(): number {
    return this.#edges.size;
  }

  add(left: number, right: number): void {
    if (left === right) return;
    const edge = left < right ? ([left, right] as const) : ([right, left] as const);
    this.#edges.set(edge.join('-'), edge);
  }

  all(): readonly (readonly [number, number])[] {
    return [...this.#edges.values()];
  }
}

/** Every node linked to its neighbours to the four sides. */
export function grid(width: number, height: number): Graph {
  const edges = new EdgeSet();
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const node = row * width + column;
      if (column + 1 < width) edges.add(node, node + 1);
      if (row + 1 < height) edges.add(node, node + width);
    }
  return { name: `grid:${width}x${height}`, size: width * height, edges: edges.all() };
}

/** One after the other. */
export function line(size: number): Graph {
  return { ...grid(size, 1), name: `line:${size}` };
}

/** Connected: a tree grown at random, then links between any two until nodes have `degree` neighbours on average. */
export function randomGraph(size: number, degree: number, random: RandomStream): Graph {
  const edges = new EdgeSet();
  for (let node = 1; node < size; node++) edges.add(node, random.integer(0, node - 1));
  const wanted = Math.min(Math.round((size * degree) / 2), (size * (size - 1)) / 2);
  while (edges.size < wanted) edges.add(random.integer(0, size - 1), random.integer(0, size - 1));
  return { name: `random:${size}:${degree}`, size, edges: edges.all() };
}

/** A line of the text is no list of at least two nodes. */
export class EdgeListError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads a list of edges: each line names nodes along a path, separated by blanks; `#` begins a comment. */
export function edgeList(name: string, text: string): Graph {
  const numbers = new Map<string, number>();
  const edges = new EdgeSet();
  const numberOf = (node: string): number => {
    const known = numbers.get(node);
    if (known !== undefined) return known;
    numbers.set(node, numbers.size);
    return numbers.size - 1;
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const nodes = (raw.split('#')[0] ?? '').trim().split(/\s+/);
    if (nodes[0] === '') continue;
    const stranger = nodes.find((node) => !/^[\w.:-]{1,64}$/.test(node));
    if (stranger !== undefined)
      throw new EdgeListError(
        index + 1,
        `expected names of nodes separated by blanks, found ${JSON.stringify(stranger.slice(0, 40))}`,
      );
    const path = nodes.map(numberOf);
    for (const [at, node] of path.entries()) if (at > 0) edges.add(path[at - 1] ?? node, node);
    if (path.length > 10_000) throw new EdgeListError(index + 1, 'a path of more than 10,000 nodes');
  }
  if (edges.size === 0) throw new EdgeListError(1, 'no two nodes are linked');
  return { name, size: numbers.size, edges: edges.all() };
}

/** Hops of the shortest ways from a node; Infinity where there is none. */
export function hopsFrom(
  start: number,
  size: number,
  neighbours: readonly (readonly number[])[],
): readonly number[] {
  const hops = new Array<number>(size).fill(Infinity);
  hops[start] = 0;
  const queue = [start];
  for (const node of queue)
    for (const next of neighbours[node] ?? [])
      if (hops[next] === Infinity) {
        hops[next] = (hops[node] ?? 0) + 1;
        queue.push(next);
      }
  return hops;
}
