// Positions from files: `<seconds>,<node>,<x>,<y>` in metres, between which nodes walk straight.
import { present } from '../protocol/assert.ts';
import { never, type Instant } from '../protocol/time.ts';
import type { Movement, PositionSource } from '../sim/radio/movement.ts';
import { forEachLine, lineError, type TextLine } from './text-lines.ts';
import { isHeader, microsecondsOf, NodeNames } from './trace-fields.ts';

/** Where nodes are. */
export interface PositionTrace {
  /** Their names, in order; a node is a place in this list. */
  readonly nodes: readonly string[];
  readonly positions: PositionSource;
  /** Time of the last line. */
  readonly end: Instant;
}

/** One node's samples. */
interface Track {
  readonly at: number[];
  readonly x: number[];
  readonly y: number[];
  /** The sample at or before the instant asked for last. */
  sample: number;
}

/** Further than this from the origin lies no place on earth. */
const farthest = 50_000_000;

/**
 * Reads positions, plain or gzip, with or without a header. A node stands where it is first seen before that, and
 * where it is last seen after that.
 * @throws ScenarioError naming the line
 */
export async function readPositionTrace(file: string): Promise<PositionTrace> {
  const names = new NodeNames();
  const tracks: Track[] = [];
  let last = 0;
  let isFirst = true;
  const onLine: Parameters<typeof forEachLine>[1] = (line) => {
    const complain = (message: string): Error => lineError(file, line.number, message);
    const skips = isFirst && isHeader(line);
    isFirst = false;
    if (skips && !isOfMetres(line))
      throw complain(`expected columns of time, node, x and y in metres, found "${namesOf(line)}"`);
    if (skips) return;
    const at = microsecondsOf(line, 0);
    const x = coordinate(line.text(2));
    const y = coordinate(line.text(3));
    if (line.count !== 4 || Number.isNaN(at + x + y))
      throw complain('expected "<seconds>,<node>,<x>,<y>", coordinates in metres');
    if (at < last) throw complain(`the time goes back, from ${last / 1e6} to ${at / 1e6} s`);
    last = at;
    const track = (tracks[names.nodeOf(line, 1)] ??= { at: [], x: [], y: [], sample: 0 });
    if (track.at.at(-1) === at) throw complain(`node ${line.text(1)} has two positions at one time`);
    track.at.push(at);
    track.x.push(x);
    track.y.push(y);
  };
  await forEachLine(file, onLine, 'commas or blanks');
  if (tracks.length === 0) throw lineError(file, 1, 'expected positions, found no lines');
  const { nodes, placeOf } = names.sorted();
  const inOrder: Track[] = [];
  tracks.forEach((track, node) => (inOrder[placeOf[node] ?? -1] = track));
  return { nodes, positions: positionsOf(inOrder), end: last as Instant };
}

/** Whether a header's third and fourth columns are places on a plane: degrees are none. */
function isOfMetres(line: TextLine): boolean {
  const [x, y] = [line.text(2), line.text(3)];
  const isOther = /[kcm]m(?![a-z])|feet|ft|deg|pixel|px/i.test(x + y);
  return line.count === 4 && /x|easting/i.test(x) && /y|northing/i.test(y) && !isOther;
}

function namesOf(line: TextLine): string {
  return Array.from({ length: line.count }, (_, field) => line.text(field)).join(',');
}

function coordinate(text: string): number {
  const value = /^-?\d+(\.\d*)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
  return Math.abs(value) <= farthest ? value : NaN;
}

function positionsOf(tracks: readonly Track[]): PositionSource {
  return {
    plane: () => 0,
    movementAt: (node, at) => movementOf(present(tracks[node], 'track of a node'), at),
  };
}

/** Asked forwards in time; looks no further than from where it was asked last. */
function movementOf(track: Track, instant: Instant): Movement {
  const { at, x, y } = track;
  while (track.sample + 1 < at.length && (at[track.sample + 1] ?? 0) <= instant) track.sample++;
  const here = track.sample;
  const next = here + 1;
  const [start, fromX, fromY] = [at[here] ?? 0, x[here] ?? 0, y[here] ?? 0];
  const still = { start: start as Instant, end: never, x: fromX, y: fromY, vx: 0, vy: 0 };
  if (instant < start) return { ...still, start: 0 as Instant, end: start as Instant };
  const end = at[next];
  if (end === undefined) return still;
  const [toX, toY] = [x[next] ?? 0, y[next] ?? 0];
  const duration = end - start;
  return { ...still, end: end as Instant, vx: (toX - fromX) / duration, vy: (toY - fromY) / duration };
}
