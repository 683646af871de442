// Where everything goes: one row for each event, older above newer and equal depths together, and lanes for the threads
// of the graph, so that no line runs through an event that it does not belong to.
import type { DrawnEvent } from './drawn-room.ts';

/** An event in its place. */
export interface PlacedEvent {
  readonly event: DrawnEvent;
  readonly row: number;
  readonly lane: number;
  /** Edges on the longest way back to an event without known predecessors. */
  readonly depth: number;
  /** How many of its prev_events are not drawn. */
  readonly undrawn: number;
}

/** A line from an event to one of its prev_events. Between the two rows it keeps to one lane. */
export interface PlacedEdge {
  readonly older: PlacedEvent;
  readonly newer: PlacedEvent;
  readonly lane: number;
}

/** A room laid out. */
export interface Layout {
  readonly events: readonly PlacedEvent[];
  readonly edges: readonly PlacedEdge[];
  readonly lanes: number;
}

/** A lane's worth of rows: a thread of events, or a single line between two threads. */
interface Span {
  from: number;
  to: number;
  lane: number;
}

interface Node {
  readonly event: DrawnEvent;
  readonly depth: number;
  parents: readonly Node[];
  row: number;
  /** The thread that the event belongs to. */
  thread: Span;
  /** The next event of the thread. */
  heir: Node | undefined;
  isHead: boolean;
}

/** Lays a room out; only its last rows when told how many. */
export function layOut(events: readonly DrawnEvent[], last?: number): Layout {
  const nodes = lastOf(nodesOf(events), last ?? events.length);
  threadUp(nodes);
  const lines = linesBetween(nodes);
  const spans = new Set<Span>();
  for (const { thread } of nodes) spans.add(thread);
  for (const { span } of lines) spans.add(span);
  const lanes = assignLanes([...spans]);
  const placed = new Map(
    nodes.map(({ event, row, depth, thread, parents }, index): [Node | undefined, PlacedEvent] => [
      nodes[index],
      { event, row, depth, lane: thread.lane, undrawn: new Set(event.prevEvents).size - parents.length },
    ]),
  );
  const edges = lines.flatMap(({ older, newer, span }): PlacedEdge[] => {
    const [from, to] = [placed.get(older), placed.get(newer)];
    return from === undefined || to === undefined ? [] : [{ older: from, newer: to, lane: span.lane }];
  });
  return { events: [...placed.values()], edges, lanes };
}

/** The deepest of the nodes, in rows, with those of their parents that are among them. */
function lastOf(all: readonly Node[], most: number): readonly Node[] {
  const nodes = [...all].sort((left, right) => left.depth - right.depth).slice(-most);
  const drawn = new Set(nodes);
  for (const [row, node] of nodes.entries()) {
    node.row = row;
    node.parents = node.parents.filter((parent) => drawn.has(parent));
  }
  return nodes;
}

function nodesOf(events: readonly DrawnEvent[]): Node[] {
  const byId = new Map<string, Node>();
  for (const event of events) {
    const parents = [...new Set(event.prevEvents)].flatMap((id) => byId.get(id) ?? []);
    const depth = parents.reduce((most, parent) => Math.max(most, parent.depth + 1), 0);
    const thread: Span = { from: 0, to: 0, lane: 0 };
    byId.set(event.eventId, { event, depth, parents, row: 0, thread, heir: undefined, isHead: true });
  }
  return [...byId.values()];
}

/** A thread goes on with the successor from which most is still to come, so that the trunk of the room is straight. */
function threadUp(nodes: readonly Node[]): void {
  const children = new Map<Node, Node[]>();
  const height = new Map<Node, number>();
  for (const node of [...nodes].reverse()) {
    const reached = height.get(node) ?? 0;
    for (const parent of node.parents) {
      height.set(parent, Math.max(height.get(parent) ?? 0, reached + 1));
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [node]);
      else siblings.push(node);
    }
  }
  for (const node of nodes) {
    if (node.isHead) node.thread = { from: node.row, to: node.row, lane: 0 };
    else node.thread.to = node.row;
    for (const child of children.get(node) ?? []) {
      if (!child.isHead) continue;
      if (node.heir === undefined || (height.get(child) ?? 0) >= (height.get(node.heir) ?? 0))
        node.heir = child;
    }
    if (node.heir === undefined) continue;
    node.heir.isHead = false;
    node.heir.thread = node.thread;
  }
}

interface Line {
  readonly older: Node;
  readonly newer: Node;
  readonly span: Span;
}

/**
 * A line keeps to the thread of one of its ends: to the newer one's where that thread begins, a fork; to the older one's
 * where that ends, a merge. Between two threads that both go on it has a lane of its own.
 */
function linesBetween(nodes: readonly Node[]): readonly Line[] {
  const lines: Line[] = [];
  for (const newer of nodes) {
    let mayFork = newer.isHead;
    for (const older of [...newer.parents].sort((left, right) => right.row - left.row)) {
      lines.push({ older, newer, span: spanOf(older, newer, mayFork) });
      mayFork = false;
    }
  }
  return lines;
}

function spanOf(older: Node, newer: Node, mayFork: boolean): Span {
  if (older.heir === newer) return newer.thread;
  if (mayFork) {
    newer.thread.from = Math.min(newer.thread.from, older.row + 1);
    return newer.thread;
  }
  if (older.heir === undefined) {
    older.thread.to = Math.max(older.thread.to, newer.row - 1);
    return older.thread;
  }
  return { from: older.row + 1, to: newer.row - 1, lane: 0 };
}

/** Gives each span the first lane that is free over its rows; returns how many lanes there are. */
function assignLanes(spans: readonly Span[]): number {
  const freeFrom: number[] = [];
  for (const span of [...spans].sort((left, right) => left.from - right.from || right.to - left.to)) {
    // A line between neighbouring rows takes no room.
    if (span.to < span.from) continue;
    const free = freeFrom.findIndex((row) => row <= span.from);
    span.lane = free === -1 ? freeFrom.length : free;
    freeFrom[span.lane] = span.to + 1;
  }
  return Math.max(1, freeFrom.length);
}
