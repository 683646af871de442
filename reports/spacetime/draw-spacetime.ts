// The space-time diagram of a slice as SVG: nodes side by side, time downwards, an arrow per message between nodes
// (L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 21 (1978) 558, figure 1).
import { xmlText } from '../room-drawing/xml-text.ts';
import { RowsOfTime } from './rows-of-time.ts';
import type { Happening, Slice, Transfer } from './slice.ts';

/** More lines than this side by side cannot be read. */
export const mostLines = 40;
/** More arrows than this neither. */
export const mostArrows = 400;
/** Arrows are labelled while there are no more. */
const mostLabels = 120;

const left = 110;
const columnWidth = 140;
const headHeight = 96;
const lineHeight = 15;
const faultColour = '#EE6677';

/** Marks of what happens at a node; the legend names them. */
const marks: Readonly<Record<Happening['what'], { readonly colour: string; readonly words: string }>> = {
  sent: { colour: '#4477AA', words: 'send pressed' },
  resent: { colour: '#66CCEE', words: 'sent again by hand' },
  accepted: { colour: '#CCBB44', words: 'accepted' },
  delivered: { colour: '#228833', words: 'delivered' },
  duplicate: { colour: '#BBBBBB', words: 'came again' },
  failed: { colour: '#AA3377', words: 'shown as failed' },
  'attempt-failed': { colour: faultColour, words: 'an attempt failed' },
  stopped: { colour: '#000000', words: 'stopped' },
  started: { colour: '#777777', words: 'started' },
};

interface Drawing {
  readonly slice: Slice;
  readonly rows: RowsOfTime;
  readonly columns: ReadonlyMap<string, number>;
  readonly top: number;
}

/**
 * Draws a slice; equal slices give equal text. `notes` stand below: source, seed, range, limits.
 * @throws RangeError when there is nothing in it, or too many nodes to be read
 */
export function drawSpacetime(slice: Slice, title: string, notes: readonly string[]): string {
  if (slice.nodes.length === 0 || slice.transfers.length + slice.happenings.length === 0)
    throw new RangeError('nothing happens in this slice');
  if (slice.nodes.length > mostLines)
    throw new RangeError(
      `${slice.nodes.length} nodes side by side, of which at most ${mostLines} can be read: choose a shorter time, some nodes, or one message`,
    );
  const rows = new RowsOfTime([
    ...slice.transfers.flatMap(({ sentAt, takenAt }) => [Math.max(sentAt, slice.from), takenAt]),
    ...slice.happenings.map(({ at }) => at),
    ...slice.faults
      .flatMap(({ start, end }) => [start, end])
      .filter((at) => at >= slice.from && at <= slice.until),
  ]);
  const columns = new Map(slice.nodes.map((node, index) => [node, left + (index + 0.5) * columnWidth]));
  const drawing: Drawing = { slice, rows, columns, top: headHeight };
  const width = left + slice.nodes.length * columnWidth + 30;
  const bottom = headHeight + rows.height + 24;
  const used = [...new Set(slice.happenings.map(({ what }) => what))];
  const height = bottom + (used.length === 0 ? 0 : lineHeight + 8) + notes.length * lineHeight + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" role="img">`,
    `<title>${xmlText(title)}</title>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#333"/></marker></defs>',
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="12" y="20" font-size="15" font-weight="600">${xmlText(title)}</text>`,
    '<text x="12" y="37" fill="#555">time runs downwards and is not to scale; an arrow is a message between nodes; red: a fault is at work, or behind a delay</text>',
    ...faultBands(drawing, width),
    ...timeLabels(drawing, width),
    ...lifelines(drawing),
    ...slice.transfers.map((transfer) => arrow(drawing, transfer, slice.transfers.length <= mostLabels)),
    ...slice.happenings.map((happening) => mark(drawing, happening)),
    ...legend(used, bottom),
    ...notes.map(
      (note, index) =>
        `<text x="12" y="${height - 10 - (notes.length - 1 - index) * lineHeight}" fill="#555">${xmlText(note)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function faultBands({ slice, rows, top }: Drawing, width: number): readonly string[] {
  return slice.faults.flatMap(({ title, start, end }, index) => {
    const from = start <= slice.from ? 0 : rows.topOf(start);
    const to = end >= slice.until ? rows.height : rows.topOf(end);
    return [
      `<rect x="${left}" y="${px(top + from)}" width="${width - left - 20}" height="${px(Math.max(2, to - from))}" fill="${faultColour}" fill-opacity="0.1"><title>${xmlText(title)}</title></rect>`,
      `<text x="${width - 24}" y="${px(top + from + 11 + 12 * index)}" text-anchor="end" fill="#a33" font-size="10">${xmlText(title)}</text>`,
    ];
  });
}

function timeLabels({ slice, rows, top }: Drawing, width: number): readonly string[] {
  return rows.instants.flatMap((instant) => {
    const y = px(top + rows.topOf(instant));
    return [
      `<line x1="${left}" x2="${width - 20}" y1="${y}" y2="${y}" stroke="#eee"/>`,
      `<text x="${left - 8}" y="${px(top + rows.topOf(instant) + 4)}" text-anchor="end" fill="#555" font-size="10">${clock(instant, slice)}</text>`,
    ];
  });
}

/** `15:30:12.250`; the date stands in the title. */
function clock(instant: number, { epochMs }: Slice): string {
  return new Date(epochMs + instant / 1_000).toISOString().slice(11, 23);
}

/** A line per node, dashed while the node is down. */
function lifelines({ slice, rows, columns, top }: Drawing): readonly string[] {
  return slice.nodes.flatMap((node) => {
    const x = columns.get(node) ?? 0;
    const changes = slice.happenings.filter(
      (each) => each.node === node && (each.what === 'stopped' || each.what === 'started'),
    );
    let from = 0;
    let isUp = changes[0]?.what !== 'started';
    const pieces: string[] = [];
    const piece = (to: number): void => {
      pieces.push(
        `<line x1="${x}" x2="${x}" y1="${px(top + from)}" y2="${px(top + to)}" stroke="${isUp ? '#333' : '#bbb'}" stroke-width="1.4"${isUp ? '' : ' stroke-dasharray="2 4"'}/>`,
      );
      from = to;
    };
    for (const { at, what } of changes) {
      piece(rows.topOf(at));
      isUp = what === 'started';
    }
    piece(rows.height);
    return [
      `<text x="${x}" y="${top - 12}" text-anchor="middle" font-size="10" font-weight="600"><title>${xmlText(node)}</title>${xmlText(shortened(node))}</text>`,
      ...pieces,
    ];
  });
}

/** Names must fit into a column; the whole stands in the tooltip. */
function shortened(node: string): string {
  return node.length <= 21 ? node : `${node.slice(0, 10)}…${node.slice(-10)}`;
}

function arrow(
  { slice, rows, columns, top }: Drawing,
  { from, to, sentAt, takenAt, kind, form, carries, legs }: Transfer,
  isLabelled: boolean,
): string {
  const [x1, x2] = [columns.get(from) ?? left, columns.get(to) ?? left];
  const [y1, y2] = [top + rows.topOf(Math.max(sentAt, slice.from)), top + rows.topOf(takenAt)];
  const isHeldUp = legs.some(({ faults }) => faults.length > 0);
  const colour = isHeldUp ? '#c33' : carries.length > 0 ? '#333' : '#999';
  const way = legs.map(({ reason, faults }) => [reason, ...faults].join(' ← ')).join(', ');
  const words = `${form} ${kind}, ${from} to ${to}${carries.length === 0 ? '' : `, carries ${carries.join(', ')}`}${way === '' ? '' : `: ${way}`}`;
  const label = isLabelled
    ? `<text x="${px(x1 + (x2 - x1) * 0.3)}" y="${px(y1 + (y2 - y1) * 0.3 - 3)}" text-anchor="middle" font-size="9" fill="${colour}">${xmlText(kind)}</text>`
    : '';
  return `<g><title>${xmlText(words)}</title><line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${colour}" marker-end="url(#head)"/>${label}</g>`;
}

function mark({ rows, columns, top }: Drawing, { at, node, what, message, faults }: Happening): string {
  const x = columns.get(node) ?? left;
  const { colour, words } = marks[what];
  const text = [`${words}${message === undefined ? '' : `: message ${message}`}`, ...faults].join(' ← ');
  return `<circle cx="${x}" cy="${px(top + rows.topOf(at))}" r="4" fill="${colour}"><title>${xmlText(text)}</title></circle>`;
}

function legend(used: readonly Happening['what'][], y: number): readonly string[] {
  return used.map((what, index) => {
    const x = 12 + index * 130;
    return `<circle cx="${x + 5}" cy="${y + 4}" r="4" fill="${marks[what].colour}"/><text x="${x + 14}" y="${y + 8}">${marks[what].words}</text>`;
  });
}

/** Tenths of a pixel. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
